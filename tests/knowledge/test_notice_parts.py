"""Parts of the notice by themselves: the nearest sites, spans and papers in words, the clauses after 视情况."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import small
from test_cases import ITEMS, shipped

from knowledge.content import Span
from knowledge.model import MaterialLine, Question, Site
from knowledge.notice import build_notice, nearest_sites
from knowledge.notice.build import distance_m
from knowledge.notice.clauses import simplify
from knowledge.notice.model import NoticeDeferrable, NoticeSpan, NoticeTime
from knowledge.notice.words import groups, limits_words, paper_count, paper_line, span_words, time_words
from knowledge.snapshot import Snapshot

# Sites


def _site(name: str, level: str, lat: float, lon: float) -> Site:
    return Site.model_validate(
        {
            "id": name,
            "name": name,
            "level": level,
            "address": "路",
            "phone": "1",
            "hours": "全天",
            "lat": lat,
            "lon": lon,
        }
    )


def test_distance_is_along_the_great_circle() -> None:
    assert distance_m((30, 110), (30, 110)) == 0
    assert distance_m((0, 0), (0, 1)) == pytest.approx(111_195, abs=1), "one degree on the equator"
    assert distance_m((60, 10), (60, 11)) == pytest.approx(111_195 / 2, rel=1e-3), "half of it at 60 degrees"
    assert distance_m((0, 0), (0, 180)) == pytest.approx(20_015_087, abs=2), "half way round"


def test_the_nearest_site_first_and_without_a_position_the_centre_first() -> None:
    sites = [_site("far", "village", 30, 111), _site("near", "town", 30, 110.01), _site("middle", "center", 30, 110.2)]
    windows = {"center": "一号", "town": "二号", "village": "三号"}
    found = nearest_sites(sites, (30, 110), windows)
    assert [site.id for site in found] == ["near", "middle", "far"]
    assert [site.window for site in found] == ["二号", "一号", "三号"]
    distances = [site.distance_m for site in found if site.distance_m is not None]
    assert distances == sorted(distances) and len(distances) == 3
    unplaced = nearest_sites(sites, None, windows)
    assert [site.id for site in unplaced] == ["middle", "near", "far"]
    assert {site.distance_m for site in unplaced} == {None}


# Words


@pytest.mark.parametrize(
    ("days", "unit", "words"),
    [(20, "working", "20个工作日"), (60, "calendar", "60天"), (0, "immediate", "当场办结"), (0, "working", "当场办结")],
)
def test_spans_in_words(days: int, unit: str, words: str) -> None:
    assert span_words(NoticeSpan.model_validate({"days": days, "unit": unit})) == words
    assert span_words(None) == ""


def test_promise_and_limit_in_one_cell() -> None:
    three, twenty = Span(3, "working"), Span(20, "working")
    assert limits_words(three, twenty) == "3个工作日，最长20个工作日"
    assert limits_words(None, twenty) == limits_words(twenty, twenty) == "20个工作日"
    assert limits_words(None, None) == "以窗口为准"


def test_the_promise_comes_first_and_the_legal_limit_after_it() -> None:
    ten, five = NoticeSpan(days=10, unit="working"), NoticeSpan(days=5, unit="working")
    now = NoticeSpan(days=0, unit="immediate")
    notice = shipped(ITEMS[0]).notice({})

    def words(legal: NoticeSpan | None, promised: NoticeSpan | None) -> str:
        return time_words(notice.model_copy(update={"time": NoticeTime(legal=legal, promised=promised)}))

    assert words(ten, five) == "一般5个工作日，最长不超过10个工作日。"
    assert words(ten, now) == "当场办结，最长不超过10个工作日。"
    assert words(ten, ten) == words(None, ten) == "10个工作日。"
    assert words(ten, None) == "最长不超过10个工作日。"
    assert words(None, None) == "多长时间，以窗口为准。"


def test_a_paper_says_what_of_it_is_wanted_and_when() -> None:
    paper = shipped(ITEMS[0]).notice({}).materials[0].model_copy(update={"name": "甲表", "conditional": False})
    for original, copies, words in ((True, 0, "原件"), (False, 2, "复印件2份"), (True, 1, "原件和复印件1份")):
        assert paper_count(paper.model_copy(update={"original": original, "copies": copies})) == words
    assert paper_line(paper) == f"甲表（{paper_count(paper)}）"
    perhaps = paper.model_copy(update={"conditional": True, "when_text": "租房的"})
    assert paper_line(perhaps) == f"视情况（租房的）：甲表（{paper_count(paper)}）"


def test_the_clauses_after_perhaps_are_as_few_as_can_be() -> None:
    sizes = {"a": 2, "b": 3}
    assert simplify([{"a": ["x"]}, {"a": ["x"]}], sizes, {}) == [{"a": ["x"]}]
    assert simplify([{"a": ["x"]}, {"a": ["x"], "b": ["p"]}], sizes, {}) == [{"a": ["x"]}]
    assert simplify([{"b": ["p"]}, {"b": ["q"]}], sizes, {}) == [{"b": ["p", "q"]}]
    assert simplify([{"a": ["x"], "b": ["p"]}, {"a": ["y"], "b": ["p"]}], sizes, {}) == [{"b": ["p"]}]
    assert simplify([{"a": ["x"], "b": ["p"]}, {"a": ["y"], "b": ["q"]}], sizes, {}) == [
        {"a": ["x"], "b": ["p"]}, {"a": ["y"], "b": ["q"]}
    ]  # fmt: skip
    whole = [{"a": [a], "b": [b]} for a, b in itertools.product("xy", "pqr")]
    assert simplify(whole, sizes, {}) == [{}]


def test_a_question_answered_either_way_hangs_on_its_gate_alone() -> None:
    sizes, gates = {"a": 2, "b": 2, "c": 2}, {"b": {"a": ["x"]}, "c": {"b": ["p"]}}
    either = [{"b": ["p"]}, {"b": ["q"]}]
    assert simplify(either, sizes, gates) == [{"a": ["x"]}]
    assert simplify([{"c": ["r"]}, {"c": ["s"]}], sizes, gates) == [{"b": ["p"]}]
    assert simplify(either, sizes, {}) == [{}]


def test_a_paper_that_either_answer_brings_in_names_the_gate(tmp_path: Path) -> None:
    """The letter is wanted whoever comes, but only those who rent are asked who comes."""
    catalogue = small.snapshot(tmp_path).catalogue
    gated = catalogue.items["QY001"].model_copy(
        update={
            "questions": [Question(fact="shop"), Question(fact="who", when={"shop": ["rented"]})],
            "materials": [MaterialLine(id="letter", note=one, when={"who": [one]}) for one in ("self", "proxy")],
        }
    )
    snapshot = Snapshot("gated", catalogue.model_copy(update={"items": {"QY001": gated}, "themes": {}}), None)
    (letter,) = build_notice(snapshot, "QY001", {}).materials
    assert (letter.conditional, letter.when_text) == (True, "店面是租的")
    (sure,) = build_notice(snapshot, "QY001", {"shop": "rented"}).materials
    assert (sure.conditional, sure.when_text) == (False, "")


def test_what_the_hall_fetches_or_the_plan_makes_is_not_among_what_may_follow_later() -> None:
    notice = shipped(ITEMS[0]).notice({})
    later = notice.materials[0].model_copy(
        update={"deferrable": NoticeDeferrable(days=5, basis="规定"), "on_file": False, "made_by": None}
    )
    rows = {
        "later": later.model_copy(update={"id": "a"}),
        "on_file": later.model_copy(update={"id": "b", "on_file": True}),
        "made": later.model_copy(update={"id": "c", "on_file": True, "made_by": "QY001"}),
        "must": later.model_copy(update={"id": "d", "deferrable": None}),
    }
    found = groups(notice.model_copy(update={"materials": list(rows.values())}))
    assert found == {group: [row] for group, row in rows.items()}
