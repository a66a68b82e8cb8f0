"""The notice of every item and theme: the contract's fields, each paper once, local values, a theme's plan."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache
from typing import Any

import pytest
import small
from properties import is_for_some
from test_cases import ITEMS, THEMES, shipped

from knowledge.facts import FactError
from knowledge.model import Item, Stop
from knowledge.notice import Notice, build_notice, issue
from knowledge.notice.build import SITES_SHOWN
from knowledge.notice.text import main_text, more_text, to_markdown
from knowledge.notice.words import groups, time_words
from knowledge.snapshot import Snapshot, compile_catalogue

CODES = [*ITEMS, *THEMES]

# DESIGN, section 6: names are a contract. A value of None stands for anything.
CONTRACT: dict[str, Any] = {
    "code": None,
    "name": None,
    "case": None,
    "facts": None,
    "unknown": None,
    "materials": [
        {
            "id": None,
            "name": None,
            "original": None,
            "copies": None,
            "issuer": None,
            "form": {"name": None, "url": None, "sample": None},
            "on_file": None,
            "deferrable": {"days": None, "basis": None},
            "local": None,
            "when": None,
            "conditional": None,
        }
    ],
    "have": None,
    "missing": None,
    "conditions": None,
    "steps": [{"text": None, "place": None}],
    "visits": None,
    "time": {"legal": {"days": None, "unit": None}, "promised": {"days": None, "unit": None}},
    "fee": {"free": None, "amount": None, "text": None, "basis": None},
    "online": {"status": None, "url": None},
    "proxy": {"allowed": None, "needs": None},
    "delivery": {"post": None, "text": None},
    "sites": [{"id": None, "name": None, "address": None, "phone": None, "hours": None, "distance_m": None}],
    "legal_basis": [{"law": None, "article": None}],
    "benefits": [{"name": None, "how": None}],
    "consult_phone": None,
    "supervise_phone": None,
    "issued": {"number": None, "site": None, "at": None},
    "token": None,
    "catalogue_version": None,
}
PLAN_STEP = ("item", "case", "after", "optional")


def missing_fields(value: Any, shape: Any, path: str = "") -> list[str]:
    """Every field of the contract that is not there; an empty list or null says nothing about what it holds."""
    if isinstance(shape, list):
        return [one for n, row in enumerate(value) for one in missing_fields(row, shape[0], f"{path}[{n}]")]
    if not isinstance(shape, dict) or value is None:
        return []
    gone = [f"{path}.{key}" for key in shape if key not in value]
    kept = [key for key in shape if key in value]
    return gone + [one for key in kept for one in missing_fields(value[key], shape[key], f"{path}.{key}")]


@cache
def real_site() -> Snapshot:
    """The catalogue for a hall that has confirmed nothing yet."""
    return compile_catalogue(site="真区")


@pytest.mark.parametrize("code", CODES)
def test_every_field_of_the_contract_is_there(code: str) -> None:
    notice = shipped(code).notice({})
    issued = issue(notice, number="1", token="t", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    for one in (notice, issued):
        data = one.model_dump(mode="json")
        assert missing_fields(data, CONTRACT) == []
        assert Notice.model_validate(data) == one, "the JSON holds all of it"
    if code in THEMES:
        assert notice.plan
        for step in notice.plan:
            assert set(PLAN_STEP) <= set(step.model_dump())
    else:
        assert notice.plan is None
    assert notice.case is None or not shipped(code).facts


def test_the_contract_check_can_fail() -> None:
    data = shipped(CODES[0]).notice({}).model_dump(mode="json")
    del data["fee"]["basis"], data["materials"][0]["issuer"], data["token"]
    assert missing_fields(data, CONTRACT) == [".token", ".materials[0].issuer", ".fee.basis"]


@pytest.mark.parametrize("code", CODES)
def test_each_paper_stands_once_and_in_one_group(code: str) -> None:
    subject = shipped(code)
    for answers in [{}, *subject.complete[:40]]:
        notice = subject.notice(answers)
        ids = [material.id for material in notice.materials]
        assert len(ids) == len(set(ids))
        names = [material.name for material in notice.materials]
        assert len(names) == len(set(names))
        found = groups(notice)
        grouped = [m.id for group in (found["must"], found["later"], found["on_file"], found["made"]) for m in group]
        assert Counter(grouped) == Counter(ids)


@pytest.mark.parametrize("code", CODES)
def test_with_every_answer_nothing_is_left_open(code: str) -> None:
    subject = shipped(code)
    for answers in subject.complete[:40]:
        notice = subject.notice(answers)
        assert notice.case is not None
        assert notice.case.startswith(f"{code}-")
        assert set(notice.unknown).isdisjoint(answers)
        assert notice.facts == answers
        if isinstance(subject.entry, Item):
            assert notice.unknown == []
            assert not any(material.conditional and not is_for_some(material) for material in notice.materials)
            assert not any("视情况" in text for text in [*notice.conditions, *(step.text for step in notice.steps)])


@pytest.mark.parametrize("code", CODES)
def test_a_paper_only_perhaps_says_when_in_facts_that_are_open(code: str) -> None:
    subject = shipped(code)
    for answers in [{}, *({fact: one.options[0].id} for fact, one in subject.facts.items())]:
        notice = subject.notice(answers)
        for material in notice.materials:
            assert bool(material.when_text) == material.conditional, material.id
            if material.conditional:
                assert set(material.when or {}) - set(notice.facts) <= set(notice.unknown), material.id


@pytest.mark.parametrize("code", CODES)
def test_setting_a_site_drops_what_only_the_sample_confirmed(code: str) -> None:
    sample, notice = shipped(code).notice({}), build_notice(real_site(), code, {})
    assert (sample.sample, notice.sample) == (True, False)
    assert not any(material.on_file or material.deferrable or material.via for material in notice.materials)
    before = {material.id for material in sample.materials if material.local}
    assert {material.id for material in notice.materials if material.local == "unconfirmed"} == before
    assert not any(material.local == "confirmed" for material in notice.materials)
    assert notice.time.promised is None
    assert notice.time.legal == sample.time.legal
    assert not notice.delivery.post
    assert notice.sites == []
    assert [material.id for material in notice.materials] == [material.id for material in sample.materials]


@pytest.mark.parametrize("code", ITEMS)
def test_a_local_fee_is_the_windows_to_say_until_the_hall_confirms_it(code: str) -> None:
    item = real_site().catalogue.items[code]
    notice = build_notice(real_site(), code, {})
    assert ("以窗口为准" in notice.fee.text) == any(line.local for line in item.fee)
    for line in item.fee:
        if line.local and line.amount:
            assert str(line.text) not in notice.fee.text


def test_the_shipped_local_values_are_there_to_be_dropped() -> None:
    """Else the tests above would pass on a catalogue without any."""
    notices = [shipped(code).notice({}) for code in CODES]
    assert any(material.on_file for notice in notices for material in notice.materials)
    assert any(material.deferrable for notice in notices for material in notice.materials)
    assert any(notice.time.promised for notice in notices)
    assert any(notice.delivery.post for notice in notices)
    assert any(line.local for code in ITEMS for line in real_site().catalogue.items[code].fee)


@pytest.mark.parametrize("code", CODES)
def test_where_to_go_is_the_window_that_handles_it(code: str) -> None:
    notice = shipped(code).notice({})
    assert 1 <= len(notice.sites) <= SITES_SHOWN
    assert all(site.window for site in notice.sites)
    assert len({site.id for site in notice.sites}) == len(notice.sites)


# A theme's plan


def test_opening_a_restaurant_is_one_licence_and_one_food_permit_in_every_case() -> None:
    subject = shipped("YJ001")
    assert len(subject.complete) == 36
    for answers in subject.complete:
        plan = [step.item for step in subject.notice(answers).plan or []]
        assert len(plan) == len(set(plan))
        assert [code for code in plan if code in ("QY001", "QY004")] == [
            "QY001" if answers["business_form"] == "individual" else "QY004"
        ]
        assert [code for code in plan if code in ("QY020", "QY026")] == [
            "QY026" if answers["dining_area"] == "small" else "QY020"
        ]
        assert ("QY037" in plan) == (answers["dining_area"] == "large")
        assert ("QY038" in plan) == (answers["signboard"] == "hang")


@pytest.mark.parametrize("code", THEMES)
def test_a_plan_is_in_order_and_names_only_its_own_items(code: str) -> None:
    subject = shipped(code)
    for answers in subject.complete[:40]:
        plan = subject.notice(answers).plan or []
        for n, step in enumerate(plan):
            assert set(step.after) <= {one.item for one in plan[:n]}
            assert step.when_text == "", "every answer is known"


@pytest.mark.parametrize("code", THEMES)
def test_while_answers_are_missing_a_plan_holds_every_item_that_may_come(code: str) -> None:
    subject = shipped(code)
    theme = subject.snapshot.catalogue.themes[code]
    plan = subject.notice({}).plan or []
    assert [step.item for step in plan] == [line.item for line in theme.plan]
    for step, line in zip(plan, theme.plan, strict=True):
        assert step.optional == (line.optional or bool(line.when))
        assert bool(step.when_text) == bool(line.when)


@pytest.mark.parametrize("code", THEMES)
def test_a_paper_made_on_the_way_comes_from_an_item_of_the_plan(code: str) -> None:
    subject = shipped(code)
    items = subject.snapshot.catalogue.items
    made = 0
    for answers in subject.complete[:40]:
        notice = subject.notice(answers)
        planned = {step.item for step in notice.plan or [] if not step.optional}
        for material in notice.materials:
            assert set(material.items) <= {step.item for step in notice.plan or []}
            assert material.items, f"{material.id} is asked for by nothing"
            if material.made_by:
                made += 1
                assert material.made_by in planned
                assert items[material.made_by].result.paper == material.id
    if code == "YJ001":
        assert made, "the business licence is handed out on the way"


@pytest.mark.parametrize("code", THEMES)
def test_a_benefit_is_not_one_of_the_things_to_do(code: str) -> None:
    subject = shipped(code)
    items = subject.snapshot.catalogue.items
    for answers in subject.complete[:40]:
        notice = subject.notice(answers)
        planned = {items[step.item].plain_name for step in notice.plan or []}
        assert not {name for name in planned for benefit in notice.benefits if name in benefit.name}


def test_an_answer_about_an_item_narrows_the_theme() -> None:
    """Facts of the items count where they are known, though the theme does not ask for them."""
    subject = shipped("YJ001")
    assert "attendance" not in subject.facts
    before, alone = subject.notice({}), subject.notice({"attendance": "self"})
    sent = subject.notice({"attendance": "proxy"})
    letters = {"power_of_attorney", "agent_id_card"}
    assert {m.id for m in before.materials} - {m.id for m in alone.materials} == letters
    assert {m.id for m in before.materials if m.conditional} - {
        m.id for m in sent.materials if m.conditional
    } == letters
    for notice in (alone, sent):
        assert "attendance" in before.unknown
        assert "attendance" not in notice.unknown
        assert "attendance" in notice.facts


# What the speaker holds


@pytest.mark.parametrize("code", CODES)
def test_have_and_missing_are_filled_only_when_papers_were_named(code: str) -> None:
    subject = shipped(code)
    plain = subject.notice({})
    assert (plain.have, plain.missing) == ([], [])
    first = plain.materials[0].id
    held = build_notice(subject.snapshot, code, {}, have=[first, "passport_of_nowhere"])
    assert held.have == [first]
    to_bring = {m.id for m in held.materials if not m.on_file and not m.made_by}
    assert set(held.missing) == to_bring - {first}
    assert held.materials == plain.materials


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Two items and a theme; QY002 asks `area`, a number, and `who`, a kind."""
    return small.snapshot(tmp_path_factory.mktemp("small"))


def test_numbers_are_kept_as_given_and_read_back_with_their_unit(little: Snapshot) -> None:
    found = build_notice(little, "QY002", {"area": 120, "who": "self"})
    assert found.facts == {"area": 120, "who": "self"}
    assert found.facts_text == ["面积：120平方米", "谁来：本人"]
    by_option = build_notice(little, "QY002", {"area": "large", "who": "self"})
    assert by_option.facts_text == ["面积：大", "谁来：本人"]
    assert by_option.materials == found.materials


def test_a_case_that_needs_no_application_says_why_and_asks_for_nothing(little: Snapshot) -> None:
    item = little.catalogue.items["QY002"]
    stop = Stop(reason="小店不用办。", instead="QY001", when={"area": ["small"]})
    catalogue = little.catalogue.model_copy(
        update={"items": {**little.catalogue.items, "QY002": item.model_copy(update={"stops": [stop]})}}
    )
    stopping = Snapshot("stopping", catalogue, None)
    found = build_notice(stopping, "QY002", {"area": 20})
    assert found.stop is not None
    assert (found.stop.reason, found.stop.instead) == ("小店不用办。", "QY001")
    assert found.conditions == ["小店不用办。"]
    assert not (found.materials or found.steps or found.benefits or found.unknown)
    assert found.visits == 0
    while_open = build_notice(stopping, "QY002", {})
    assert while_open.stop is None
    assert "视情况（小店的）：小店不用办。" in while_open.conditions
    assert build_notice(stopping, "QY002", {"area": 80}).conditions == [line.text for line in item.conditions]


def test_an_unknown_code_or_option_is_refused(little: Snapshot) -> None:
    with pytest.raises(KeyError):
        build_notice(little, "QY999", {})
    with pytest.raises(FactError):
        build_notice(little, "QY002", {"area": "vast"})


@pytest.mark.parametrize("code", CODES)
def test_in_every_case_each_paper_comes_before_place_time_and_fee_and_before_any_cut(code: str) -> None:
    """更多 hides only conditions, steps and basis, however long the list of papers is."""
    subject = shipped(code)
    for answers in (*subject.complete, {}):
        notice = subject.notice(answers)
        said = main_text(notice)
        if notice.stop:
            continue
        after = min(said.index(words) for words in ("\n地点：", "\n多久：", "\n费用："))
        missing = [material.name for material in notice.materials if not 0 <= said.find(material.name) < after]
        assert missing == [], answers


@pytest.mark.parametrize("code", CODES)
def test_every_paper_is_in_the_main_text_and_all_of_it_in_the_markdown(code: str) -> None:
    notice = shipped(code).notice({})
    said, more, whole = main_text(notice), more_text(notice), to_markdown(notice)
    for material in notice.materials:
        assert material.name in said
        assert material.name in whole
    for text in (*notice.conditions, *(step.text for step in notice.steps)):
        assert text in more
        assert text in whole
    for basis in notice.legal_basis:
        assert basis.law in more
        assert basis.law in whole
    assert time_words(notice) in said
    assert notice.fee.text in said
    assert "示例" in said
    assert "示例" not in main_text(build_notice(real_site(), code, {}))
