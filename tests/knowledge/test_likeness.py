"""Which option a sentence implies, by its likeness to what people answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.search.answers import Answers, answer_sentences, learn_answers, question_key, read_answers
from knowledge.snapshot import Snapshot
from tests.shipped_catalogue import shipped_snapshot


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return shipped_snapshot()


def test_every_answer_belongs_to_an_option_of_a_question(snapshot: Snapshot) -> None:
    options: dict[str, set[str]] = {}
    for code in snapshot.tables:
        entry = snapshot.catalogue.entry(code)
        for question in entry.questions:
            fact = snapshot.catalogue.fact(entry, question.fact)
            key = question_key(snapshot.catalogue, code, question.fact)
            options.setdefault(key, set()).update(one.id for one in fact.options)
    for key, told in read_answers().items():
        assert key in options, f"{key} is no question"
        assert told.keys() <= options[key], f"{key} has other options"


def test_no_answer_stands_under_two_options() -> None:
    for key, told in read_answers().items():
        texts = [text for of in told.values() for text in of]
        assert len(texts) == len(set(texts)), key


def test_each_option_has_its_label_and_its_answers(snapshot: Snapshot) -> None:
    told = {"SH074.inherit_paper": {"none": ["兄弟几个都说好了"]}}
    of = [(option, text) for key, option, text in answer_sentences(snapshot.catalogue, told) if key in told]
    assert ("none", "兄弟几个都说好了") in of
    assert len({option for option, _ in of}) > 1


def test_a_question_is_answered_in_one_file_only(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text("premises: {own: [自家盖的]}\n", "utf-8")
    with pytest.raises(ValueError, match="premises"):
        read_answers(tmp_path)


def test_the_likest_option_with_its_lead_over_all_clauses(tmp_path: Path) -> None:
    sentences = [("q", "died", "a"), ("q", "alive", "b"), ("other", "x", "c")]
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    learn_answers(sentences, vectors).save(tmp_path / "answers.npz")
    answers = Answers.load(tmp_path / "answers.npz")
    found = answers.read("q", np.array([[0.6, 0.6, 0.5], [0.1, 0.99, 0.0]], np.float32))
    assert found is not None and found.option == "alive"
    assert found.lead > 0.5, "the first clause tells nothing, the second does"
    assert answers.read("other", vectors) is None, "one option is no choice"
    assert answers.read("unknown", vectors) is None
