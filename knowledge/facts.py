"""What is known of a citizen's situation, checked against an entry's facts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from rapidfuzz import process

from knowledge.cases import active_plan
from knowledge.definitions import Fact
from knowledge.model import Item, Theme
from knowledge.snapshot import Snapshot

FactValue: TypeAlias = str | int | float
"""An option's id, or the number the citizen gave."""


class FactError(ValueError):
    """A fact or option the entry does not have; the sentence names the nearest valid ones."""


def entry_facts(snapshot: Snapshot, code: str) -> dict[str, Fact]:
    """Every fact that decides something in the entry; a theme's include its items'. Raises KeyError."""
    entry = snapshot.catalogue.entry(code)
    parts: list[Item | Theme] = [entry]
    if isinstance(entry, Theme):
        parts += [snapshot.catalogue.items[one.item] for one in entry.plan]
    found: dict[str, Fact] = {}
    for part in parts:
        for question in part.questions:
            found.setdefault(question.fact, snapshot.catalogue.fact(part, question.fact))
    return found


def related(snapshot: Snapshot, one: str, other: str) -> bool:
    """Whether the two are one, or one is a theme that holds the other: then facts carry over."""
    if one == other:
        return True
    themes = [entry for code in (one, other) if isinstance(entry := snapshot.catalogue.entry(code), Theme)]
    return any(entry.item in (one, other) for theme in themes for entry in theme.plan)


def settled_by(snapshot: Snapshot, theme: str, item: str, facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """What a theme's answers say of one of its items beyond `facts`: the one option that the plan gives a fact.

    Empty where the two do not belong together, or where it is not known whether the plan needs the item.
    """
    entry = snapshot.catalogue.entry(theme)
    if not isinstance(entry, Theme):
        return {}
    plan = active_plan(entry, to_options(snapshot, theme, facts))
    given = [one.given for one, maybe in plan if one.item == item and not maybe]
    if len(given) != 1:
        return {}
    return {fact: options[0] for fact, options in given[0].items() if len(options) == 1 and fact not in facts}


def to_options(snapshot: Snapshot, code: str, facts: Mapping[str, FactValue]) -> dict[str, str]:
    """The option each answer stands for; facts of other entries are left out.

    Raises KeyError for an unknown code and FactError for an option the fact does not have.
    """
    answers = {}
    for fact_id, fact in entry_facts(snapshot, code).items():
        if fact_id in facts:
            option = fact.option_for(facts[fact_id])
            if option is None:
                raise FactError(_no_option(fact_id, fact, facts[fact_id]))
            answers[fact_id] = option.id
    return answers


def check_facts(snapshot: Snapshot, code: str, facts: Mapping[str, object]) -> dict[str, FactValue]:
    """Facts from outside, refused by one sentence where they do not fit: option ids, labels or numbers.

    Raises KeyError for an unknown code and FactError for an unknown fact or option.
    """
    known = entry_facts(snapshot, code)
    checked: dict[str, FactValue] = {}
    for fact_id, value in facts.items():
        if fact_id not in known:
            near = [match[0] for match in process.extract(fact_id, list(known), limit=3)]
            hint = f"；这一项用到的有：{'、'.join(near)}" if near else "；这一项不用回答任何问题"
            raise FactError(f"{code} 没有“{fact_id}”这个情形{hint}。")
        checked[fact_id] = _value(fact_id, known[fact_id], value)
    return checked


def value_words(fact: Fact, value: FactValue) -> str:
    """A known fact as a person says it: 120平方米, or the option's label."""
    if not isinstance(value, str) and fact.unit:
        return f"{value:g}{fact.unit}"
    option = fact.option_for(value)
    return option.label if option else str(value)


def _value(fact_id: str, fact: Fact, value: object) -> FactValue:
    if isinstance(value, str):
        by_name = next((option.id for option in fact.options if value in (option.id, option.label)), None)
        if by_name:
            return by_name
        try:
            value = float(value)
        except ValueError:
            raise FactError(_no_option(fact_id, fact, value)) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FactError(_no_option(fact_id, fact, value))
    if fact.option_for(value) is None:
        raise FactError(_no_option(fact_id, fact, value))
    return int(value) if float(value).is_integer() else float(value)


def _no_option(fact_id: str, fact: Fact, value: object) -> str:
    offered = "、".join(f"{option.id}（{option.label}）" for option in fact.options)
    number = f"，或者一个数（{fact.unit}）" if fact.unit else ""
    return f"{fact_id} 没有“{value}”这个选项；可以填：{offered}{number}。"
