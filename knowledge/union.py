"""Several cases at once: the union for answers nobody knows, and a theme's sum over its items.

A union never promises more than its worst branch: the longest time, the most visits, nothing that one of them lacks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from knowledge.content import Content, Delivery, Fee, Online, Paper, Proxy, Said, Span, both
from knowledge.definitions import OnlineStatus

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
        first[paper.id] = both(first[paper.id], paper) if paper.id in first else paper
        certain[paper.id] += not paper.conditional
    marked = [replace(paper, conditional=certain[key] < len(rows)) for key, paper in first.items()]
    return tuple(sorted(marked, key=lambda paper: paper.order))


def _longest(spans: Sequence[Span | None]) -> Span | None:
    """The longest of all; None where one is not limited, since then nothing can be said."""
    known = [span for span in spans if span]
    return max(known, key=lambda span: span.weight) if known and len(known) == len(spans) else None


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
    return Content(
        stops=tuple(replace(stop, conditional=True) for stop in stops),
        papers=_union_papers([content.papers for content in going]),
        conditions=_union_said([content.conditions for content in going]),
        steps=_union_said([content.steps for content in going]),
        visits=max(content.visits for content in going),
        legal=_longest([content.legal for content in going]),
        promised=_longest([content.promised for content in going]),
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
    made_by = _made_on_the_way(parts, after, made)
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
    timed = [(code, content) for code, content, optional in parts if not optional] or [(c, one) for c, one, _ in parts]
    # Where the hall promises nothing for an item, its legal time counts; without any promise there is none.
    promised = {code: content.promised or content.legal for code, content in timed}
    return Content(
        stops=tuple(replace(stop, conditional=True) for stop in _sum_said([one.stops for one in contents])),
        papers=tuple(replace(paper, made_by=made_by.get(paper.id, "")) for paper in _sum_papers(papers)),
        conditions=_sum_said(conditions),
        steps=_sum_said(steps),
        visits=sum(content.visits for content in needed),
        legal=_critical_path({code: content.legal for code, content in timed}, after),
        promised=_critical_path(promised, after) if any(one.promised for _, one in timed) else None,
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


def _made_on_the_way(
    parts: Sequence[tuple[str, Content, bool]], after: Mapping[str, Sequence[str]], made: Mapping[str, str]
) -> dict[str, str]:
    """Paper → the item that hands it out, where every item that asks for it comes after that one.

    A paper that its own maker or an earlier step asks for must be brought: the old licence that a new one replaces.
    """

    def before(code: str) -> set[str]:
        direct = set(after.get(code, ()))
        return direct.union(*(before(one) for one in direct))

    found = {}
    for maker, _, optional in parts:
        paper = made.get(maker)
        asking = [code for code, content, _ in parts if any(one.id == paper for one in content.papers)]
        if paper and not optional and asking and all(maker in before(code) for code in asking):
            found[paper] = maker
    return found


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
            found[paper.id] = both(found[paper.id], paper) if paper.id in found else paper
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
    """The longest chain through the plan, in working days (calendar days count 5 in 7, rounded up).

    None where an item of it has no limit: then nothing can be said of the whole.
    """
    days: dict[str, int] = {}
    for code, span in spans.items():
        if span is None:
            return None
        days[code] = -(-span.days * 5 // 7) if span.unit == "calendar" else span.days
    done: dict[str, int] = {}

    def finish(code: str) -> int:
        if code not in done:
            before = [finish(one) for one in after.get(code, ()) if one in days]
            done[code] = max(before, default=0) + days[code]
        return done[code]

    total = max((finish(code) for code in days), default=0)
    return Span(total, "working" if total else "immediate")
