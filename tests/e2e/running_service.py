"""The real service, both processes, started once for the whole run and stopped at its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("rasa_python", "rasa_model", "model", "snapshot")
START_S = 180
WECHAT_TOKEN = "end-to-end-kX82-nobody"


@dataclass
class Running:
    """A running service."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def rasa_pid(self) -> int:
        """The language engine's process, from the file the service writes."""
        return int((self.data_dir / "run" / "rasa.pid").read_text())

    def client(self) -> httpx.Client:
        """A client with cookies of its own."""
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def readiness(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /readyz; (0, {}) where nobody answers."""
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=10, trust_env=False)
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()

    def until_ok(self, seconds: float = START_S) -> None:
        """Wait until both processes answer."""
        self._until(lambda: self.readiness() == (200, {"status": "ok", "rasa": "up"}), seconds)

    def until_it_answers(self, seconds: float = START_S) -> None:
        """Wait until the main process answers, with or without the language engine."""
        self._until(lambda: self.readiness()[0] != 0, seconds)

    def _until(self, true: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            if self.process.poll() is not None:
                raise RuntimeError(f"the service ended: {(self.data_dir / 'log').read_text()[-2000:]}")
            if time.monotonic() > end:
                raise TimeoutError(f"not ready in {seconds} s: {self.readiness()}")
            time.sleep(0.3)

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would; its exit status."""
        self.process.send_signal(sent)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise

    def stop(self) -> None:
        """End it and drop its data."""
        try:
            self.end()
        finally:
            shutil.rmtree(self.data_dir, ignore_errors=True)


_running: Running | None = None


def missing() -> str | None:
    """What is not built, or None."""
    try:
        named = json.loads((ROOT / ".build" / "current.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "nothing is built; run make setup"
    gone = [name for name in NEEDED if name not in named]
    return f"{', '.join(gone)} not built; run make setup" if gone else None


def environment(data_dir: Path) -> dict[str, str]:
    """The settings of whoever runs the tests stay out, but for the snapshot to serve from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAOBAN_")}
    if snapshot := os.environ.get("DAOBAN_SNAPSHOT"):
        kept["DAOBAN_SNAPSHOT"] = snapshot
    return kept | {"DAOBAN_DATA_DIR": str(data_dir), "DAOBAN_WECHAT_TOKEN": WECHAT_TOKEN}


def start(data_dir: Path | None = None) -> Running:
    """A new service on a free port, with a data folder of its own where none is given, not yet waited for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data_dir = data_dir or Path(tempfile.mkdtemp(prefix="daoban-e2e-"))
    with (data_dir / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "connectors.cli.main", "serve", "--port", str(port)],
            env=environment(data_dir), cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    return Running(f"http://127.0.0.1:{port}", data_dir, process)


def shared(config: pytest.Config) -> Running:
    """The run's one service, both processes up. Skips where it is not built."""
    global _running
    if reason := missing():
        pytest.skip(reason)
    if _running is None:
        _running = start()
        config.add_cleanup(_running.stop)
    _running.until_ok()
    return _running
