"""Figures of readings on labelled rows. A reading is ranked codes, a decision, how many are offered and a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.rows import Row, of_kind
from knowledge.search import Match

BINS = 10
POOLED = 1000
"""From so many rows on the calibration is told in bins; below by Brier's score with a bootstrap interval."""
RESAMPLES = 1000
SEED = 20261124


@dataclass(frozen=True)
class Reading:
    """What a way of matching said of one sentence."""

    codes: tuple[str, ...]
    decision: str
    offered: int
    score: float

    @classmethod
    def of(cls, match: Match) -> Reading:
        """Of the matcher's own match."""
        codes = tuple(one.code for one in match.candidates)
        return cls(codes, match.decision, match.offered, match.candidates[0].score if match.candidates else 0.0)


def share(flags: Sequence[bool]) -> float | None:
    """The share that is true, to four places; None of nothing."""
    return round(sum(flags) / len(flags), 4) if flags else None


def is_first(reading: Reading, row: Row) -> bool:
    """Whether the first code is acceptable."""
    return bool(reading.codes) and reading.codes[0] in row.gold


def figures(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, Any]:
    """Ranking, decisions and calibration over the rows, each over the kind of row that it is about."""
    clear, ambiguous, none = (of_kind(rows, kind) for kind in ("clear", "ambiguous", "none"))
    asked = [n for n in ambiguous if readings[n].decision == "clarify"]
    return {
        "clear": len(clear),
        "ambiguous": len(ambiguous),
        "none": len(none),
        "top1": share([is_first(readings[n], rows[n]) for n in clear]),
        "top3": share([any(code in rows[n].gold for code in readings[n].codes[:3]) for n in clear]),
        "needless_question": share([readings[n].decision != "answer" for n in clear]),
        "rejected": share([readings[n].decision == "reject" for n in clear]),
        "answered_wrong": share(
            [readings[n].decision == "answer" and not is_first(readings[n], rows[n]) for n in clear]
        ),
        "asked": share([readings[n].decision == "clarify" for n in ambiguous]),
        "right_choice_offered": share(
            [any(code in rows[n].gold for code in readings[n].codes[: readings[n].offered]) for n in asked]
        ),
        "answered_without_item": share([readings[n].decision == "answer" for n in none]),
        "calibration": calibration(readings, rows),
    }


def calibration(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, Any]:
    """How near the first candidate's score is to the share of times that it is acceptable (ten equal-count bins)."""
    scores = np.array([reading.score for reading in readings])
    right = np.array([is_first(reading, row) for reading, row in zip(readings, rows, strict=True)], dtype=float)
    if not len(scores):
        return {}
    brier = (scores - right) ** 2
    draw = np.random.default_rng(SEED)
    means = [brier[draw.integers(0, len(brier), len(brier))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    found: dict[str, Any] = {
        "n": len(scores),
        "brier": round(float(brier.mean()), 4),
        "brier_95": [round(float(low), 4), round(float(high), 4)],
    }
    if len(scores) >= POOLED:
        bins = [
            {"said": round(float(scores[one].mean()), 4), "was": round(float(right[one].mean()), 4), "n": len(one)}
            for one in np.array_split(np.argsort(scores, kind="stable"), BINS)
        ]
        error = sum(abs(one["said"] - one["was"]) * one["n"] for one in bins) / len(scores)
        found |= {"error": round(error, 4), "bins": bins}
    return found


def risk_coverage(readings: Sequence[Reading], rows: Sequence[Row]) -> list[dict[str, float]]:
    """For each share of sentences that a higher bar would answer, the share of wrong ones among them."""
    order = sorted(range(len(rows)), key=lambda n: -readings[n].score)
    wrong = np.cumsum([not is_first(readings[n], rows[n]) for n in order])
    steps: list[int] = np.unique(np.linspace(1, len(order), 50).astype(int)).tolist() if order else []
    return [
        {"coverage": round(n / len(order), 4), "risk": round(float(wrong[n - 1] / n), 4),
         "bar": round(readings[order[n - 1]].score, 4)}
        for n in steps
    ]  # fmt: skip


def by(readings: Sequence[Reading], rows: Sequence[Row], of: Callable[[Row], str]) -> dict[str, dict[str, Any]]:
    """The figures of each group of rows, without the calibration."""
    groups: dict[str, list[int]] = {}
    for n, row in enumerate(rows):
        groups.setdefault(of(row), []).append(n)
    found = {}
    for name, numbers in sorted(groups.items()):
        told = figures([readings[n] for n in numbers], [rows[n] for n in numbers])
        found[name] = {key: value for key, value in told.items() if key != "calibration" and value is not None}
    return found
