"""Whether the first candidate is right, and whether the sentence is clear enough to be answered with it.

The entries' probabilities are fitted on phrases; people's sentences are easier in one way (they resemble some phrase)
and harder in another (they say too little, or ask for something else). So two logistic regressions over a few features
of the whole sentence are fitted on the development sentences by `daoban eval refit`, which writes `decision.yml`.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from knowledge.search.index import Floats, Scores
from knowledge.text import read_yaml

FITTED = Path(__file__).parent / "decision.yml"

SENTENCE = (
    "logit",
    "lead",
    "over_none",
    "length",
    "known",
    "known_lead",
    "known_over_none",
    "voted_over_none",
)

FAR = 8.0
"""A lead of more log-odds than this tells no more."""

LONG = 12
"""From so many characters on, longer says no more about how clear a sentence is."""


class Rule(BaseModel):
    """Two regressions over SENTENCE, the bias last: the first candidate is acceptable; and nothing need be asked."""

    model_config = ConfigDict(frozen=True)

    mean: list[float]
    scale: list[float]
    right: list[float]
    clear: list[float]

    def read(self, values: Floats) -> tuple[float, float]:
        """The probability that the first candidate is acceptable, and that it can be answered without asking."""
        scaled = np.append((values - np.array(self.mean)) / np.array(self.scale), 1.0)
        return sigmoid(float(scaled @ self.right)), sigmoid(float(scaled @ self.clear))


def fitted_rule(*, words_only: bool) -> Rule:
    """The rule for a snapshot with vectors or without."""
    return Rule.model_validate(read_yaml(FITTED)["words" if words_only else "vectors"])


def sigmoid(log_odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, log_odds))))


def sentence_features(bare: str, scores: Scores, log_odds: Floats) -> Floats:
    """The columns of SENTENCE for one sentence. `bare` is the text without what only asks."""
    first, second = np.argsort(-log_odds, kind="stable")[:2] if len(log_odds) > 1 else (0, 0)
    others = np.delete(scores.known[:-1], first)
    return np.array(
        [
            log_odds[first],
            min(log_odds[first] - log_odds[second], FAR),
            scores.cos_best[first] - scores.cos_best[-1],
            math.log(min(len(bare), LONG) or 1),
            scores.known[first],
            scores.known[first] - (others.max() if len(others) else 0.0),
            scores.known[first] - scores.known[-1],
            np.clip(scores.voted[first] - scores.voted[-1], -12, 12),
        ],
        dtype=np.float32,
    )
