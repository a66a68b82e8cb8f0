"""What is said in the middle of a talk and is no plain answer."""

from __future__ import annotations

from conversation import REJECT, Talk, answer_with, clarify_with

from bot.hearing.hear import choose_act
from bot.hearing.rasa import Parse
from bot.hearing.several import without_set_aside
from knowledge.snapshot import Snapshot


def test_what_is_set_aside_is_no_request() -> None:
    assert without_set_aside("先不说护照，身份证丢了") == "身份证丢了"
    assert without_set_aside("护照的事先不办，问问居住证") == "问问居住证"
    assert without_set_aside("先不迁户口") == "先不迁户口", "nothing else is left"


def test_a_clause_told_before_the_one_that_asks_does_not_come_first(talk: Talk) -> None:
    said = talk.say("钱包丢了，驾驶证要补，身份证也要补", "service", answer_with("SH023"))
    assert said[0] == "say:start", "one entry for all clauses is one request"


def test_the_same_for_somebody_else_is_begun_anew(talk: Talk) -> None:
    talk.say("SH013")
    while talk.state.asked:
        talk.say("1")
    assert talk.say("我媳妇也要补", "inform")[:2] == ["say:another_person", "say:start"]
    assert talk.state.item == "SH013" and not talk.state.facts


def test_what_tells_the_case_while_choosing_is_kept(talk: Talk) -> None:
    talk.say("开店的事", "service", clarify_with("QY020", "YJ001"))
    assert talk.say("店面是租的", "inform", REJECT) == ["say:kept", "offer:offer_again"]
    talk.say("2")
    assert talk.state.facts["premises"] == "rented"


def test_an_act_that_asks_nothing_is_heard_as_an_answer(snapshot: Snapshot) -> None:
    parse = Parse("progress", 0.7)
    assert choose_act(parse, REJECT, "没什么债 员工也没", "asking")[0] == "inform"
    assert choose_act(parse, REJECT, "办到哪一步了", "asking")[0] == "progress"
    assert choose_act(parse, REJECT, "没什么债 员工也没", "told")[0] == "progress"


def test_an_emergency_stands_on_less_than_a_restart() -> None:
    for act, heard in (("emergency", "emergency"), ("restart", "inform")):
        assert choose_act(Parse(act, 0.5), REJECT, "刚开始摆", "asking")[0] == heard
        assert choose_act(Parse(act, 0.5), REJECT, "刚开始摆", "told")[0] == act
