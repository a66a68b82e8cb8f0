"""Keeps the language engine running: starts it on loopback, waits until it reads, restarts it when it does not."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from pathlib import Path

import structlog

from bot.hearing.rasa import Parse, RasaParser
from connectors import metrics

log = structlog.get_logger()

START_TIMEOUT_S = 120
PAUSE_BEFORE_RESTART_S = 1.0
FAILURES_BEFORE_RESTART = 2
CHECK_EVERY_S = 1.0
END_TIMEOUT_S = 5.0
_WARM_UP = "身份证丢了怎么补"


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RasaProcess:
    """The engine as a child process; also the parser that hearing uses."""

    def __init__(self, python: Path, model: Path, pid_file: Path, log_file: Path) -> None:
        self._python, self._model, self._pid_file, self._log_file = python, model, pid_file, log_file
        self._token = secrets.token_hex(24)  # never begins with a dash, unlike token_urlsafe
        self._process: asyncio.subprocess.Process | None = None
        self._parser: RasaParser | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether the engine reads just now."""
        return self.ready.is_set()

    async def parse(self, text: str) -> Parse | None:
        """The engine's reading, or None while it is away."""
        if not self.up or self._parser is None:
            return None
        return await self._parser.parse(text)

    def start(self) -> None:
        """Begin to start the engine and to watch it."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End the watch and the engine."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._end()

    async def _keep(self) -> None:
        while True:
            try:
                await self._launch()
                await self._until_broken()
            except (OSError, TimeoutError) as error:
                log.warning("rasa_not_started", kind=type(error).__name__)
            await self._end()
            log.warning("rasa_restarts")
            await asyncio.sleep(PAUSE_BEFORE_RESTART_S)

    async def _launch(self) -> None:
        port = free_port()
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        command = (
            str(self._python), "-m", "rasa", "run", "--enable-api", "--model", str(self._model), "--port", str(port),
            "-i", "127.0.0.1", "--auth-token", self._token,
        )  # fmt: skip
        environment = {
            **os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3", "SANIC_REQUEST_TIMEOUT": "10",
        }  # fmt: skip
        with self._log_file.open("ab") as output:
            # A session of its own: a Ctrl-C at the service's terminal reaches only the service, which ends the engine.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL, env=environment,
                start_new_session=True, cwd=str(self._log_file.parent),
            )  # fmt: skip
        metrics.rasa_starts.inc()
        self._pid_file.parent.mkdir(parents=True, exist_ok=True)
        self._pid_file.write_text(f"{self._process.pid}\n", "utf-8")
        self._parser = RasaParser(f"http://127.0.0.1:{port}", self._token)
        async with asyncio.timeout(START_TIMEOUT_S):
            while await self._parser.parse(_WARM_UP) is None:
                if self._process.returncode is not None:
                    raise OSError("the language engine ended while starting")
                await asyncio.sleep(0.3)
        self._parser.failures = 0
        self.ready.set()
        metrics.rasa_up.set(1)
        log.info("rasa_ready", pid=self._process.pid)

    async def _until_broken(self) -> None:
        assert self._process is not None and self._parser is not None
        while self._process.returncode is None and self._parser.failures < FAILURES_BEFORE_RESTART:
            await asyncio.sleep(CHECK_EVERY_S)

    async def _end(self) -> None:
        self.ready.clear()
        metrics.rasa_up.set(0)
        process, parser = self._process, self._parser
        self._process = self._parser = None
        if parser:
            await parser.close()
        if process and process.returncode is None:
            for sent in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, sent)
                    await asyncio.wait_for(process.wait(), END_TIMEOUT_S)
                    break
                except (ProcessLookupError, TimeoutError):
                    continue
        self._pid_file.unlink(missing_ok=True)
