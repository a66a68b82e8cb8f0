"""Random small items: what the case engine must hold for, whatever an editor writes."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from knowledge.definitions import Fact, Law, Material
from knowledge.model import Catalogue, Department, Item, Site
from knowledge.snapshot import Snapshot

CODE = "QY999"
PAPERS = [f"paper_{n}" for n in range(3)]
_DAY = dt.date(2026, 1, 1)

Draw = st.DrawFn


def _fact(fact_id: str, size: int) -> Fact:
    options = [{"id": f"o{n}", "label": f"{fact_id}{n}", "means": f"{fact_id}是{n}的"} for n in range(size)]
    return Fact.model_validate(
        {"ask": f"{fact_id}是哪一种？", "name": fact_id, "why": "要看情形。", "explain": "例子。", "options": options}
    )


@st.composite
def _when(draw: Draw, sizes: dict[str, int], most: int = 2) -> dict[str, list[str]]:
    """A condition on at most `most` facts, which never names all options of a fact."""
    facts = draw(st.lists(st.sampled_from(sorted(sizes)), max_size=most, unique=True)) if sizes else []
    return {
        fact: sorted(draw(st.sets(st.sampled_from([f"o{n}" for n in range(sizes[fact])]), min_size=1,
                                  max_size=sizes[fact] - 1)))
        for fact in facts
    }  # fmt: skip


@st.composite
def _one_a_case(draw: Draw, open_facts: dict[str, int], line: st.SearchStrategy[dict[str, Any]]) -> list[Any]:
    """One line for everyone, or one for each option of a fact that everyone is asked."""
    fact = draw(st.sampled_from(["", *sorted(open_facts)]))
    if not fact:
        return [draw(line)]
    return [{**draw(line), "when": {fact: f"o{n}"}} for n in range(open_facts[fact])]


@st.composite
def snapshots(draw: Draw) -> Snapshot:
    """A catalogue of one item, `CODE`: 1 to 4 facts of 2 or 3 options, gates, conditions of all kinds, stops.

    Gates that no answers open are left out: `check` refuses a question that is never asked.
    """
    sizes: dict[str, int] = {}
    questions, open_facts = [], {}
    for n in range(draw(st.integers(1, 4))):
        fact = f"f{n}"
        gate = draw(_when(sizes)) if draw(st.booleans()) else {}
        questions.append({"fact": fact, "when": gate})
        sizes[fact] = draw(st.integers(2, 3))
        if not gate:
            open_facts[fact] = sizes[fact]
    assume(_all_asked(questions, sizes))
    when = _when(sizes)
    days: st.SearchStrategy[dict[str, Any]] = st.builds(
        dict, days=st.integers(1, 20), unit=st.sampled_from(["working", "calendar"])
    )
    signed = {"by": "示例", "date": _DAY}
    paper = st.fixed_dictionaries(
        {
            "id": st.sampled_from(PAPERS),
            "original": st.just(True),
            "copies": st.integers(0, 2),
            "note": st.sampled_from(["", "带好。"]),
            "on_file": st.sampled_from([None, {"via": "共享", "confirmed": signed}, {"via": "共享"}]),
            "deferrable": st.sampled_from([None, {"days": 5, "basis": "规定", "confirmed": signed}]),
            "when": when,
        }
    )

    def texts(key: str, **more: str) -> st.SearchStrategy[list[dict[str, Any]]]:
        line = st.fixed_dictionaries({key: st.sampled_from("甲乙丙"), "when": when}).map(lambda d: d | more)
        return st.lists(line, min_size=1, max_size=3)

    time = st.fixed_dictionaries({"legal": st.none() | days, "promised": st.none() | days.map(_signed)})
    item = Item.model_validate(
        {
            "code": CODE,
            "name": "随机事项",
            "plain_name": "随机事项",
            "tells_apart": "只为试引擎",
            "summary": "随机。",
            "department": "部门",
            "handbook": "企业开办",
            "audience": ["person"],
            "verified": _DAY,
            "sources": ["无"],
            "questions": questions,
            "places": [{"levels": ["center"], "window": "窗口", "confirmed": signed}],
            "conditions": draw(texts("text")),
            "stops": [{"reason": f"不用办{n}", "when": w} for n, w in enumerate(draw(st.lists(when, max_size=2))) if w],
            "materials": draw(st.lists(paper, min_size=1, max_size=6)),
            "steps": draw(texts("text", place="窗口")),
            "benefits": draw(texts("name", how="去领")),
            "visits": draw(_one_a_case(open_facts, st.builds(dict, count=st.integers(0, 3)))),
            "time": draw(_one_a_case(open_facts, time)),
            "fee": [{"free": True, "text": "不收费。"}],
            "online": [{"status": "none", "text": "不能网办。"}],
            "proxy": draw(_one_a_case(open_facts, st.builds(dict, allowed=st.booleans(), text=st.just("看情形。")))),
            "delivery": [{"post": False, "text": "窗口领。"}],
            "legal_basis": [{"law": "law"}],
            "result": {"name": "证"},
        }
    )
    catalogue = Catalogue.model_construct(
        facts={fact: _fact(fact, size) for fact, size in sizes.items()},
        materials={paper: Material(name=paper, issuer="部门") for paper in PAPERS},
        laws={"law": Law(title="法", issuer="机关", effective=_DAY)},
        departments={"部门": Department(consult_phone="1", supervise_phone="2")},
        sites=[Site(id="center", name="中心", level="center", address="路", phone="1", hours="全天", lat=30, lon=110)],
        items={CODE: item},
        themes={},
    )
    return Snapshot("synthetic", catalogue, None)


def _all_asked(questions: list[dict[str, Any]], sizes: dict[str, int]) -> bool:
    """Whether some answers lead to each question."""
    asked: set[str] = set()
    for options in itertools.product(*(range(size) for size in sizes.values())):
        answers: dict[str, str] = {}
        for question, option in zip(questions, options, strict=True):
            if all(answers.get(fact) in allowed for fact, allowed in question["when"].items()):
                answers[question["fact"]] = f"o{option}"
        asked |= set(answers)
    return asked == set(sizes)


def _signed(days: dict[str, Any]) -> dict[str, Any]:
    return days | {"confirmed": {"by": "示例", "date": _DAY}}
