"""Reads which option of a question a sentence implies, from its likeness to what people answer.

他前年走的 answers whether the owner is alive, though no word of it stands in the option. The sentences come from
`intents/answers`; only the options of one question are compared, which are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.model import Catalogue
from knowledge.search.index import Floats
from knowledge.text import INTENTS, normalise, read_yaml

SHORTEST = 2
"""A single character is no sentence to resemble."""


@dataclass(frozen=True)
class Likeness:
    """The option that a sentence is most like, how like, and by how much more than the next one (cosines)."""

    option: str
    score: float
    lead: float


@dataclass(frozen=True)
class Answers:
    """The mean direction of each option's answers: row n of `means` [n, d] is `options[n]` of the question `keys[n]`.

    Directions are taken from `centre` [d], the mean of all answers: all sentences resemble each other.
    """

    keys: tuple[str, ...]
    options: tuple[str, ...]
    centre: Floats
    means: Floats

    def read(self, key: str, vectors: Floats) -> Likeness | None:
        """Of a sentence and its clauses, `vectors` [k, d], what the one says that tells the options apart best.

        None for a question without answers, or with one option.
        """
        rows = [n for n, one in enumerate(self.keys) if one == key]
        if len(rows) < 2:
            return None
        scores = _directions(vectors, self.centre) @ self.means[rows].T
        order = np.sort(scores, axis=1)
        clause = int((order[:, -1] - order[:, -2]).argmax())
        option = self.options[rows[int(scores[clause].argmax())]]
        return Likeness(option, float(order[clause, -1]), float(order[clause, -1] - order[clause, -2]))

    def save(self, path: Path) -> None:
        """Write to an `.npz` file."""
        np.savez(path, keys=np.array(self.keys), options=np.array(self.options), centre=self.centre, means=self.means)

    @staticmethod
    def load(path: Path) -> Answers:
        """Read what `save` wrote. Raises OSError."""
        with np.load(path, allow_pickle=False) as stored:
            keys, options = tuple(stored["keys"].tolist()), tuple(stored["options"].tolist())
            return Answers(keys, options, stored["centre"], stored["means"])


def learn_answers(sentences: Sequence[tuple[str, str, str]], vectors: Floats) -> Answers:
    """The mean directions of (question, option, sentence), whose vectors are [n, d]."""
    centre = vectors.mean(axis=0)
    moved = _directions(vectors, centre)
    rows: dict[tuple[str, str], list[int]] = {}
    for n, (key, option, _) in enumerate(sentences):
        rows.setdefault((key, option), []).append(n)
    means = _directions(np.stack([moved[one].sum(axis=0) for one in rows.values()]), np.zeros_like(centre))
    return Answers(tuple(key for key, _ in rows), tuple(option for _, option in rows), centre, means)


def _directions(vectors: Floats, centre: Floats) -> Floats:
    moved = vectors - centre
    directions: Floats = (moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return directions


def question_key(catalogue: Catalogue, code: str, fact: str) -> str:
    """The name of a question in `intents/answers`: a fact of the entry's own has its code before it."""
    return f"{code}.{fact}" if fact in catalogue.entry(code).facts else fact


def read_answers(folder: Path = INTENTS / "answers") -> dict[str, dict[str, list[str]]]:
    """Question → option → sentences, of all files. Raises ValueError where two files answer one question."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(folder.glob("*.yml")):
        table: dict[str, Any] = read_yaml(path) or {}
        if twice := found.keys() & table.keys():
            raise ValueError(f"{path.name} answers again: {', '.join(sorted(twice))}")
        found |= table
    return found


def answer_sentences(
    catalogue: Catalogue, told: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[tuple[str, str, str]]:
    """(question, option, normalised sentence) for every option of every question, each once."""
    seen: set[tuple[str, str]] = set()
    for code in (*catalogue.items, *catalogue.themes):
        entry = catalogue.entry(code)
        for question in entry.questions:
            key = question_key(catalogue, code, question.fact)
            for option in catalogue.fact(entry, question.fact).options:
                if (key, option.id) in seen:
                    continue
                seen.add((key, option.id))
                own = told.get(key, {}).get(option.id, ())
                texts = (normalise(text) for text in (option.label, *own))
                yield from ((key, option.id, text) for text in dict.fromkeys(texts) if len(text) >= SHORTEST)
