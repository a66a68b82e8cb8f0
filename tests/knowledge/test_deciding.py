"""What is read of a whole sentence, and the two probabilities made of it."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.search.deciding import FAR, LONG, SENTENCE, Rule, fitted_rule, sentence_features, sigmoid
from knowledge.search.index import Scores


def scores(known: list[float], cos: list[float] | None = None) -> Scores:
    """Scores of which only what the sentence is read by is filled; the last value is that of no entry."""
    zeros = np.zeros(len(known), dtype=np.float32)
    return Scores(np.array(cos or zeros), zeros, zeros, zeros, zeros, np.array(known, dtype=np.float32))


def told(bare: str, one: Scores, log_odds: list[float]) -> dict[str, float]:
    """The features by name."""
    return dict(zip(SENTENCE, sentence_features(bare, one, np.array(log_odds)).tolist(), strict=True))


def test_the_features_are_the_first_entrys_and_its_leads() -> None:
    found = told("过户", scores([0.2, 0.9, 0.4, 0.3], [0.8, 0.9, 0.7, 0.85]), [-1.0, 2.0, 0.5])
    assert found == pytest.approx(
        {"logit": 2.0, "lead": 1.5, "over_none": 0.05, "length": np.log(2), "known": 0.9, "known_lead": 0.5,
         "known_over_none": 0.6, "voted_over_none": 0.0}, abs=1e-6,
    )  # fmt: skip


def test_beyond_some_lead_and_length_nothing_more_is_told() -> None:
    one = scores([0.5, 0.1, 0.0])
    assert told("过户", one, [30.0, 0.0])["lead"] == FAR
    assert told("房" * LONG, one, [1.0, 0.0]) == told("房" * LONG * 3, one, [1.0, 0.0])


def test_a_single_entry_has_no_other_to_lead() -> None:
    found = told("过户", scores([0.5, 0.1]), [1.0])
    assert (found["lead"], found["known_lead"]) == (0.0, 0.5)


def test_a_rule_reads_two_probabilities() -> None:
    n = len(SENTENCE)
    rule = Rule(mean=[1.0] * n, scale=[2.0] * n, right=[1.0] + [0.0] * n, clear=[0.0] * n + [-1.0])
    assert rule.read(np.full(n, 5.0)) == pytest.approx((sigmoid(2.0), sigmoid(-1.0)))


def test_extreme_log_odds_do_not_overflow() -> None:
    assert (sigmoid(-1e6), sigmoid(0.0), sigmoid(1e6)) == pytest.approx((0.0, 0.5, 1.0))


@pytest.mark.parametrize("words_only", [True, False])
def test_the_fitted_rules_are_whole_and_a_lead_makes_surer(words_only: bool) -> None:
    rule = fitted_rule(words_only=words_only)
    assert len(rule.mean) == len(rule.scale) == len(SENTENCE)
    assert len(rule.right) == len(rule.clear) == len(SENTENCE) + 1
    assert min(rule.scale) > 0
    at = SENTENCE.index("lead")
    assert rule.clear[at] > 0
    assert rule.clear[SENTENCE.index("length")] > 0, "a word or two is rarely enough"
