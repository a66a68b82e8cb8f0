"""Numbers told for a fact: amounts with their measures, said exactly or roughly, put into the right option."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hearing.numbers import read_number
from bot.hearing.options import read_option
from bot.hearing.reading import Picked
from bot.hearing.volunteered import volunteered
from knowledge.definitions import Fact, Option
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

INSTEAD_OF = {"孩": "胎", "平方米": "平", "张": "张床"}
"""How people measure what the unit does not say itself."""

WHOLE = ("人", "孩", "张", "套", "次")


@pytest.fixture(scope="module")
def facts(snapshot: Snapshot) -> dict[str, Fact]:
    """Every fact of the catalogue."""
    own = {name: fact for entry in snapshot.catalogue.entries() for name, fact in entry.facts.items()}
    return {**snapshot.catalogue.facts, **own}


def _numeric(facts: dict[str, Fact]) -> list[tuple[str, Fact, Option]]:
    return [(name, fact, one) for name, fact in facts.items() if fact.unit for one in fact.options if one.range]


@given(st.data())
def test_a_number_inside_a_range_is_that_option(facts: dict[str, Fact], data: st.DataObject) -> None:
    name, fact, option = data.draw(st.sampled_from(_numeric(facts)))
    assert option.range and fact.unit
    low, high = option.range[0], option.range[1] if option.range[1] is not None else option.range[0] * 3 + 9
    whole = fact.unit in WHOLE
    told = data.draw(st.integers(int(low), int(high)) if whole else st.floats(low, high).map(lambda one: round(one, 1)))
    if not option.holds(told) or (fact.unit == "年" and told >= 1900):
        return
    said = f"{told:.10g}{INSTEAD_OF.get(fact.unit, fact.unit)}"
    picked = read_option(name, fact, said, normalise(said))
    assert picked and picked.value is not None
    assert fact.option_for(picked.value) == fact.option_for(told), said


def test_ranges_meet_at_their_ends_only(facts: dict[str, Fact]) -> None:
    for name, fact, option in _numeric(facts):
        for other in fact.options:
            if other is not option and other.range and option.range and other.range[0] >= option.range[0]:
                assert option.range[1] is not None and option.range[1] <= other.range[0], (name, option.id, other.id)


BOUNDS = [
    ("driver_age", "63岁", "mid"),
    ("driver_age", "70周岁", "old"),
    ("rename_age", "8岁", "minor"),
    ("rename_age", "十八岁", "adult"),
    ("resident_claim_age", "六十了", "reached"),
    ("ui_years", "一年", "y1"),
    ("ui_years", "十一个月", "lt1"),
    ("skill_when", "12个月", "recent"),
    ("nurse_gap", "三年", "short"),
    ("injury_when", "三十天", "month"),
    ("injury_when", "31天", "year"),
    ("startup_loan_size", "十万", "small"),
    ("dispatch_capital", "200万元", "enough"),
    ("truck_class", "4.5吨", "light"),
    ("truck_12t", "12吨", "above"),
    ("utility_power", "160kw", "small"),
    ("fund_loan_six", "半年", "enough"),
    ("energy_amount", "一万吨", "large"),
]


@pytest.mark.parametrize(("name", "said", "option"), BOUNDS)
def test_who_stands_at_the_line_is_on_the_side_the_label_says(
    name: str, said: str, option: str, facts: dict[str, Fact]
) -> None:
    picked = read_option(name, facts[name], said, normalise(said))
    found = picked and picked.value is not None and facts[name].option_for(picked.value)
    assert found and found.id == option


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("dining_area", "两百来平", 200),
        ("dining_area", "两三百平", "medium"),
        ("dining_area", "50到60平", "medium"),
        ("dining_area", "一亩", "large"),
        ("startup_loan_size", "一百二十万", 120),
        ("startup_loan_size", "三十万元", 30),
        ("startup_loan_size", "五万八", 5.8),
        ("startup_loan_size", "100000", 10),
        ("startup_loan_size", "8", 8),
        ("startup_loan_size", "十几万", "large"),
        ("dispatch_capital", "不到两百万", "short"),
        ("dispatch_capital", "1.5亿", 15000),
        ("flex_med_before", "三个半月", 3.5),
        ("flex_med_before", "三个多月", "long"),
        ("flex_med_before", "两三个月", "short"),
        ("flex_med_before", "两个星期", "short"),
        ("nurse_gap", "两年半", 2.5),
        ("nurse_gap", "三年多", "long"),
        ("injury_when", "快一年了", 365),
        ("injury_when", "半个月", 15),
        ("survivor_count", "五六个人", "several"),
        ("survivor_count", "十几个人", "several"),
        ("survivor_count", "三个", 3),
        ("birth_reg_order", "第二个", 2),
        ("birth_reg_order", "四胎", 4),
        ("designated_kind", "诊所，5张床", "clinic"),
        ("fund_sealed", "停了八个月，外地交上了", "elsewhere"),
        ("house_count", "已有一套", "second"),
        ("age_16", "快16岁了", "minor"),
    ],
)
def test_amounts_as_people_tell_them(name: str, said: str, value: str | float, facts: dict[str, Fact]) -> None:
    assert read_option(name, facts[name], said, normalise(said)) == Picked("option", value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("qualification_age", "六十多岁"),
        ("house_area", "一百多平"),
        ("dining_area", "几十平"),
        ("road_age", "四年"),
        ("nurse_gap", "2020年停的"),
        ("flex_med_before", "三月停的"),
        ("age_16", "还差3岁"),
        ("crime_times", "第三次"),
        ("truck_class", "冷藏车，3吨"),
        ("truck_class", "小货车，6吨"),
    ],
)
def test_what_may_be_several_options_is_asked_again(name: str, said: str, facts: dict[str, Fact]) -> None:
    assert read_number(facts[name], normalise(said)) is None or name == "truck_class"
    assert read_option(name, facts[name], said, normalise(said)) is None


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        ("SH037", "失业保险交了8年", {"ui_years": 8}),
        ("SH037", "等了3年才来", {}),
        ("SH065", "考试通过4年了", {"nurse_exam_years": 4}),
        ("SH043", "30天能不能办好", {}),
        ("SH040", "想贷20万", {"startup_loan_size": 20}),
    ],
)
def test_a_time_nobody_asked_for_needs_words_of_its_question(
    code: str, said: str, told: dict[str, object], snapshot: Snapshot
) -> None:
    assert volunteered(snapshot, code, normalise(said)) == told
