"""The case engine, on every item and theme of the catalogue and on random items."""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties import (
    Answers,
    Subject,
    all_facts,
    check_questioning,
    check_reasons,
    check_skips,
    check_union,
    papers,
)
from shipped_catalogue import shipped_snapshot
from synthetic import CODE, snapshots

from knowledge.catalogue_files import ROOT
from knowledge.model import Item
from knowledge.notice import build_notice
from knowledge.snapshot import Snapshot

ITEMS = sorted(path.stem for path in Path(ROOT, "items").rglob("*.yml"))
THEMES = sorted(path.stem for path in Path(ROOT, "themes").rglob("*.yml"))
COMPLETE_TRIED = 200


@cache
def shipped(code: str) -> Subject:
    """One subject an entry: its notices are made once for all tests."""
    return Subject(shipped_snapshot(), code)


def answers_of(subject: Subject, *, whole: bool = False) -> st.SearchStrategy[Answers]:
    """Some of the entry's answers, or with `whole` one for every fact."""
    choices = {fact: st.sampled_from([o.id for o in one.options]) for fact, one in subject.facts.items()}
    return st.fixed_dictionaries(choices if whole else {}, optional={} if whole else choices)


@pytest.mark.parametrize("code", [*ITEMS, *THEMES])
def test_questioning_is_enough_and_no_question_is_idle(code: str) -> None:
    check_questioning(shipped(code), COMPLETE_TRIED)


@pytest.mark.parametrize("code", [*ITEMS, *THEMES])
def test_every_question_and_option_is_reached(code: str) -> None:
    subject = shipped(code)
    asked = {point.fact for point in subject.walk} - {None}
    assert asked == set(subject.facts)
    answered = {(fact, option) for point in subject.walk for fact, option in point.answers.items()}
    assert answered == {(fact, option.id) for fact, one in subject.facts.items() for option in one.options}


@pytest.mark.parametrize("code", [*ITEMS, *THEMES])
@settings(max_examples=12)
@given(data=st.data())
def test_a_notice_with_unknowns_is_the_union_of_what_may_come(code: str, data: st.DataObject) -> None:
    subject = shipped(code)
    known = data.draw(answers_of(subject))
    check_union(subject, known)
    if isinstance(subject.entry, Item):
        check_reasons(subject, known)


@pytest.mark.parametrize("code", [*ITEMS, *THEMES])
@settings(max_examples=12)
@given(data=st.data())
def test_what_the_citizen_does_not_know_is_not_asked_again(code: str, data: st.DataObject) -> None:
    subject = shipped(code)
    unknown = data.draw(st.sets(st.sampled_from(sorted(subject.facts)))) if subject.facts else set()
    check_skips(subject, data.draw(answers_of(subject, whole=True)), unknown)


@pytest.mark.parametrize("code", ITEMS)
def test_every_line_of_an_item_appears_in_some_notice(code: str) -> None:
    subject = shipped(code)
    item = subject.snapshot.catalogue.items[code]
    notices = [subject.notice(answers) for answers in subject.complete]
    said: set[Any] = set()
    for notice in notices:
        said |= {("materials", m.id) for m in notice.materials}
        said |= {("conditions", text) for text in notice.conditions}
        said |= {("steps", step.text, step.place) for step in notice.steps}
        said |= {("benefits", one.name, one.how) for one in notice.benefits}
        said |= {
            ("places", re.sub(r"（\d楼.区）$", "", site.window)) for site in notice.sites
        }  # its floor and area follow
        said |= {("visits", notice.visits), ("fee", notice.fee.text), ("online", notice.online.text)}
        said |= {("proxy", notice.proxy.text), ("delivery", notice.delivery.text)}
        said |= {("time", notice.time.legal and notice.time.legal.days)}
        said |= {("stops", notice.stop.reason)} if notice.stop else set()
    written: set[Any] = {("materials", line.id) for line in item.materials}
    written |= {("conditions", line.text) for line in item.conditions}
    written |= {("steps", line.text, line.place) for line in item.steps}
    written |= {("benefits", line.name, line.how) for line in item.benefits}
    written |= {("places", line.window) for line in item.places if line.confirmed}
    written |= {("visits", line.count) for line in item.visits}
    written |= {("fee", line.text) for line in item.fee if line.confirmed or not line.local}
    written |= {("online", line.text) for line in item.online}
    written |= {("proxy", line.text) for line in item.proxy}
    written |= {("delivery", line.text) for line in item.delivery if line.confirmed or not line.post}
    written |= {("time", line.legal and line.legal.days) for line in item.time}
    written |= {("stops", line.reason) for line in item.stops}
    assert written - said == set()
    notes = [m.note for notice in notices for m in notice.materials]
    unsaid = [line.note for line in item.materials if not any(line.note.rstrip("。；") in note for note in notes)]
    assert unsaid == []


@pytest.mark.parametrize("code", THEMES)
def test_every_item_and_note_of_a_plan_appears_in_some_notice(code: str) -> None:
    subject = shipped(code)
    theme = subject.snapshot.catalogue.themes[code]
    shown = {(step.item, step.note) for answers in subject.complete for step in subject.notice(answers).plan or []}
    assert {(line.item, line.note) for line in theme.plan} == shown


@pytest.mark.parametrize("code", THEMES)
@settings(max_examples=15)
@given(data=st.data())
def test_a_theme_asks_for_the_papers_of_its_items(code: str, data: st.DataObject) -> None:
    """With everything answered, the theme's papers are those of its items' own notices."""
    subject = shipped(code)
    theme = subject.snapshot.catalogue.themes[code]
    told = data.draw(
        st.fixed_dictionaries(
            {fact: st.sampled_from([o.id for o in one.options]) for fact, one in all_facts(subject).items()}
        )
    )
    wanted: dict[str, bool] = {}
    for line in theme.plan:
        if all(told[fact] in options for fact, options in line.when.items()):
            # An answer decides even where the theme settles the fact: the citizen knows better.
            notice = build_notice(subject.snapshot, line.item, told)
            for paper, material in papers(notice).items():
                wanted[paper] = wanted.get(paper, False) or not (line.optional or material.conditional)
    found = subject.notice(told)
    assert {m.id: not m.conditional for m in found.materials} == wanted


@pytest.mark.parametrize("code", THEMES)
@settings(max_examples=15)
@given(data=st.data())
def test_a_theme_settles_facts_of_its_items_and_the_rest_stays_open(code: str, data: st.DataObject) -> None:
    subject = shipped(code)
    theme = subject.snapshot.catalogue.themes[code]
    told = data.draw(answers_of(subject, whole=True))
    active = [line for line in theme.plan if all(told[fact] in options for fact, options in line.when.items())]
    expected: dict[str, bool] = {}
    for line in active:
        settled = {fact: options for fact, options in line.given.items() if fact not in told}
        several = [
            papers(build_notice(subject.snapshot, line.item, told | dict(zip(settled, options, strict=True))))
            for options in itertools.product(*settled.values())
        ]
        for paper in {paper for one in several for paper in one}:
            certain = all(paper in one and not one[paper].conditional for one in several) and not line.optional
            expected[paper] = expected.get(paper, False) or certain
    assert {m.id: not m.conditional for m in subject.notice(told).materials} == expected


@settings(max_examples=60)
@given(snapshot=snapshots())
def test_random_items_are_questioned_rightly(snapshot: Snapshot) -> None:
    check_questioning(Subject(snapshot, CODE))


@settings(max_examples=100)
@given(snapshot=snapshots(), data=st.data())
def test_random_items_with_unknowns(snapshot: Snapshot, data: st.DataObject) -> None:
    subject = Subject(snapshot, CODE)
    known = data.draw(answers_of(subject))
    check_union(subject, known)
    check_reasons(subject, known)


@settings(max_examples=60)
@given(snapshot=snapshots(), data=st.data())
def test_random_items_with_facts_nobody_knows(snapshot: Snapshot, data: st.DataObject) -> None:
    subject = Subject(snapshot, CODE)
    unknown = data.draw(st.sets(st.sampled_from(sorted(subject.facts))))
    check_skips(subject, data.draw(answers_of(subject, whole=True)), unknown)


@given(snapshot=snapshots())
@settings(max_examples=60)
def test_random_items_have_a_notice_a_case_and_a_case_a_notice(snapshot: Snapshot) -> None:
    """Two complete answers share a case id exactly when their notices say the same."""
    subject = Subject(snapshot, CODE)
    assume(len(subject.complete) > 1)
    for one, other in itertools.combinations(subject.complete[:12], 2):
        same = subject.notice(one).case == subject.notice(other).case
        assert same == (subject.body(one) == subject.body(other))
