"""Facts that people tell without being asked, read for the entry they turn out to talk about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from bot.hearing.cues import words_of
from bot.hearing.options import option_words, read_value
from knowledge.definitions import Fact
from knowledge.facts import FactValue, entry_facts
from knowledge.snapshot import Snapshot

_ALTERNATIVES = re.compile(r".还是(?!叫|让|算|不|没).")
"""先备案还是先环评 asks which of the two; neither is told."""


def volunteered(snapshot: Snapshot, code: str, normal: str, known: Collection[str] = ()) -> dict[str, FactValue]:
    """Facts of the entry that the normalised text states, except those in `known`. Raises KeyError.

    Only words that mean one thing count: a bare 要 or 没有 answers the question that was asked and nothing else. A word
    of a theme's own question counts for that, though an item of the theme uses it too: the plan settles the item's.
    """
    normal = " ".join(clause for clause in normal.split() if not _ALTERNATIVES.search(clause))
    facts = entry_facts(snapshot, code)
    own = {question.fact for question in snapshot.catalogue.entry(code).questions}
    vague = {True: _vague({fact: facts[fact] for fact in own}), False: _vague(facts)}
    found: dict[str, FactValue] = {}
    for fact_id, fact in facts.items():
        if fact_id in known:
            continue
        value = read_value(fact, normal, vague[fact_id in own])
        if value is not None:
            found[fact_id] = value
    return found


def _vague(facts: Mapping[str, Fact]) -> set[str]:
    """Words that say yes or no, are a single character, or stand for options of several facts."""
    used = Counter(word for fact in facts.values() for option in fact.options for word in option_words(option))
    several = {word for word, count in used.items() if count > 1 or len(word) == 1}
    return several | words_of("affirm") | words_of("deny") | words_of("dont_know")
