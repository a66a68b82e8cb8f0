"""What commands share: failures, lines in and out, the snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import typer

from connectors.artefacts import NotSetUp, load_newest
from connectors.local_files import LocalFileError
from connectors.settings import Settings
from knowledge.snapshot import Snapshot, SnapshotError


class Failure(Exception):
    """One sentence for the user and the exit status: 2 for bad arguments, 1 otherwise."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def snapshot(settings: Settings) -> Snapshot:
    """The built snapshot. Raises Failure."""
    try:
        return load_newest(settings)
    except (NotSetUp, SnapshotError, LocalFileError) as error:
        raise Failure(str(error)) from None


def lines_in() -> Iterator[str]:
    """Lines of standard input without their ends; invalid UTF-8 becomes U+FFFD, with one warning."""
    warned = False
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        if not warned and "\ufffd" in line and "\ufffd".encode() not in raw:
            typer.echo("有的行不是 UTF-8，认不出的字换成了 U+FFFD。", err=True)
            warned = True
        yield line


def line_out(value: Any) -> None:
    """One JSON value on one line, flushed."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
