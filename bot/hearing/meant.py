"""What a sentence implies of the case, by its likeness to what people answer: 他前年走的 says that the owner died."""

from __future__ import annotations

from knowledge.search.answers import question_key
from knowledge.search.index import Floats
from knowledge.snapshot import Snapshot

LEAST, LEAD = 0.30, 0.15
"""How like an option's answers a sentence must be, and by how much more than any other option's.

Each of our 12,600 answers read by the others: of 28% something is taken, of that 89% rightly; of other questions'
answers 1% is taken. So what is taken is read back.
"""


def implied(snapshot: Snapshot, code: str, fact: str, vectors: Floats | None) -> str | None:
    """The option of the entry's question that a sentence implies, by its and its clauses' vectors [k, d], or None."""
    if snapshot.answers is None or vectors is None:
        return None
    entry = snapshot.catalogue.entry(code)
    found = snapshot.answers.read(question_key(snapshot.catalogue, code, fact), vectors)
    if not found or found.score < LEAST or found.lead < LEAD:
        return None
    return found.option if snapshot.catalogue.fact(entry, fact).option(found.option) else None
