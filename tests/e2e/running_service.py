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
        end = time.monotonic() + seconds
        while self.readiness() != (200, {"status": "ok", "rasa": "up"}):
            if self.process.poll() is not None:
                raise RuntimeError(f"the service ended: {(self.data_dir / 'log').read_text()[-2000:]}")
            if time.monotonic() > end:
                raise TimeoutError(f"not ready in {seconds} s: {self.readiness()}")
            time.sleep(0.3)

    def stop(self) -> None:
        """End it as an operator would, and drop its data."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
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


def start() -> Running:
    """A new service on a free port with a data folder of its own, not yet waited for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data_dir = Path(tempfile.mkdtemp(prefix="daoban-e2e-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAOBAN_")}
    with (data_dir / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "connectors.cli.main", "serve", "--port", str(port)],
            env=kept | {"DAOBAN_DATA_DIR": str(data_dir), "DAOBAN_WECHAT_TOKEN": WECHAT_TOKEN},
            cwd=ROOT, stdout=log, stderr=log,
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
