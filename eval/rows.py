"""Labelled sentences, and how they are split into what may be looked at while building and what may not."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

DATA = Path(__file__).parent / "data"

Kind: TypeAlias = Literal["clear", "ambiguous", "none"]
Split: TypeAlias = Literal["dev", "test", "all"]

TEST_VOICES = frozenset({"letter", "young"})
"""Voices of which nothing is looked at while building."""


@dataclass(frozen=True)
class Row:
    """A sentence and the acceptable codes, best first; none: it asks for nothing of ours."""

    text: str
    gold: tuple[str, ...]
    kind: Kind
    voice: str = ""
    noise: str = ""

    @property
    def split(self) -> Literal["dev", "test"]:
        """By voice, and within the others by entry: half of the entries (or sentences without one) are the test's."""
        held_back = zlib.crc32((self.gold[0] if self.kind == "clear" else self.text).encode()) % 2
        return "test" if self.voice in TEST_VOICES or held_back else "dev"


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV with the columns text and gold (codes set apart by |), and optionally kind and noise.

    The voice is the file's name. Raises KeyError where a column is missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = []
        for row in csv.DictReader(file):
            gold = tuple(code for code in row["gold"].split("|") if code)
            kind: Kind = "ambiguous" if row.get("kind") == "ambiguous" else "clear" if gold else "none"
            found.append(Row(row["text"], gold, kind, path.stem, row.get("noise") or ""))
        return found


def own_rows(split: Split = "dev") -> list[Row]:
    """Our own sentences, written by people who saw no phrase (docs/evaluation.md tells how)."""
    rows = [row for path in sorted((DATA / "own").glob("*.csv")) for row in read_rows(path)]
    return [row for row in rows if split in ("all", row.split)]


def act_rows(split: Split = "dev") -> list[tuple[str, str]]:
    """Follow-ups and their acts; every other one is the test's."""
    with (DATA / "acts.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["act"]) for row in csv.DictReader(file)]
    return [row for n, row in enumerate(rows) if split == "all" or ("dev", "test")[n % 2] == split]


def of_kind(rows: Sequence[Row], kind: Kind) -> list[int]:
    """The numbers of the rows of that kind."""
    return [n for n, row in enumerate(rows) if row.kind == kind]
