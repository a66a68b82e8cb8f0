"""Follow-ups: a question about the item in hand, and another entry that a sentence asks for."""

from __future__ import annotations

from bot.deciding.moves import (
    Step,
    Turn,
    answered_beside,
    ask_again,
    go_on,
    item_of_theme,
    offer,
    open_entry,
    tell_part,
)
from bot.deciding.outcome import Outcome, Say
from bot.hearing.hear import CLEAR
from bot.hearing.naming import names_another
from bot.hearing.papers import asks_if_enough, papers_in_hand
from knowledge.model import Theme

LIKELY = 0.5
"""From this score on a follow-up that names no entry is taken to be about what it resembles."""


def switch(turn: Turn, *, by_name: bool = False) -> Step | None:
    """Another entry that the sentence clearly asks for, or None.

    `by_name`, for a follow-up: a likeness is not enough then, since 我忘带身份证了行不行 is about a paper, not about
    the identity card's own item: the sentence must name what the item in hand has nothing to do with. What was left
    half-way is come back to on a likeness, and after the notice a sure match is enough.
    """
    match, current = turn.reading.match, turn.state.item
    if (
        turn.reading.act != "proxy"
        and current is not None
        and names_another(turn.snapshot, current, match, turn.reading.normal)
    ):
        if match.decision == "clarify":
            return offer(turn)
        by_name = False
    code = match.candidates[0].code if match.decision == "answer" else None
    sure = turn.state.situation == "told" and code is not None and match.candidates[0].score >= CLEAR
    if by_name and not sure and current is not None and code not in turn.state.parked:
        code = match.named if match.decision != "reject" else None
    if code is None or code == current:
        return None
    if code in turn.state.parked:
        return open_entry(turn, code)
    entry = turn.snapshot.catalogue.entry(code)
    inside = current is not None and isinstance(entry, Theme) and any(one.item == current for one in entry.plan)
    return None if inside else open_entry(turn, code)


def then_tell(turn: Turn, opened: Step) -> Step:
    """An entry just opened, and what was asked of it before its first question; its notice says it by itself."""
    state, outcomes = opened
    if not state.asked:
        return opened
    _, part = tell_part(turn, state, turn.reading.act)
    return state, [outcomes[0], *part[:1], *outcomes[1:]]


def about(turn: Turn) -> Step:
    """A question about the item: answered in place, from the notice for what is known so far."""
    act, item = turn.reading.act, turn.state.item
    held = item is not None and asks_if_enough(turn.snapshot, item, turn.reading.normal)
    switched = None if held or item_of_theme(turn) else switch(turn, by_name=True)
    if switched is not None:
        return then_tell(turn, switched)
    if turn.state.item is None:
        match = turn.reading.match
        if match.decision == "clarify" and act != "hours" and match.candidates[0].score >= LIKELY:
            return offer(turn)
        return turn.state, ask_again(turn, turn.state) or _without_item(turn)
    have = papers_in_hand(turn.snapshot, turn.state.item, turn.reading.normal) if act == "materials" else []
    state, read_back = answered_beside(turn)
    if not read_back:
        return tell_part(turn, turn.state, act, have=have)
    _, part = tell_part(turn, state, act, have=have)
    state, next_up = go_on(turn, state)
    return state, [*read_back, part[0], *next_up]


def _without_item(turn: Turn) -> list[Outcome]:
    """Asked of nothing in particular: when the hall is open can be said, all else hangs on what is to be done."""
    center = next((site for site in turn.snapshot.sites if site.level == "center"), None)
    if turn.reading.act == "hours" and center:
        return [Say("center_hours", {"name": center.name, "hours": center.hours, "phone": center.phone})]
    return [Say("which_item")]
