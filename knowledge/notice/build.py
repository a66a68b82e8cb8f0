"""Puts a notice together from the catalogue and what is known of the citizen. Nothing is generated."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property

from knowledge.cases import active_plan, theme_content
from knowledge.content import Paper, Said, Span
from knowledge.definitions import Fact, When
from knowledge.facts import FactValue, to_options, value_words
from knowledge.model import BasisLine, Item, Line, PlanEntry, Site, Theme
from knowledge.notice.clauses import in_one, marked, simplify, with_gates
from knowledge.notice.model import (
    Notice,
    NoticeBasis,
    NoticeBenefit,
    NoticeDeferrable,
    NoticeDelivery,
    NoticeFee,
    NoticeForm,
    NoticeMaterial,
    NoticeOnline,
    NoticeProxy,
    NoticeResult,
    NoticeSite,
    NoticeSpan,
    NoticeStep,
    NoticeStop,
    NoticeTime,
    PlanStep,
)
from knowledge.snapshot import Snapshot

SITES_SHOWN = 5


def build_notice(
    snapshot: Snapshot,
    code: str,
    facts: Mapping[str, FactValue],
    *,
    have: Collection[str] = (),
    position: tuple[float, float] | None = None,
) -> Notice:
    """The notice of an item or theme for what is known of the citizen.

    `facts` maps fact ids to option ids or numbers; facts of other entries are ignored. `have` holds ids of papers the
    citizen named. `position` is (lat, lon) in degrees. Raises KeyError for an unknown code, FactError for a bad fact.
    """
    entry = snapshot.catalogue.entry(code)
    answers = to_options(snapshot, code, facts)
    return _Builder(snapshot, entry, facts, answers).build(have, position)


class _Builder:
    """Holds what every part of the notice needs while it is put together."""

    def __init__(
        self, snapshot: Snapshot, entry: Item | Theme, facts: Mapping[str, FactValue], answers: Mapping[str, str]
    ) -> None:
        self.snapshot, self.entry = snapshot, entry
        self.catalogue = snapshot.catalogue
        self.table = snapshot.tables[entry.code]
        if isinstance(entry, Theme):
            self.plan = active_plan(entry, answers)
            self.parts = [(self.catalogue.items[one.item], one.when, one.given) for one, _ in self.plan]
            self.content = theme_content(snapshot.catalogue, entry, snapshot.tables, answers)
        else:
            self.plan = []
            self.parts = [(entry, {}, {})]
            self.content = self.table.content(answers)
        self.items = list({item.code: item for item, _, _ in self.parts}.values())
        tables = [self.table, *(snapshot.tables[item.code] for item in self.items)]
        self.answers = {fact: option for table in tables for fact, option in table.known(answers).items()}
        self.facts = {fact: facts.get(fact, option) for fact, option in self.answers.items()}
        open_facts = [fact for fact in self.table.facts if self.table.matters(fact, self.answers)]
        for item, _, given in self.parts:
            table = snapshot.tables[item.code]
            known = {**{fact: options[0] for fact, options in given.items() if len(options) == 1}, **self.answers}
            open_facts += [fact for fact in table.facts if fact not in known and table.matters(fact, known)]
        self.unknown = [fact for fact in dict.fromkeys(open_facts) if fact not in self.answers]

    def build(self, have: Collection[str], position: tuple[float, float] | None) -> Notice:
        content, entry = self.content, self.entry
        department = self.catalogue.departments[self.items[0].department]
        several = len({item.department for item in self.items}) > 1
        materials = [self._material(paper) for paper in content.papers]
        held = [material.id for material in materials if material.id in have]
        to_bring = [m.id for m in materials if m.id not in have and not m.on_file and not m.made_by]
        stop = content.stops[0] if content.stopped else None
        return Notice(
            code=entry.code,
            name=entry.name,
            plain_name=entry.plain_name,
            summary=entry.summary,
            case=self.table.case(self.answers),
            facts=self.facts,
            facts_text=[self._answer_text(fact, value) for fact, value in self.facts.items()],
            unknown=self.unknown,
            materials=materials,
            have=held,
            missing=to_bring if have else [],
            conditions=[stop.text] if stop else list(self._conditions()),
            steps=[
                NoticeStep(text=text, place=said.extra)
                for said, text in self._marked(content.steps, lambda item: item.steps, "text", "place")
            ],
            visits=content.visits,
            time=NoticeTime(legal=_span(content.legal), promised=_span(content.promised)),
            fee=NoticeFee(
                free=content.fee.free,
                amount=content.fee.amount,
                text=content.fee.text,
                basis=self._law(content.fee.basis.law, content.fee.basis.article) if content.fee.basis else "",
            ),
            online=NoticeOnline(status=content.online.status, url=content.online.url, text=content.online.text),
            proxy=NoticeProxy(allowed=content.proxy.allowed, needs=list(content.proxy.needs), text=content.proxy.text),
            delivery=NoticeDelivery(post=content.delivery.post, text=content.delivery.text),
            sites=self._sites(position),
            legal_basis=self._legal_basis(),
            benefits=[
                NoticeBenefit(name=text, how=said.extra)
                for said, text in self._marked(content.benefits, lambda item: item.benefits, "name", "how")
            ],
            consult_phone="12345" if several else department.consult_phone,
            supervise_phone="12345" if several else department.supervise_phone,
            catalogue_version=self.snapshot.id,
            plan=self._plan() if isinstance(entry, Theme) else None,
            result=NoticeResult(name=entry.result.name, valid=entry.result.valid) if isinstance(entry, Item) else None,
            stop=self._stop(stop) if stop else None,
            levels=list(dict.fromkeys(level for place in content.places for level in place.levels))
            if isinstance(entry, Item)
            else [],
            own_town=isinstance(entry, Item)
            and entry.reach == "own_town"
            and any(level != "center" for place in content.places for level in place.levels),
            center_only=entry.center_only if isinstance(entry, Item) else "",
            sample=self.snapshot.site is None,
        )

    def _answer_text(self, fact_id: str, value: FactValue) -> str:
        fact = self._fact(fact_id)
        return f"{fact.name}：{value_words(fact, value)}"

    def _fact(self, fact_id: str) -> Fact:
        owner = next(
            (one for one in (self.entry, *self.items) if any(q.fact == fact_id for q in one.questions)), self.entry
        )
        return self.catalogue.fact(owner, fact_id)

    def when_text(self, when: When) -> str:
        """The clause after 视情况: only the facts nobody answered, in the words of their options."""
        clauses = []
        for fact_id, options in when.items():
            if fact_id in self.answers:
                continue
            fact = self._fact(fact_id)
            clauses.append("或".join(option.means for option in fact.options if option.id in options))
        return "，并且".join(clauses)

    @cached_property
    def _open_gates(self) -> dict[str, When]:
        """What each question still hangs on."""
        gates: dict[str, When] = {}
        for item, _, given in self.parts:
            for question in item.questions:
                gate = self._open(item, given, question.when)
                gates[question.fact] = gate if gates.get(question.fact, gate) else {}  # asked ungated by some item
        return {fact: {f: o for f, o in gate.items() if f not in self.answers} for fact, gate in gates.items()}

    @cached_property
    def _material_lines(self) -> dict[str, list[tuple[Item, When, str]]]:
        """By material, the items that may want it, on what that hangs, and for whom only."""
        found: dict[str, list[tuple[Item, When, str]]] = {}
        for item, line, when in self._lines(lambda item: item.materials):
            found.setdefault(_id(line), []).append((item, when, getattr(line, "only_if", "")))
        return found

    def _when_texts(self, whens: Sequence[When]) -> list[str]:
        """The clauses after 视情况 for a row that several lines bring in, what says the same thing twice left out."""
        open_parts = [{fact: o for fact, o in when.items() if fact not in self.answers} for when in whens]
        gates = self._open_gates
        sizes = {fact: len(self._fact(fact).options) for when in (*open_parts, *gates.values()) for fact in when}
        return [self.when_text(when) for when in simplify(open_parts, sizes, gates) if when]

    def _lines(self, read: Callable[[Item], Sequence[Line]]) -> Iterator[tuple[Item, Line, When]]:
        """Every line that some completion of the answers allows, with all that it hangs on."""
        for item, plan_when, given in self.parts:
            gates = self.snapshot.tables[item.code].gates
            known = {**given, **{fact: [option] for fact, option in self.answers.items()}}
            for line in read(item):
                needed = with_gates(line.when, gates, gates)
                if all(set(known.get(fact, options)) & set(options) for fact, options in needed.items()):
                    yield item, line, {**plan_when, **self._open(item, given, line.when)}

    def _open(self, item: Item, given: When, when: When) -> When:
        """A condition without what the plan settles, and with the gates that its decided facts still hang on.

        An unknown fact's own gate goes without saying: who answers it was asked.
        """
        gates = self.snapshot.tables[item.code].gates
        needed = with_gates(when, gates, gates)
        settled = {fact for fact, options in needed.items() if set(given.get(fact, "?")) <= set(options)}
        found = with_gates(when, gates, {*settled, *self.answers})
        return {fact: options for fact, options in found.items() if fact not in settled}

    def _marked(
        self, rows: Sequence[Said], read: Callable[[Item], Sequence[Line]], text: str, extra: str
    ) -> Iterator[tuple[Said, str]]:
        """Rows with 视情况 and why before those that hang on something unknown."""
        whens: dict[tuple[str, str], list[When]] = {}
        for _, line, when in self._lines(read) if any(said.conditional for said in rows) else ():
            key = (str(getattr(line, text)), str(getattr(line, extra)) if extra else "")
            whens.setdefault(key, []).append(when)
        for said in rows:
            whys = self._when_texts(whens.get((said.text, said.extra), [])) if said.conditional else []
            yield said, marked(said.text, said.conditional, whys)

    def _conditions(self) -> Iterator[str]:
        for _, text in self._marked(self.content.conditions, lambda item: item.conditions, "text", ""):
            yield text
        for stop in self.content.stops:
            whens = [
                when
                for _, line, when in self._lines(lambda item: item.stops)
                if getattr(line, "reason", "") == stop.text
            ]
            yield marked(stop.text, True, self._when_texts(whens))

    def _material(self, paper: Paper) -> NoticeMaterial:
        material = self.catalogue.materials[paper.id]
        found = self._material_lines.get(paper.id, [])
        texts: list[str] = []
        if paper.conditional:
            texts = self._when_texts([when for _, when, only in found if not only])
            texts += dict.fromkeys(only for _, _, only in found if only)
        wanted_by = list(dict.fromkeys(item.code for item, _, _ in found))
        if paper.conditional and not texts:
            texts = ["办" + "、".join(self.catalogue.items[code].plain_name for code in wanted_by)]
        form = material.form
        return NoticeMaterial(
            id=paper.id,
            name=material.name,
            original=paper.original,
            copies=paper.copies,
            issuer=material.issuer,
            form=NoticeForm(name=form.name, url=form.url or f"/forms/{paper.id}", sample=f"/forms/{paper.id}?filled=1")
            if form
            else None,
            on_file=paper.on_file,
            deferrable=NoticeDeferrable(days=paper.deferrable[0], basis=paper.deferrable[1])
            if paper.deferrable
            else None,
            local="confirmed" if paper.local == "confirmed" else "unconfirmed" if paper.local else None,
            when=in_one([when for _, when, _ in found]),
            conditional=paper.conditional,
            when_text="；或者".join(texts) if paper.conditional else "",
            note="".join(
                f"{part.rstrip('。；')}。"
                for part in (material.about, *paper.notes, material.recent, material.size)
                if part
            ),
            made_by=paper.made_by or None,
            via=paper.via,
            source=material.source,
            items=wanted_by if isinstance(self.entry, Theme) else [],
        )

    def _law(self, law_id: str, article: str) -> str:
        return f"《{self.catalogue.laws[law_id].title}》{article}"

    def _legal_basis(self) -> list[NoticeBasis]:
        lines: list[BasisLine] = [line for item in self.items for line in item.legal_basis]
        unique = dict.fromkeys((self.catalogue.laws[line.law], line.article) for line in lines)
        return [NoticeBasis(law=f"《{law.title}》", article=article) for law, article in unique]

    def _plan(self) -> list[PlanStep]:
        codes = {one.item for one, _ in self.plan}
        return [
            PlanStep(
                item=one.item,
                case=self._item_case(one),
                after=[code for code in one.after if code in codes],
                optional=one.optional or maybe,
                name=self.catalogue.items[one.item].name,
                note=one.note,
                when_text=self.when_text(one.when) if maybe else "",
            )
            for one, maybe in self.plan
        ]

    def _stop(self, stop: Said) -> NoticeStop:
        name = self.catalogue.entry(stop.extra).plain_name if stop.extra else ""
        return NoticeStop(reason=stop.text, instead=stop.extra or None, instead_name=name)

    def _item_case(self, one: PlanEntry) -> str | None:
        given = {fact: options[0] for fact, options in one.given.items() if len(options) == 1}
        return self.snapshot.tables[one.item].case({**given, **self.answers})

    def _sites(self, position: tuple[float, float] | None) -> list[NoticeSite]:
        windows: dict[str, str] = {}
        for place in self.content.places:
            for level in place.levels:
                windows.setdefault(level, place.window)
        sites = [site for site in self.snapshot.sites if site.level in windows]
        return nearest_sites(sites, position, windows)[:SITES_SHOWN]


def nearest_sites(
    sites: Sequence[Site], position: tuple[float, float] | None, windows: Mapping[str, str]
) -> list[NoticeSite]:
    """Sites as the notice shows them: the nearest first where the position is known, else the centre first."""
    levels = ("center", "town", "village")
    shown = [
        (
            distance_m(position, (site.lat, site.lon)) if position else None,
            levels.index(site.level),
            site,
        )
        for site in sites
    ]
    shown.sort(key=lambda row: row[0] if row[0] is not None else row[1])
    return [
        NoticeSite(
            id=site.id,
            name=site.name,
            address=site.address,
            phone=site.phone,
            hours=site.hours,
            distance_m=distance,
            window=_window(site, windows.get(site.level, "")),
        )
        for distance, _, site in shown
    ]


def _window(site: Site, name: str) -> str:
    """The window with its floor and area, where the site says them."""
    area = site.areas.get(name, "")
    return f"{name}（{area}）" if area else name


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Great-circle distance in metres between two (lat, lon) in degrees (haversine, mean Earth radius 6,371 km)."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return round(2 * 6_371_000 * math.asin(math.sqrt(half)))


def _id(line: Line) -> str:
    return str(getattr(line, "id", ""))


def _span(span: Span | None) -> NoticeSpan | None:
    return NoticeSpan(days=span.days, unit=span.unit) if span else None
