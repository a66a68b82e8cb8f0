"""Gives words to what a step decided. Wording comes from `wording.yml`, facts from the notice alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jinja2
from pydantic import BaseModel

from bot.deciding.grades import GRADES
from bot.deciding.outcome import Ask, AskGrade, HandOff, Offer, Outcome, Rated, Say, Tell
from bot.hearing.options import UNKNOWN_VALUE
from bot.hearing.picking import NONE_OF_THESE
from knowledge.hours import CHINA, open_on_words, open_words
from knowledge.notice import Notice, words
from knowledge.notice.model import NoticeMaterial, NoticeSite
from knowledge.notice.text import main_text, more_text
from knowledge.snapshot import Snapshot
from knowledge.text import read_yaml

WORDING = Path(__file__).with_name("wording.yml")


class Choice(BaseModel):
    """Something to tap; sending `value` back as text picks it."""

    label: str
    value: str


class Reply(BaseModel):
    """One reply of the public contract."""

    type: Literal["text", "choices", "notice", "places", "ticket", "handoff"]
    text: str
    choices: list[Choice] | None = None
    notice: Notice | None = None
    places: list[NoticeSite] | None = None


@cache
def wording() -> dict[str, Any]:
    """All wording, read once."""
    loaded: dict[str, Any] = read_yaml(WORDING)
    return loaded


@cache
def _template(source: str) -> jinja2.Template:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.globals.update(
        groups=words.groups,
        paper_line=words.paper_line,
        open_words=open_words,
        open_on_words=open_on_words,
        reach_words=words.reach_words,
        time_words=words.time_words,
    )
    return environment.from_string(source)


def _fill(source: str, **params: object) -> str:
    return _template(source).render(**params).strip()


def sentence(key: str, **params: str) -> str:
    """A fixed sentence. Raises KeyError for one that wording.yml does not have."""
    return _fill(wording()["sentences"][key], **params)


def speak(
    outcomes: Sequence[Outcome], snapshot: Snapshot, base_url: str | None = None, at: dt.datetime | None = None
) -> list[Reply]:
    """The replies for a turn's outcomes. Sentences before a question or a notice are put into its text.

    `at` is the local time at the hall (default: China's), which decides whether it is open now.
    """
    at = at or dt.datetime.now(CHINA)
    replies: list[Reply] = []
    lead: list[str] = []
    for outcome in outcomes:
        if isinstance(outcome, Rated):
            lead.append(sentence("rated", grade=GRADES[outcome.grade]))
            continue
        if isinstance(outcome, Say):
            lead.append(sentence(outcome.key, **outcome.params))
            continue
        reply = _reply(outcome, snapshot, base_url, at)
        if reply is None:
            continue
        if isinstance(outcome, Ask | Offer):
            reply = reply.model_copy(update={"text": "\n".join([*lead, reply.text])})
            lead = []
        elif lead:
            replies.append(Reply(type="text", text="\n".join(lead)))
            lead = []
        replies.append(reply)
    if lead:
        replies.append(Reply(type="text", text="\n".join(lead)))
    return replies


def _reply(outcome: Outcome, snapshot: Snapshot, base_url: str | None, at: dt.datetime) -> Reply | None:
    if isinstance(outcome, Ask):
        return _ask(outcome, snapshot)
    if isinstance(outcome, AskGrade):
        return _ask_grade()
    if isinstance(outcome, Offer):
        return _offer(outcome, snapshot)
    if isinstance(outcome, Tell):
        return _tell(outcome, snapshot, base_url, at)
    if isinstance(outcome, HandOff):
        center = next((site for site in snapshot.sites if site.level == "center"), None)
        way = sentence("way_12345")
        if center:
            way = sentence("way", phone=center.phone, hours=center.hours, open=open_words(center.hours, at))
        if outcome.number:
            way = sentence("handoff_number", number=outcome.number, due=outcome.due) + way
        return Reply(type="handoff", text=sentence(outcome.key, way=way))
    return None


def _ask(ask: Ask, snapshot: Snapshot) -> Reply:
    fact = snapshot.catalogue.fact(snapshot.catalogue.entry(ask.code), ask.fact)
    choices = [Choice(label=option.label, value=f"{ask.fact}={option.id}") for option in fact.options]
    choices.append(Choice(label=wording()["unknown"], value=f"{ask.fact}={UNKNOWN_VALUE}"))
    text = _fill(wording()["question"], fact=fact, left=ask.left, explained=ask.explained)
    return Reply(type="choices", text=text, choices=choices)


def _ask_grade() -> Reply:
    choices = [Choice(label=words, value=words) for words in GRADES.values()]
    return Reply(type="choices", text="\n".join([sentence("rate"), *GRADES.values()]), choices=choices)


def _offer(offer: Offer, snapshot: Snapshot) -> Reply:
    choices = [
        Choice(label=_fill(wording()["offer_line"], entry=snapshot.catalogue.entry(code)), value=code)
        for code in offer.codes
    ]
    choices.append(Choice(label=wording()["none_of_these"], value=NONE_OF_THESE))
    lines = [f"{n}. {choice.label}" for n, choice in enumerate(choices, 1)]
    return Reply(type="choices", text="\n".join([wording()["offers"][offer.key], *lines]), choices=choices)


def _tell(tell: Tell, snapshot: Snapshot, base_url: str | None, at: dt.datetime) -> Reply:
    notice = tell.notice
    tail = wording()["told_tail"]
    if notice.stop:
        name = notice.stop.instead_name
        tail = _fill(wording()["stopped_tail"], name=name) if name else ""
    if tell.part == "all":
        text = "\n".join(part for part in (main_text(notice, base_url).strip(), tail) if part)
        return Reply(type="notice", text=text, notice=notice)
    if notice.stop:
        # Nothing is applied for here, so there are no papers, places or times to tell: only why, and what instead.
        return Reply(type="text", text="\n".join(part for part in (notice.stop.reason, tail) if part))
    if tell.part == "more":
        return Reply(type="text", text=more_text(notice).strip())
    text = part_text(notice, tell.part, at, tell.papers, tell.day)
    if tell.part in ("place", "hours") and notice.sites:
        return Reply(type="places", text=text, places=notice.sites)
    return Reply(type="text", text=text)


def part_text(notice: Notice, part: str, at: dt.datetime, papers: Sequence[str] = (), day: str | None = None) -> str:
    """The part of a notice that a follow-up asks for, of these papers and on this day where it is about some.

    Raises KeyError for an act that asks for none.
    """
    by_id = {material.id: material.name for material in notice.materials}

    def names(ids: Sequence[str]) -> str:
        return "、".join(by_id[one] for one in ids)

    def ids(materials: Sequence[NoticeMaterial]) -> list[str]:
        return [material.id for material in materials]

    ask_site = _fill(wording()["ask_site"], n=notice)
    asked = [material for material in notice.materials if material.id in papers]
    return _fill(
        wording()["parts"][part], n=notice, names=names, ids=ids, ask_site=ask_site, at=at, asked=asked, day=day
    )
