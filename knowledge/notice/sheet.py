"""The notice as a sheet: every line in words and in reading order, so that page and PDF say the same.

The templates only set type: what is said, and in which group it stands, is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.hours import CHINA
from knowledge.notice import words
from knowledge.notice.model import Notice, NoticeMaterial, NoticeSite
from knowledge.notice.plan import PlanRow, PlanStage, plan_stages

SAMPLE_LINE = "示例数据：本单用的是示例区的样本值，不能作为办事依据。"


@dataclass(frozen=True)
class PaperRow:
    """One paper. `when` is empty for a paper that is certainly asked for; `extra` says what its group is about."""

    number: int
    name: str
    count: str
    when: str
    note: str
    origin: str
    extra: str
    used: str
    held: bool
    form: str
    form_url: str
    sample_url: str


@dataclass(frozen=True)
class PaperGroup:
    """Papers that are treated alike; `sure` before those that are asked for only perhaps."""

    id: str
    title: str
    lead: str
    sure: list[PaperRow]
    perhaps: list[PaperRow]

    @property
    def count(self) -> int:
        """Number of papers in the group."""
        return len(self.sure) + len(self.perhaps)


@dataclass(frozen=True)
class Pair:
    """A label and its text, with a link where there is one."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Place:
    """A site in words; `phone` as printed."""

    name: str
    window: str
    address: str
    phone: str
    hours: str
    distance: str


@dataclass(frozen=True)
class Step:
    """A step and its place."""

    text: str
    place: str


@dataclass(frozen=True)
class Sheet:
    """A whole notice in words. Empty strings and lists are left out by the templates."""

    title: str
    plain_name: str
    summary: str
    sample: str
    facts: list[str]
    open_facts: str
    stop: str
    instead: str
    instead_name: str
    glance: list[Pair]
    plan: list[PlanStage]
    papers: list[PaperGroup]
    places: list[Place]
    places_note: str
    matters: list[Pair]
    conditions: list[str]
    steps: list[Step]
    basis: list[str]
    benefits: list[Pair]
    number: str
    date: str
    version: str
    consult_phone: str
    supervise_phone: str
    token: str


def sheet(notice: Notice) -> Sheet:
    """The notice in words. A stopped notice keeps only what a person who need not apply wants to know."""
    plan = plan_stages(notice.plan or [])
    issued = notice.issued
    at = issued.at if issued else None
    if at and at.tzinfo:
        at = at.astimezone(CHINA)
    stopped = notice.stop is not None
    return Sheet(
        title=notice.name,
        plain_name=notice.plain_name,
        summary=notice.summary,
        sample=SAMPLE_LINE if notice.sample else "",
        facts=list(notice.facts_text),
        open_facts=_open_facts(notice),
        stop=notice.stop.reason if notice.stop else "",
        instead=(notice.stop.instead or "") if notice.stop else "",
        instead_name=notice.stop.instead_name if notice.stop else "",
        glance=[] if stopped else _glance(notice),
        plan=plan,
        papers=[] if stopped else _papers(notice, plan),
        places=[] if stopped else [_place(site) for site in notice.sites],
        places_note=words.reach_words(notice),
        matters=[] if stopped else _matters(notice),
        conditions=[] if stopped else notice.conditions,
        steps=[] if stopped else [Step(step.text, step.place) for step in notice.steps],
        basis=_basis(notice),
        benefits=[] if stopped else [Pair(benefit.name, benefit.how) for benefit in notice.benefits],
        number=issued.number if issued else "",
        date=f"{at.year}年{at.month}月{at.day}日" if at else "",
        version=notice.catalogue_version,
        consult_phone=notice.consult_phone,
        supervise_phone=notice.supervise_phone,
        token=notice.token or "",
    )


def _open_facts(notice: Notice) -> str:
    if notice.stop or not any(material.conditional for material in notice.materials):
        return ""
    return "有的情况还没说清。标着“视情况”的，说的是您才要。"


def _glance(notice: Notice) -> list[Pair]:
    site = notice.sites[0] if notice.sites else None
    where = "，".join(part for part in (site.name, site.window) if part) if site else f"打{notice.consult_phone}问"
    return [
        Pair("去哪里", where),
        Pair("要多久", words.time_words(notice).rstrip("。")),
        Pair("多少钱", _short_fee(notice)),
        Pair("跑几趟", _visits(notice)),
    ]


def _short_fee(notice: Notice) -> str:
    if notice.fee.text.startswith("视情况"):
        return "看情况，下面有说明"
    return notice.fee.text.rstrip("。")


def _visits(notice: Notice) -> str:
    return "不用跑，网上就能办" if notice.visits == 0 else f"至少到现场{notice.visits}次"


def _papers(notice: Notice, plan: Sequence[PlanStage]) -> list[PaperGroup]:
    found = words.groups(notice)
    rows = {row.code: row for stage in plan for row in stage.rows}

    def group(name: str, title: str, lead: str, papers: Sequence[NoticeMaterial]) -> PaperGroup:
        ordered = sorted(papers, key=lambda material: material.conditional)
        made = [_paper(number, material, notice, rows) for number, material in enumerate(ordered, 1)]
        sure = sum(not material.conditional for material in ordered)
        return PaperGroup(name, title, lead, made[:sure], made[sure:])

    all_groups = [
        group("must", "要带的", "带齐了再来，少跑路。", found["must"]),
        group("on_file", "不用带，我们自己查", "办事系统里查得到，窗口替您查。", found["on_file"]),
        group("later", "可以晚点交", "没有也先收件，到期前补上就行。", found["later"]),
        group("made", "前面办下来就有", "前一件办好就发给您，到时带上。", found["made"]),
    ]
    return [one for one in all_groups if one.count]


def _paper(number: int, material: NoticeMaterial, notice: Notice, rows: dict[str, PlanRow]) -> PaperRow:
    extra = ""
    if material.made_by:
        maker = rows.get(material.made_by)
        extra = f"办完第{maker.number}件“{maker.name}”就有" if maker else f"办完{material.made_by}就有"
    elif material.on_file:
        extra = f"从{material.via}查" if material.via else ""
    elif material.deferrable:
        extra = f"{material.deferrable.days}天内补上就行。依据：{material.deferrable.basis}"
    used = sorted(rows[code].number for code in material.items if code in rows)
    origin = "" if material.made_by else "".join(f"{part.rstrip('。')}。" for part in _origin(material))
    return PaperRow(
        number=number,
        name=material.name,
        count=words.paper_count(material),
        when=_when(material),
        note=material.note,
        origin=origin,
        extra=extra,
        used="" if not used else "每件都要用" if len(used) == len(rows) else f"第{'、'.join(map(str, used))}件要用",
        held=material.id in notice.have,
        form=material.form.name if material.form else "",
        form_url=_safe_url(material.form.url) if material.form else "",
        sample_url=_safe_url(material.form.sample) if material.form else "",
    )


def _origin(material: NoticeMaterial) -> list[str]:
    return [part for part in (material.issuer, material.source) if part]


def _when(material: NoticeMaterial) -> str:
    if not material.conditional:
        return ""
    return f"视情况：{material.when_text}，才要" if material.when_text else "视情况：窗口说要才要"


def _safe_url(url: str | None) -> str:
    """The link, or nothing where it is neither a path of ours nor a web address."""
    return url if url and (url.startswith(("https://", "http://")) or (url[0] == "/" and url[1:2] != "/")) else ""


def _place(site: NoticeSite) -> Place:
    distance = "" if site.distance_m is None else f"离您约{site.distance_m / 1000:.1f}公里"
    return Place(site.name, site.window, site.address, site.phone, site.hours, distance)


def _matters(notice: Notice) -> list[Pair]:
    fee = notice.fee.text + (f"依据：{notice.fee.basis}。" if notice.fee.basis else "")
    proxy = notice.proxy.text
    if notice.proxy.allowed and notice.proxy.needs:
        proxy += f"替您来的人要带：{'、'.join(notice.proxy.needs)}。"
    result = notice.result
    got = f"{result.name}。{'有效期：' + result.valid.rstrip('。') + '。' if result.valid else ''}" if result else ""
    pairs = [
        Pair("要多久", f"{words.time_words(notice)}从材料收齐那天算起。"),
        Pair("多少钱", fee),
        Pair("跑几趟", f"{_visits(notice)}。"),
        Pair("网上办", notice.online.text, _safe_url(notice.online.url)),
        Pair("别人代办", proxy),
        Pair("怎么拿证", notice.delivery.text),
        Pair("办好拿到", got),
    ]
    return [pair for pair in pairs if pair.text]


def _basis(notice: Notice) -> list[str]:
    """One line a law, its articles together."""
    laws: dict[str, list[str]] = {}
    for line in notice.legal_basis:
        laws.setdefault(line.law, []).append(line.article)
    return [law + "；".join(article for article in articles if article) for law, articles in laws.items()]
