"""The policy: every cell of (situation, act), that `step` is pure, and that no talk ends in a dead state."""

from __future__ import annotations

import random
from typing import Any, get_args

import pytest
from conversation import REJECT, Talk, answer_with, clarify_with, kind

from bot.deciding.state import Situation, State
from bot.deciding.step import TABLE, step
from bot.hearing.reading import ABOUT_ITEM, ACTS, Act, Reading
from bot.saying.say import speak
from knowledge.facts import entry_facts
from knowledge.snapshot import Snapshot

SITUATIONS: tuple[Situation, ...] = get_args(Situation)
OFFERED = ("SH013", "SH029")

Cell = tuple[Situation, list[str]]
"""The situation afterwards, and the kinds of what is said."""


def _asks_again(said: str) -> dict[Situation, Cell]:
    """A fixed sentence, after which whatever was pending is put again."""
    return {
        "idle": ("idle", [said]),
        "choosing": ("choosing", [said, "offer:offer_again"]),
        "asking": ("asking", [said, "ask"]),
        "told": ("told", [said]),
    }


def _follow_up(act: Act) -> dict[Situation, Cell]:
    """A question about the item: answered in place."""
    return {
        "idle": ("idle", ["say:which_item"]),
        "choosing": ("choosing", ["offer:offer_again"]),
        "asking": ("asking", [f"tell:{act}", "ask"]),
        "told": ("told", [f"tell:{act}"]),
    }


def _everywhere(after: Situation | None, *said: str) -> dict[Situation, Cell]:
    """The same in all situations; `after` None: the situation stays."""
    return {one: (after or one, list(said)) for one in SITUATIONS}


MISSED: dict[Situation, Cell] = {
    "idle": ("idle", ["say:not_found"]),
    "choosing": ("choosing", ["say:missed", "offer:offer_again"]),
    "asking": ("asking", ["say:missed", "ask:explained"]),
    "told": ("told", ["say:nothing_changed"]),
}
BACK: dict[Situation, Cell] = {
    "idle": ("idle", ["say:at_start"]),
    "choosing": ("idle", ["say:at_start"]),
    "asking": ("asking", ["say:went_back", "ask"]),
    "told": ("asking", ["say:went_back", "ask"]),
}

EXPECTED: dict[Act, dict[Situation, Cell]] = {
    **{act: _follow_up(act) for act in ABOUT_ITEM},
    "hours": {**_follow_up("hours"), "idle": ("idle", ["say:center_hours"])},
    "service": _everywhere("asking", "say:start", "ask"),
    "inform": MISSED,
    "human": _asks_again("handoff:handoff_asked"),
    "complaint": _asks_again("handoff:handoff_complaint"),
    "rate": _everywhere(None, "askgrade"),
    "repeat": _everywhere(None, "replay"),
    "explain": {
        "idle": ("idle", ["say:help"]),
        "choosing": ("choosing", ["offer:offer_explained"]),
        "asking": ("asking", ["ask:explained"]),
        "told": ("told", ["say:explain_told"]),
    },
    "more": {
        "idle": ("idle", ["say:help"]),
        "choosing": ("choosing", ["offer:offer_again"]),
        "asking": ("asking", ["ask"]),
        "told": ("told", ["tell:more"]),
    },
    "affirm": {
        **MISSED,
        "asking": ("asking", ["ask"]),
        "idle": ("idle", ["say:anything_else"]),
        "told": ("told", ["say:anything_else"]),
    },
    "deny": {
        "idle": ("idle", ["say:anything_else"]),
        "choosing": ("idle", ["say:none_of_these"]),
        "asking": MISSED["asking"],
        "told": ("told", ["say:anything_else"]),
    },
    "dont_know": {
        "idle": ("idle", ["say:anything_else"]),
        "choosing": ("choosing", ["say:missed", "offer:offer_again"]),
        "asking": ("asking", ["ask"]),
        "told": ("told", ["say:anything_else"]),
    },
    "correct": MISSED,
    "previous": BACK,
    "restart": _everywhere("idle", "say:restart"),
    "erase": _everywhere("idle", "say:erased"),
    "greet": _asks_again("say:greet"),
    "thanks": _asks_again("say:thanks"),
    "bye": _asks_again("say:bye"),
    "out_of_scope": _asks_again("say:out_of_scope"),
    "emergency": _asks_again("say:emergency"),
}


@pytest.fixture(scope="module")
def states(snapshot: Snapshot) -> dict[Situation, State]:
    """One state for each situation, with something said before."""
    last: tuple[dict[str, object], ...] = ({"type": "text", "text": "刚才说的"},)
    talk = Talk(snapshot)
    talk.say("YJ001")
    talk.say("premises=rented")
    asking = talk.state
    while talk.state.asked:
        talk.say("1")
    states: dict[Situation, State] = {
        "idle": State(),
        "choosing": State(offered=OFFERED),
        "asking": asking,
        "told": talk.state,
    }
    return {name: state.model_copy(update={"last": last}) for name, state in states.items()}


def reading_for(act: Act, text: str = "嗯这样子", **more: Any) -> Reading:
    """A reading with nothing in it but its act; a request names the identity card's item."""
    match = answer_with("SH013") if act == "service" else REJECT
    return Reading(text, text, act, 0.9, **{"match": match, **more})


def assert_valid(state: State, snapshot: Snapshot) -> None:
    """Whatever was said, the state can be stored, shown and gone on from."""
    assert State.model_validate_json(state.model_dump_json()) == state
    assert set(state.offered) <= set(snapshot.tables)
    assert not (state.asked and state.told)
    if state.item is None:
        assert state.asked is None
        return
    entry = snapshot.catalogue.entry(state.item)
    assert state.asked is None or state.asked in [question.fact for question in entry.questions]
    known = entry_facts(snapshot, state.item)
    assert len({answer.fact for answer in state.answers}) == len(state.answers)
    for fact, value in state.facts.items():
        assert fact not in known or known[fact].option_for(value) is not None


def test_the_expectations_cover_the_whole_table() -> None:
    assert set(EXPECTED) == set(ACTS) == set(TABLE)
    assert all(set(row) == set(SITUATIONS) for row in EXPECTED.values())
    assert len(ACTS) * len(SITUATIONS) == 144


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("act", ACTS)
def test_every_cell(act: Act, situation: Situation, states: dict[Situation, State], snapshot: Snapshot) -> None:
    before = states[situation]
    assert before.situation == situation
    kept = before.model_dump_json()
    reading = reading_for(act)
    after, outcomes = step(before, reading, snapshot)
    assert (after.situation, [kind(one) for one in outcomes]) == EXPECTED[act][situation]
    assert_valid(after, snapshot)
    assert before.model_dump_json() == kept, "the state that went in was changed"
    assert step(before, reading, snapshot) == (after, outcomes), "the same input gave another output"
    if EXPECTED[act][situation][1] != ["replay"]:
        replies = speak(outcomes, snapshot)
        assert replies and all(reply.text.strip() for reply in replies)


@pytest.mark.parametrize("situation", ["asking", "told"])
def test_what_is_taken_back_is_asked_anew(
    situation: Situation, states: dict[Situation, State], snapshot: Snapshot
) -> None:
    after, outcomes = step(states[situation], reading_for("correct", "不对"), snapshot)
    assert (after.situation, [kind(one) for one in outcomes]) == ("asking", ["say:went_back", "ask"])


def test_without_the_engine_nothing_is_called_out_of_scope(states: dict[Situation, State], snapshot: Snapshot) -> None:
    for situation in SITUATIONS:
        after, outcomes = step(states[situation], reading_for("out_of_scope", degraded=True), snapshot)
        assert (after.situation, [kind(one) for one in outcomes]) == MISSED[situation]
        assert after.misses == states[situation].misses + 1


TEXTS = (
    "嗯这样子", "租的，一共六十平", "三百平以上", "本人来", "身份证和租赁合同有了", "不是公司，是个体", "公司",
    "小孩的", "样板镇的", "1", "9", "不知道", "上一步", "没听懂", "更多", "不对，是自己的房子", "外省的", "丢了",
    "不挂", "都不是",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_no_talk_leads_into_a_state_that_cannot_be_gone_on_from(seed: int, snapshot: Snapshot) -> None:
    draw = random.Random(seed)
    codes = list(snapshot.tables)
    talk = Talk(snapshot)
    for _ in range(60):
        match = draw.choice(
            [REJECT, REJECT, answer_with(draw.choice(codes)), clarify_with(*draw.sample(codes, draw.randint(1, 4)))]
        )
        act: Act | None = draw.choice([*ACTS, None])
        said = talk.say(draw.choice(TEXTS), act, match)
        assert said
        assert_valid(talk.state, snapshot)
        if said == ["replay"]:
            continue
        assert all(reply.text.strip() for reply in speak(talk.outcomes, snapshot))
        talk.state = talk.state.model_copy(update={"last": ({"type": "text", "text": "x"},)})
