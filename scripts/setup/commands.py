"""Run the commands setup is made of: their details go to a log, their failure becomes one plain sentence."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from .artefacts import SetupError

_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|Errno 28|Errno 122")
_BAD_HASH = re.compile(r"DO NOT MATCH THE HASHES")
_NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|NameResolutionError|ProxyError|SSLError|ConnectionResetError"
    r"|Connection (?:refused|aborted|broken)|Max retries exceeded|Network is unreachable"
    r"|Temporary failure in name|IncompleteRead|from versions: none"
    r"|\b(?:403|407|429|50[0234]) (?:Client|Server) Error"
)
_TRACEBACK = "Traceback (most recent call last)"


class Progress:
    """Says which stage runs and for how long; on a terminal the seconds count on."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total, self._out = total, out
        self._number, self._title, self._start, self._result = 0, "", 0.0, ""

    @contextlib.contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show the block as the next stage."""
        self._number += 1
        self._title = f"[{self._number}/{self._total}] {title} … "
        self._start, self._result = time.monotonic(), ""
        self._write(self._title)
        try:
            yield
        except BaseException:
            self._write("\n")
            raise
        if self._out.isatty():
            self._write(f"\r\033[K{self._title}")
        self._write(f"{self._result or self._elapsed()}\n")

    def cached(self) -> None:
        """Say that the stage's work was already there."""
        self._result = "已有，不用重做"

    def result(self, text: str) -> None:
        """End the stage's line with this text instead of the time."""
        self._result = text

    def say(self, text: str) -> None:
        """Print a line of its own, between stages."""
        self._write(f"{text}\n")

    def tick(self) -> None:
        """Count on, on a terminal."""
        if self._out.isatty():
            self._write(f"\r\033[K{self._title}{self._elapsed()}")

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        return f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


class Commands:
    """Runs commands in the project's folder, with one log a stage."""

    def __init__(self, root: Path, logs: Path, env: dict[str, str], progress: Progress) -> None:
        self._root, self._logs, self._env, self._progress = root, logs, env, progress
        self._begun: set[str] = set()

    def run(self, command: list[str], log: str, failed: str, cwd: Path | None = None, **env: str) -> None:
        """Run a command, all its output in `logs/<log>.log`. Raises `SetupError` made from `failed` and the log."""
        path = self._log(log)
        with path.open("ab") as handle:
            code, _ = self._wait(command, cwd, env, handle, handle)
        if code:
            raise SetupError(_explain(path.read_text(encoding="utf-8", errors="replace"), failed, self._shown(path)))

    def ask(self, command: list[str], log: str, failed: str) -> str:
        """Run a command of the project and return its stdout; on stderr it says, in plain words, what is wrong."""
        path = self._log(log)
        begin = path.stat().st_size if path.exists() else 0
        with path.open("ab") as handle:
            code, answer = self._wait(command, None, {}, subprocess.PIPE, handle)
        if not code:
            return answer.strip()
        own = path.read_bytes()[begin:].decode("utf-8", "replace").strip()
        if not own or _TRACEBACK in own:
            raise SetupError(_explain(own, failed, self._shown(path)))
        raise SetupError(own)

    def _wait(
        self, command: list[str], cwd: Path | None, env: dict[str, str], stdout: IO[bytes] | int, stderr: IO[bytes]
    ) -> tuple[int, str]:
        try:
            process = subprocess.Popen(
                command,
                cwd=str(cwd or self._root),
                env={**self._env, **env},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        except OSError as error:
            raise SetupError(
                f"运行不了 {Path(command[0]).name}（{error.strerror}），请再运行一次 make setup。"
            ) from error
        try:
            while True:
                try:
                    answer, _ = process.communicate(timeout=1)
                    return process.returncode, (answer or b"").decode("utf-8", "replace")
                except subprocess.TimeoutExpired:
                    self._progress.tick()
        except BaseException:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()
            raise

    def _log(self, name: str) -> Path:
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        if name not in self._begun:
            self._begun.add(name)
            path.write_bytes(b"")
        return path

    def _shown(self, log: Path) -> str:
        return str(log.relative_to(self._root))


def _explain(details: str, failed: str, log: str) -> str:
    """One sentence from a failed command's output."""
    if _NO_SPACE.search(details):
        reason = "磁盘满了，请腾出空间后再运行 make setup"
    elif _BAD_HASH.search(details):
        reason = "下载的软件包和清单里的不一样，没有采用，请换个网络或过一会儿再运行 make setup"
    elif _NO_NETWORK.search(details):
        reason = "连不上软件源，请检查网络后再运行 make setup"
    else:
        reason = "请看记录里最后几行，改好后再运行 make setup"
    return f"{failed}：{reason}（详细记录在 {log}）。"
