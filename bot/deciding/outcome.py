"""What a step decides to say, before it has words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.hearing.reading import Act
from knowledge.notice import Notice

Part: TypeAlias = Act | Literal["all"]
"""Which part of a notice answers: all of it, or what one act asks for."""


@dataclass(frozen=True)
class Say:
    """A sentence of `wording.yml`."""

    key: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """A question of the entry; `explained` puts it in other words, `left` counts the questions there can still be."""

    code: str
    fact: str
    left: int = 1
    explained: bool = False


@dataclass(frozen=True)
class Offer:
    """Entries to choose from."""

    key: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Tell:
    """A notice or the part of it that was asked for.

    `papers` are the ids of those that were asked about by name, `day` the day that was asked about, in its own words.
    """

    notice: Notice
    part: Part = "all"
    papers: tuple[str, ...] = ()
    day: str | None = None


@dataclass(frozen=True)
class HandOff:
    """A person takes over; `key` says why. The hall's record gives it a `number` and the day it is `due`."""

    key: str
    number: str = ""
    due: str = ""


@dataclass(frozen=True)
class AskGrade:
    """How satisfied the speaker is, to choose from five grades."""


@dataclass(frozen=True)
class Rated:
    """A rating, 1 to 5, which the hall keeps."""

    grade: int


@dataclass(frozen=True)
class Replay:
    """The last turn's replies once more."""


Outcome: TypeAlias = Say | Ask | Offer | Tell | HandOff | AskGrade | Rated | Replay
