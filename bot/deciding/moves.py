"""The moves that steps are made of: open an entry, go on with its questions, tell its notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.deciding.outcome import Ask, HandOff, Offer, Outcome, Part, Say, Tell
from bot.deciding.state import Answer, State
from bot.hearing.options import is_question, read_option
from bot.hearing.papers import asks_for_papers, papers_named
from bot.hearing.places import site_named
from bot.hearing.reading import Reading
from bot.hearing.volunteered import volunteered
from knowledge.facts import FactValue, entry_facts, related, settled_by, to_options, value_words
from knowledge.hours import day_asked
from knowledge.model import Theme
from knowledge.notice import Notice, build_notice
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

MISSES_BEFORE_A_PERSON = 2

LIKELY_WITHIN_A_THEME = 0.4
"""A theme's items are few, so less than a sure match tells which of them a follow-up means."""


@dataclass(frozen=True)
class Turn:
    """Everything a step may look at."""

    state: State
    reading: Reading
    snapshot: Snapshot


Step = tuple[State, list[Outcome]]


def notice_of(turn: Turn, state: State, code: str | None = None) -> Notice:
    """The notice of the current entry, or of `code`, for what is known now."""
    assert state.item is not None
    position = named_town(turn.snapshot, turn.reading)
    return build_notice(turn.snapshot, code or state.item, state.facts, have=state.have, position=position)


def named_town(snapshot: Snapshot, reading: Reading) -> tuple[float, float] | None:
    """The position of a site whose place the text names, e.g. 样板镇."""
    site = site_named(snapshot, normalise(reading.text))
    return (site.lat, site.lon) if site else None


def open_entry(turn: Turn, code: str) -> Step:
    """Begin an entry, or come back to it: facts told in this sentence and earlier answers are not asked again."""
    state = turn.state
    parked = dict(state.parked)
    answers = state.answers
    if state.item and state.item != code:
        parked[state.item] = state.answers
        answers = parked.pop(code, state.answers if related(turn.snapshot, state.item, code) else ())
        settled = settled_by(turn.snapshot, state.item, code, state.facts) if answers == state.answers else {}
        answers += tuple(Answer(fact=fact, value=value) for fact, value in settled.items())
    state = state.model_copy(
        update={"item": code, "answers": answers, "offered": (), "wanted": "", "asked": None, "told": False,
                "misses": 0, "parked": parked, "queue": tuple(one for one in state.queue if one != code)}
    )  # fmt: skip
    fresh = state.fresh(volunteered(turn.snapshot, code, _request(turn)))
    state, outcomes = go_on(turn, state.answered(**fresh))
    entry = turn.snapshot.catalogue.entry(code)
    lead = Say("start", {"name": entry.plain_name, "summary": entry.summary})
    # 火锅店 settles facts of a theme's items too; read back is what the theme itself would have asked.
    asked = {question.fact for question in entry.questions}
    own = {fact: value for fact, value in fresh.items() if fact in asked}
    return state, [lead, *noted(turn.snapshot, code, own), *outcomes]


def _request(turn: Turn) -> str:
    """What asked for an entry, normalised: for a chosen one, what was said before the choice.

    The name of a chosen entry tells nothing of the citizen: 社保卡补办换卡 does not say that the card is lost.
    """
    if turn.reading.request or not turn.reading.picked:
        return turn.reading.request or turn.reading.normal
    return normalise(turn.state.wanted)


def tells_facts(turn: Turn) -> bool:
    """Whether the sentence states something new about the case, and asks nothing."""
    if turn.state.item is None or is_question(turn.reading.normal):
        return False
    return bool(turn.state.fresh(volunteered(turn.snapshot, turn.state.item, turn.reading.normal)))


def noted(snapshot: Snapshot, code: str, facts: Mapping[str, FactValue]) -> list[Outcome]:
    """Reads back what was volunteered."""
    known = entry_facts(snapshot, code)
    said = list(dict.fromkeys(value_words(known[fact], value) for fact, value in facts.items()))
    return [Say("noted", {"facts": "、".join(said)})] if said else []


def go_on(turn: Turn, state: State) -> Step:
    """The next question that still matters, or the notice."""
    assert state.item is not None
    table = turn.snapshot.tables[state.item]
    answers = to_options(turn.snapshot, state.item, state.facts)
    left = table.open_questions(answers, state.skipped)
    if left:
        asked = state.model_copy(update={"asked": left[0], "told": False})
        return asked, [Ask(state.item, left[0], len(left))]
    state = state.model_copy(update={"asked": None, "told": True, "misses": 0})
    outcomes: list[Outcome] = [Tell(notice_of(turn, state))]
    if state.queue:
        outcomes.append(Say("next", {"name": turn.snapshot.catalogue.entry(state.queue[0]).plain_name}))
    return state, outcomes


def ask_again(turn: Turn, state: State, *, explained: bool = False) -> list[Outcome]:
    """The pending question or choice once more, if there is one."""
    if state.offered:
        return [Offer("offer_again", state.offered)]
    if not (state.item and state.asked):
        return []
    table = turn.snapshot.tables[state.item]
    left = table.open_questions(to_options(turn.snapshot, state.item, state.facts), state.skipped)
    return [Ask(state.item, state.asked, len(left), explained)]


def answer(turn: Turn, state: State, fact: str, value: FactValue | None) -> Step:
    """Take an answer to `fact`; whatever else the sentence told is kept for the later questions."""
    assert state.item is not None
    known = {fact, *state.facts}
    meant = {fact: value} if turn.reading.implied and value is not None else {}
    others = volunteered(turn.snapshot, state.item, turn.reading.normal, known) if len(turn.reading.normal) > 3 else {}
    state = state.answered(**{fact: value, **others}).model_copy(update={"misses": 0})
    state, outcomes = go_on(turn, state)
    return state, [*noted(turn.snapshot, state.item or "", meant | others), *outcomes]


def answered_beside(turn: Turn) -> tuple[State, list[Outcome]]:
    """The state with what a question tells as well, as 本市发的，补一本要多少钱, and that read back."""
    state = turn.state
    stated = " ".join(clause for clause in turn.reading.normal.split() if not is_question(clause))
    if not (state.item and stated and stated != turn.reading.normal):
        return state, []
    facts = volunteered(turn.snapshot, state.item, stated)
    if state.asked:
        fact = turn.snapshot.catalogue.fact(turn.snapshot.catalogue.entry(state.item), state.asked)
        picked = read_option(state.asked, fact, stated, stated)
        facts |= {state.asked: picked.value} if picked and picked.value is not None else {}
    fresh = state.fresh(facts)
    return state.answered(**fresh), noted(turn.snapshot, state.item, fresh)


def tell_part(turn: Turn, state: State, part: Part, *, have: Collection[str] = ()) -> Step:
    """Answer a follow-up from the same notice, then put the pending question again.

    Within a theme, a follow-up about one of its items is answered from that item's notice.
    """
    if have:
        state = state.model_copy(update={"have": tuple(dict.fromkeys((*state.have, *have)))})
    code = state.item if have else item_of_theme(turn) or state.item
    by_name = part == "material_source" or (part == "materials" and not have and asks_for_papers(turn.reading.normal))
    papers = papers_named(turn.snapshot, code, turn.reading.normal) if code and by_name else ()
    day = day_asked(turn.reading.normal) if part == "hours" else None
    return state, [Tell(notice_of(turn, state, code), part, tuple(papers), day), *ask_again(turn, state)]


def item_of_theme(turn: Turn) -> str | None:
    """The item of the current theme that the sentence names or clearly means, or None."""
    match, current = turn.reading.match, turn.state.item
    if current is None or not match.candidates or match.decision == "reject":
        return None
    theme = turn.snapshot.catalogue.entry(current)
    likely = match.candidates[0]
    code = match.named or (likely.code if likely.score >= LIKELY_WITHIN_A_THEME else None)
    return code if isinstance(theme, Theme) and any(one.item == code for one in theme.plan) else None


def offer(turn: Turn) -> Step:
    """Put the match's likely entries to choose from; what led to them is kept, to read the next words with it."""
    match, reading = turn.reading.match, turn.reading
    codes = tuple(one.code for one in match.candidates[: match.offered])
    state = turn.state.wanting(reading.text) if reading.request else turn.state
    wanted = state.wanted if reading.request else reading.text
    return state.model_copy(update={"offered": codes, "wanted": wanted, "asked": None}), [Offer("offer", codes)]


def missed(turn: Turn) -> Step:
    """Not understood: the question in other words, and from the second time on a person as well."""
    state = turn.state.model_copy(update={"misses": turn.state.misses + 1})
    if state.misses >= MISSES_BEFORE_A_PERSON:
        return state, [HandOff("handoff_missed"), *ask_again(turn, state)]
    if state.asked:
        return state, [Say("missed"), *ask_again(turn, state, explained=True)]
    if state.offered:
        return state, [Say("missed"), Offer("offer_again", state.offered)]
    if state.situation == "told":
        return state, [Say("nothing_changed")]
    return state, [Say("not_found")]
