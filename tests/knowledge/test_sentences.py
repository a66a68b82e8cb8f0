"""The linear head over sentence vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.search.sentences import SentenceHead, fit_head

DIRECTIONS = {"fee": 0, "place": 1, "time": 2}


@pytest.fixture(scope="module")
def head() -> SentenceHead:
    """Three classes, each around its own axis."""
    pytest.importorskip("torch", reason="needs the extra serve (make setup)")
    vectors, classes = examples(20, seed=1)
    return fit_head(vectors, classes)


def examples(each: int, seed: int) -> tuple[np.ndarray, list[str]]:
    draw = np.random.default_rng(seed)
    vectors = draw.normal(0, 0.15, (each * 3, 8)).astype(np.float32)
    classes = list(DIRECTIONS) * each
    for n, name in enumerate(classes):
        vectors[n, DIRECTIONS[name]] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), classes


@pytest.mark.model
def test_it_reads_new_sentences_of_its_classes(head: SentenceHead) -> None:
    vectors, classes = examples(10, seed=2)
    read = [max(found := head.read(vector), key=lambda one: found[one]) for vector in vectors]
    assert read == classes


@pytest.mark.model
def test_its_reading_is_a_distribution_over_the_classes(head: SentenceHead) -> None:
    vector = examples(1, seed=3)[0][0]
    found = head.read(vector)
    assert set(found) == set(DIRECTIONS)
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    assert np.exp(head.log_probabilities(vector)).tolist() == pytest.approx(list(found.values()), abs=1e-6)


@pytest.mark.model
def test_the_same_input_gives_the_same_head_and_a_file_keeps_it(head: SentenceHead, tmp_path: Path) -> None:
    vectors, classes = examples(20, seed=1)
    again = fit_head(vectors, classes)
    assert np.array_equal(again.weights, head.weights)
    head.save(tmp_path / "head.npz")
    kept = SentenceHead.load(tmp_path / "head.npz")
    assert kept.classes == head.classes == ("fee", "place", "time")
    assert kept.read(vectors[0]) == head.read(vectors[0])


@pytest.mark.model
def test_few_sentences_are_learnt_as_fully_as_many() -> None:
    """A head stopped early spreads its probability over classes that it could tell apart."""
    pytest.importorskip("torch", reason="needs the extra serve (make setup)")
    draw = np.random.default_rng(4)
    centres = draw.normal(0, 1, (40, 64))
    classes = [f"act{n % 40:02}" for n in range(400)]
    vectors = np.array([centres[n % 40] for n in range(400)]) + draw.normal(0, 0.7, (400, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    head = fit_head(vectors, classes)
    sure = [head.read(vector)[name] for vector, name in zip(vectors, classes, strict=True)]
    assert np.mean(sure) > 0.95
