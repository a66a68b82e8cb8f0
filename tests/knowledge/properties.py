"""What must hold for every entry, stated without the engine's grid: by asking every combination of answers."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from shipped_catalogue import shipped_snapshot

from knowledge.content import Span
from knowledge.definitions import Fact
from knowledge.facts import entry_facts
from knowledge.model import Item, Theme
from knowledge.notice import Notice, build_notice
from knowledge.notice.model import NoticeMaterial, NoticeSpan
from knowledge.snapshot import Snapshot

Answers = dict[str, str]

NOT_SAID: dict[str, Any] = {"facts": True, "facts_text": True, "materials": {"__all__": {"when"}}}
"""Fields that repeat the answers themselves, and the catalogue's own mapping: of several lines that bring in one paper,
answers that change nothing else still name one."""


@dataclass(frozen=True)
class Asked:
    """A point in the questioning: what was answered, and what is asked next."""

    answers: Answers
    fact: str | None


class Subject:
    """One entry under test, with every notice it can give."""

    def __init__(self, snapshot: Snapshot, code: str) -> None:
        self.snapshot, self.code = snapshot, code
        self.entry: Item | Theme = snapshot.catalogue.entry(code)
        self.facts: dict[str, Fact] = {
            question.fact: snapshot.catalogue.fact(self.entry, question.fact) for question in self.entry.questions
        }
        self.table = snapshot.tables[code]
        self._notices: dict[tuple[tuple[str, str], ...], Notice] = {}

    def notice(self, answers: Mapping[str, str]) -> Notice:
        """The notice for these answers, made once."""
        key = tuple(sorted(answers.items()))
        if key not in self._notices:
            self._notices[key] = build_notice(self.snapshot, self.code, answers)
        return self._notices[key]

    def body(self, answers: Mapping[str, str]) -> dict[str, Any]:
        """What the notice says, without the fields that repeat the answers."""
        return self.notice(answers).model_dump(exclude=NOT_SAID)

    def applicable(self, answers: Mapping[str, str]) -> Answers:
        """The answers to questions that are asked of this citizen: written out again, apart from the engine."""
        kept: Answers = {}
        for question in self.entry.questions:
            if question.fact in answers and all(kept.get(f) in options for f, options in question.when.items()):
                kept[question.fact] = answers[question.fact]
        return kept

    @cached_property
    def complete(self) -> list[Answers]:
        """Every complete set of applicable answers."""
        choices = [[option.id for option in fact.options] for fact in self.facts.values()]
        found = {}
        for options in itertools.product(*choices):
            answers = self.applicable(dict(zip(self.facts, options, strict=True)))
            found[tuple(answers.items())] = answers
        return list(found.values())

    def completions(self, known: Mapping[str, str]) -> list[Answers]:
        """The complete answers that agree with what is known (an answer nobody would be asked for binds nothing)."""
        return [one for one in self.complete if all(one.get(fact, option) == option for fact, option in known.items())]

    @cached_property
    def walk(self) -> list[Asked]:
        """Every point that questioning can come to, whatever the citizen answers."""
        found, left = [], [Answers()]
        while left:
            answers = left.pop()
            fact = self.table.next_question(answers)
            found.append(Asked(answers, fact))
            if fact is not None:
                assert fact not in answers, f"{fact} is asked again after {answers}"
                left += [{**answers, fact: option.id} for option in self.facts[fact].options]
        return found


def check_questioning(subject: Subject, limit: int | None = None) -> None:
    """Answers to the questions asked give the notice that all answers give, and every question counts."""
    ends = [point.answers for point in subject.walk if point.fact is None]
    complete = subject.complete[:: max(1, len(subject.complete) // limit)] if limit else subject.complete
    for answers in complete:
        asked = [end for end in ends if all(answers.get(fact) == option for fact, option in end.items())]
        assert len(asked) == 1, f"{answers} lead to {len(asked)} ends of the questioning"
        assert subject.body(asked[0]) == subject.body(answers), f"{asked[0]} is not enough for {answers}"
    for point in subject.walk:
        if point.fact is not None:
            assert _counts(subject, point), f"{point.fact} cannot change the notice after {point.answers}"


def _counts(subject: Subject, point: Asked) -> bool:
    """Whether two answers to the question, all else being equal, lead to different notices."""
    assert point.fact is not None
    options = [option.id for option in subject.facts[point.fact].options]
    others = [fact for fact in subject.facts if fact != point.fact and fact not in point.answers]
    for rest in itertools.product(*([option.id for option in subject.facts[fact].options] for fact in others)):
        answers = {**point.answers, **dict(zip(others, rest, strict=True))}
        bodies = [subject.body(subject.applicable({**answers, point.fact: option})) for option in options]
        if any(body != bodies[0] for body in bodies):
            return True
    return False


def check_union(subject: Subject, known: Mapping[str, str]) -> None:
    """With some answers unknown the notice is the union of what may come, and promises no more than the worst of it."""
    notice = subject.notice(known)
    completions = subject.completions(known)
    every = [subject.notice(answers) for answers in completions]
    told = {fact for answers in completions for fact in answers}
    assert set(notice.facts) <= told & set(known), "facts that are not asked in any such case"
    assert not set(notice.unknown) & set(known)
    going = [one for one in every if one.stop is None]
    if not going:
        assert notice.stop is not None
        assert notice.materials == []
        return
    assert notice.stop is None
    sure = [{m.id for m in one.materials if not m.conditional} for one in going]
    assert {m.id for m in notice.materials} == {m.id for one in going for m in one.materials}
    for material in notice.materials:
        certain = all(material.id in ids for ids in sure)
        assert material.conditional != certain, f"{material.id} with {dict(known)}"
        same = [m for one in going for m in one.materials if m.id == material.id]
        assert material.original == any(m.original for m in same)
        assert material.copies == max(m.copies for m in same)
        assert material.on_file == all(m.on_file for m in same)
        assert (material.deferrable is not None) == all(m.deferrable for m in same)
    for part in ("conditions", "steps", "benefits"):
        texts = {_plain(text) for text in _texts(notice, part)}
        assert texts >= {_plain(text) for one in going for text in _texts(one, part)}, part
    assert notice.visits == max(one.visits for one in going)
    for kind in ("legal", "promised"):
        spans, found = [getattr(one.time, kind) for one in going], getattr(notice.time, kind)
        if None in spans:
            assert found is None, f"{kind}: one case has no limit, so the union has none"
        else:
            assert _weight(found) == max(_weight(one) for one in spans), kind
    assert notice.fee.free == all(one.fee.free for one in going)
    assert notice.proxy.allowed == all(one.proxy.allowed for one in going)


def check_reasons(subject: Subject, known: Mapping[str, str]) -> None:
    """After 视情况 stands exactly when the paper is wanted, in facts that are still open.

    For an item: a theme's papers also hang on which of its items are done.
    """
    notice = subject.notice(known)
    every = subject.completions(known)
    going = [one for one in every if subject.notice(one).stop is None]
    for material in notice.materials:
        if not material.conditional:
            assert material.when_text == ""
            continue
        if is_for_some(material):
            continue
        reasons = [list(_clauses(subject, reason)) for reason in material.when_text.split("；或者")]
        named = {fact for reason in reasons for fact, _ in reason}
        assert named, f"{material.id} only perhaps with {dict(known)}, and no reason given"
        assert not named & set(notice.facts), f"{material.when_text}: asks what is known, {dict(known)}"
        for answers in going:
            holds = [all(answers.get(fact) in options for fact, options in reason) for reason in reasons]
            wanted = any(m.id == material.id for m in subject.notice(answers).materials)
            assert any(holds) == wanted, f"{material.id}: {material.when_text} is wrong for {answers}"
            fits = all(answers.get(fact) in options for fact, options in (material.when or {}).items())
            assert fits or not wanted, f"{material.id}: when {material.when} leaves out {answers}"
        for reason in reasons:
            assert any(all(a.get(f) in o for f, o in reason) for a in every), f"{material.when_text}: never the case"


def _clauses(subject: Subject, reason: str) -> Iterator[tuple[str, frozenset[str]]]:
    readings = _readings(subject)
    for clause in filter(None, reason.split("，并且")):
        assert clause in readings, f"{clause} is not the words of any options"
        yield readings[clause]


@cache
def _readings(subject: Subject) -> dict[str, tuple[str, frozenset[str]]]:
    """What each clause means: some options of a fact, in the words of the notice."""
    found = {}
    for fact_id, fact in subject.facts.items():
        for size in range(1, len(fact.options) + 1):
            for options in itertools.combinations(fact.options, size):
                clause = "或".join(option.means for option in options)
                found[clause] = (fact_id, frozenset(option.id for option in options))
    return found


def check_skips(subject: Subject, answers: Mapping[str, str], unknown: Collection[str]) -> None:
    """Facts the citizen does not know are asked once at most, and the questioning ends with what they leave open."""
    told: Answers = {}
    skipped: list[str] = []
    for _ in range(len(subject.facts) + 1):
        fact = subject.table.next_question(told, skipped)
        if fact is None:
            break
        assert fact not in told
        assert fact not in skipped, f"{fact} is asked again though unknown"
        if fact in unknown:
            skipped.append(fact)
        else:
            told[fact] = answers[fact]
    else:
        raise AssertionError(f"questioning does not end: {told}, unknown {skipped}")
    if not skipped:
        assert subject.table.case(told) is not None
    check_union(subject, told)


def _texts(notice: Notice, part: str) -> list[str]:
    rows: list[Any] = getattr(notice, part)
    return [row if isinstance(row, str) else getattr(row, "text", "") or row.name for row in rows]


def _plain(text: str) -> str:
    """The sentence without 视情况 and its reason."""
    return text.split("）：", 1)[-1].removeprefix("视情况：") if text.startswith("视情况") else text


def _weight(span: NoticeSpan | None) -> float:
    """Calendar days; nothing weighs less than any span."""
    return Span(span.days, span.unit).weight if span else -1.0


def papers(notice: Notice) -> dict[str, NoticeMaterial]:
    """The notice's papers by id."""
    return {material.id: material for material in notice.materials}


def is_for_some(material: NoticeMaterial) -> bool:
    """Whether the paper is only for some, of whom nobody is asked (`only_if`): that stays open in every case."""
    items = shipped_snapshot().catalogue.items.values()
    words = {line.only_if for item in items for line in item.materials if line.only_if}
    return not words.isdisjoint(material.when_text.split("；或者"))


def all_facts(subject: Subject) -> dict[str, Fact]:
    """The entry's facts and, of a theme, its items'."""
    return entry_facts(subject.snapshot, subject.code)
