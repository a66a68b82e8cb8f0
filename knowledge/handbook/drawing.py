"""Draws an entry's questions and outcomes as a tree, for a reviewer to proof-read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import typst

from knowledge.cases import CaseTable, active_plan
from knowledge.content import Content
from knowledge.model import Catalogue, Item, Theme
from knowledge.notice.pdf import FONTS
from knowledge.notice.words import limits_words
from knowledge.snapshot import Snapshot

TEMPLATE = Path(__file__).parent / "templates" / "tree.typ"
Picture = Literal["svg", "png", "pdf"]


@dataclass
class Node:
    """A question with its branches, or an outcome: its case, and the lines that set it apart."""

    title: str
    lines: list[str] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    stop: bool = False


@dataclass
class Branch:
    """The options that lead on together, and where to."""

    label: str
    node: Node


def decision_tree(snapshot: Snapshot, code: str) -> Node:
    """The entry's questions in the order they are asked, down to every case. Raises KeyError for an unknown code."""
    entry = snapshot.catalogue.entry(code)
    table = snapshot.tables[code]
    contents = [content for content in table.contents if not content.stopped]
    common = set.intersection(*({p.id for p in c.papers} for c in contents)) if contents else set()
    return _node(snapshot, entry, table, {}, common)


def _node(
    snapshot: Snapshot, entry: Item | Theme, table: CaseTable, answers: Mapping[str, str], common: set[str]
) -> Node:
    question = table.next_question(answers)
    if question is None:
        return _outcome(snapshot, entry, table, answers, common)
    fact = snapshot.catalogue.fact(entry, question)
    grouped: dict[str, Branch] = {}
    for option in fact.options:
        node = _node(snapshot, entry, table, {**answers, question: option.id}, common)
        key = json.dumps(asdict(node), ensure_ascii=False)
        if key in grouped:
            grouped[key].label += f"；{option.label}"
        else:
            grouped[key] = Branch(option.label, node)
    return Node(fact.ask, branches=list(grouped.values()))


def _outcome(
    snapshot: Snapshot, entry: Item | Theme, table: CaseTable, answers: Mapping[str, str], common: set[str]
) -> Node:
    content = table.content(answers)
    title = table.case(answers) or entry.code
    if content.stopped:
        stop = content.stops[0]
        return Node(title, [stop.text, *([f"改办 {stop.extra}"] if stop.extra else [])], stop=True)
    if isinstance(entry, Theme):
        plan = [snapshot.catalogue.items[one.item] for one, _ in active_plan(entry, answers)]
        return Node(title, [f"{item.code} {item.plain_name}" for item in plan] + [_time(content)])
    own = [paper for paper in content.papers if paper.id not in common]
    lines = [*(f"＋{snapshot.catalogue.materials[p.id].name}" for p in own), *_differences(table, content)]
    return Node(title, lines or ["没有另外的要求"])


def _differences(table: CaseTable, content: Content) -> list[str]:
    """Time, fee, visits and who must come, where the entry's cases differ in them."""
    others = [one for one in table.contents if not one.stopped]
    lines = []
    if len({(one.legal, one.promised) for one in others}) > 1:
        lines.append(_time(content))
    if len({one.fee.text for one in others}) > 1:
        lines.append(content.fee.text)
    if len({one.visits for one in others}) > 1:
        lines.append(f"到现场{content.visits}次")
    if len({one.proxy.allowed for one in others}) > 1:
        lines.append("可以代办" if content.proxy.allowed else "要本人来")
    return lines


def _time(content: Content) -> str:
    return f"时间：{limits_words(content.promised, content.legal)}"


def base_papers(catalogue: Catalogue, table: CaseTable) -> list[str]:
    """Names of the papers that every case needs."""
    contents = [content for content in table.contents if not content.stopped]
    if not contents:
        return []
    common = set.intersection(*({p.id for p in c.papers} for c in contents))
    return [catalogue.materials[p.id].name for p in contents[0].papers if p.id in common]


def draw(snapshot: Snapshot, code: str, picture: Picture = "svg") -> bytes:
    """The drawing as SVG, PNG (2 px a point) or PDF. Raises KeyError for an unknown code."""
    entry = snapshot.catalogue.entry(code)
    data = {
        "title": f"{entry.code} {entry.name}",
        "base": base_papers(snapshot.catalogue, snapshot.tables[code]) if isinstance(entry, Item) else [],
        "version": snapshot.id,
        "tree": asdict(decision_tree(snapshot, code)),
    }
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    compiler = typst.Compiler(
        TEMPLATE, root=TEMPLATE.parent, font_paths=fonts, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )
    made = compiler.compile(format=picture, ppi=144.0)
    page = made[0] if isinstance(made, list) else made
    assert page is not None, "only a compilation to a file returns nothing"
    return bytes(page)
