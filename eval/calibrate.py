"""Fits the rule of `knowledge/search/deciding.py` on the development sentences: `daoban eval refit`.

Run it after `make setup` when phrases or the matcher's features have changed much, then `make setup` again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from sklearn.linear_model import LogisticRegression

from eval.matching import Encode
from eval.rows import DATA, Row, own_rows, read_rows
from knowledge.search.deciding import FITTED, Rule
from knowledge.snapshot import Snapshot, build_snapshot, load_snapshot
from knowledge.text import normalise

NONE_WEIGHT = 2.0
"""Of real messages three in ten ask for nothing of ours, of our own sentences one in six."""

OPENINGS, OPENING_WEIGHT = DATA / "openings.csv", 3.0
"""How the dialogues of `tests/conversations` open: short clear requests that every hall hears daily, as 驾驶证丢了.

To ask back on these is worse than on a rare one. Nothing is measured on them.
"""

STRENGTH = 0.1
"""The inverse of the regularisation: some nine hundred sentences fit nine weights."""

SAME = 1e-3
"""A feature that varies less is always the same: likeness, where there are no vectors."""


def fit_rule(snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None) -> Rule:
    """The rule over the snapshot's features, fitted on labelled sentences that no list of words decides."""
    texts = [normalise(row.text) for row in rows]
    vectors = encode(texts) if encode else [None] * len(texts)
    values, right, clear, weights, openings = [], [], [], [], []
    for row, text, vector in zip(rows, texts, vectors, strict=True):
        found, sentence = snapshot.matcher.match(text, vector), snapshot.matcher.sentence(text, vector)
        if not found.candidates or sentence is None:
            continue
        values.append(sentence)
        right.append(found.candidates[0].code in row.gold)
        clear.append(right[-1] and row.kind == "clear")
        weights.append(NONE_WEIGHT if row.kind == "none" else 1.0)
        openings.append(row.voice == OPENINGS.stem)
    table = np.array(values)
    mean, scale = table.mean(axis=0), table.std(axis=0)
    scale[scale < SAME] = 1.0

    def fit(labels: Sequence[bool], weights: npt.NDArray[np.float64]) -> list[float]:
        model = LogisticRegression(C=STRENGTH, max_iter=3000).fit((table - mean) / scale, labels, weights)
        return _plain(np.append(model.coef_[0], model.intercept_))

    # Openings are easier than what people say on the whole, so they tell nothing of how often the first is right.
    usual, easy = np.array(weights), np.array(openings)
    return Rule(
        mean=_plain(mean),
        scale=_plain(scale),
        right=fit(right, np.where(easy, 0.0, usual)),
        clear=fit(clear, np.where(easy, OPENING_WEIGHT, usual)),
    )


def _plain(values: npt.NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def refit(snapshot: Snapshot, encode: Encode) -> Path:
    """Fit the rules of snapshots with vectors and without on the development sentences; returns the file written."""
    rows = [*own_rows("dev"), *read_rows(OPENINGS)]
    with tempfile.TemporaryDirectory() as folder:
        words_only = load_snapshot(build_snapshot(Path(folder), "", None, lambda told: None))
        rules = {"vectors": fit_rule(snapshot, rows, encode), "words": fit_rule(words_only, rows, None)}
    told = {name: rule.model_dump() for name, rule in rules.items()}
    head = "# Fitted by `daoban eval refit`; not edited by hand.\n"
    FITTED.write_text(head + yaml.safe_dump(told, sort_keys=False, default_flow_style=None, width=120), "utf-8")
    return FITTED
