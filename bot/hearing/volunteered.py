"""Facts that people tell without being asked, read for the entry they turn out to talk about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from bot.hearing.cues import words_of
from bot.hearing.numbers import without_numbers
from bot.hearing.options import option_words, read_value
from knowledge.definitions import Fact
from knowledge.facts import FactValue, entry_facts
from knowledge.snapshot import Snapshot

_LOOSE = ("年", "个月", "天", "人", "次")
_FUNCTION = re.compile(r"[一了的吗几？，\d]|多久|个人|个月")
"""Pairs of characters that any question has."""

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
        value = read_value(_as_meant(fact, normal, facts), normal, vague[fact_id in own])
        if value is not None:
            found[fact_id] = value
    return found


def _as_meant(fact: Fact, normal: str, facts: Mapping[str, Fact]) -> Fact:
    """The fact, without its unit where a number in the text may be of something else: nobody asked.

    Times and counts need words of the question beside them, and more than any other question for times or counts has.
    """
    if fact.unit not in _LOOSE:
        return fact
    rest = without_numbers(fact, normal)
    others = [_shared(other, rest) for other in facts.values() if other is not fact and other.unit in _LOOSE]
    return fact if _shared(fact, rest) > max(others, default=0) else fact.model_copy(update={"unit": None})


def _shared(fact: Fact, rest: str) -> int:
    """How many pairs of characters the text shares with the question and its name."""
    pairs = {words[i : i + 2] for words in (fact.ask, fact.name) for i in range(len(words) - 1)}
    return sum(pair in rest for pair in pairs if not _FUNCTION.search(pair))


def _vague(facts: Mapping[str, Fact]) -> set[str]:
    """Words that say yes or no, are a single character, or stand for options of several facts."""
    used = Counter(word for fact in facts.values() for option in fact.options for word in option_words(option))
    several = {word for word, count in used.items() if count > 1 or len(word) == 1}
    return several | words_of("affirm") | words_of("deny") | words_of("dont_know")
