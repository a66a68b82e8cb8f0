"""What one case says: the content of a notice without the speaker's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from knowledge.definitions import Basis, OnlineStatus, Unit, When
from knowledge.model import DeliveryLine, FeeLine, Item, Line, MaterialLine, TimeLine, is_effective

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
    """Everything a notice says of a case. `stops` holds why a case ends without an application; `plan` is a theme's:
    item, optional, note."""

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
    plan: tuple[tuple[str, bool, str], ...] = ()

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
        conditional=bool(line.only_if),
        order=order,
    )


def _papers(item: Item, lines: Sequence[MaterialLine], site: str | None) -> tuple[Paper, ...]:
    first = {line.id: n for n, line in reversed(list(enumerate(item.materials)))}
    found: dict[str, Paper] = {}
    for line in lines:
        paper = _paper(line, first[line.id], site)
        found[line.id] = both(found[line.id], paper) if line.id in found else paper
    return tuple(sorted(found.values(), key=lambda paper: paper.order))


def both(one: Paper, other: Paper) -> Paper:
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
