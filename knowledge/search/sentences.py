"""Reads a sentence's class from its vector alone: a linear head over the embedding.

The classes are the acts of `intents/acts` and `service`. It costs nothing beyond the vector that matching needs anyway,
supports the language engine's reading, and stands in for it while the engine is away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.search.index import Floats

INVERSE_REGULARISATION = 30.0
"""C of the logistic regression. Five-fold on the act examples: accuracy 0.757, against 0.657 for character n-grams."""


@dataclass(frozen=True)
class SentenceHead:
    """A fitted head: probabilities are the softmax of `weights` @ (vector - centre) + `bias`."""

    classes: tuple[str, ...]
    centre: Floats
    weights: Floats
    bias: Floats

    def read(self, vector: Floats) -> dict[str, float]:
        """The probability of each class for one L2-normalised vector [d]."""
        moved = vector - self.centre
        scores = self.weights @ (moved / (np.linalg.norm(moved) or 1.0)) + self.bias
        exponents = np.exp(scores - scores.max())
        return dict(zip(self.classes, (exponents / exponents.sum()).tolist(), strict=True))

    def save(self, path: Path) -> None:
        """Write the head to an `.npz` file."""
        np.savez(path, classes=np.array(self.classes), centre=self.centre, weights=self.weights, bias=self.bias)

    @staticmethod
    def load(path: Path) -> SentenceHead:
        """Read a head. Raises OSError."""
        with np.load(path, allow_pickle=False) as stored:
            classes = tuple(str(one) for one in stored["classes"])
            return SentenceHead(classes, stored["centre"], stored["weights"], stored["bias"])


def fit_head(vectors: Floats, classes: Sequence[str]) -> SentenceHead:
    """Fit the head on vectors [n, d] and their classes, each class weighing the same."""
    from sklearn.linear_model import LogisticRegression

    centre = vectors.mean(axis=0)
    moved = vectors - centre
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    fitted = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2000, class_weight="balanced").fit(moved, classes)
    return SentenceHead(
        tuple(str(one) for one in fitted.classes_),
        centre.astype(np.float32),
        fitted.coef_.astype(np.float32),
        fitted.intercept_.astype(np.float32),
    )
