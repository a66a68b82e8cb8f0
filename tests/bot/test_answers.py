"""Answers: options, numbers, what is told without being asked, papers and places that are named."""

from __future__ import annotations

import pytest

from bot.hearing.options import find_option, is_question, ordinal, read_number, read_option, says_unknown
from bot.hearing.papers import asks_if_enough, papers_in_hand
from bot.hearing.places import asks_where
from bot.hearing.reading import Picked
from bot.hearing.volunteered import volunteered
from knowledge.definitions import Fact
from knowledge.facts import entry_facts
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

ID, PHONE, CARD = "［身份证号］", "［手机号］", "［卡号］"


# Answers to a question.


@pytest.fixture(scope="module")
def facts(snapshot: Snapshot) -> dict[str, Fact]:
    """The shared facts, and the social card's own."""
    return {**snapshot.catalogue.facts, **snapshot.catalogue.items["SH029"].facts}


@pytest.mark.parametrize(
    ("fact", "said", "picked"),
    [
        ("premises", "premises=rented", "rented"),
        ("premises", "premises=?", None),
        ("premises", "2", "rented"),
        ("premises", "２", "rented"),
        ("premises", "第三个", "borrowed"),
        ("premises", "选二", "rented"),
        ("premises", "我选1吧", "own"),
        ("premises", "4", None),
        ("premises", "租的", "rented"),
        ("premises", "跟房东租的呀", "rented"),
        ("premises", "租來的", "rented"),
        ("premises", "不是租的，是自己的", "own"),
        ("premises", "亲戚的，不要租金", "borrowed"),
        ("premises", "不知道", None),
        ("premises", "我也不太清楚呢", None),
        ("premises", "没想好", None),
        ("business_form", "不是公司", "individual"),
        ("business_form", "個體戶", "individual"),
        ("business_form", "跟朋友一起开", "company"),
        ("signboard", "要", "hang"),
        ("signboard", "不要", "none"),
        ("cold_dishes", "没有", "none"),
        ("attendance", "我儿子去", "proxy"),
        ("dining_area", "200", 200),
        ("dining_area", "二百平", 200),
        ("dining_area", "大概四十来平吧", 40),
        ("dining_area", "差不多一百二十个平方", 120),
        ("dining_area", "60.5平米", 60.5),
        ("dining_area", "两百五十平方米", 250),
        ("dining_area", "三百平以上", "large"),
        ("dining_area", "三百多平", "large"),
        ("dining_area", "超过三百平", "large"),
        ("dining_area", "五十平以上", "medium"),
        ("dining_area", "五十平以内", 50),
        ("dining_area", "不超过五十平", 50),
        ("dining_area", "不到三百平", 300),
        ("dining_area", "一百多平", "medium"),
        ("dining_area", "3", "large"),
        ("dining_area", "巴掌大的店", "small"),
        ("age_16", "满了", "adult"),
        ("age_16", "没满", "minor"),
        ("age_16", "娃的", "minor"),
        ("hukou_place", "外省的", "elsewhere"),
        ("ss_card_reason", "刷不出来了", "damaged"),
    ],
)
def test_an_answer_is_picked(fact: str, said: str, picked: str | float | None, facts: dict[str, Fact]) -> None:
    assert read_option(fact, facts[fact], said, normalise(said)) == Picked("option", picked)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("premises", "租的要带什么"),
        ("premises", "自己的可以吗"),
        ("premises", "租的和自己的有啥区别"),
        ("premises", "9"),
        ("premises", "今天天气不错"),
        ("premises", "premises=palace"),
        ("premises", "age_16=adult"),
        ("premises", "有租的，有借的"),
        ("dining_area", "多大算大"),
        ("attendance", "能不能让我儿子去"),
        ("business_form", "办公司是不是更好"),
        ("hukou_place", "外地人要多久"),
    ],
)
def test_a_question_or_anything_else_is_no_answer(fact: str, said: str, facts: dict[str, Fact]) -> None:
    assert read_option(fact, facts[fact], said, normalise(said)) is None


@pytest.mark.parametrize(
    ("said", "number"),
    [("1", 1), ("第二个", 2), ("选3", 3), ("十", 10), ("两", 2), ("12号", 12), ("123", None), ("一起", None)],
)
def test_ordinals(said: str, number: int | None) -> None:
    assert ordinal(said) == number


def test_a_number_needs_a_fact_with_a_unit(facts: dict[str, Fact]) -> None:
    assert read_number(facts["premises"], "60平") is None
    assert read_number(facts["dining_area"], "60岁") is None
    assert read_number(facts["dining_area"], "60平") == 60


def test_of_two_options_the_longer_words_win_and_a_tie_wins_nothing(facts: dict[str, Fact]) -> None:
    options = facts["premises"].options
    assert find_option(options, "租的") is not None
    assert find_option(options, "租的 借的") is None
    found = find_option(options, "亲戚的 有房产证")
    assert found is not None and found.id == "own"


def test_every_option_is_picked_by_its_label_and_by_what_people_call_it(snapshot: Snapshot) -> None:
    wrong = []
    for code in snapshot.tables:
        entry = snapshot.catalogue.entry(code)
        for question in entry.questions:
            fact = snapshot.catalogue.fact(entry, question.fact)
            for option in fact.options:
                for said in (option.label, *option.says):
                    picked = read_option(question.fact, fact, said, normalise(said))
                    chosen = fact.option_for(picked.value) if picked and picked.value is not None else None
                    if chosen is None or chosen.id != option.id:
                        wrong.append(f"{code} {question.fact}: {said} → {picked}")
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_questions_and_not_knowing() -> None:
    assert all(map(is_question, ("要带什么", "行不行", "可以吗", "多少钱", "在哪办")))
    assert not any(map(is_question, ("租的", "我自己去", "两百平")))
    assert all(map(says_unknown, ("不知道", "我不知道啊", "没想好", "说不准", "不晓得嘞")))
    assert not any(map(says_unknown, ("不知道在哪办", "我知道", "知道了")))


def test_several_options_at_once_leave_every_branch_in(snapshot: Snapshot) -> None:
    premises = snapshot.catalogue.fact(snapshot.catalogue.entry("YJ001"), "premises")
    for said in ("都有", "两种都有", "我们几样都占"):
        assert read_option("premises", premises, said, said) == Picked("option", None)
    cold = snapshot.catalogue.fact(snapshot.catalogue.entry("QY020"), "cold_dishes")
    assert read_option("cold_dishes", cold, "都有", "都有") != Picked("option", None), "there 都有 says yes"


# What is told without being asked.


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (
            "YJ001",
            "我们是公司，房子租的，两百平",
            {"business_form": "company", "premises": "rented", "dining_area": 200},
        ),
        ("YJ001", "要", {}),
        ("YJ001", "没有", {}),
        ("YJ001", "三百平以上的大店", {"dining_area": "large"}),
        ("SH013", "我家孩子的身份证丢了", {"age_16": "minor"}),
        ("SH013", "身份证丢了", {}),
    ],
)
def test_volunteered_facts(code: str, said: str, told: dict[str, object], snapshot: Snapshot) -> None:
    found = volunteered(snapshot, code, normalise(said))
    assert {fact: found.get(fact) for fact in told} == told
    if not told:
        assert found == {}


def test_known_facts_are_not_read_again(snapshot: Snapshot) -> None:
    assert "premises" not in volunteered(snapshot, "YJ001", normalise("房子是租的"), ["premises"])


def test_papers_named_as_held_ask_what_is_missing(snapshot: Snapshot) -> None:
    assert asks_if_enough(snapshot, "QY026", "健康证和承诺书我都有了 够不够")
    assert asks_if_enough(snapshot, "YJ001", "健康证我有了")
    assert not asks_if_enough(snapshot, "QY026", "健康证怎么办"), "held by nobody"
    assert not asks_if_enough(snapshot, "QY026", "结婚证我有了"), "no paper of this item"


def test_papers_in_hand_take_the_longest_name(snapshot: Snapshot) -> None:
    assert papers_in_hand(snapshot, "SH029", "代办人身份证带了") == ["agent_id_card"]
    assert papers_in_hand(snapshot, "SH029", "身份证带了") == ["id_card"]
    assert papers_in_hand(snapshot, "SH029", "身份证忘带了") == []
    assert papers_in_hand(snapshot, "SH029", "今天天气不错") == []


@pytest.mark.parametrize(
    ("code", "said", "held"),
    [
        ("SH046", "身份证和备案表我都带了", ["id_card", "remote_care_form"]),
        ("SH029", "代办人身份证带了", ["agent_id_card"]),
        ("SH029", "今天天气不错", []),
    ],
)
def test_a_name_of_several_papers_means_the_entrys_own(
    code: str, said: str, held: list[str], snapshot: Snapshot
) -> None:
    assert sorted(papers_in_hand(snapshot, code, said)) == sorted(held)


@pytest.mark.parametrize(
    ("fact", "said", "value"),
    [
        ("business_form", "个体户 哦不对 是公司", "company"),
        ("business_form", "个体户 说错了 应该是公司", "company"),
        ("business_form", "公司 不对 是个体户", "individual"),
        ("premises", "我是租的", "rented"),
    ],
)
def test_what_is_taken_back_in_the_same_sentence_does_not_count(
    fact: str, said: str, value: str, snapshot: Snapshot
) -> None:
    known = entry_facts(snapshot, "YJ001")
    assert volunteered(snapshot, "YJ001", said)[fact] == value
    picked = read_option(fact, known[fact], said, said)
    assert picked and picked.value == value


def test_a_word_of_one_character_counts_in_a_plain_frame(snapshot: Snapshot) -> None:
    side = entry_facts(snapshot, "YJ013")["resale_side"]
    for said, value in (("我是要卖", "seller"), ("卖的", "seller")):
        picked = read_option("resale_side", side, said, said)
        assert picked and picked.value == value, said
    assert read_option("resale_side", side, "我去买菜的路上", "我去买菜的路上") is None


def test_a_themes_own_question_is_heard_though_its_items_use_the_word(snapshot: Snapshot) -> None:
    assert volunteered(snapshot, "YJ013", "我想卖房子")["resale_side"] == "seller"
    assert volunteered(snapshot, "YJ022", "上个月在医院走的")["passed_how"] == "hospital"


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("样板镇能办不", True),
        ("村里能不能办", True),
        ("社区可以办吗", True),
        ("样板镇在哪", False),
        ("我能不能办", False),
        ("村里能领多少钱", False),
    ],
)
def test_whether_it_can_be_done_somewhere_asks_for_the_place(said: str, asks: bool, snapshot: Snapshot) -> None:
    assert asks_where(snapshot, said) == asks


@pytest.mark.parametrize(
    "said", ["要身份证不", "要不要户口本", "农村户口的", "身份证复印件行不行，原件不在", "户口本要带吗", "身份证丢了"]
)
def test_a_paper_that_is_asked_about_is_not_held(said: str, snapshot: Snapshot) -> None:
    assert papers_in_hand(snapshot, "SH009", said) == []


@pytest.mark.parametrize(("said", "age"), [("我都四十了", 40), ("60了", 60), ("他一百零二了", 102), ("今年68", 68)])
def test_an_age_needs_no_unit(said: str, age: int, snapshot: Snapshot) -> None:
    fact = entry_facts(snapshot, "ZJ017")
    (name,) = (one for one, of in fact.items() if of.unit == "岁")
    assert read_option(name, fact[name], said, said) == Picked("option", age)


def test_of_two_alternatives_neither_is_told(snapshot: Snapshot) -> None:
    assert volunteered(snapshot, "SH013", "本人去还是托人去") == {}
