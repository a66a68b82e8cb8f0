"""What setup builds: named by the SHA-256 of what it is made from, whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

STAMP = ".complete"
TEMPORARY = "tmp-"  # what begins like this in the build folder was left by an interrupted run


class SetupError(Exception):
    """Setup cannot go on; the message is one plain Chinese sentence that says what to do."""


def sha256(path: Path) -> str:
    """The hex SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sha256_tree(folder: Path) -> str:
    """The hex SHA-256 of all files under `folder`: their relative names and contents."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return key(*(part for path in files for part in (path.relative_to(folder).as_posix(), sha256(path))), length=64)


def key(*parts: str, length: int = 12) -> str:
    """A short name for what an artefact is made from."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:length]


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(str(path))
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def environment_complete(folder: Path) -> bool:
    """Whether an environment was built to its end and its Python is still there."""
    return (folder / STAMP).is_file() and (folder / "bin" / "python").exists()


@contextlib.contextmanager
def environment_build(folder: Path) -> Iterator[None]:
    """Build an environment in the block: at its final path (a venv cannot be moved), with the stamp last."""
    remove(folder)
    try:
        yield
        (folder / STAMP).write_text("", encoding="utf-8")
    except BaseException:
        remove(folder)
        raise


def build_aside(target: Path, build: Callable[[Path], Path]) -> None:
    """Let `build` work in a temporary folder; what it returns from in there becomes `target` in one step."""
    aside = target.parent / f"{TEMPORARY}{target.name}"
    remove(aside)
    aside.mkdir(parents=True)
    try:
        build(aside).replace(target)
    finally:
        remove(aside)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new text, never half of one."""
    aside = path.parent / f"{TEMPORARY}{path.name}"
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def require_own_link(link: Path, build: Path) -> None:
    """Raise `SetupError` unless `link` is free, or already a link into the build folder."""
    if link.is_symlink() and link.resolve().parent != build.resolve():
        raise SetupError(f"{link.name} 是您自己建的链接，请先把它改名或删掉，再运行 make setup。")
    if link.exists() and not link.is_symlink():
        raise SetupError(f"{link.name} 是您自己建的文件夹，请先把它改名或删掉，再运行 make setup。")


def point_link(link: Path, target: Path) -> None:
    """Make `link`, which lies beside the build folder, a relative symlink to `target` in one step."""
    if link.is_symlink() and link.resolve() == target.resolve():
        return
    aside = target.parent / f"{TEMPORARY}link"
    remove(aside)
    aside.symlink_to(f"{target.parent.name}/{target.name}")
    aside.replace(link)


def prune(build: Path, current: dict[str, Path]) -> None:
    """Remove the artefacts of other hashes: of each kind (the part before the hash) only the current one stays."""
    for kind, keep in current.items():
        for path in build.glob(f"{kind}-*"):
            rest = path.name[len(kind) + 1 :].split(".")[0]
            if path != keep and len(rest) == 12 and all(c in "0123456789abcdef" for c in rest):
                remove(path)


def remove_leftovers(build: Path) -> None:
    """Remove what an interrupted run left unfinished."""
    for path in build.glob(f"{TEMPORARY}*"):
        remove(path)


def require_space(folder: Path, gigabytes: float) -> None:
    """Raise `SetupError` when the disk of `folder` has less than this free."""
    free = shutil.disk_usage(str(folder)).free / 1e9
    if free < gigabytes:
        raise SetupError(f"磁盘空间不够：还要 {gigabytes:.1f} GB，只剩 {free:.1f} GB；请腾出空间后再运行 make setup。")


def disk_full(error: OSError) -> bool:
    """Whether an error says that the disk, or this user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def only_one(build: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the build folder's lock in the block; a second setup says so and waits."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个 make setup 正在运行，等它做完……")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
