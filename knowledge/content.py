"""What one case says, and the union of several: the content of a notice without the speaker's answers.

`resolve` reads an item for one complete set of answers. `merge` is the union for answers nobody knows. `combine` is a
theme's sum over its items. A union never promises more than its worst branch: the longest time, the most visits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from knowledge.model import (
    Basis,
    DeliveryLine,
    FeeLine,
    Item,
    Line,
    MaterialLine,
    OnlineStatus,
    TimeLine,
    Unit,
    When,
    is_effective,
)

Answers = Mapping[str, str]
"""Fact id → option id."""

_Line = TypeVar("_Line", bound=Line)

_CALENDAR_DAYS_A_WORKING_DAY = 7 / 5
_ASK_WINDOW = "以窗口为准"


@dataclass(frozen=True)
class Paper:
    """A material as it stands in one case; `on_file` and `deferrable` are already the effective values.

    `made_by` names the item of a theme's plan that hands the paper out on the way: nobody has it at the start.
    """

    id: str
    original: bool
    copies: int
    notes: tuple[str, ...] = ()
    on_file: bool = False
    via: str = ""
    deferrable: tuple[int, str] | None = None
    local: str | None = None
    conditional: bool = False
    made_by: str = ""
    order: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Said:
    """A sentence of the notice (condition, step, benefit, stop), with its place or how."""

    text: str
    extra: str = ""
    conditional: bool = False
    order: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Span:
    """A length of time. `working` days count five a week."""

    days: int
    unit: Unit

    @property
    def weight(self) -> float:
        """Calendar days, to compare spans of different units."""
        return self.days * (_CALENDAR_DAYS_A_WORKING_DAY if self.unit == "working" else 1.0)


@dataclass(frozen=True)
class Fee:
    """What it costs."""

    free: bool
    amount: float | None
    text: str
    basis: Basis | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Online:
    """Whether it can be done online."""

    status: OnlineStatus
    text: str
    url: str | None


@dataclass(frozen=True)
class Proxy:
    """Whether someone else may come."""

    allowed: bool
    text: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Delivery:
    """How the result comes."""

    post: bool
    text: str


@dataclass(frozen=True)
class Place:
    """Levels that handle it, and the window (empty until a hall confirmed it)."""

    levels: tuple[str, ...]
    window: str


@dataclass(frozen=True)
class Content:
    """Everything a notice says of a case. `stop` holds when the case ends without an application."""

    stops: tuple[Said, ...]
    papers: tuple[Paper, ...]
    conditions: tuple[Said, ...]
    steps: tuple[Said, ...]
    visits: int
    legal: Span | None
    promised: Span | None
    fee: Fee
    online: Online
    proxy: Proxy
    delivery: Delivery
    places: tuple[Place, ...]
    benefits: tuple[Said, ...]

    @property
    def stopped(self) -> bool:
        """Whether every case here ends without an application."""
        return bool(self.stops) and not self.stops[0].conditional

    @property
    def core(self) -> tuple[object, ...]:
        """What makes a case of its own: materials, place, time, fee, who must come, or a stop."""
        papers = frozenset((p.id, p.original, p.copies, p.on_file, p.deferrable, p.notes) for p in self.papers)
        proxy = (self.proxy.allowed, self.proxy.needs, self.proxy.text)
        return self.stops, papers, self.places, self.legal, self.promised, self.fee, self.visits, proxy


def allows(when: When, answers: Answers) -> bool:
    """Whether complete `answers` satisfy `when`. A fact without an answer (not applicable) allows nothing."""
    return all(answers.get(fact) in options for fact, options in when.items())


def resolve(item: Item, answers: Answers, site: str | None) -> Content:
    """The content of the item's case for complete answers, at `site` (None: the sample)."""

    def active(lines: Iterable[_Line]) -> list[_Line]:
        return [line for line in lines if allows(line.when, answers)]

    def only(lines: Sequence[_Line]) -> _Line:
        """The one line of this case. `check` proves that there is exactly one; the last resort is the last line."""
        return next(iter(active(lines)), lines[-1])

    stops = [(n, stop) for n, stop in enumerate(item.stops) if allows(stop.when, answers)][:1]
    time, fee, online, proxy = only(item.time), only(item.fee), only(item.online), only(item.proxy)
    legal, promised = _times(time, site)
    content = Content(
        stops=tuple(Said(stop.reason, stop.instead or "", order=n) for n, stop in stops),
        papers=_papers(item, active(item.materials), site),
        conditions=_said(item.conditions, answers, lambda line: (line.text, "")),
        steps=_said(item.steps, answers, lambda line: (line.text, line.place)),
        visits=only(item.visits).count,
        legal=legal,
        promised=promised,
        fee=_fee(fee, site),
        online=Online(online.status, online.text, online.url),
        proxy=Proxy(proxy.allowed, proxy.text, tuple(proxy.needs)),
        delivery=_delivery(only(item.delivery), site),
        places=tuple(
            Place(tuple(line.levels), line.window if is_effective(line.confirmed, site) else "")
            for line in active(item.places)
        ),
        benefits=_said(item.benefits, answers, lambda line: (line.name, line.how)),
    )
    if content.stops:
        return replace(content, papers=(), conditions=(), steps=(), visits=0, legal=None, promised=None, benefits=())
    return content


def _said(lines: Sequence[_Line], answers: Answers, read: Callable[[_Line], tuple[str, str]]) -> tuple[Said, ...]:
    found: dict[tuple[str, str], Said] = {}
    for n, line in enumerate(lines):
        if allows(line.when, answers):
            text, extra = read(line)
            found.setdefault((text, extra), Said(text, extra, order=n))
    return tuple(found.values())


def _times(line: TimeLine, site: str | None) -> tuple[Span | None, Span | None]:
    legal = Span(line.legal.days, line.legal.unit) if line.legal else None
    kept = line.promised is not None and is_effective(line.promised.confirmed, site)
    return legal, Span(line.promised.days, line.promised.unit) if kept and line.promised else None


def _fee(line: FeeLine, site: str | None) -> Fee:
    if line.local and not is_effective(line.confirmed, site):
        return Fee(False, None, f"收不收、收多少，{_ASK_WINDOW}。", line.basis)
    return Fee(line.free, 0.0 if line.free else line.amount, line.text, line.basis)


def _delivery(line: DeliveryLine, site: str | None) -> Delivery:
    if line.post and not is_effective(line.confirmed, site):
        return Delivery(False, f"能不能邮寄，{_ASK_WINDOW}。")
    return Delivery(line.post, line.text)


def _paper(line: MaterialLine, order: int, site: str | None) -> Paper:
    on_file = line.on_file is not None and is_effective(line.on_file.confirmed, site)
    deferrable = line.deferrable is not None and is_effective(line.deferrable.confirmed, site)
    flags = [flag for flag in (line.on_file, line.deferrable) if flag is not None]
    local = None
    if flags:
        local = "confirmed" if all(is_effective(flag.confirmed, site) for flag in flags) else "unconfirmed"
    return Paper(
        id=line.id,
        original=line.original,
        copies=line.copies,
        notes=(line.note,) if line.note else (),
        on_file=on_file,
        via=line.on_file.via if line.on_file and on_file else "",
        deferrable=(line.deferrable.days, line.deferrable.basis) if line.deferrable and deferrable else None,
        local=local,
        order=order,
    )


def _papers(item: Item, lines: Sequence[MaterialLine], site: str | None) -> tuple[Paper, ...]:
    first = {line.id: n for n, line in reversed(list(enumerate(item.materials)))}
    found: dict[str, Paper] = {}
    for line in lines:
        paper = _paper(line, first[line.id], site)
        found[line.id] = _both(found[line.id], paper) if line.id in found else paper
    return tuple(sorted(found.values(), key=lambda paper: paper.order))


def _both(one: Paper, other: Paper) -> Paper:
    """One paper that serves two lines: enough for either, and excused only where both excuse it."""
    deferrable = None
    if one.deferrable and other.deferrable:
        deferrable = min(one.deferrable, other.deferrable)
    on_file = one.on_file and other.on_file
    return Paper(
        id=one.id,
        original=one.original or other.original,
        copies=max(one.copies, other.copies),
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
        on_file=on_file,
        via=one.via if on_file else "",
        deferrable=deferrable,
        local="unconfirmed" if "unconfirmed" in (one.local, other.local) else one.local or other.local,
        conditional=one.conditional and other.conditional,
        order=min(one.order, other.order),
    )


_Row = TypeVar("_Row", Paper, Said)


def _union_said(rows: Sequence[tuple[Said, ...]]) -> tuple[Said, ...]:
    """All sentences; those that are not certain in every row are marked conditional."""
    certain: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Said] = {}
    for said in (said for row in rows for said in row):
        first.setdefault((said.text, said.extra), said)
        certain[said.text, said.extra] += not said.conditional
    marked = [replace(said, conditional=certain[key] < len(rows)) for key, said in first.items()]
    return tuple(sorted(marked, key=lambda said: said.order))


def _union_papers(rows: Sequence[tuple[Paper, ...]]) -> tuple[Paper, ...]:
    """All papers; those that are not certain in every row are marked conditional."""
    certain: Counter[str] = Counter()
    first: dict[str, Paper] = {}
    for paper in (paper for row in rows for paper in row):
        first[paper.id] = _both(first[paper.id], paper) if paper.id in first else paper
        certain[paper.id] += not paper.conditional
    marked = [replace(paper, conditional=certain[key] < len(rows)) for key, paper in first.items()]
    return tuple(sorted(marked, key=lambda paper: paper.order))


def _longest(spans: Iterable[Span | None]) -> Span | None:
    return max((span for span in spans if span), key=lambda span: span.weight, default=None)


def _texts(texts: Iterable[str]) -> str:
    """One sentence, or the alternatives marked 视情况."""
    different = list(dict.fromkeys(texts))
    if len(different) == 1:
        return different[0]
    return "视情况：" + "；".join(text.rstrip("。；") for text in different) + "。"


def merge(contents: Sequence[Content]) -> Content:
    """The union of cases nobody can tell apart yet. Rows not in all of them are marked conditional.

    Cases that end in a stop add only their reason, marked; the rest is the union of those that go on.
    """
    if len(contents) == 1:
        return contents[0]
    going = [content for content in contents if not content.stopped]
    stops = _union_said([content.stops for content in contents])
    if not going:
        return replace(contents[0], stops=tuple(replace(stop, conditional=False) for stop in stops))
    fees = [content.fee for content in going]
    amounts = {fee.amount for fee in fees}
    promised = [content.promised for content in going]
    return Content(
        stops=tuple(replace(stop, conditional=True) for stop in stops),
        papers=_union_papers([content.papers for content in going]),
        conditions=_union_said([content.conditions for content in going]),
        steps=_union_said([content.steps for content in going]),
        visits=max(content.visits for content in going),
        legal=_longest(content.legal for content in going),
        promised=None if None in promised else _longest(promised),
        fee=Fee(
            all(fee.free for fee in fees),
            amounts.pop() if len(amounts) == 1 else None,
            _texts(fee.text for fee in fees),
            next((fee.basis for fee in fees if fee.basis), None),
        ),
        online=_worst_online([content.online for content in going]),
        proxy=Proxy(
            all(content.proxy.allowed for content in going),
            _texts(content.proxy.text for content in going),
            tuple(dict.fromkeys(need for content in going for need in content.proxy.needs)),
        ),
        delivery=Delivery(
            all(content.delivery.post for content in going), _texts(content.delivery.text for content in going)
        ),
        places=tuple(dict.fromkeys(place for content in going for place in content.places)),
        benefits=_union_said([content.benefits for content in going]),
    )


_ONLINE_ORDER: tuple[OnlineStatus, ...] = ("none", "part", "full")


def _worst_online(several: Sequence[Online]) -> Online:
    worst = min(several, key=lambda online: _ONLINE_ORDER.index(online.status))
    return Online(worst.status, _texts(online.text for online in several), worst.url)


def combine(
    parts: Sequence[tuple[str, Content, bool]], after: Mapping[str, Sequence[str]], made: Mapping[str, str]
) -> Content:
    """A theme's sum over `(code, content, optional)`: each paper once, times along the critical path.

    `after` names the items that must be done before an item, `made` the paper that an item hands out. Rows of an
    optional item are conditional.
    """
    made_by = {made[code]: code for code, _, optional in parts if code in made and not optional}
    offset, papers, steps, conditions, benefits = 0, [], [], [], []
    for _, content, optional in parts:
        offset += 1000
        papers.append(_shift(content.papers, offset, optional))
        conditions.append(_shift(content.conditions, offset, optional))
        benefits.append(_shift(content.benefits, offset, optional))
        steps.append(_shift(content.steps, offset, optional))
    contents = [content for _, content, _ in parts]
    needed = [content for _, content, optional in parts if not optional] or contents
    fees = [content.fee for content in needed]
    amounts = [fee.amount for fee in fees]
    # Where the hall promises nothing for an item, its legal time counts; without any promise there is none.
    promised = {code: content.promised or content.legal for code, content, _ in parts}
    return Content(
        stops=(),
        papers=tuple(replace(paper, made_by=made_by.get(paper.id, "")) for paper in _sum_papers(papers)),
        conditions=_sum_said(conditions),
        steps=_sum_said(steps),
        visits=sum(content.visits for content in needed),
        legal=_critical_path({code: content.legal for code, content, _ in parts}, after),
        promised=_critical_path(promised, after) if any(content.promised for content in contents) else None,
        fee=Fee(
            all(fee.free for fee in fees),
            None if None in amounts else float(sum(amount for amount in amounts if amount)),
            "".join(dict.fromkeys(fee.text.rstrip("。") + "。" for fee in fees if not fee.free)) or "都不收费。",
        ),
        online=_theme_online([content.online for content in contents]),
        proxy=Proxy(
            all(content.proxy.allowed for content in contents),
            "能代办的都可以委托别人来。"
            if all(content.proxy.allowed for content in contents)
            else "有的事要本人到场，其余可以委托别人来。",
            tuple(dict.fromkeys(need for content in contents for need in content.proxy.needs)),
        ),
        delivery=Delivery(
            all(content.delivery.post for content in contents),
            "证件都可以邮寄。" if all(c.delivery.post for c in contents) else "有的证件可以邮寄，有的要来窗口领。",
        ),
        places=tuple(dict.fromkeys(place for content in contents for place in content.places)),
        benefits=_sum_said(benefits),
    )


def _theme_online(several: Sequence[Online]) -> Online:
    statuses = {online.status for online in several}
    url = next((online.url for online in several if online.url), None)
    if statuses == {"full"}:
        return Online("full", "这几件事网上都能办。", url)
    if statuses == {"none"}:
        return Online("none", "这几件事都要到窗口办。", url)
    return Online("part", "有的事网上能办，有的要到窗口。", url)


def _shift(rows: tuple[_Row, ...], offset: int, optional: bool) -> tuple[_Row, ...]:
    return tuple(replace(row, order=row.order + offset, conditional=row.conditional or optional) for row in rows)


def _sum_papers(parts: Sequence[tuple[Paper, ...]]) -> tuple[Paper, ...]:
    found: dict[str, Paper] = {}
    for part in parts:
        for paper in part:
            found[paper.id] = _both(found[paper.id], paper) if paper.id in found else paper
    return tuple(sorted(found.values(), key=lambda paper: paper.order))


def _sum_said(parts: Sequence[tuple[Said, ...]]) -> tuple[Said, ...]:
    found: dict[tuple[str, str], Said] = {}
    for part in parts:
        for said in part:
            key = (said.text, said.extra)
            kept = found.get(key)
            found[key] = replace(kept, conditional=kept.conditional and said.conditional) if kept else said
    return tuple(sorted(found.values(), key=lambda said: said.order))


def _critical_path(spans: Mapping[str, Span | None], after: Mapping[str, Sequence[str]]) -> Span | None:
    """The longest chain through the plan, in working days (calendar days count 5 in 7, rounded up)."""

    def working(span: Span | None) -> int:
        if span is None:
            return 0
        return -(-span.days * 5 // 7) if span.unit == "calendar" else span.days

    done: dict[str, int] = {}

    def finish(code: str) -> int:
        if code not in done:
            before = [finish(one) for one in after.get(code, ()) if one in spans]
            done[code] = max(before, default=0) + working(spans[code])
        return done[code]

    total = max((finish(code) for code in spans), default=0)
    return Span(total, "working" if total else "immediate") if any(spans.values()) else None
