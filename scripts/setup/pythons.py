"""Find the two interpreters: the main one (3.11 or newer, 3.11 first) and 3.10 for Rasa."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .artefacts import SetupError

# A pyenv shim can exist and fail, and Debian's python3 can lack venv: only running it tells.
_PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:3], sys._base_executable)"


@dataclass(frozen=True)
class Python:
    """An interpreter that runs and can make environments."""

    path: str
    version: tuple[int, ...]

    @property
    def release(self) -> str:
        """Its version as text, e.g. 3.11.7."""
        return ".".join(map(str, self.version))


def probe(path: str) -> Python | None:
    """The interpreter at `path`, or None when it does not run or cannot make environments."""
    try:
        done = subprocess.run([path, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True)
        major, minor, micro, executable = done.stdout.strip().split(" ", 3)
        return Python(executable, (int(major), int(minor), int(micro)))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def find_main(env: Mapping[str, str]) -> Python:
    """The main interpreter: `DAOBAN_PYTHON`, else 3.11, else a newer one. Raises `SetupError`."""
    if env.get("DAOBAN_PYTHON"):
        return _named(env, "DAOBAN_PYTHON", lambda version: version >= (3, 11), "3.11 或更新")
    for minor in ("3.11", "3.12", "3.13", "3.14"):
        for python in _found(minor, env):
            return python
    raise SetupError(
        "没有找到能用的 Python 3.11 或更新的版本：请先装一个（Debian 上是 apt install python3.11 python3.11-venv），"
        "或用环境变量 DAOBAN_PYTHON 指明它在哪里，再运行 make setup。"
    )


def find_rasa(env: Mapping[str, str]) -> Python:
    """Python 3.10, for Rasa: `DAOBAN_PYTHON310`, else an installed one, else fetched by uv. Raises `SetupError`."""
    if env.get("DAOBAN_PYTHON310"):
        return _named(env, "DAOBAN_PYTHON310", lambda version: version[:2] == (3, 10), "3.10")
    for python in _found("3.10", env):
        return python
    if shutil.which("uv", path=env.get("PATH")):
        _uv(env, "python", "install", "3.10")
        for python in _probed(_uv(env, "python", "find", "3.10"), "3.10"):
            return python
    raise SetupError(
        "没有找到能用的 Python 3.10，语言引擎 Rasa 只能用它：请先装一个（比如 pyenv install 3.10，或装好 uv），"
        "或用环境变量 DAOBAN_PYTHON310 指明它在哪里，再运行 make setup。"
    )


def _named(env: Mapping[str, str], name: str, fits: Callable[[tuple[int, ...]], bool], wanted: str) -> Python:
    python = probe(env[name])
    if python is None or not fits(python.version):
        raise SetupError(f"环境变量 {name} 指的 {env[name]} 不是能用的 Python {wanted}，请改对它，再运行 make setup。")
    return python


def _found(minor: str, env: Mapping[str, str]) -> Iterator[Python]:
    """Working interpreters of one minor version, in the order they are tried."""
    home = Path(env.get("PYENV_ROOT") or Path(env.get("HOME") or Path.home()) / ".pyenv")
    candidates: list[str] = [str(path) for path in sorted(home.glob(f"versions/{minor}*/bin/python"), reverse=True)]
    on_path = shutil.which(f"python{minor}", path=env.get("PATH"))
    candidates += [on_path] if on_path else []
    candidates += [sys.executable] if sys.version_info[:2] == tuple(map(int, minor.split("."))) else []
    for candidate in candidates:
        yield from _probed(candidate, minor)
    yield from _probed(_uv(env, "python", "find", "--no-python-downloads", minor), minor)


def _probed(path: str, minor: str) -> Iterator[Python]:
    python = probe(path) if path else None
    if python and ".".join(map(str, python.version[:2])) == minor:
        yield python


def _uv(env: Mapping[str, str], *arguments: str) -> str:
    """What uv prints; empty when uv is missing or says no."""
    uv = shutil.which("uv", path=env.get("PATH"))
    if not uv:
        return ""
    try:
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, timeout=600, env=dict(env), check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
