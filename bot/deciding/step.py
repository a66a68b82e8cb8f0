"""The whole policy: one table from (situation, act) to a step. `step` is pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from bot.deciding.follow_ups import about, switch, then_tell
from bot.deciding.grades import DISSATISFIED, grade_said
from bot.deciding.moves import (
    Step,
    Turn,
    answer,
    ask_again,
    go_on,
    item_of_theme,
    missed,
    noted,
    offer,
    open_entry,
    tell_part,
    tells_facts,
)
from bot.deciding.outcome import AskGrade, HandOff, Offer, Outcome, Rated, Replay, Say
from bot.deciding.state import Situation, State
from bot.hearing.hear import CLEAR
from bot.hearing.options import is_question, ordinal
from bot.hearing.papers import papers_in_hand
from bot.hearing.reading import ABOUT_ITEM, Act, Reading
from bot.hearing.volunteered import volunteered
from knowledge.facts import related
from knowledge.snapshot import Snapshot

Handler: TypeAlias = Callable[[Turn], Step]

_ASKED_FOR = re.compile(r"办|申请|怎么|领")
"""Within a theme, 招牌肯定要挂 answers a question, 先办招牌 asks for the item."""

_NOT_SO = re.compile(r"不对|不是|错")
"""没有 answers something; only 不对 takes back what was read back."""

_TAKES_BACK = re.compile(r"不对|错|弄混|搞混|改|重新|不是(?:这样|这个|的)?$|更正|退回|回去|等等")
"""Without such a word a sentence that sounds like a correction tells something: 不是卖给我 就是归到我名下."""

_GO_ON = re.compile(r"下一[个件样]")
_GO_BACK = re.compile(r"(?:回到?|返回).{0,3}(?:刚才|前面|原来|先前)|(?:刚才|先前|原来)(?:那|的)(?!.{0,4}错)")
"""Asks for what was left half-way: 回去说刚才那个."""

_ANOTHER_PERSON = re.compile(
    r"(?:我|俺|咱)?(?:妈|爸|爹|娘|媳妇|老公|老婆|老伴|儿子|女儿|闺女|娃|孩子|弟|妹|哥|姐|朋友|邻居|同事|爷爷|奶奶|婆婆|公公)"
    r"[^ ]{0,3}也(?:要|想|得|准备|打算)?(?:办|补|领|换|申请|弄)|再给我[^ ]{1,4}也?(?:办|补|领|换)一"
)
"""After the notice: the same entry for somebody else, whose case is told anew."""

_THEN = re.compile(r"再(?:说说?|办|问问?|来)(?!一[遍次])")
"""With the name of what was left half-way, comes back to it: 那再说身份证."""

_WISH = re.compile(
    r"办|想|要|申请|补|领|怎么|咨询|问|丢|掉了|手续|注销|登记|换成|改成|开个|说说|帮我|弄|还有|另外|的事"
)
"""Words of a request. While a question is pending, a sentence without one opens nothing else: 私家车 answers."""

_NOT_NOW = re.compile(r"先不|暂时不|不用|不打算|不想|没打算")
"""What is not wanted is no request: 户口先不迁 answers a question."""

_CHANGES = re.compile(r"不对|说错|记错|搞错|弄错|算了|其实|问清楚|早就?[^\s]{0,4}了|改成|还是叫|还是让|换成")
"""Words that take back an earlier answer. With new facts of the case they change it, before or after the notice."""

MAY_BE_AN_ANSWER: frozenset[Act] = frozenset(
    ("affirm", "deny", "greet", "bye", "thanks", "out_of_scope", "dont_know", "proxy")
)
"""Acts that an answer to a later question is easily taken for: 叫我女儿去 asks nothing."""


def step(state: State, reading: Reading, snapshot: Snapshot) -> tuple[State, list[Outcome]]:
    """The next state and what to say, for one reading. Pure: the same input gives the same output."""
    if reading.picked and reading.picked.kind == "entry":
        return _picked_entry(Turn(state, reading, snapshot))
    turn = Turn(state, reading, snapshot)
    if state.queue and _GO_ON.search(reading.normal):
        return _next_in_queue(turn)
    resembles = any(one.code in state.parked for one in reading.match.candidates)
    if (state.parked and _GO_BACK.search(reading.normal)) or (resembles and _THEN.search(reading.normal)):
        return open_entry(turn, _left_half_way(turn))
    notice_given = state.situation == "told"
    if notice_given and _ANOTHER_PERSON.search(reading.normal) and (again := _for_another(turn)):
        return again
    answers_here = (
        reading.act == "service" and (item_of_theme(turn) is not None and not _ASKED_FOR.search(reading.normal))
    ) or _NOT_NOW.search(reading.normal) is not None
    if state.item and _CHANGES.search(reading.normal) and reading.match.named is None and tells_facts(turn):
        return _inform(turn)
    if state.asked and (reading.act in MAY_BE_AN_ANSWER or answers_here) and tells_facts(turn):
        return _inform(turn)
    return handler_for(state.situation, reading.act)(turn)


def handler_for(situation: Situation, act: Act) -> Handler:
    """The table's cell: the act's own row for the situation, or its row for all situations."""
    row = TABLE[act]
    return row[situation] if situation in row else row["any"]


def _picked_entry(turn: Turn) -> Step:
    picked = turn.reading.picked
    if not (picked and isinstance(picked.value, str)):
        return _none_of_these(turn)
    opened = open_entry(turn, picked.value)
    return then_tell(turn, opened) if turn.reading.act in ABOUT_ITEM else opened


def _none_of_these(turn: Turn) -> Step:
    """None of the offered entries: what was being asked before goes on."""
    state = turn.state.model_copy(update={"offered": (), "wanted": ""})
    if state.item is None or state.told:
        return state, [Say("none_of_these")]
    state, outcomes = go_on(turn, state)
    return state, [Say("none_of_these"), *outcomes]


def _service(turn: Turn) -> Step:
    """A request: open the entry, offer a few, or say that it is not one of ours."""
    match = turn.reading.match
    if turn.reading.requests:
        return _in_turn(turn, turn.reading.requests)
    sure = bool(match.candidates) and match.decision == "answer" and match.candidates[0].score >= CLEAR
    if turn.state.asked and not (sure or match.named or _WISH.search(turn.reading.normal)):
        return missed(turn)
    if match.decision == "answer":
        return open_entry(turn, match.candidates[0].code)
    if match.decision == "clarify":
        return offer(turn)
    if turn.state.item:
        return _inform(turn)
    return missed(turn)


def _in_turn(turn: Turn, codes: tuple[str, ...]) -> Step:
    """Several requests: the first is opened, the others wait and are announced."""
    state, outcomes = open_entry(turn, codes[0])
    names = "、".join(f"“{turn.snapshot.catalogue.entry(code).plain_name}”" for code in codes[1:])
    return state.model_copy(update={"queue": codes[1:]}), [Say("queued", {"names": names}), *outcomes]


def _next_in_queue(turn: Turn) -> Step:
    state = turn.state.model_copy(update={"queue": turn.state.queue[1:]})
    return open_entry(replace(turn, state=state), turn.state.queue[0])


def _for_another(turn: Turn) -> Step | None:
    """The entry in hand once more for another person, nothing known; None where the sentence asks for another entry."""
    state, match = turn.state, turn.reading.match
    assert state.item is not None
    if match.decision == "answer" and not related(turn.snapshot, state.item, match.candidates[0].code):
        return None
    fresh = state.model_copy(update={"item": None, "answers": ()})
    state, outcomes = open_entry(replace(turn, state=fresh), state.item)
    return state, [Say("another_person"), *outcomes]


def _left_half_way(turn: Turn) -> str:
    """The entry to come back to: of those left half-way the one that the sentence resembles most, else the last."""
    likely = [one.code for one in turn.reading.match.candidates if one.code in turn.state.parked]
    return likely[0] if likely else list(turn.state.parked)[-1]


def _inform(turn: Turn) -> Step:
    """Something about the citizen's case: the pending answer, a later one, or a change of an earlier one."""
    state, reading = turn.state, turn.reading
    if state.asked and reading.picked:
        return answer(turn, state, state.asked, reading.picked.value)
    item = state.item
    if item is None:
        return _service(turn)
    facts = volunteered(turn.snapshot, item, reading.normal)
    fresh = state.fresh(facts)
    if fresh or (facts and state.asked):  # what is said twice was understood twice
        state, outcomes = go_on(turn, state.answered(**fresh).model_copy(update={"misses": 0}))
        return state, [*noted(turn.snapshot, item, fresh or facts), *outcomes]
    have = papers_in_hand(turn.snapshot, item, reading.normal)
    if have:
        return tell_part(turn, state, "materials", have=have)
    if state.asked and not _WISH.search(reading.normal):
        return missed(turn)
    return switch(turn) or missed(turn)


def _choose_or_service(turn: Turn) -> Step:
    """Said while entries are offered and none was picked: a new request, facts to keep, or not understood."""
    state, reading = turn.state, turn.reading
    if reading.match.decision != "reject":
        return _service(turn)
    state = state.wanting(reading.text)
    in_words = ordinal(reading.normal) is None
    if in_words and any(volunteered(turn.snapshot, code, reading.normal) for code in state.offered):
        return state, [Say("kept"), *ask_again(turn, state)]
    return missed(replace(turn, state=state))


def _affirm(turn: Turn) -> Step:
    state = turn.state
    if state.offered:
        return open_entry(turn, state.offered[0]) if len(state.offered) == 1 else missed(turn)
    if state.situation == "told" and state.queue:
        return _next_in_queue(turn)
    return _yes_or_no(turn, "yes")


def _deny(turn: Turn) -> Step:
    if turn.state.offered:
        return _none_of_these(turn)
    return _yes_or_no(turn, "no")


def _yes_or_no(turn: Turn, option: str) -> Step:
    """是 or 不是 alone answers a question that has such an option; otherwise it is not understood."""
    state = turn.state
    if state.asked and state.item:
        fact = turn.snapshot.catalogue.fact(turn.snapshot.catalogue.entry(state.item), state.asked)
        if fact.option(option):
            return answer(turn, state, state.asked, option)
        # 对 or 不对 to a question that cannot be answered so means what was read back before it.
        if option == "yes":
            return state, ask_again(turn, state)
        return _previous(turn) if state.answers and _NOT_SO.search(turn.reading.normal) else missed(turn)
    return state, [Say("anything_else")]


def _dont_know(turn: Turn) -> Step:
    if turn.state.asked:
        return answer(turn, turn.state, turn.state.asked, None)
    return missed(turn) if turn.state.offered else (turn.state, [Say("anything_else")])


def _previous(turn: Turn) -> Step:
    """One step back: the last answer to one of the entry's own questions is taken out and asked for again."""
    state = turn.state
    if state.offered:
        return state.model_copy(update={"offered": (), "wanted": ""}), [Say("at_start")]
    # Facts told for another entry, or for an item of the theme, were never asked here.
    own = [question.fact for question in turn.snapshot.catalogue.entry(state.item).questions] if state.item else []
    last = next((one.fact for one in reversed(state.answers) if one.fact in own), None)
    if last is None:
        return state, [Say("at_start"), *ask_again(turn, state)]
    kept = tuple(one for one in state.answers if one.fact != last)
    back = state.model_copy(update={"answers": kept, "asked": last, "told": False})
    return back, [Say("went_back"), *ask_again(turn, back)]


def _correct(turn: Turn) -> Step:
    """Another answer than before: the one in the sentence, or the last one asked anew."""
    state = turn.state
    if state.item and not is_question(turn.reading.normal):
        fresh = state.fresh(volunteered(turn.snapshot, state.item, turn.reading.normal))
        if fresh:
            state, outcomes = go_on(turn, state.answered(**fresh))
            return state, [*noted(turn.snapshot, state.item or "", fresh), *outcomes]
    switched = switch(turn)
    if switched is not None:
        return switched
    return _previous(turn) if _TAKES_BACK.search(turn.reading.normal) else _inform(turn)


def _explain(turn: Turn) -> Step:
    state = turn.state
    if state.asked:
        return state, ask_again(turn, state, explained=True)
    if state.offered:
        return state, [Offer("offer_explained", state.offered)]
    return state, [Say("explain_told" if state.item else "help")]


def _more(turn: Turn) -> Step:
    if turn.state.situation == "told":
        return tell_part(turn, turn.state, "more")
    return turn.state, ask_again(turn, turn.state) or [Say("help")]


def _restart(turn: Turn) -> Step:
    """From the beginning. What was handed out and what a person took over stays known, so that it can be erased."""
    old = turn.state
    return State(snapshot=old.snapshot, issued=old.issued, stuck=old.stuck, talk=old.talk), [Say("restart")]


def _erase(turn: Turn) -> Step:
    return State(snapshot=turn.state.snapshot), [Say("erased")]


def _say(key: str) -> Handler:
    """A fixed sentence, then the pending question or choice again."""

    def handler(turn: Turn) -> Step:
        return turn.state, [Say(key), *ask_again(turn, turn.state)]

    return handler


def _hand_off(key: str) -> Handler:
    return lambda turn: (turn.state, [HandOff(key), *ask_again(turn, turn.state)])


def _repeat(turn: Turn) -> Step:
    """The last replies again; 那再说说身份证 asks for another entry."""
    if switched := switch(turn):
        return switched
    return (turn.state, [Replay()]) if turn.state.last else (turn.state, [Say("help")])


def _rate(turn: Turn) -> Step:
    """A rating is kept; who is not satisfied gets a person as well. Who only wants to rate chooses a grade."""
    grade = grade_said(turn.reading.normal)
    if grade is None:
        return turn.state, [AskGrade()]
    dissatisfied = [HandOff("handoff_complaint")] if grade <= DISSATISFIED else []
    return turn.state, [Rated(grade), *dissatisfied, *ask_again(turn, turn.state)]


def _out_of_scope(turn: Turn) -> Step:
    """Not our business; without the language engine it is only known that nothing was found."""
    return missed(turn) if turn.reading.degraded else _say("out_of_scope")(turn)


Row: TypeAlias = Mapping[str, Handler]

TABLE: Mapping[Act, Row] = {
    **{act: {"any": about} for act in ABOUT_ITEM},
    "service": {"any": _service},
    "inform": {"any": _inform, "choosing": _choose_or_service},
    "human": {"any": _hand_off("handoff_asked")},
    "complaint": {"any": _hand_off("handoff_complaint")},
    "rate": {"any": _rate},
    "repeat": {"any": _repeat},
    "explain": {"any": _explain},
    "more": {"any": _more},
    "affirm": {"any": _affirm},
    "deny": {"any": _deny},
    "dont_know": {"any": _dont_know},
    "correct": {"any": _correct, "choosing": _choose_or_service},
    "previous": {"any": _previous},
    "restart": {"any": _restart},
    "erase": {"any": _erase},
    "greet": {"any": _say("greet")},
    "thanks": {"any": _say("thanks")},
    "bye": {"any": _say("bye")},
    "out_of_scope": {"any": _out_of_scope},
    "emergency": {"any": _say("emergency")},
}
