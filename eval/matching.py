"""The matcher on labelled sentences, beside the ways a hall would otherwise choose, on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.metrics import Reading, by, figures, is_first, risk_coverage, share
from eval.rows import Row, of_kind
from knowledge.search.index import Floats
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

Encode = Callable[[list[str]], Floats]
Baseline = Callable[[Sequence[str]], list[list[str]]]
"""Ranked codes for each of the normalised texts."""

CONFUSIONS = 50


def baselines(snapshot: Snapshot, encode: Encode | None) -> dict[str, Baseline]:
    """BM25 and the embedding, each over the catalogue's names and over all phrases."""
    index, codes = snapshot.matcher.index, list(snapshot.tables)

    def ranked(values: Floats) -> list[str]:
        return [index.codes[n] for n in np.argsort(-values[:-1], kind="stable")[:3]]

    found: dict[str, Baseline] = {
        "bm25_phrases": lambda texts: [ranked(index.score(text, None).word_best) for text in texts]
    }
    if encode:
        names = encode([normalise(snapshot.catalogue.entry(code).name) for code in codes])

        def by_names(texts: Sequence[str]) -> list[list[str]]:
            similar = encode(list(texts)) @ names.T
            return [[codes[n] for n in np.argsort(-row, kind="stable")[:3]] for row in similar]

        def by_phrases(texts: Sequence[str]) -> list[list[str]]:
            vectors = encode(list(texts))
            return [ranked(index.score(text, vectors[n]).cos_best) for n, text in enumerate(texts)]

        found |= {"embedding_names": by_names, "embedding_phrases": by_phrases}
    return found


def evaluate_matching(snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None) -> dict[str, Any]:
    """All figures of the matcher and its baselines, and its worst confusions, as plain data."""
    texts = [normalise(row.text) for row in rows]
    vectors = encode(texts) if encode else None
    matcher = snapshot.matcher
    found = [matcher.match(text, vectors[n] if vectors is not None else None) for n, text in enumerate(texts)]
    readings = [Reading.of(match) for match in found]
    clear = of_kind(rows, "clear")
    others = {}
    for name, way in baselines(snapshot, encode).items():
        codes = way([texts[n] for n in clear])
        others[name] = {
            "top1": share([one[0] in rows[n].gold for one, n in zip(codes, clear, strict=True)]),
            "top3": share([any(code in rows[n].gold for code in one) for one, n in zip(codes, clear, strict=True)]),
        }
    return {
        "snapshot": snapshot.id,
        "rows": len(rows),
        "thresholds": {key: getattr(matcher.calibration, key) for key in ("answer", "lead", "reject")},
        "daoban": figures(readings, rows),
        "baselines": others,
        "by_voice": by(readings, rows, lambda row: row.voice),
        "by_noise": by(readings, rows, lambda row: f"{row.voice} {row.noise}".strip()),
        "risk_coverage": risk_coverage(readings, rows),
        "confusions": _confusions(snapshot, readings, rows),
    }


def _confusions(snapshot: Snapshot, readings: Sequence[Reading], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Where the first candidate is wrong or nothing of ours was answered, the surest first."""
    wrong = [
        n
        for n, (reading, row) in enumerate(zip(readings, rows, strict=True))
        if (row.gold and not is_first(reading, row)) or (row.kind == "none" and reading.decision == "answer")
    ]

    def named(codes: Sequence[str]) -> list[str]:
        return [f"{code} {snapshot.catalogue.entry(code).plain_name}" for code in codes if code in snapshot.tables]

    wrong.sort(key=lambda n: -readings[n].score)
    return [
        asdict(rows[n])
        | {"gold": named(rows[n].gold), "got": named(readings[n].codes[:3]), "decision": readings[n].decision,
           "score": readings[n].score}
        for n in wrong[:CONFUSIONS]
    ]  # fmt: skip
