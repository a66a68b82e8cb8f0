"""The rule fitted on labelled sentences."""

from __future__ import annotations

import pytest

from eval.calibrate import fit_rule
from eval.rows import Row, own_rows
from knowledge.search.deciding import SENTENCE
from knowledge.snapshot import Snapshot


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Some of each kind."""
    every = own_rows("dev")
    return [row for kind in ("clear", "ambiguous", "none") for row in [one for one in every if one.kind == kind][:60]]


def test_a_rule_tells_clear_right_sentences_from_the_others(searchable: Snapshot, rows: list[Row]) -> None:
    rule = fit_rule(searchable, rows, None)
    told: dict[str, list[float]] = {"clear": [], "ambiguous": [], "none": []}
    for row in rows:
        values = searchable.matcher.sentence(row.text, None)
        if values is not None and row.text:
            told[row.kind].append(rule.read(values)[1])
    mean = {kind: sum(some) / len(some) for kind, some in told.items()}
    assert mean["clear"] > 0.6 > mean["ambiguous"] + 0.1
    assert mean["none"] < 0.2


def test_a_feature_that_never_varies_divides_by_nothing(searchable: Snapshot, rows: list[Row]) -> None:
    """Without vectors nothing is like anything."""
    rule = fit_rule(searchable, rows, None)
    assert rule.scale[SENTENCE.index("over_none")] == 1.0
    assert rule.clear[SENTENCE.index("over_none")] == 0.0
