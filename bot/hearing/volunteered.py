"""Facts that people tell without being asked, read for the entry they turn out to talk about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from bot.hearing.cues import words_of
from bot.hearing.options import option_words, read_value
from knowledge.definitions import Fact
from knowledge.facts import FactValue, entry_facts
from knowledge.model import Theme
from knowledge.snapshot import Snapshot

_ASKED = r"(?!啥|什么|哪|吗|不|几)"
_LACKING = re.compile(rf"(?<![了够齐好])没|忘|丢|缺{_ASKED}|(?<![多至])少|不见|找不|还差{_ASKED}|掉了")
"""A sentence that says so does not tell what somebody holds."""


def volunteered(snapshot: Snapshot, code: str, normal: str, known: Collection[str] = ()) -> dict[str, FactValue]:
    """Facts of the entry that the normalised text states, except those in `known`. Raises KeyError.

    Only words that mean one thing count: a bare 要 or 没有 answers the question that was asked and nothing else.
    """
    facts = entry_facts(snapshot, code)
    vague = _vague(facts)
    found: dict[str, FactValue] = {}
    for fact_id, fact in facts.items():
        if fact_id in known:
            continue
        value = read_value(fact, normal, vague)
        if value is not None:
            found[fact_id] = value
    return found


def _vague(facts: Mapping[str, Fact]) -> set[str]:
    """Words that say yes or no, are a single character, or stand for options of several facts."""
    used = Counter(word for fact in facts.values() for option in fact.options for word in option_words(option))
    several = {word for word, count in used.items() if count > 1 or len(word) == 1}
    return several | words_of("affirm") | words_of("deny") | words_of("dont_know")


_HOLDS = re.compile(r"有了|手上有|手里有|带了|带着|带齐|够不够|够了|够吗|够不|还差|还缺")


def asks_if_enough(snapshot: Snapshot, code: str, normal: str) -> bool:
    """Whether the text names papers of the entry as held: 健康证我有了 asks what is missing, not for a new 健康证."""
    if not _HOLDS.search(normal):
        return False
    entry = snapshot.catalogue.entry(code)
    items = [snapshot.catalogue.items[one.item] for one in entry.plan] if isinstance(entry, Theme) else [entry]
    papers = {line.id for item in items for line in item.materials}
    return bool(papers.intersection(papers_in_hand(snapshot, normal)))


def papers_in_hand(snapshot: Snapshot, normal: str) -> list[str]:
    """Ids of papers that the text says one holds, the longest name winning where names overlap."""
    if _LACKING.search(normal):
        return []
    names = sorted(
        (
            (word, material_id)
            for material_id, material in snapshot.catalogue.materials.items()
            for word in (material.name, *material.says)
            if len(word) > 1
        ),
        key=lambda pair: -len(pair[0]),
    )
    found: list[str] = []
    for word, material_id in names:
        if word in normal:
            normal = normal.replace(word, " ")
            if material_id not in found:
                found.append(material_id)
    return found
