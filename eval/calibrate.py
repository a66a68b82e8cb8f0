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
from eval.rows import Row, own_rows
from knowledge.search.deciding import FITTED, Rule
from knowledge.snapshot import Snapshot, build_snapshot, load_snapshot
from knowledge.text import normalise

NONE_WEIGHT = 2.0
"""Of real messages three in ten ask for nothing of ours, of our own sentences one in six."""

STRENGTH = 0.1
"""The inverse of the regularisation: some nine hundred sentences fit nine weights."""

SAME = 1e-3
"""A feature that varies less is always the same: likeness, where there are no vectors."""


def fit_rule(snapshot: Snapshot, rows: Sequence[Row], encode: Encode | None) -> Rule:
    """The rule over the snapshot's features, fitted on labelled sentences that no list of words decides."""
    texts = [normalise(row.text) for row in rows]
    vectors = encode(texts) if encode else [None] * len(texts)
    values, right, clear, weights = [], [], [], []
    for row, text, vector in zip(rows, texts, vectors, strict=True):
        found, sentence = snapshot.matcher.match(text, vector), snapshot.matcher.sentence(text, vector)
        if not found.candidates or sentence is None:
            continue
        values.append(sentence)
        right.append(found.candidates[0].code in row.gold)
        clear.append(right[-1] and row.kind == "clear")
        weights.append(NONE_WEIGHT if row.kind == "none" else 1.0)
    table = np.array(values)
    mean, scale = table.mean(axis=0), table.std(axis=0)
    scale[scale < SAME] = 1.0

    def fit(labels: Sequence[bool]) -> list[float]:
        model = LogisticRegression(C=STRENGTH, max_iter=3000).fit((table - mean) / scale, labels, weights)
        return _plain(np.append(model.coef_[0], model.intercept_))

    return Rule(mean=_plain(mean), scale=_plain(scale), right=fit(right), clear=fit(clear))


def _plain(values: npt.NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def refit(snapshot: Snapshot, encode: Encode) -> Path:
    """Fit the rules of snapshots with vectors and without on the development sentences; returns the file written."""
    rows = own_rows("dev")
    with tempfile.TemporaryDirectory() as folder:
        words_only = load_snapshot(build_snapshot(Path(folder), "", None, lambda told: None))
        rules = {"vectors": fit_rule(snapshot, rows, encode), "words": fit_rule(words_only, rows, None)}
    told = {name: rule.model_dump() for name, rule in rules.items()}
    head = "# Fitted by `daoban eval refit`; not edited by hand.\n"
    FITTED.write_text(head + yaml.safe_dump(told, sort_keys=False, default_flow_style=None, width=120), "utf-8")
    return FITTED
