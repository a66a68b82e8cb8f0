"""The matcher on labelled sentences, beside the two simple ways a hall would otherwise choose, on the same rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.search.index import Floats
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

DATA = Path(__file__).parent / "data" / "matching.csv"

Encode = Callable[[list[str]], Floats]


@dataclass(frozen=True)
class Row:
    """A sentence and the acceptable codes, best first; none: it asks for nothing of ours."""

    text: str
    gold: tuple[str, ...]


def read_rows(path: Path | None) -> list[Row]:
    """Rows of a CSV with the columns `text` and `gold`."""
    with (path or DATA).open(encoding="utf-8", newline="") as file:
        return [
            Row(row["text"], tuple(code for code in row["gold"].split("|") if code)) for row in csv.DictReader(file)
        ]


def evaluate_matching(snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None) -> dict[str, Any]:
    """Figures of the matcher and of its baselines. Rows whose codes the catalogue lacks count as none of ours."""
    known = set(snapshot.tables)
    golds = [tuple(code for code in row.gold if code in known) for row in rows]
    texts = [normalise(row.text) for row in rows]
    vectors = encode(texts) if encode else None
    matcher = snapshot.matcher
    found = [matcher.match(text, vectors[n] if vectors is not None else None) for n, text in enumerate(texts)]
    ranked = [[candidate.code for candidate in one.candidates] for one in found]
    ours = [n for n, gold in enumerate(golds) if gold]
    others = [n for n, gold in enumerate(golds) if not gold]
    wrong = [
        {"text": rows[n].text, "gold": "|".join(golds[n]), "got": ranked[n][:3], "decision": found[n].decision}
        for n in range(len(rows))
        if (golds[n] and ranked[n][:1] and ranked[n][0] not in golds[n])
        or (golds[n] and found[n].decision == "reject")
        or (not golds[n] and found[n].decision == "answer")
    ]
    return {
        "snapshot": snapshot.id,
        "rows": len(rows),
        "with_item": len(ours),
        "without_item": len(others),
        "daoban": {
            **_ranking(ranked, golds, ours),
            "answered": _share(found[n].decision == "answer" for n in ours),
            "clarified": _share(found[n].decision == "clarify" for n in ours),
            "rejected": _share(found[n].decision == "reject" for n in ours),
            "answered_without_item": _share(found[n].decision == "answer" for n in others),
        },
        "bm25": _ranking([_by_words(snapshot, text) for text in texts], golds, ours),
        "embedding": _ranking(_by_names(snapshot, texts, encode), golds, ours) if encode else None,
        "wrong": wrong,
    }


def _share(flags: Any) -> float | None:
    listed = list(flags)
    return round(sum(listed) / len(listed), 4) if listed else None


def _ranking(ranked: Sequence[Sequence[str]], golds: Sequence[tuple[str, ...]], ours: Sequence[int]) -> dict[str, Any]:
    return {
        "top1": _share(bool(ranked[n]) and ranked[n][0] in golds[n] for n in ours),
        "top3": _share(any(code in golds[n] for code in ranked[n][:3]) for n in ours),
    }


def _by_words(snapshot: Snapshot, text: str) -> list[str]:
    """BM25 alone, over all phrases."""
    index = snapshot.matcher.index
    best = index.score(text, None).word_best[:-1]
    return [index.codes[n] for n in np.argsort(-best, kind="stable")[:3]]


def _by_names(snapshot: Snapshot, texts: list[str], encode: Encode) -> list[list[str]]:
    """The embedding alone, zero-shot on the entries' names."""
    codes = list(snapshot.tables)
    names = encode([normalise(snapshot.catalogue.entry(code).name) for code in codes])
    similar = encode(texts) @ names.T
    return [[codes[n] for n in np.argsort(-row, kind="stable")[:3]] for row in similar]
