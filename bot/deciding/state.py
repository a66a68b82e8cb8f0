"""The conversation as plain data: small enough for one row, replayed from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from knowledge.facts import FactValue

Situation: TypeAlias = Literal["idle", "choosing", "asking", "told"]
"""Where the talk stands: nothing chosen, candidates offered, a question pending, the notice given."""


MOST_WANTED = 200
"""Characters of a request over several turns that are kept, the last ones."""


class Answer(BaseModel):
    """One answer, in the order given; a value of None is 不知道."""

    model_config = ConfigDict(frozen=True)

    fact: str
    value: FactValue | None


class Talked(BaseModel):
    """One turn for whoever takes over: what was said, masked, and how the answer began."""

    model_config = ConfigDict(frozen=True)

    said: str
    answered: str


class State(BaseModel):
    """All that is remembered between two turns. Never the speaker."""

    model_config = ConfigDict(frozen=True)

    snapshot: str = ""
    item: str | None = None
    answers: tuple[Answer, ...] = ()
    asked: str | None = None
    offered: tuple[str, ...] = ()
    wanted: str = Field(default="", description="What was said, masked, that led to what is offered")
    told: bool = False
    parked: dict[str, tuple[Answer, ...]] = {}
    have: tuple[str, ...] = ()
    queue: tuple[str, ...] = Field(default=(), description="Entries asked for in one sentence, still to be done")
    misses: int = 0
    last: tuple[dict[str, object], ...] = Field(default=(), description="The replies of the last turn, for 再说一遍")
    said: str = Field(default="", description="The citizen's last words, masked, to show what was heard")
    talk: tuple[Talked, ...] = Field(default=(), description="The last turns, for a person who takes over")
    stuck: str | None = Field(default=None, description="The number under which this talk was handed to a person")
    token: str | None = Field(default=None, description="The link of the notice that was given last")
    issued: tuple[str, ...] = Field(
        default=(), description="The links of all notices given, to erase them with the talk"
    )

    @property
    def situation(self) -> Situation:
        """Where the talk stands, from what is pending."""
        if self.offered:
            return "choosing"
        if self.asked:
            return "asking"
        return "told" if self.item and self.told else "idle"

    @property
    def facts(self) -> dict[str, FactValue]:
        """What is known now: the last answer to each fact, unknown ones left out."""
        latest = {answer.fact: answer.value for answer in self.answers}
        return {fact: value for fact, value in latest.items() if value is not None}

    @property
    def skipped(self) -> frozenset[str]:
        """Facts whose last answer was 不知道."""
        latest = {answer.fact: answer.value for answer in self.answers}
        return frozenset(fact for fact, value in latest.items() if value is None)

    def wanting(self, text: str) -> State:
        """With this text added to what led to the offer; of a long one the end is kept."""
        return self.model_copy(update={"wanted": f"{self.wanted}，{text}"[-MOST_WANTED:]})

    def fresh(self, facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
        """Those of the facts that are not known to be so already."""
        known = self.facts
        return {fact: value for fact, value in facts.items() if known.get(fact) != value}

    def answered(self, **values: FactValue | None) -> State:
        """With these answers added at the end; an older answer to the same fact is dropped."""
        kept = tuple(answer for answer in self.answers if answer.fact not in values)
        return self.model_copy(
            update={"answers": kept + tuple(Answer(fact=fact, value=value) for fact, value in values.items())}
        )
