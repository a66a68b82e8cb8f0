"""What a sentence implies of the case, by its likeness to what people answer: 他前年走的 says that the owner died."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from bot.hearing.reading import Vectors
from knowledge.facts import FactValue
from knowledge.search.answers import question_key
from knowledge.snapshot import Snapshot


class Bar(NamedTuple):
    """How like an option's answers a sentence must be, and by how much more than any other option's."""

    least: float
    lead: float


PENDING = Bar(0.66, 0.05)
"""For the question that was just asked, which the next sentence nearly always answers."""

BESIDE = Bar(0.80, 0.10)
"""For a question that was not asked: few sentences answer it."""


def implied(snapshot: Snapshot, code: str, fact: str, vectors: Vectors | None, bar: Bar) -> str | None:
    """The option of the entry's question that the sentence implies, or None."""
    if snapshot.answers is None or vectors is None or not len(vectors):
        return None
    found = snapshot.answers.read(question_key(snapshot.catalogue, code, fact), vectors)
    if not found or found[0].score < bar.least:
        return None
    behind = found[1].score if len(found) > 1 else -1.0
    return found[0].option if found[0].score - behind >= bar.lead else None


def implied_facts(
    snapshot: Snapshot, code: str, vectors: Vectors | None, known: Collection[str]
) -> dict[str, FactValue]:
    """The entry's own questions that the sentence answers though none was asked, except those in `known`."""
    questions = (question.fact for question in snapshot.catalogue.entry(code).questions)
    found = {fact: implied(snapshot, code, fact, vectors, BESIDE) for fact in questions if fact not in known}
    return {fact: option for fact, option in found.items() if option is not None}
