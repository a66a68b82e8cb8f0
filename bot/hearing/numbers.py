"""Reads an amount with its measure, put into the unit of a fact: 两百来平, 三个半月, 十几个人, 一百二十万."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from knowledge.definitions import Fact
from knowledge.text import spoken_number

_MEASURES: dict[str, dict[str, float]] = {
    "平方米": {"平方米|平米|平方|平|m2": 1, "亩": 2000 / 3},
    "立方米": {"立方米|立方|方": 1},
    "岁": {"周?岁": 1},
    "年": {"周?年(?!级|初|底|末|生|[拿买考修办])": 1, "(?<=[个半多来])月": 1 / 12, "天": 1 / 365},
    "个月": {
        "周?年(?!级|初|底|末|[拿买考修办])": 12,
        "(?<=[个半多来])月": 1,
        "星期|礼拜|周(?!年)": 7 / 30,
        "天": 1 / 30,
    },
    "天": {"周?年(?!级|初|底|末)": 365, "(?<=[个半多来])月": 30, "星期|礼拜|周(?!年)": 7, "天": 1},
    "人": {"人|口|名|位|(?<=个)(?![月星礼小工省学])": 1},
    "孩": {"孩|胎|(?<=个)(?![月星礼小工])": 1},
    "张": {"张|个?床|(?<=个)(?![月星礼小工])": 1},
    "套": {"套": 1},
    "次": {"次|回": 1},
    "吨": {"吨|t(?![a-z])": 1, "公斤|kg": 1 / 1000},
    "千瓦": {"千瓦|kw": 1},
    "万元": {"(?<=[万亿])(?:元|块|(?![零一二三四五六七八九]))|(?<=万[一二三四五六七八九])(?![百千])|元|块": 1 / 10_000},
}
"""How people measure what a fact counts in its unit, and how much of the unit one measure is. 3月 is a month's name."""

_COUNTED = re.compile(r"(?:就|有|是)*第?(?:\d+|[一二两三四五六七八九十]+)个(?:了|吧|呀|啊)?")
_NUMERAL = r"\d+(?:\.\d+)?|几[十百千万]|[零〇一二两俩三四五六七八九十百千万]+|半"
_PAIR = re.compile(r"(.*?)([一二两三四五六七八])([二两三四五六七八九])([十百千万]*)")
_BARE = re.compile(
    rf"(?:大概|大约|差不多|约|有|就)*\s*(?P<number>{_NUMERAL})(?P<mid>[多来]?)(?P<times>[万亿]?)\s*(?:左右|吧|了)*"
)
_AGE = re.compile(
    r"(?:今年|[我他她]|都|满|爸|妈|娃|孩子|老人)\s*(?P<told>\d{1,3}|[一二两三四五六七八九十百零]{1,5})岁?(?P<mid>[多半]?)(?:了|啦)?(?:\s|$)"
    r"|^(?P<bare>\d{1,3}|[一二两三四五六七八九十百零]{2,5})(?:了|啦)$"
)
"""我都四十了, 他一百零二了: an age without 岁."""

_MORE = re.compile(r"以上|出头|往上|不止|(?<!不)(?:超过|大于)")
_LESS = re.compile(
    r"不到|不满|没到|没满|未满|不足|小于|少于|(?:快|将近|接近)要?[满到有]?(?=[\d一二两三四五六七八九十半])"
)
_TIMES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_A_BIT = 0.01
_A_YEARS_NAME = 1900


@dataclass(frozen=True)
class _Amount:
    """From `low` to `high` in the fact's unit; `around` are the words it stands in. `exact` unless it was converted."""

    low: float
    high: float
    around: str
    exact: bool = True


def counts(fact: Fact, plain: str) -> bool:
    """Whether 三个, or 第二个 of children, is an amount of what the fact counts and not an option's place."""
    return (
        fact.unit in ("人", "孩", "张") and (fact.unit == "孩" or "第" not in plain) and bool(_COUNTED.fullmatch(plain))
    )


def read_number(fact: Fact, normal: str) -> str | int | float | None:
    """A number of the fact's unit that falls into one of its ranges; the first where several stand.

    More than a number at which a range ends, as in 300平以上, is the option beyond: its id. So is what is told roughly
    (十几个人, 五六年), if all that it may be is in one option; else it tells nothing.
    """
    if not fact.unit:
        return None
    found = (_placed(fact, amount) for amount in _amounts(fact, normal))
    return next((value for value in found if value is not None), None)


def without_numbers(fact: Fact, normal: str) -> str:
    """The text without what it measures in the fact's unit."""
    return _measured(fact.unit).sub(" ", normal) if fact.unit else normal


def _placed(fact: Fact, amount: _Amount) -> str | int | float | None:
    number = amount.low
    option = fact.option_for(number)
    if _LESS.search(amount.around):
        below = fact.option_for(number - _A_BIT)
        if below and below != option:
            return below.id
    if amount.high > number or _MORE.search(amount.around):
        option = fact.option_for(math.nextafter(number, math.inf))
        last = option if amount.high == number else fact.option_for(amount.high)
        if option is None or option != last:
            return None
        if amount.high == number and fact.option_for(number) == option:
            return _figure(number)
        return option.id
    if option is None:
        return None
    return _figure(number) if amount.exact or number.is_integer() else option.id


def _figure(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _amounts(fact: Fact, normal: str) -> Iterator[_Amount]:
    for found in _measured(fact.unit or "").finditer(normal):
        before = normal[max(0, found.start() - 2) : found.start()]
        if "差" in before and "离" not in fact.ask:  # 差两年满80 says what is missing
            continue
        scale = _scale(fact.unit or "", found["measure"])
        low, high = _span(found["number"], found["mid"] + found["after"], found["times"] or "")
        if found["from"]:
            low = _span(found["from"], "", found["times"] or "")[0]
        if low >= _A_YEARS_NAME and found["measure"].endswith("年"):
            continue
        around = normal[max(0, found.start() - 3) : found.end() + 3]
        yield _Amount(round(low * scale, 6), round(high * scale, 6), around, exact=scale == 1 or fact.unit == "万元")
    alone = _BARE.fullmatch(normal) or (_AGE.search(normal) if fact.unit == "岁" else None)
    if alone:
        parts = alone.groupdict()
        number = parts.get("number") or parts.get("told") or parts.get("bare") or ""
        low, high = _span(number, parts["mid"] or "", parts.get("times") or "")
        scale = 1 / 10_000 if fact.unit == "万元" and low >= _TIMES["千"] else 1
        around = normal[max(0, alone.start() - 3) : alone.end() + 3]
        yield _Amount(round(low * scale, 6), round(high * scale, 6), around)


@cache
def _measured(unit: str) -> re.Pattern[str]:
    measures = "|".join(_MEASURES.get(unit, {re.escape(unit): 1}))
    place = "" if unit == "孩" else "第"
    return re.compile(
        rf"(?<![{place}\d.几零〇一二两三四五六七八九十百千万])(?:(?P<from>{_NUMERAL})\s?(?:{measures})?(?:到|至|-))?"
        rf"(?P<number>{_NUMERAL})\s?(?P<mid>[来多几余半个]*)(?P<times>[万千百亿]?)\s?(?P<measure>{measures})(?P<after>[半多]?)"
    )


def _scale(unit: str, measure: str) -> float:
    """How many of the unit one such measure is."""
    for pattern, scale in _MEASURES.get(unit, {}).items():
        if re.fullmatch(re.sub(r"\(\?[<!=][^)]*\)", "", pattern), measure):
            return scale
    return 1


def _span(number: str, words: str, times: str) -> tuple[float, float]:
    """From and to what a number with the words after it may be: 十几 → 10 to 19.99, 五六 → 5 to 6, 两年半 → 2.5."""
    by = _TIMES.get(times, 1)
    if number == "半":
        return 0.5 * by, 0.5 * by
    if number[0] == "几":
        unit = float(spoken_number(number[1:]) or 1)
        return 2 * unit * by, (10 * unit - _A_BIT) * by
    pair = _PAIR.fullmatch(number)
    if pair and (high := _plain(pair[1] + pair[3] + pair[4])) > (low := _plain(pair[1] + pair[2] + pair[4])):
        return low * by, high * by
    low = _plain(number) + (0.5 if "半" in words else 0)
    if not set(words) & set("多几余"):
        return low * by, low * by
    step = 1.0
    while low % (step * 10) == 0 and low:
        step *= 10
    return low * by, (low + step - _A_BIT) * by


def _plain(number: str) -> float:
    """45, 45.5 or 四十五."""
    return float(number) if number[0].isdigit() else float(spoken_number(number) or 0)
