"""The supervisor, with an engine that only pretends: it starts slowly, dies, hangs, or does not want to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from service_kit import make_service

from bot.hearing.rasa import Parse, RasaParser
from connectors import rasa_process
from connectors.app import create_app
from connectors.rasa_process import RasaProcess, free_port
from knowledge.snapshot import Snapshot

# How it behaves stands in the file `mode` beside it, read at each start and, for `hangs`, at each request.
ENGINE = f"""#!{sys.executable}
import json, pathlib, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

here = pathlib.Path(__file__).parent
mode = lambda: (here / "mode").read_text()
with (here / "starts").open("a") as starts:
    starts.write(" ".join(sys.argv[1:]) + "\\n")
if mode() == "dies":
    sys.exit(1)
if mode() == "slow":
    time.sleep(1)
if mode() == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Engine(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if mode() == "hangs":
            time.sleep(5)
        token = sys.argv[sys.argv.index("--auth-token") + 1]
        if "token=" + token not in self.path:
            answer = b"{{}}"
            self.send_response(401)
        else:
            found = {{"text": body["text"], "intent": {{"name": "fee", "confidence": 0.8}},
                     "entities": [{{"entity": "who", "value": "我爸"}}]}}
            answer = b"not json" if mode() == "babbles" else json.dumps(found).encode()
            self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)


port = int(sys.argv[sys.argv.index("--port") + 1])
ThreadingHTTPServer(("127.0.0.1", port), Engine).serve_forever()
"""


class Kit:
    """The engine's folder and the supervisor over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "python"
        self.python.write_text(ENGINE, "utf-8")
        self.python.chmod(0o755)
        self.pid_file = folder / "run" / "rasa.pid"
        self.mode("ok")
        self.process = RasaProcess(self.python, folder / "model.tar.gz", self.pid_file, folder / "run" / "rasa.log")

    def mode(self, name: str) -> None:
        (self.folder / "mode").write_text(name)

    @property
    def starts(self) -> list[str]:
        listed = self.folder / "starts"
        return listed.read_text().splitlines() if listed.exists() else []

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RasaProcess]:
        self.process.start()
        try:
            yield self.process
        finally:
            await self.process.stop()


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kit:
    """An engine that answers, and a supervisor that does not wait long."""
    monkeypatch.setattr(rasa_process, "CHECK_EVERY_S", 0.05)
    monkeypatch.setattr(rasa_process, "PAUSE_BEFORE_RESTART_S", 0.05)
    monkeypatch.setattr(rasa_process, "END_TIMEOUT_S", 0.5)
    monkeypatch.setattr("bot.hearing.rasa.TIMEOUT_S", 1.0)
    return Kit(tmp_path)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 60))


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens in its own time."""
    while not true():
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_it_is_ready_once_it_reads_and_is_reached_on_loopback_by_token_only(kit: Kit) -> None:
    async def main() -> None:
        assert not kit.process.up
        assert await kit.process.parse("要多少钱") is None
        async with kit.running() as rasa:
            await rasa.ready.wait()
            assert alive(kit.pid)
            found = await rasa.parse("要多少钱")
            assert found is not None
            assert (found.act, found.confidence) == ("fee", 0.8)
            assert [(one.name, one.value) for one in found.entities] == [("who", "我爸")]
            (started,) = kit.starts
            assert "-i 127.0.0.1" in started and "--auth-token" in started
            port = started.split("--port ")[1].split()[0]
            assert await RasaParser(f"http://127.0.0.1:{port}", "guess").parse("要多少钱") is None

    run(main)


def test_a_slow_start_is_waited_for(kit: Kit) -> None:
    kit.mode("slow")

    async def main() -> None:
        async with kit.running() as rasa:
            await until(lambda: bool(kit.starts))
            assert not rasa.up
            assert await rasa.parse("要多少钱") is None
            await rasa.ready.wait()
            assert len(kit.starts) == 1

    run(main)


def test_it_comes_back_after_it_dies(kit: Kit) -> None:
    async def main() -> None:
        async with kit.running() as rasa:
            await rasa.ready.wait()
            first = kit.pid
            os.kill(first, signal.SIGKILL)
            await until(lambda: not rasa.up)
            assert await rasa.parse("要多少钱") is None
            await rasa.ready.wait()
            assert kit.pid != first
            assert await rasa.parse("要多少钱") is not None

    run(main)


def test_it_is_tried_again_when_it_dies_while_starting(kit: Kit) -> None:
    kit.mode("dies")

    async def main() -> None:
        async with kit.running() as rasa:
            await until(lambda: len(kit.starts) >= 2)
            assert not rasa.up
            kit.mode("ok")
            await rasa.ready.wait()

    run(main)


@pytest.mark.parametrize("trouble", ["hangs", "babbles"])
def test_two_failures_in_a_row_restart_it(trouble: str, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.hearing.rasa.TIMEOUT_S", 0.4)

    async def main() -> None:
        async with kit.running() as rasa:
            await rasa.ready.wait()
            first = kit.pid
            kit.mode(trouble)
            assert await rasa.parse("一") is None
            kit.mode("ok")
            assert await rasa.parse("二") is not None
            await asyncio.sleep(0.3)
            assert kit.pid == first, "one failure alone is no reason"
            kit.mode(trouble)
            assert await rasa.parse("三") is None
            assert await rasa.parse("四") is None
            kit.mode("ok")
            await until(lambda: len(kit.starts) == 2)
            await rasa.ready.wait()
            assert kit.pid != first and not alive(first)

    run(main)


def test_what_is_not_there_is_tried_again_and_does_not_break_the_service(kit: Kit) -> None:
    kit.python.unlink()

    async def main() -> None:
        async with kit.running() as rasa:
            await asyncio.sleep(0.3)
            assert not rasa.up
            kit.python.write_text(ENGINE, "utf-8")
            kit.python.chmod(0o755)
            await rasa.ready.wait()

    run(main)


def test_a_start_that_takes_too_long_is_given_up(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_process, "START_TIMEOUT_S", 0.5)
    kit.mode("hangs")

    async def main() -> None:
        async with kit.running():
            await until(lambda: len(kit.starts) >= 2)

    run(main)


@pytest.mark.parametrize("mode", ["ok", "slow", "stubborn"])
def test_stopping_leaves_no_child_and_no_pid_file(mode: str, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.mode(mode)

    async def main() -> None:
        async with kit.running() as rasa:
            if mode == "slow":
                await until(kit.pid_file.exists)
            else:
                await rasa.ready.wait()
            pid = kit.pid
        assert not alive(pid)
        assert not kit.pid_file.exists()
        assert not rasa.up

    run(main)


def test_stopping_before_starting_is_nothing(kit: Kit) -> None:
    run(kit.process.stop)


def test_ports_are_free() -> None:
    assert 1024 < free_port() < 65536


def test_a_leading_slash_does_not_bypass_the_engine() -> None:
    seen: list[str] = []
    engine = FastAPI()

    @engine.post("/model/parse")
    async def parse(body: dict[str, str]) -> dict[str, Any]:
        seen.append(body["text"])
        return {"intent": {"name": None, "confidence": None}}

    async def main() -> None:
        parser = RasaParser("http://engine.example", "t")
        parser._client = httpx.AsyncClient(transport=httpx.ASGITransport(engine), base_url="http://engine.example")
        for text in ("/restart", "//greet", "/ 身份证", "/"):
            assert await parser.parse(text) == Parse("", 0.0, ())
        await parser.close()

    run(main)
    assert not any(text.startswith("/") for text in seen)
    assert seen[:2] == ["restart", "greet"]


def test_the_service_is_ready_once_and_degraded_after(kit: Kit, searchable: Snapshot) -> None:
    """503 until the first parse, then 200: ok while the engine answers, degraded while it does not."""
    kit.mode("hangs")
    service = make_service(searchable, kit.folder / "data", kit.process)
    service.rasa, service.warm = kit.process, False
    app = create_app(service)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hall.example")

    async def main() -> None:
        async with app.router.lifespan_context(app), client as hall:
            assert (await hall.get("/readyz")).status_code == 503
            assert (await hall.get("/healthz")).status_code == 200
            kit.mode("ok")
            await kit.process.ready.wait()
            await until(lambda: service.warm)
            answer = await hall.get("/readyz")
            assert (answer.status_code, answer.json()) == (200, {"status": "ok", "rasa": "up"})
            kit.mode("dies")
            os.kill(kit.pid, signal.SIGKILL)
            await until(lambda: not kit.process.up)
            answer = await hall.get("/readyz")
            assert (answer.status_code, answer.json()) == (200, {"status": "degraded", "rasa": "down"})
            answer = await hall.post("/api/conversations/c/messages", json={"text": "身份证丢了"})
            assert answer.json()["item"] == "SH013"
        assert not kit.pid_file.exists()

    run(main)
