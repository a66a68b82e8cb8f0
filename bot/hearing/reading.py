"""What one utterance was heard to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from knowledge.search import Match

Act: TypeAlias = Literal[
    "service", "inform", "materials", "material_source", "conditions", "place", "time", "hours", "fee", "online",
    "proxy", "deferrable", "steps", "legal_basis", "appointment", "queue", "progress", "delivery", "human",
    "complaint", "rate", "repeat", "explain", "more", "affirm", "deny", "dont_know", "correct", "previous", "restart",
    "erase", "greet", "thanks", "bye", "out_of_scope", "emergency",
]  # fmt: skip
"""What the speaker is doing in this turn."""

ACTS: tuple[Act, ...] = get_args(Act)

ABOUT_ITEM: frozenset[Act] = frozenset(
    ("materials", "material_source", "conditions", "place", "time", "hours", "fee", "online", "proxy", "deferrable",
     "steps", "legal_basis", "appointment", "queue", "progress", "delivery")
)  # fmt: skip
"""Acts that ask something about the item talked about."""


@dataclass(frozen=True)
class Entity:
    """A stretch of text that Rasa marked: who, when, size, tenure, by_proxy."""

    name: str
    value: str


@dataclass(frozen=True)
class Picked:
    """What the text picked of what was offered: an option of a fact, a number, or an entry; None: not known."""

    kind: Literal["option", "entry"]
    value: str | int | float | None


@dataclass(frozen=True)
class Reading:
    """One utterance, heard. `text` is masked, `normal` is what was matched.

    `requests` holds the entries of a sentence that asks for several, in the order they were said. `request` is what was
    asked for over several turns, where entries had been offered. `implied`: what is picked was not said in its words.
    """

    text: str
    normal: str
    act: Act
    confidence: float
    picked: Picked | None = None
    entities: tuple[Entity, ...] = ()
    match: Match = field(default_factory=lambda: Match("reject", ()))
    degraded: bool = False
    requests: tuple[str, ...] = ()
    request: str = ""
    implied: bool = False
