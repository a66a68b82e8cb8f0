"""A handbook (受理事典) as data: one section an item, what a clerk needs to handle it without asking anyone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from knowledge.cases import CaseTable
from knowledge.content import Content
from knowledge.definitions import Form, Handbook
from knowledge.model import Item
from knowledge.notice import Notice, build_notice
from knowledge.notice.words import limits_words, paper_count, time_words
from knowledge.snapshot import Snapshot

HANDBOOKS: tuple[str, ...] = get_args(Handbook)

SAMPLE_LINE = "示例数据：用的是示例区的样本值，不能作为办事依据。"


@dataclass
class PaperRow:
    """A material over all cases: what of it, who gives it out, in which cases, and how it may be spared."""

    name: str
    count: str
    issuer: str
    when: str
    spared: str
    note: str


@dataclass
class CaseRow:
    """One case: its answers in words, and what sets it apart."""

    id: str
    answers: str
    papers: str
    time: str
    fee: str
    who: str


@dataclass
class FormSample:
    """A form filled in, with the usual mistakes."""

    name: str
    fields: list[dict[str, str]]
    mistakes: list[str]


@dataclass
class Section:
    """One item."""

    code: str
    name: str
    plain_name: str
    summary: str
    department: str
    facts: list[tuple[str, str]]
    conditions: list[str]
    papers: list[PaperRow]
    cases: list[CaseRow]
    steps: list[tuple[str, str]]
    forms: list[FormSample]
    basis: list[str]
    notes: list[str]
    verified: str


@dataclass
class Book:
    """A whole handbook."""

    title: str
    version: str
    sample: str
    sections: list[Section] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for templates."""
        return asdict(self)


def make_book(snapshot: Snapshot, handbook: str) -> Book:
    """The handbook's items in the order of their codes. Raises KeyError for a name that is none of HANDBOOKS."""
    if handbook not in HANDBOOKS:
        raise KeyError(handbook)
    book = Book(f"受理事典：{handbook}", snapshot.id, SAMPLE_LINE if snapshot.site is None else "")
    items = sorted(snapshot.catalogue.items.values(), key=lambda item: item.code)
    book.sections = [_section(snapshot, item) for item in items if item.handbook == handbook]
    return book


def _section(snapshot: Snapshot, item: Item) -> Section:
    notice = build_notice(snapshot, item.code, {})
    table = snapshot.tables[item.code]
    materials = snapshot.catalogue.materials
    return Section(
        code=item.code,
        name=item.name,
        plain_name=item.plain_name,
        summary=item.summary,
        department=item.department,
        facts=_facts(notice, item),
        conditions=notice.conditions,
        papers=_papers(notice),
        cases=_cases(snapshot, item, table),
        steps=[(step.text, step.place) for step in notice.steps],
        forms=[_form(form) for m in notice.materials if (form := materials[m.id].form)],
        basis=[f"{one.law}{one.article}" for one in notice.legal_basis],
        notes=item.staff_notes,
        verified=item.verified.isoformat(),
    )


def _facts(notice: Notice, item: Item) -> list[tuple[str, str]]:
    places = dict.fromkeys(site.window for site in notice.sites if site.window)
    return [
        ("窗口", "、".join(places) or "以窗口为准"),
        ("办理时间", time_words(notice)),
        ("收费", notice.fee.text),
        ("到现场", f"{notice.visits}次"),
        ("网上办", notice.online.text),
        ("代办", notice.proxy.text),
        ("拿证", notice.delivery.text),
        ("办好拿到", f"{item.result.name}{f'（{item.result.valid}）' if item.result.valid else ''}"),
    ]


def _papers(notice: Notice) -> list[PaperRow]:
    rows = []
    for m in notice.materials:
        spared = f"免提交（{m.via}）" if m.on_file else f"可晚{m.deferrable.days}天" if m.deferrable else ""
        when = (m.when_text or "视情况") if m.conditional else "都要"
        rows.append(PaperRow(m.name, paper_count(m), m.issuer, when, spared, m.note))
    return rows


def _form(form: Form) -> FormSample:
    fields = [{"label": f.label, "example": f.example, "hint": f.hint} for f in form.fields]
    return FormSample(form.name, fields, list(form.mistakes))


def _cases(snapshot: Snapshot, item: Item, table: CaseTable) -> list[CaseRow]:
    answers: dict[int, list[str]] = {}
    for assignment, number in table.assignments():
        words = []
        for fact_id, option_id in assignment.items():
            option = snapshot.catalogue.fact(item, fact_id).option(option_id)
            words.append(option.label if option else option_id)
        answers.setdefault(number, []).append("，".join(words) or "都一样")
    return [
        _case(snapshot, table, number, "；或者".join(said), table.contents[number]) for number, said in answers.items()
    ]


def _case(snapshot: Snapshot, table: CaseTable, number: int, answers: str, content: Content) -> CaseRow:
    if content.stopped:
        stop = content.stops[0]
        return CaseRow(table.case_id(number), answers, f"不办：{stop.text}", "", "", "")
    names = "、".join(snapshot.catalogue.materials[paper.id].name for paper in content.papers)
    who = "可以代办" if content.proxy.allowed else "要本人来"
    return CaseRow(
        table.case_id(number),
        answers,
        names,
        limits_words(content.promised, content.legal),
        content.fee.text,
        f"{who}，到现场{content.visits}次",
    )
