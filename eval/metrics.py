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
WRONG, NEEDLESS = 4, 1
"""What a wrong answer costs, also one to a sentence that asks for nothing of ours, and what a needless question."""
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


def messages(rows: Sequence[Row]) -> list[int]:
    """A number for each row, the same for rows of one message: what is resampled together."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(row.message or f"row {n}", len(numbers)) for n, row in enumerate(rows)]


def interval(values: Sequence[float], groups: Sequence[int]) -> list[float] | None:
    """The bootstrap's 95% interval of the mean, whole groups drawn; None of nothing."""
    if not values:
        return None
    _, group = np.unique(groups, return_inverse=True)
    sums, counts = np.bincount(group, weights=np.asarray(values, dtype=float)), np.bincount(group)
    drawn = np.random.default_rng(SEED).integers(0, len(sums), (RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def _flags(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, dict[int, bool]]:
    """For each figure, the rows that it is about and whether it is so of them."""
    clear, ambiguous, none = (of_kind(rows, kind) for kind in ("clear", "ambiguous", "none"))

    def decided(numbers: Sequence[int], *decisions: str) -> dict[int, bool]:
        return {n: readings[n].decision in decisions for n in numbers}

    def holds(n: int, count: int) -> bool:
        return any(code in rows[n].gold for code in readings[n].codes[:count])

    return {
        "top1": {n: is_first(readings[n], rows[n]) for n in clear},
        "top3": {n: holds(n, 3) for n in clear},
        "needless_question": decided(clear, "clarify", "reject"),
        "rejected": decided(clear, "reject"),
        "answered_wrong": {n: readings[n].decision == "answer" and not is_first(readings[n], rows[n]) for n in clear},
        "asked": decided(ambiguous, "clarify"),
        "right_choice_offered": {
            n: holds(n, readings[n].offered) for n in ambiguous if readings[n].decision == "clarify"
        },
        "answered_without_item": decided(none, "answer"),
    }


def figures(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, Any]:
    """Ranking, decisions and calibration over the rows, each over the kind of row that it is about."""
    groups, flags = messages(rows), _flags(readings, rows)
    counts: dict[str, Any] = {kind: len(of_kind(rows, kind)) for kind in ("clear", "ambiguous", "none")}
    shares = {name: share(list(one.values())) for name, one in flags.items()}
    intervals = {name: interval(list(one.values()), [groups[n] for n in one]) for name, one in flags.items()}
    cost = {"cost": _cost(readings, rows)}
    return counts | shares | cost | {"interval_95": intervals, "calibration": calibration(readings, rows)}


def _cost(readings: Sequence[Reading], rows: Sequence[Row]) -> float | None:
    """The mean cost of the decisions. Who asks about several things and is answered with one of them pays nothing."""
    pairs = list(zip(readings, rows, strict=True))
    wrong = sum(reading.decision == "answer" and not is_first(reading, row) for reading, row in pairs)
    needless = sum(reading.decision != "answer" and row.kind == "clear" for reading, row in pairs)
    return round((WRONG * wrong + NEEDLESS * needless) / len(pairs), 4) if pairs else None


def calibration(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, Any]:
    """How near the first candidate's score is to the share of times that it is acceptable (ten equal-count bins)."""
    scores = np.array([reading.score for reading in readings])
    right = np.array([is_first(reading, row) for reading, row in zip(readings, rows, strict=True)], dtype=float)
    if not len(scores):
        return {}
    brier = (scores - right) ** 2
    found: dict[str, Any] = {
        "n": len(scores),
        "brier": round(float(brier.mean()), 4),
        "brier_95": interval(brier.tolist(), messages(rows)),
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


def operating_point(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[str, float | None]:
    """The share that the matcher answered with its rules as they are, and the share of wrong ones among those."""
    answered = [n for n, reading in enumerate(readings) if reading.decision == "answer"]
    return {
        "coverage": share([reading.decision == "answer" for reading in readings]),
        "risk": share([not is_first(readings[n], rows[n]) for n in answered]),
    }


def by(readings: Sequence[Reading], rows: Sequence[Row], of: Callable[[Row], str]) -> dict[str, dict[str, Any]]:
    """The figures of each group of rows, of its calibration Brier's score alone."""
    groups: dict[str, list[int]] = {}
    for n, row in enumerate(rows):
        groups.setdefault(of(row), []).append(n)
    found = {}
    for name, numbers in sorted(groups.items()):
        told = figures([readings[n] for n in numbers], [rows[n] for n in numbers])
        calibrated = told.pop("calibration")
        told |= {"brier": calibrated["brier"], "brier_95": calibrated["brier_95"]}
        found[name] = {key: value for key, value in told.items() if value is not None}
    return found
