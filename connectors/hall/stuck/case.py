"""A stuck case, and what any keeper of them can do."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from bot.deciding.state import Talked
from knowledge.facts import FactValue

Why: TypeAlias = Literal["asked", "complaint", "missed"]
"""The citizen asked for a person, complained, or was twice not understood."""

WORKING_DAYS: dict[Why, int] = {"asked": 1, "missed": 1, "complaint": 5}
"""By when a person must have looked: working days after the day it was opened."""


class StuckCase(BaseModel):
    """What a clerk needs to go on without asking anew. Never who it was: personal numbers are masked."""

    model_config = ConfigDict(frozen=True)

    number: str
    why: Why
    item: str | None
    facts: dict[str, FactValue]
    talk: tuple[Talked, ...]
    opened_at: dt.datetime
    due: dt.date
    answer: str | None = None
    closed_at: dt.datetime | None = None


class StuckCases(Protocol):
    """Keeps stuck cases. A hall's own system for them can take its place."""

    def open(
        self, why: Why, item: str | None, facts: dict[str, FactValue], talk: tuple[Talked, ...], known: str | None
    ) -> StuckCase:
        """Record a case and number it; `known`, the talk's earlier number, is kept up to date while it is open."""

    def find(self, number: str) -> StuckCase | None:
        """The case of that number."""

    def waiting(self) -> list[StuckCase]:
        """Open cases, the one due first at the head."""

    def close(self, number: str, answer: str) -> StuckCase | None:
        """Close a case with words to the citizen; None where there is no open case of that number."""

    def erase(self, number: str) -> None:
        """Forget a case."""
