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
    """An option and the cosine of the sentence with the nearest of its answers."""

    option: str
    score: float


@dataclass(frozen=True)
class Answers:
    """The sentences that answer each question: `keys` and `options` name each row of `vectors` [n, d]."""

    keys: tuple[str, ...]
    options: tuple[str, ...]
    vectors: Floats

    def __post_init__(self) -> None:
        rows: dict[str, list[int]] = {}
        for n, key in enumerate(self.keys):
            rows.setdefault(key, []).append(n)
        object.__setattr__(self, "_rows", rows)

    def read(self, key: str, vectors: Floats) -> list[Likeness]:
        """The question's options, the likeliest first, for the vectors [k, d] of a sentence and its clauses.

        Empty for a question that has no answers.
        """
        rows: Mapping[str, list[int]] = self._rows  # type: ignore[attr-defined]
        if key not in rows:
            return []
        near = (vectors @ self.vectors[rows[key]].T.astype(np.float32)).max(axis=0)
        best: dict[str, float] = {}
        for n, score in zip(rows[key], near.tolist(), strict=True):
            best[self.options[n]] = max(best.get(self.options[n], -1.0), score)
        return sorted((Likeness(option, score) for option, score in best.items()), key=lambda one: -one.score)

    def save(self, path: Path) -> None:
        """Write to an `.npz` file, in half precision: a likeness needs no more."""
        np.savez(
            path, keys=np.array(self.keys), options=np.array(self.options), vectors=self.vectors.astype(np.float16)
        )

    @staticmethod
    def load(path: Path) -> Answers:
        """Read what `save` wrote. Raises OSError."""
        with np.load(path, allow_pickle=False) as stored:
            return Answers(tuple(stored["keys"].tolist()), tuple(stored["options"].tolist()), stored["vectors"])


def question_key(catalogue: Catalogue, code: str, fact: str) -> str:
    """The name of a question in `intents/answers`: a shared fact's own, else with the entry's code."""
    return fact if fact in catalogue.facts else f"{code}.{fact}"


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
    """(question, option, normalised sentence) for every question of every entry, each question once."""
    seen: set[str] = set()
    for code in (*catalogue.items, *catalogue.themes):
        entry = catalogue.entry(code)
        for question in entry.questions:
            key = question_key(catalogue, code, question.fact)
            if key in seen:
                continue
            seen.add(key)
            for option in catalogue.fact(entry, question.fact).options:
                own = told.get(key, {}).get(option.id, ())
                texts = (normalise(text) for text in (option.label, *own))
                yield from ((key, option.id, text) for text in dict.fromkeys(texts) if len(text) >= SHORTEST)
