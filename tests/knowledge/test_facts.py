"""What is known of a citizen's situation: numbers, labels, option ids, and refusals that help."""

from __future__ import annotations

import pytest
import small
from hypothesis import given
from hypothesis import strategies as st

from knowledge.definitions import Fact
from knowledge.facts import FactError, FactValue, check_facts, entry_facts, to_options
from knowledge.snapshot import Snapshot

SIZES = Fact.model_validate(
    {
        "ask": "店里多大面积？",
        "name": "面积",
        "why": "要看大小。",
        "explain": "大概就行。",
        "unit": "平方米",
        "options": [
            {"id": "small", "label": "小", "means": "小的", "range": [0, 50]},
            {"id": "medium", "label": "中", "means": "中的", "range": [50, 300]},
            {"id": "large", "label": "大", "means": "大的", "range": [300, None]},
        ],
    }
)


@pytest.mark.parametrize(
    ("number", "option"),
    [(0, "small"), (50, "small"), (50.5, "medium"), (300, "medium"), (300.01, "large"), (1e9, "large"), (-1, None)],
)
def test_a_number_falls_into_the_first_range_that_holds_it(number: float, option: str | None) -> None:
    found = SIZES.option_for(number)
    assert (found.id if found else None) == option


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_every_number_from_nought_up_is_some_option(number: float) -> None:
    assert SIZES.option_for(number) is not None


def test_an_option_without_a_range_holds_no_number(snapshot: Snapshot) -> None:
    assert snapshot.catalogue.facts["attendance"].option_for(1) is None


def test_a_themes_facts_include_its_items(snapshot: Snapshot) -> None:
    for code, theme in snapshot.catalogue.themes.items():
        found = entry_facts(snapshot, code)
        for line in theme.plan:
            assert set(entry_facts(snapshot, line.item)) <= set(found)
        assert list(found)[: len(theme.questions)] == [question.fact for question in theme.questions]


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Two items and a theme; QY002 asks `area`, a number, and `who`, a kind."""
    return small.snapshot(tmp_path_factory.mktemp("small"))


def test_a_fact_is_asked_in_the_entrys_own_words_and_options(little: Snapshot) -> None:
    item = little.catalogue.items["QY002"]
    area = item.questions[0].model_copy(update={"ask": "厨房多大？", "options": ["large"]})
    catalogue = little.catalogue.model_copy(update={"items": {"QY002": item.model_copy(update={"questions": [area]})}})
    fact = entry_facts(Snapshot("changed", catalogue, None), "QY002")["area"]
    shared = little.catalogue.facts["area"]
    assert (fact.ask, fact.why, fact.explain) == ("厨房多大？", shared.why, shared.explain)
    assert [option.id for option in fact.options] == ["large"]
    assert fact.option_for(20) is None


def test_answers_become_options_and_other_entries_facts_are_left_out(little: Snapshot) -> None:
    facts: dict[str, FactValue] = {"area": 120, "who": "self", "shop": "own", "nonsense": "x"}
    assert to_options(little, "QY002", facts) == {"area": "large", "who": "self"}
    with pytest.raises(KeyError):
        to_options(little, "QY999", {})


@pytest.mark.parametrize("value", ["nowhere", -5])
def test_an_option_the_fact_does_not_have_is_refused_with_those_it_has(little: Snapshot, value: str | int) -> None:
    with pytest.raises(FactError, match=r"area 没有“.*”这个选项；可以填：small（小）.*一个数（平方米）"):
        to_options(little, "QY002", {"area": value})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("large", "large"),
        ("大", "large"),
        (120, 120),
        (49.5, 49.5),
        (120.0, 120),
        ("120", 120),
        ("49.5", 49.5),
    ],
)
def test_ids_labels_and_numbers_are_taken(little: Snapshot, given: object, kept: object) -> None:
    found = check_facts(little, "QY002", {"area": given})["area"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize("value", [None, True, [], {}, "", "大概", -1, float("nan"), "nan"])
def test_nothing_else_is_taken(little: Snapshot, value: object) -> None:
    with pytest.raises(FactError, match="area 没有"):
        check_facts(little, "QY002", {"area": value})


def test_a_number_is_no_answer_to_a_question_about_a_kind(little: Snapshot) -> None:
    for value in (1, "1"):
        with pytest.raises(FactError, match=r"who 没有“1.*”这个选项；可以填：self（本人）"):
            check_facts(little, "QY002", {"who": value})


def test_an_unknown_fact_is_refused_with_the_nearest_ones(little: Snapshot) -> None:
    with pytest.raises(FactError) as caught:
        check_facts(little, "QY002", {"aera": 120})
    words = str(caught.value)
    assert words.startswith("QY002 没有“aera”这个情形；这一项用到的有：area")
    assert words.count("\n") == 0


def test_an_entry_without_questions_says_so(little: Snapshot) -> None:
    code, item = next(iter(little.catalogue.items.items()))
    plain = item.model_copy(update={"questions": []})
    catalogue = little.catalogue.model_copy(update={"items": {code: plain}, "themes": {}})
    with pytest.raises(FactError, match="这一项不用回答任何问题"):
        check_facts(Snapshot("one", catalogue, None), code, {"attendance": "self"})


def test_an_unknown_code_is_a_key_error(little: Snapshot) -> None:
    with pytest.raises(KeyError):
        check_facts(little, "QY999", {})
