"""A talk without a network: `hear` with a parser and a matcher that answer what the test says, then `step`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.deciding.outcome import Ask, AskGrade, HandOff, Offer, Outcome, Rated, Replay, Say, Tell
from bot.deciding.state import State
from bot.deciding.step import step
from bot.hearing.hear import Ears, hear
from bot.hearing.rasa import Parse
from bot.hearing.reading import Act, Reading
from knowledge.search import Candidate, Match
from knowledge.snapshot import Snapshot

REJECT = Match("reject", ())


def answer_with(code: str, score: float = 0.95, *, named: str | None = None) -> Match:
    """A matcher's clear answer."""
    return Match("answer", (Candidate(code, score),), 0, named)


def clarify_with(*codes: str, named: str | None = None) -> Match:
    """A matcher's question between some entries."""
    return Match("clarify", tuple(Candidate(code, 0.5) for code in codes), len(codes), named)


@dataclass
class FakeParser:
    """Reads whatever it is told to; None is an engine that is away."""

    parsed: Parse | None = None
    heard: list[str] = field(default_factory=list)

    async def parse(self, text: str) -> Parse | None:
        self.heard.append(text)
        return self.parsed


@dataclass
class FakeMatcher:
    """Matches whatever it is told to."""

    found: Match = REJECT
    asked: list[str] = field(default_factory=list)
    mended: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def match(self, text: str, vector: Any) -> Match:
        self.asked.append(text)
        return self.found

    def repaired(self, text: str) -> str | None:
        return self.mended.get(text)

    def read(self, text: str, encode: Callable[[str], Any]) -> tuple[str, Match]:
        return text, self.match(text, encode(text))


def with_matcher(snapshot: Snapshot, matcher: FakeMatcher) -> Snapshot:
    """The snapshot with this matcher instead of its index."""
    copy = replace(snapshot)
    vars(copy).update({name: vars(snapshot)[name] for name in ("tables", "sites") if name in vars(snapshot)})
    vars(copy)["matcher"] = matcher
    return copy


def kind(outcome: Outcome) -> str:
    """An outcome in one word, with its sentence's key or its notice's part."""
    if isinstance(outcome, Say | HandOff | Offer):
        return f"{type(outcome).__name__.lower()}:{outcome.key}"
    if isinstance(outcome, Tell):
        return f"tell:{outcome.part}"
    if isinstance(outcome, Ask):
        return "ask:explained" if outcome.explained else "ask"
    assert isinstance(outcome, Replay | Rated | AskGrade)
    return type(outcome).__name__.lower()


class Talk:
    """A conversation, turn by turn; `state`, `outcomes` and `reading` are those of the last turn."""

    def __init__(self, snapshot: Snapshot, state: State | None = None) -> None:
        self.parser, self.matcher = FakeParser(), FakeMatcher()
        self.snapshot = with_matcher(snapshot, self.matcher)
        self.state = state or State()
        self.outcomes: list[Outcome] = []
        self.reading: Reading | None = None

    def say(self, text: str, act: Act | None = None, match: Match = REJECT, confidence: float = 0.9) -> list[str]:
        """One turn; `act` is what the language engine would hear (None: it is away). Returns the outcomes' kinds."""
        self.parser.parsed = Parse(act, confidence, ()) if act else None
        self.matcher.found = match
        self.reading = asyncio.run(hear(text, self.state, self.snapshot, Ears(self.parser)))
        after, self.outcomes = step(self.state, self.reading, self.snapshot)
        self.state = after.model_copy(update={"said": self.reading.text})
        return [kind(outcome) for outcome in self.outcomes]

    @property
    def asked(self) -> str:
        """The fact that the last turn asks for."""
        return next(outcome.fact for outcome in self.outcomes if isinstance(outcome, Ask))

    def told(self) -> Tell:
        """The notice, or part of one, of the last turn."""
        return next(outcome for outcome in self.outcomes if isinstance(outcome, Tell))
