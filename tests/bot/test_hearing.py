"""Hearing: masking, answers to questions, rules, one act from two readers, and hearing without the engine."""

from __future__ import annotations

import asyncio

import pytest
from conversation import REJECT, FakeMatcher, FakeParser, answer_with, clarify_with, with_matcher

from bot.deciding.state import Situation, State
from bot.hearing.cues import likely_act, sure_act
from bot.hearing.hear import Ears, agreed, choose_act, hear
from bot.hearing.mask import mask_personal
from bot.hearing.rasa import NoParser, Parse
from bot.hearing.reading import ACTS, Act, Entity, Picked, Reading
from knowledge.search import Candidate, Match
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

ID, PHONE, CARD = "［身份证号］", "［手机号］", "［卡号］"


# Masking.


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我的身份证号是11010519491231002X", f"我的身份证号是{ID}"),
        ("11010519491231002x补办", f"{ID}补办"),
        ("110105 19491231 0021", ID),
        ("110105-19491231-0021", ID),
        ("１１０１０５１９４９１２３１００２１丢了", f"{ID}丢了"),
        ("老证号110105491231002", f"老证号{ID}"),
        ("电话13812345678", f"电话{PHONE}"),
        ("打我138 1234 5678", f"打我{PHONE}"),
        ("打我138-1234-5678吧", f"打我{PHONE}吧"),
        ("+86 13812345678", PHONE),
        ("８６１３８１２３４５６７８", PHONE),
        ("１３８１２３４５６７８", PHONE),
        ("卡号6222 0212 3456 7890 123", f"卡号{CARD}"),
        ("卡号6222021234567890", f"卡号{CARD}"),
        ("我叫张三，11010519491231002X，电话13812345678", f"我叫张三，{ID}，电话{PHONE}"),
    ],
)
def test_personal_numbers_are_masked(said: str, kept: str) -> None:
    assert mask_personal(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "20261124去办行不行", "2026年11月24日", "19491231出生的", "注册资本1000000元", "交了3500块", "一共120.5平",
        "120", "打12345", "打110还是119", "YJ001", "电话0123-1234567", "0755-12345678", "premises=rented", "第2个",
        "执照号91440300MA5ABCDE1X的公司", "订单号123456789012",
    ],
)  # fmt: skip
def test_dates_amounts_and_public_numbers_stay(said: str) -> None:
    assert mask_personal(said) == said


# Rules.


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("着火了快来人", "emergency"), ("我不想活了", "emergency"), ("删除我的数据", "erase"), ("上一步", "previous"),
        ("重新来", "restart"), ("更多", "more"), ("没听懂", "explain"), ("再说一遍", "repeat"), ("转人工", "human"),
        ("帮我转人工客服", "human"), ("你好", "greet"), ("谢谢", "thanks"), ("再见", "bye"), ("是的", "affirm"),
        ("不要", "deny"), ("我想补身份证", None), ("要带什么", None), ("更多材料要带吗", None),
        ("有小偷，快抓住他", "emergency"), ("地震了", "emergency"), ("我爷爷没呼吸了", "emergency"), ("炸了", "emergency"),
        ("老婆羊水破了", "emergency"), ("上一页", "previous"), ("清空重来", "restart"), ("忘了", "dont_know"),
        ("给个好评", "rate"), ("别存我的手机号", "erase"), ("没听见", "repeat"), ("没问题", "affirm"),
    ],
)  # fmt: skip
def test_acts_that_a_rule_is_sure_of(said: str, act: Act | None) -> None:
    assert sure_act(said, normalise(said)) == act


@pytest.mark.parametrize(
    "said",
    [
        "办民用爆炸物品许可", "地震安全性评价怎么做", "我想死亡证明开一张", "我们年轻生孩子早要办准生证", "快要生了准生证怎么办",
        "家里遭贼身份证丢了", "上班被车撞了算不算工伤", "申请火灾事故认定", "油炸摊子要办什么证",
    ],
)  # fmt: skip
def test_business_that_only_sounds_like_an_emergency_is_none(said: str) -> None:
    assert sure_act(said, normalise(said)) is None


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("多少钱啊", "fee"), ("在哪儿办", "place"), ("要带什么", "materials"), ("几天能好", "time"),
        ("周六上班不", "hours"), ("能不能网上弄", "online"), ("跑了三趟还没好", "complaint"), ("嗯这样子", None),
    ],
)  # fmt: skip
def test_acts_that_a_word_suggests(said: str, act: Act | None) -> None:
    assert likely_act(normalise(said)) == act


# One act from two readers.

SURE_ITEM = answer_with("SH013", 0.95)
LIKELY_ITEM = answer_with("SH013", 0.8)
UNSURE = clarify_with("SH013", "SH029")


@pytest.mark.parametrize(
    ("heard", "confidence", "match", "situation", "act"),
    [
        # An act about an item and a request stand, whatever the matcher found.
        ("fee", 0.4, SURE_ITEM, "idle", "fee"),
        ("service", 0.4, REJECT, "asking", "service"),
        # A clear request wins over an unsure act while nothing is under way, not in the middle of a talk.
        ("greet", 0.4, LIKELY_ITEM, "idle", "service"),
        ("greet", 0.4, LIKELY_ITEM, "choosing", "service"),
        ("greet", 0.4, LIKELY_ITEM, "asking", "greet"),
        ("greet", 0.8, LIKELY_ITEM, "idle", "greet"),
        ("inform", 0.9, LIKELY_ITEM, "idle", "service"),
        ("inform", 0.9, LIKELY_ITEM, "asking", "inform"),
        # A very clear one wins in every situation, but not over a call for help or a correction.
        ("greet", 0.8, SURE_ITEM, "told", "service"),
        ("out_of_scope", 0.8, SURE_ITEM, "idle", "service"),
        ("emergency", 0.8, SURE_ITEM, "idle", "emergency"),
        ("human", 0.8, SURE_ITEM, "idle", "human"),
        ("complaint", 0.8, SURE_ITEM, "told", "complaint"),
        ("correct", 0.8, SURE_ITEM, "told", "correct"),
        ("inform", 0.8, SURE_ITEM, "asking", "inform"),
        # A matcher that asks or rejects changes nothing.
        ("greet", 0.4, UNSURE, "idle", "greet"),
        ("thanks", 0.9, REJECT, "told", "thanks"),
        # Heard nothing: the matcher, then words.
        ("greet", 0.1, SURE_ITEM, "idle", "service"),
        ("no_such_act", 0.9, SURE_ITEM, "idle", "service"),
        ("greet", 0.1, REJECT, "asking", "inform"),
        ("greet", 0.1, REJECT, "idle", "out_of_scope"),
    ],
)
def test_choosing_the_act(heard: str, confidence: float, match: Match, situation: Situation, act: Act) -> None:
    assert choose_act(Parse(heard, confidence, ()), match, "嗯这样子", situation)[0] == act


@pytest.mark.parametrize(
    ("said", "match", "situation", "act"),
    [
        ("身份证丢了", SURE_ITEM, "idle", "service"),
        ("补个证", UNSURE, "idle", "service"),
        ("补身份证要多少钱", SURE_ITEM, "idle", "service"),
        ("要多少钱", REJECT, "idle", "fee"),
        ("要多少钱", SURE_ITEM, "asking", "fee"),
        ("要多少钱", REJECT, "told", "fee"),
        ("给我找个人来", REJECT, "asking", "human"),
        ("嗯这样子", REJECT, "idle", "out_of_scope"),
        ("嗯这样子", REJECT, "choosing", "inform"),
        ("嗯这样子", REJECT, "asking", "inform"),
        ("嗯这样子", REJECT, "told", "inform"),
    ],
)
def test_choosing_without_the_engine(said: str, match: Match, situation: Situation, act: Act) -> None:
    assert choose_act(None, match, normalise(said), situation)[0] == act


def test_two_readings_of_the_act_agree_on_one() -> None:
    entities = (Entity("who", "我爸"),)
    heard = Parse("fee", 0.5, entities, {"fee": 0.5, "time": 0.4, "greet": 0.1})
    both = agreed(heard, {"fee": 0.1, "time": 0.8, "greet": 0.1})
    assert both is not None
    assert (both.act, both.entities) == ("time", entities)
    assert 0.5 < both.confidence < 0.8
    assert agreed(heard, {}) == heard
    assert agreed(None, {}) is None
    alone = agreed(None, {"fee": 0.3, "time": 0.7})
    assert alone is not None and (alone.act, alone.confidence) == ("time", 0.7)
    unranked = agreed(Parse("fee", 0.9), {"fee": 0.5, "time": 0.5})
    assert unranked is not None and unranked.act == "fee"


# Hearing.


def heard(
    text: str, snapshot: Snapshot, state: State | None = None, parsed: Parse | None = None, match: Match = REJECT
) -> tuple[Reading, FakeParser, FakeMatcher]:
    parser, matcher = FakeParser(parsed), FakeMatcher(match)
    reading = asyncio.run(hear(text, state or State(), with_matcher(snapshot, matcher), Ears(parser)))
    return reading, parser, matcher


def test_both_readers_hear_and_only_masked_text_goes_on(snapshot: Snapshot) -> None:
    parsed = Parse("service", 0.9, (Entity("who", "我爸"),))
    reading, parser, matcher = heard("我爸身份証丟了，11010519491231002X", snapshot, parsed=parsed, match=SURE_ITEM)
    assert (reading.act, reading.match, reading.entities) == ("service", SURE_ITEM, parsed.entities)
    assert reading.text == f"我爸身份証丟了,{ID}"
    assert len(parser.heard) == 1
    assert not any(ID in asked for asked in matcher.asked)
    assert not any("110105" in text for text in (*parser.heard, *matcher.asked))
    assert "身份证丢了" in matcher.asked[0]


def test_what_was_offered_is_picked_without_the_engine(snapshot: Snapshot) -> None:
    for state, text, picked in (
        (State(item="YJ001", asked="premises"), "租的", Picked("option", "rented")),
        (State(offered=("SH013", "SH029")), "2", Picked("entry", "SH029")),
        (State(), "yj001", Picked("entry", "YJ001")),
    ):
        reading, parser, _ = heard(text, snapshot, state, Parse("greet", 1.0, ()))
        assert (reading.act, reading.picked, parser.heard) == ("inform", picked, [])


def test_a_rule_spares_the_engine(snapshot: Snapshot) -> None:
    reading, parser, _ = heard("转人工", snapshot, parsed=Parse("greet", 1.0, ()))
    assert (reading.act, parser.heard) == ("human", [])


def test_an_option_that_sounds_like_a_rule_answers_the_question(snapshot: Snapshot) -> None:
    reading, _, _ = heard("要", snapshot, State(item="YJ001", asked="signboard"))
    assert reading.picked == Picked("option", "hang")


@pytest.mark.parametrize("text", ["", " ", "？？？", "👍", "/restart", "\x00\x07", "a" * 5000, "我" * 2000, "𠮷" * 40])
def test_hearing_never_raises(text: str, snapshot: Snapshot) -> None:
    for state in (State(), State(offered=("SH013",)), State(item="YJ001", asked="dining_area")):
        reading, _, _ = heard(text, snapshot, state)
        assert reading.act in ACTS


def test_without_the_engine_a_wish_is_still_matched(searchable: Snapshot) -> None:
    reading = asyncio.run(hear("我身份证丢了想补一张", State(), searchable, Ears(NoParser())))
    assert reading.degraded
    assert reading.act == "service"
    assert "SH013" in [candidate.code for candidate in reading.match.candidates]


def test_vectors_of_what_many_say_are_remembered(snapshot: Snapshot) -> None:
    class Encoder:
        calls = 0

        def encode_query(self, text: str) -> object:
            self.calls += 1
            return text

    encoder = Encoder()
    ears = Ears(NoParser(), encoder)  # type: ignore[arg-type]
    assert ears.vector("身份证丢了") == ears.vector("身份证丢了") == "身份证丢了"
    assert encoder.calls == 1
    assert ears.vector("") is None
    assert Ears(NoParser()).vector("身份证丢了") is None


def test_an_answer_is_mended_before_it_is_heard_as_anything_else(snapshot: Snapshot) -> None:
    state, parser = State(item="YJ001", asked="premises"), FakeParser(Parse("greet", 1.0, ()))
    matcher = FakeMatcher(mended={"组的": "租的", "门排": "门牌"})
    reading = asyncio.run(hear("组的", state, with_matcher(snapshot, matcher), Ears(parser)))
    assert (reading.picked, reading.text, parser.heard) == (Picked("option", "rented"), "组的", [])
    for text, asked in (("门排", state), ("组的", State())):
        reading = asyncio.run(hear(text, asked, with_matcher(snapshot, matcher), Ears(parser)))
        assert reading.picked is None, "mended to no option, or nothing was asked"


class Mishearing(FakeMatcher):
    """Understands what it is given only when it is mended."""

    def read(self, text: str, encode: object) -> tuple[str, Match]:
        return text.replace("护造", "护照"), SURE_ITEM


def test_facts_are_read_from_the_text_as_it_was_understood(snapshot: Snapshot) -> None:
    reading = asyncio.run(hear("护造丢了", State(), with_matcher(snapshot, Mishearing()), Ears(NoParser())))
    assert (reading.text, reading.normal, reading.match) == ("护造丢了", "护照丢了", SURE_ITEM)


class ByClause(FakeMatcher):
    """Knows an identity card from a social card, and finds both near a sentence that names both."""

    def match(self, text: str, vector: object) -> Match:
        codes = [code for word, code in (("身份证", "SH013"), ("社保卡", "SH029")) if word in text]
        if len(codes) == 1:
            return answer_with(codes[0])
        return Match("clarify", (Candidate("SH013", 0.5), Candidate("SH029", 0.4)), 2)


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("社保卡坏了，身份证也丢了", ("SH029", "SH013")),
        ("身份证丢了顺便补社保卡", ("SH013", "SH029")),
        ("身份证丢了，昨天丢的，想补一张", ()),
        ("身份证和社保卡都丢了", ()),
    ],
)
def test_several_requests_in_one_sentence(snapshot: Snapshot, text: str, requests: tuple[str, ...]) -> None:
    """Each by a clause of its own, in the order said; what is not told apart is asked back instead."""
    reading = asyncio.run(
        hear(text, State(), with_matcher(snapshot, ByClause()), Ears(FakeParser(Parse("service", 0.9))))
    )
    assert reading.requests == requests
