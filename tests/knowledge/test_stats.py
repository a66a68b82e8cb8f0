"""The catalogue's figures, counted again by hand."""

from __future__ import annotations

import json

import pytest

from knowledge.catalogue_files import ROOT
from knowledge.model import Item
from knowledge.snapshot import Snapshot
from knowledge.stats import Stats, catalogue_stats, distinct_cases
from knowledge.text import INTENTS, read_yaml


@pytest.fixture(scope="module")
def stats(snapshot: Snapshot) -> Stats:
    return catalogue_stats(snapshot)


def test_items_and_themes_are_their_files(stats: Stats) -> None:
    assert stats.items == len(list((ROOT / "items").rglob("*.yml")))
    assert stats.themes == len(list((ROOT / "themes").rglob("*.yml")))
    assert len(stats.entries) == stats.items + stats.themes


def test_the_sums_are_those_of_the_rows(stats: Stats, snapshot: Snapshot) -> None:
    items = [row for row in stats.entries if row.code in snapshot.catalogue.items]
    assert stats.cases == sum(row.cases for row in items) == sum(book.cases for book in stats.handbooks.values())
    assert stats.combinations == sum(row.combinations for row in items)
    assert stats.items == sum(book.items for book in stats.handbooks.values())
    assert stats.phrases == sum(row.phrases for row in stats.entries)


def test_a_case_is_a_combination_that_differs_in_what_counts(stats: Stats, snapshot: Snapshot) -> None:
    for row in stats.entries:
        assert 1 <= row.cases <= row.combinations
        table = snapshot.tables[row.code]
        assert row.combinations == len(table.assignments())
        assert row.cases == distinct_cases(table) == len({content.core for content in table.contents})


def test_papers_are_counted_once_and_shared_ones_apart(stats: Stats, snapshot: Snapshot) -> None:
    used = [{line.id for line in item.materials} for item in snapshot.catalogue.items.values()]
    every = set().union(*used)
    assert stats.materials == len(every)
    assert stats.shared_materials == sum(sum(paper in one for one in used) > 1 for paper in every)
    assert 0 < stats.shared_materials < stats.materials


def test_phrases_are_those_of_the_files(stats: Stats) -> None:
    for row in stats.entries:
        written = read_yaml(INTENTS / "items" / f"{row.code}.yml")
        assert row.phrases == sum(len(group) for group in written["phrases"].values())


def test_local_values_are_the_confirmations_in_the_files(stats: Stats) -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "items").rglob("*.yml"))
    assert stats.local_values == text.count("confirmed:") > 0
    assert stats.sample_values == text.count("by: 示例")


def test_a_value_that_a_hall_signed_is_no_sample(stats: Stats, snapshot: Snapshot) -> None:
    code, item = next((c, i) for c, i in snapshot.catalogue.items.items() if i.places[0].confirmed)
    place = item.places[0]
    assert place.confirmed is not None
    signed = place.model_copy(update={"confirmed": place.confirmed.model_copy(update={"by": "王主任"})})
    changed: Item = item.model_copy(update={"places": [signed, *item.places[1:]]})
    catalogue = snapshot.catalogue.model_copy(update={"items": {**snapshot.catalogue.items, code: changed}})
    found = catalogue_stats(Snapshot("changed", catalogue, None))
    assert found.local_values == stats.local_values
    assert found.sample_values == stats.sample_values - 1


def test_the_figures_are_plain_data(stats: Stats) -> None:
    assert json.loads(json.dumps(stats.as_dict()))["items"] == stats.items
