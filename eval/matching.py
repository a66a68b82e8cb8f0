"""The matcher on labelled sentences, beside the ways a hall would otherwise choose, on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.metrics import Reading, by, calibration, figures, is_first, operating_point, risk_coverage, share
from eval.rows import Row, of_kind
from knowledge.search.index import Floats
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

Encode = Callable[[list[str]], Floats]
Baseline = Callable[[Sequence[str], Floats | None], list[list[str]]]
"""Ranked codes for each of the normalised texts, given with their vectors."""

CONFUSIONS = 50


def baselines(snapshot: Snapshot, encode: Encode | None) -> dict[str, Baseline]:
    """BM25 over all phrases; and the embedding alone, over the catalogue's names and over all phrases."""
    index, codes = snapshot.matcher.index, list(snapshot.tables)

    def ranked(values: Floats) -> list[str]:
        return [index.codes[n] for n in np.argsort(-values[:-1], kind="stable")[:3]]

    found: dict[str, Baseline] = {
        "bm25_phrases": lambda texts, _: [ranked(index.score(text, None).word_best) for text in texts]
    }
    if encode:
        names = encode([normalise(snapshot.catalogue.entry(code).name) for code in codes])

        def by_names(_: Sequence[str], vectors: Floats | None) -> list[list[str]]:
            assert vectors is not None
            return [[codes[n] for n in np.argsort(-row, kind="stable")[:3]] for row in vectors @ names.T]

        def by_phrases(texts: Sequence[str], vectors: Floats | None) -> list[list[str]]:
            assert vectors is not None
            return [ranked(index.score(text, vector).cos_best) for text, vector in zip(texts, vectors, strict=True)]

        found |= {"embedding_names": by_names, "embedding_phrases": by_phrases}
    return found


def evaluate_sets(
    snapshot: Snapshot,
    sets: Mapping[str, Sequence[Row]],
    encode: Encode | None,
    more: Mapping[str, Baseline] | None = None,
) -> dict[str, Any]:
    """The figures of each set beside the baselines (`more` adds to ours), and the calibration over all together."""
    ways = baselines(snapshot, encode) | dict(more or {})
    told: dict[str, Any] = {}
    readings: list[Reading] = []
    pooled: list[Row] = []
    for name, rows in sets.items():
        told[name], read = _evaluate(snapshot, rows, encode, ways)
        readings += read
        pooled += rows
    return {"sets": told, "calibration": calibration(readings, pooled)}


def evaluate_matching(snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None) -> dict[str, Any]:
    """All figures of the matcher and our baselines on one set, and its worst confusions, as plain data."""
    return _evaluate(snapshot, rows, encode, baselines(snapshot, encode))[0]


def _evaluate(
    snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None, ways: Mapping[str, Baseline]
) -> tuple[dict[str, Any], list[Reading]]:
    texts = [normalise(row.text) for row in rows]
    vectors = encode(texts) if encode else None
    made = dict(zip(texts, vectors, strict=True)) if vectors is not None else {}
    matcher = snapshot.matcher

    def vector(text: str) -> Floats | None:
        return made[text] if text in made else encode([text])[0] if encode else None

    found = [matcher.read(text, vector)[1] for text in texts]
    readings = [Reading.of(match) for match in found]
    clear = of_kind(rows, "clear")
    others = {}
    for name, way in ways.items():
        codes = way([texts[n] for n in clear], vectors[clear] if vectors is not None else None)
        others[name] = {
            "top1": share([any(code in rows[n].gold for code in one[:1]) for one, n in zip(codes, clear, strict=True)]),
            "top3": share([any(code in rows[n].gold for code in one) for one, n in zip(codes, clear, strict=True)]),
        }
    told = {
        "snapshot": snapshot.id,
        "rows": len(rows),
        "thresholds": {key: getattr(matcher.calibration, key) for key in ("answer", "reject")},
        "daoban": figures(readings, rows),
        "baselines": others,
        "by_voice": by(readings, rows, lambda row: row.voice),
        "by_noise": by(readings, rows, lambda row: f"{row.voice} {row.noise}".strip()),
        "risk_coverage": risk_coverage(readings, rows),
        "answered": operating_point(readings, rows),
        "confusions": _confusions(snapshot, readings, rows),
    }
    return told, readings


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
