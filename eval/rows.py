"""Labelled sentences, and how they are split into what may be looked at while building and what may not."""

from __future__ import annotations

import csv
import json
import re
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

_KINDS = ("clear", "ambiguous", "none")
_TITLE_OR_BODY = re.compile(r"-[TD]$")


@dataclass(frozen=True)
class Row:
    """A sentence and the acceptable codes, best first; none: it asks for nothing of ours.

    `message` names what the sentence is a part of: a title and its body are no two witnesses.
    """

    text: str
    gold: tuple[str, ...]
    kind: Kind
    voice: str = ""
    noise: str = ""
    message: str = ""

    @property
    def split(self) -> Literal["dev", "test"]:
        """By voice, and within the others by entry: half of the entries (or sentences without one) are the test's."""
        held_back = zlib.crc32((self.gold[0] if self.kind == "clear" else self.text).encode()) % 2
        return "test" if self.voice in TEST_VOICES or held_back else "dev"


@dataclass(frozen=True)
class Dialogue:
    """What somebody says turn by turn, and the entry it is about."""

    id: str
    turns: tuple[str, ...]
    gold: str


@dataclass(frozen=True)
class OtherSets:
    """What a folder of sets that are not ours holds: labelled sentences by file, follow-ups, dialogues."""

    sentences: dict[str, list[Row]]
    acts: list[tuple[str, str]]
    dialogues: list[Dialogue]


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV with the columns text and gold (codes set apart by |), and optionally id, kind, note and noise.

    The voice is the file's name. Without the column gold, kind says what the sentence is instead of one of ours.
    Raises KeyError where a column is missing.
    """
    found = []
    for row in _csv(path):
        gold = tuple(code for code in (row.get("gold", "") if "kind" in row else row["gold"]).split("|") if code)
        said = row.get("kind") or row.get("note") or ""
        kind: Kind = "ambiguous" if said == "ambiguous" else "clear" if gold else "none"
        noise = row.get("noise") or (said if said not in _KINDS and not gold else "")
        message = _TITLE_OR_BODY.sub("", row.get("id", ""))
        found.append(Row(row["text"], gold, kind, path.stem, "+".join(sorted(noise.split("+"))), message))
    return found


def read_folder(folder: Path) -> OtherSets:
    """Every CSV of sentences or follow-ups (a column act) and every JSONL of dialogues. Raises KeyError, ValueError."""
    found = OtherSets({}, [], [])
    for path in sorted(folder.glob("*.csv")):
        rows = _csv(path)
        if rows and "act" in rows[0]:
            found.acts.extend((row["text"], row["act"]) for row in rows)
        else:
            found.sentences[path.stem] = read_rows(path)
    for path in sorted(folder.glob("*.jsonl")):
        talks = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        found.dialogues.extend(Dialogue(one["id"], tuple(one["turns"]), one["gold_item"]) for one in talks)
    return found


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def own_rows(split: Split = "dev") -> list[Row]:
    """Our own sentences, written by people who saw no phrase (docs/evaluation.md tells how)."""
    rows = [row for path in sorted((DATA / "own").glob("*.csv")) for row in read_rows(path)]
    return [row for row in rows if split in ("all", row.split)]


def act_rows(split: Split = "dev") -> list[tuple[str, str]]:
    """Follow-ups and their acts; every other one is the test's."""
    rows = [(row["text"], row["act"]) for row in _csv(DATA / "acts.csv")]
    return [row for n, row in enumerate(rows) if split == "all" or ("dev", "test")[n % 2] == split]


def of_kind(rows: Sequence[Row], kind: Kind) -> list[int]:
    """The numbers of the rows of that kind."""
    return [n for n, row in enumerate(rows) if row.kind == kind]
