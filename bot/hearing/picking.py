"""Which of what was offered or asked a text picks by its words."""

from __future__ import annotations

import re

from bot.deciding.state import State
from bot.hearing.options import ordinal, read_option
from bot.hearing.reading import Picked
from knowledge.search import Match
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

NONE_OF_THESE = "none"
"""The value of 都不是 among offered entries."""

SHORTEST_WORD = 2

LIKELY, AHEAD = 0.20, 2.5
"""With this score, and this many times the next one's, an offered entry is the one that was meant."""

_THAT_ONE = re.compile(
    r"^(?:我?(?:要|选|问的?|说的?|办)?(?:的?是)?)|(?:的?(?:那|这)(?:一?个|种|项|件|张|本)|的)(?:吧|呀|啊)?$"
)
"""What is said around a word that picks: 我要公司的那个."""

_DENIED = re.compile(r"(?:又?不是|不要|不办)[^ ]{1,6}")
"""租的 不是买的: what something is not resembles just what is not meant."""


def pick(masked: str, normal: str, state: State, snapshot: Snapshot) -> Picked | None:
    """What the text picks of what is pending, or an entry whose code it is."""
    if masked.upper() in snapshot.tables:
        return Picked("entry", masked.upper())
    if state.offered:
        return _pick_entry(masked, normal, state, snapshot)
    if state.asked and state.item:
        fact = snapshot.catalogue.fact(snapshot.catalogue.entry(state.item), state.asked)
        return read_option(state.asked, fact, masked, normal)
    return None


def _pick_entry(masked: str, normal: str, state: State, snapshot: Snapshot) -> Picked | None:
    """Which offered entry the text picks: by value, number or name; None as value: none of these."""
    value = masked.strip()
    if value in state.offered:
        return Picked("entry", value)
    if value == NONE_OF_THESE:
        return Picked("entry", None)
    number = ordinal(normal)
    if number is not None:
        if 1 <= number <= len(state.offered):
            return Picked("entry", state.offered[number - 1])
        return Picked("entry", None) if number == len(state.offered) + 1 else None
    plain = normal.replace(" ", "")
    for code in state.offered:
        entry = snapshot.catalogue.entry(code)
        if plain in (normalise(entry.name).replace(" ", ""), normalise(entry.plain_name).replace(" ", "")):
            return Picked("entry", code)
    return _pick_by_word(plain, state, snapshot)


def _pick_by_word(plain: str, state: State, snapshot: Snapshot) -> Picked | None:
    """The one offered entry whose words hold what was said: 公司的那个."""
    word = _THAT_ONE.sub("", plain)
    if len(word) < SHORTEST_WORD:
        return None
    entries = [snapshot.catalogue.entry(code) for code in state.offered]
    for texts in ([(one.name, one.plain_name) for one in entries], [(one.tells_apart,) for one in entries]):
        holding = [entry.code for entry, of in zip(entries, texts, strict=True) if any(word in text for text in of)]
        if len(holding) == 1:
            return Picked("entry", holding[0])
    return None


def pick_misheard(normal: str, state: State, snapshot: Snapshot) -> Picked | None:
    """What the text picks once its misheard words are mended: 个体公商户 among kinds of business."""
    mended = snapshot.matcher.repaired(normal)
    return pick(mended, mended, state, snapshot) if mended else None


def request_so_far(state: State, normal: str) -> str:
    """What was asked for before entries were offered, and what has been said since, as one normalised request."""
    return " ".join((normalise(state.wanted), _DENIED.sub(" ", normal))).strip()


def meant_of_offered(state: State, request: Match) -> str | None:
    """The offered entry that the whole request means more clearly than any other, or None."""
    if not request.candidates or request.candidates[0].code not in state.offered:
        return None
    first, *others = (one for one in request.candidates if one.code in state.offered)
    if request.decision == "answer":
        return first.code
    behind = max((one.score for one in others), default=0.0)
    return first.code if first.score >= LIKELY and first.score >= AHEAD * behind else None
