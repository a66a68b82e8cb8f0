"""What one case says, the union of several cases, and a theme's sum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from knowledge.content import (
    Content,
    Delivery,
    Fee,
    Online,
    Paper,
    Place,
    Proxy,
    Said,
    Span,
    allows,
    resolve,
)
from knowledge.definitions import Confirmation
from knowledge.model import Deferrable, MaterialLine, OnFile, PromisedTime, TimeLine
from knowledge.snapshot import Snapshot
from knowledge.union import combine, merge

PLAIN = Content(
    stops=(),
    papers=(),
    conditions=(),
    steps=(),
    visits=1,
    legal=Span(10, "working"),
    promised=Span(5, "working"),
    fee=Fee(True, 0.0, "不收费。"),
    online=Online("full", "网上能办。", "https://example.org"),
    proxy=Proxy(True, "可以代办。", ("委托书",)),
    delivery=Delivery(True, "可以邮寄。"),
    places=(Place(("center",), "一号窗口"),),
    benefits=(),
)
SAMPLE = Confirmation(by="示例", date=dt.date(2026, 1, 1))
SIGNED = Confirmation(by="王主任", date=dt.date(2026, 1, 1))


def case(**changes: object) -> Content:
    """The plain case with some parts changed."""
    return replace(PLAIN, **changes)  # type: ignore[arg-type]


def paper(paper_id: str = "id_card", **changes: object) -> Paper:
    """One original, nothing else."""
    return replace(Paper(paper_id, original=True, copies=0), **changes)  # type: ignore[arg-type]


def both(one: Paper, other: Paper) -> Paper:
    """The paper that serves two items of a theme."""
    (found,) = total([("QY001", case(papers=(one,))), ("QY002", case(papers=(other,)))]).papers
    return found


def total(
    parts: Sequence[tuple[str, Content]],
    after: Mapping[str, Sequence[str]] | None = None,
    made: Mapping[str, str] | None = None,
    optional: Sequence[str] = (),
) -> Content:
    """The theme's sum."""
    return combine([(code, content, code in optional) for code, content in parts], after or {}, made or {})


# One condition


def test_when_is_and_over_facts_and_or_over_options() -> None:
    when = {"a": ["x", "y"], "b": ["p"]}
    assert allows({}, {})
    assert allows(when, {"a": "y", "b": "p"})
    assert not allows(when, {"a": "z", "b": "p"})
    assert not allows(when, {"a": "x", "b": "q"})
    assert not allows(when, {"a": "x"}), "a fact that does not apply allows nothing"


# Local values


def line(**changes: object) -> MaterialLine:
    """A paper on file and deferrable, both as `changes` say."""
    return MaterialLine.model_validate({"id": "id_card", **changes})


@pytest.mark.parametrize(
    ("confirmed", "site", "holds"),
    [(SAMPLE, None, True), (SAMPLE, "真区", False), (SIGNED, "真区", True), (None, None, False), (None, "真区", False)],
)
def test_a_local_value_holds_once_this_hall_confirmed_it(
    snapshot: Snapshot, confirmed: Confirmation | None, site: str | None, holds: bool
) -> None:
    item = next(iter(snapshot.catalogue.items.values()))
    item = item.model_copy(
        update={
            "stops": [],
            "materials": [
                line(
                    on_file=OnFile(via="共享", confirmed=confirmed),
                    deferrable=Deferrable(days=5, basis="规定", confirmed=confirmed),
                )
            ],
            "time": [TimeLine(promised=PromisedTime(days=3, unit="working", confirmed=confirmed))],
            "places": [item.places[0].model_copy(update={"confirmed": confirmed, "when": {}, "window": "一号"})],
            "delivery": [item.delivery[0].model_copy(update={"post": True, "confirmed": confirmed, "when": {}})],
            "fee": [
                item.fee[0].model_copy(update={"free": True, "local": True, "confirmed": confirmed, "when": {}, "text": "免费。"})
            ],
        }
    )  # fmt: skip
    found = resolve(item, {}, site)
    (only,) = found.papers
    assert only.on_file is holds
    assert only.via == ("共享" if holds else "")
    assert only.deferrable == ((5, "规定") if holds else None)
    assert only.local == ("confirmed" if holds else "unconfirmed")
    assert found.promised == (Span(3, "working") if holds else None)
    assert found.places[0].window == ("一号" if holds else "")
    assert found.delivery.post is holds
    assert found.fee.free is holds
    assert ("以窗口为准" in found.fee.text) is not holds
    assert ("以窗口为准" in found.delivery.text) is not holds


def test_a_paper_without_local_values_is_neither_confirmed_nor_not(snapshot: Snapshot) -> None:
    item = next(iter(snapshot.catalogue.items.values())).model_copy(update={"stops": [], "materials": [line()]})
    assert resolve(item, {}, None).papers[0].local is None


# Papers that serve two lines


def test_two_copies_and_one_copy_are_two_copies() -> None:
    assert both(paper(copies=2), paper(copies=1)).copies == 2
    assert both(paper(copies=1), paper(copies=2)).copies == 2


def test_an_original_for_either_is_an_original_for_both() -> None:
    copied = paper(original=False, copies=1)
    assert both(copied, paper()).original
    assert both(paper(), copied).original
    assert not both(copied, copied).original


def test_a_paper_may_follow_later_only_where_both_allow_it_and_by_the_shorter_time() -> None:
    later = paper(deferrable=(10, "甲"))
    assert both(later, paper()).deferrable is None
    assert both(paper(), later).deferrable is None
    assert both(later, paper(deferrable=(5, "乙"))).deferrable == (5, "乙")


def test_a_paper_is_on_file_only_where_both_can_fetch_it() -> None:
    fetched = paper(on_file=True, via="共享")
    assert both(fetched, fetched).via == "共享"
    for one in (both(fetched, paper()), both(paper(), fetched)):
        assert not one.on_file
        assert one.via == ""


def test_notes_are_kept_once_in_order() -> None:
    assert both(paper(notes=("甲", "乙")), paper(notes=("乙", "丙"))).notes == ("甲", "乙", "丙")


def test_one_unconfirmed_value_makes_the_paper_unconfirmed() -> None:
    assert both(paper(local="confirmed"), paper(local="unconfirmed")).local == "unconfirmed"
    assert both(paper(), paper(local="confirmed")).local == "confirmed"
    assert both(paper(), paper()).local is None


# The union of cases nobody can tell apart


def test_one_case_is_itself() -> None:
    assert merge([PLAIN]) is PLAIN


def test_papers_of_some_cases_are_conditional_and_those_of_all_are_not() -> None:
    found = merge([case(papers=(paper("a"), paper("b"))), case(papers=(paper("a"), paper("c")))])
    assert {one.id: one.conditional for one in found.papers} == {"a": False, "b": True, "c": True}


def test_a_paper_that_was_conditional_stays_so() -> None:
    found = merge([case(papers=(paper(conditional=True),)), case(papers=(paper(),), visits=2)])
    assert [one.conditional for one in found.papers] == [True]


@pytest.mark.parametrize("part", ["conditions", "steps", "benefits"])
def test_sentences_are_joined_in_the_catalogues_order(part: str) -> None:
    one = case(**{part: (Said("甲", order=0), Said("丙", order=2))})
    other = case(**{part: (Said("乙", order=1), Said("丙", order=2))})
    found = getattr(merge([one, other]), part)
    assert [(said.text, said.conditional) for said in found] == [("甲", True), ("乙", True), ("丙", False)]


def test_the_union_promises_no_more_than_the_worst_case() -> None:
    slow = case(
        visits=3,
        legal=Span(15, "calendar"),
        promised=Span(8, "calendar"),
        fee=Fee(False, 40.0, "工本费40元。"),
        online=Online("none", "要来窗口。", None),
        proxy=Proxy(False, "要本人来。", ("亲属关系证明",)),
        delivery=Delivery(False, "窗口领。"),
        places=(Place(("town",), "二号窗口"),),
    )
    for found in (merge([PLAIN, slow]), merge([slow, PLAIN])):
        assert found.visits == 3
        assert found.legal == Span(15, "calendar"), "10 working days are 14 days"
        assert found.promised == Span(8, "calendar"), "5 working days are 7 days"
        assert (found.fee.free, found.fee.amount) == (False, None)
        assert found.online.status == "none"
        assert not found.proxy.allowed
        assert set(found.proxy.needs) == {"委托书", "亲属关系证明"}
        assert not found.delivery.post
        assert set(found.places) == {*PLAIN.places, *slow.places}
    assert merge([PLAIN, slow]).fee.text == "视情况：不收费；工本费40元。"
    assert merge([PLAIN, slow]).proxy.text == "视情况：可以代办；要本人来。"


def test_no_promise_where_some_case_has_none() -> None:
    found = merge([PLAIN, case(promised=None)])
    assert found.promised is None
    assert found.legal == PLAIN.legal


def test_the_same_fee_in_every_case_is_said_once() -> None:
    found = merge([case(fee=Fee(False, 40.0, "40元。")), case(fee=Fee(False, 40.0, "40元。"), visits=2)])
    assert found.fee == Fee(False, 40.0, "40元。")


def test_a_case_that_stops_adds_only_its_reason() -> None:
    stopped = case(stops=(Said("不用办。", "QY001"),), visits=9, legal=Span(99, "working"), papers=(paper("x"),))
    found = merge([stopped, case(papers=(paper("a"),))])
    assert [(stop.text, stop.extra, stop.conditional) for stop in found.stops] == [("不用办。", "QY001", True)]
    assert not found.stopped
    assert [(one.id, one.conditional) for one in found.papers] == [("a", False)]
    assert (found.visits, found.legal) == (1, Span(10, "working"))


def test_where_every_case_stops_the_union_stops() -> None:
    found = merge([case(stops=(Said("不用办。"),)), case(stops=(Said("不能办。", order=1),))])
    assert found.stopped
    assert {stop.text for stop in found.stops} == {"不用办。", "不能办。"}


# A theme's sum


def test_what_may_stop_an_item_is_told_in_the_theme_but_stops_nothing() -> None:
    perhaps = case(stops=(Said("大楼里的店不用办。", conditional=True),), papers=(paper("a"),))
    found = total([("QY001", PLAIN), ("QY002", perhaps)])
    assert [(stop.text, stop.conditional) for stop in found.stops] == [("大楼里的店不用办。", True)]
    assert not found.stopped
    assert [one.id for one in found.papers] == ["a"]


def test_each_paper_once_in_the_order_of_the_plan() -> None:
    first = case(papers=(paper("a", order=5), paper("b", order=9)))
    second = case(papers=(paper("c", order=0), paper("a", order=1)))
    assert [one.id for one in total([("QY001", first), ("QY002", second)]).papers] == ["a", "b", "c"]


def test_papers_of_an_optional_item_are_conditional_unless_another_needs_them() -> None:
    parts = [("QY001", case(papers=(paper("a"),))), ("QY002", case(papers=(paper("a"), paper("b"))))]
    found = total(parts, optional=["QY002"])
    assert {one.id: one.conditional for one in found.papers} == {"a": False, "b": True}


def test_a_paper_that_an_earlier_item_hands_out_is_made_on_the_way() -> None:
    parts = [("QY001", PLAIN), ("QY002", case(papers=(paper("business_license"), paper("a"))))]
    order = {"QY002": ["QY001"]}
    found = total(parts, order, made={"QY001": "business_license"})
    assert {one.id: one.made_by for one in found.papers} == {"business_license": "QY001", "a": ""}
    side_by_side = total(parts, made={"QY001": "business_license"})
    assert {one.made_by for one in side_by_side.papers} == {""}, "it is asked for before it is surely there"
    renewed = [("QY001", case(papers=(paper("business_license"),))), parts[1]]
    assert {one.made_by for one in total(renewed, order, made={"QY001": "business_license"}).papers} == {""}, (
        "the old one must be brought for the new one"
    )
    perhaps = total(parts, order, made={"QY001": "business_license"}, optional=["QY001"])
    assert {one.made_by for one in perhaps.papers} == {""}, "an item that may be left out hands out nothing for sure"


def test_visits_and_fees_add_up_over_the_items_that_are_needed() -> None:
    parts = [
        ("QY001", case(visits=1, fee=Fee(False, 40.0, "工本费40元。"))),
        ("QY002", case(visits=2, fee=Fee(False, 10.5, "工本费10.5元"))),
        ("QY003", case(visits=4, fee=Fee(False, 99.0, "99元。"))),
        ("QY004", case(visits=0)),
    ]
    found = total(parts, optional=["QY003"])
    assert found.visits == 3
    assert (found.fee.free, found.fee.amount) == (False, 50.5)
    assert found.fee.text == "工本费40元。工本费10.5元。"
    unknown = total([*parts, ("QY005", case(fee=Fee(False, None, "以窗口为准。")))])
    assert unknown.fee.amount is None
    assert total([("QY001", PLAIN), ("QY002", PLAIN)]).fee == Fee(True, 0.0, "都不收费。")


def test_time_runs_along_the_longest_chain() -> None:
    parts = [
        ("QY001", case(legal=Span(3, "working"))),
        ("QY002", case(legal=Span(10, "working"))),
        ("QY003", case(legal=Span(8, "calendar"))),
        ("QY004", case(legal=Span(0, "immediate"))),
    ]
    assert total(parts).legal == Span(10, "working"), "side by side"
    assert total(parts, {"QY002": ["QY001"]}).legal == Span(13, "working")
    chain = {"QY002": ["QY001"], "QY003": ["QY002"], "QY004": ["QY003"]}
    assert total(parts, chain).legal == Span(3 + 10 + 6, "working"), "8 calendar days are 6 working days, rounded up"
    assert total(parts, {"QY002": ["QY009"]}).legal == Span(10, "working"), "an item that is not in this plan"
    assert total([("QY001", case(legal=Span(0, "immediate")))]).legal == Span(0, "immediate")
    assert total([*parts, ("QY005", case(legal=None))]).legal is None, "one without a limit leaves none for the whole"


def test_a_promise_falls_back_on_the_legal_time_but_is_never_made_of_it_alone() -> None:
    legal_only = case(legal=Span(10, "working"), promised=None)
    promising = case(legal=Span(5, "working"), promised=Span(1, "working"))
    order = {"QY002": ["QY001"]}
    assert total([("QY001", promising), ("QY002", legal_only)], order).promised == Span(11, "working")
    assert total([("QY001", legal_only), ("QY002", legal_only)], order).promised is None


@pytest.mark.parametrize(
    ("statuses", "expected"), [(["full", "full"], "full"), (["none", "none"], "none"), (["full", "none"], "part")]
)
def test_a_theme_is_online_as_far_as_its_items_are(statuses: list[str], expected: str) -> None:
    parts = [
        (f"QY00{n}", case(online=Online(status, "", None)))  # type: ignore[arg-type]
        for n, status in enumerate(statuses)
    ]
    assert total(parts).online.status == expected


def test_a_proxy_or_the_post_will_do_only_where_they_do_for_every_item() -> None:
    alone = case(proxy=Proxy(False, "要本人来。", ("身份证",)), delivery=Delivery(False, "窗口领。"))
    found = total([("QY001", PLAIN), ("QY002", alone)])
    assert (found.proxy.allowed, found.delivery.post) == (False, False)
    assert found.proxy.needs == ("委托书", "身份证")
    assert total([("QY001", PLAIN), ("QY002", PLAIN)]).proxy.allowed


def test_the_same_sentence_of_two_items_is_said_once() -> None:
    parts = [
        ("QY001", case(steps=(Said("交表", "窗口"),))),
        ("QY002", case(steps=(Said("交表", "窗口"), Said("领证")))),
    ]
    steps = total(parts, optional=["QY002"]).steps
    assert [(step.text, step.conditional) for step in steps] == [("交表", False), ("领证", True)]


# What makes a case of its own


def test_what_a_case_consists_of_leaves_out_the_words_around_it() -> None:
    assert case(conditions=(Said("甲"),), benefits=(Said("乙"),)).core == PLAIN.core
    for different in (case(papers=(paper(),)), case(visits=2), case(legal=None), case(stops=(Said("不用办。"),))):
        assert different.core != PLAIN.core
