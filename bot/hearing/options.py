"""Reads an answer to a question: a tapped value, a number, an option's words, a story that implies one."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

from rapidfuzz import fuzz

from bot.hearing.reading import Picked
from knowledge.definitions import Fact, Option
from knowledge.facts import FactValue
from knowledge.text import normalise, spoken_number

UNKNOWN_VALUE = "?"
"""The value of 不知道: `fact=?`."""

_ORDINAL = re.compile(
    r"^(?:我?选|要|就|第|点)*\s*([0-9]{1,2}|[一二两三四五六七八九十]{1,2})\s*(?:个|项|号|种|条|吧|)*$"
)
_ASKING = re.compile(
    r"吗$|么$|呢$|[?？]|(?<!没)多少|几天|几点|多久|哪|(?<![没])(?:什么|啥)|(?<!不)怎么|咋|要不要|能不能|行不行|可不可以|可以不|是不是|有没有|为什么"
    r"|(?!对)(\w)不\1|.(?<![都也还就是对要])不$|\w\w还是(?!叫|让|算|不|没)"
)
_AGE = re.compile(
    r"(?:今年|[我他她]|都|满|爸|妈|娃|孩子|老人)\s*(?P<told>\d{1,3}|[一二两三四五六七八九十百零]{1,5})岁?(?:多|半)?(?:了|啦)?(?:\s|$)"
    r"|^(?P<bare>\d{1,3}|[一二两三四五六七八九十百零]{2,5})(?:了|啦)$"
)
"""我都四十了, 他一百零二了: an age without 岁."""

_MORE = re.compile(r"以上|出头|往上|多(?!少)|不止|(?<!不)(?:超过|大于)")
_LESS = re.compile(r"不到|不满|没到|没满|未满|不足|小于|少于")
_A_BIT = 0.01
_NOT = ("不是", "不", "没", "没有", "非", "别")
_DONT_KNOW = re.compile(
    r"^(?:我?也?(?:都)?(?:不知道|不晓得|不清楚|不太清楚|不确定|说不准|说不好|没想好|还没想好|没定|还没定|不懂这个|搞不清楚?|弄不清楚?|忘了|记不清|随便|看情况|都行))"
    r"(?:啊|呀|呢|哦|嘞|了|的|吧)?$"
)
_ALL = re.compile(
    r"^(?:我|我们)?(?:两|几|三)?(?:样|种|个|头)?(?:都有|都是|都要|都办|都占|都算|全有|全都有)(?:啊|呀|呢|的|吧)?$"
)
_NEGATIVE = ("不", "没", "无")

_TAKEN_BACK = re.compile(
    r"^(?P<first>.+?)\s(?:(?:哦|噢|喔|啊|呃|哎|诶|嗯)\s?(?:不对|不是|说错了|错了)+|(?:不对|说错了|讲错了)+)\s?(?:应该)?是(?P<last>.+)$"
)
"""个体户 哦不对 是公司: what stands before is taken back."""

_PLAIN_FRAME = re.compile(r"^(?:我们?|咱们?|就|是|要|想|打算|准备)+|(?:的|了|吧|呀|啊|呢|嘛)+$")
"""Around a word of one character: 我是要卖 says 卖."""

NEAR = 85


def is_question(normal: str) -> bool:
    """Whether a normalised text asks something rather than answers."""
    return bool(_ASKING.search(normal))


def says_unknown(normal: str) -> bool:
    """Whether it is 不知道 and nothing more."""
    return bool(_DONT_KNOW.match(normal.replace(" ", "")))


def ordinal(normal: str) -> int | None:
    """第二个, 选2, 二 → 2; None for anything else."""
    found = _ORDINAL.match(normal.replace(" ", ""))
    if not found:
        return None
    return int(found.group(1)) if found.group(1).isdigit() else spoken_number(found.group(1))


def read_option(fact_id: str, fact: Fact, text: str, normal: str) -> Picked | None:
    """What `text` answers to the question for `fact`, or None when it answers nothing.

    A picked value of None means that the citizen does not know, or that several options hold.
    """
    name, _, value = text.strip().partition("=")
    if name == fact_id and (value == UNKNOWN_VALUE or fact.option(value)):
        return Picked("option", None if value == UNKNOWN_VALUE else value)
    if taken_back := _TAKEN_BACK.match(normal):
        normal = taken_back["last"].strip()
    plain = normal.replace(" ", "")
    if says_unknown(normal) and not any(plain == word for one in fact.options for word in option_words(one)):
        return Picked("option", None)
    number = ordinal(normal)
    if number is not None and 1 <= number <= len(fact.options):
        return Picked("option", fact.options[number - 1].id)
    if number == len(fact.options) + 1:
        return Picked("option", None)
    labelled = next((one for one in fact.options if option_words(one)[0] == plain), None)
    if labelled is None and is_question(normal):
        return None
    told = labelled.id if labelled else read_value(fact, normal)
    if told is not None:
        return Picked("option", told)
    option = find_option(fact.options, normal)
    if option is None and _ALL.match(plain):
        return Picked("option", _all_of(fact))
    return Picked("option", option.id) if option else None


def _all_of(fact: Fact) -> str | None:
    """What 都有 answers: yes where the only other options say no, else every branch, as when nobody knows."""
    held = [option for option in fact.options if not option.label.startswith(_NEGATIVE)]
    return held[0].id if len(held) == 1 else None


def read_value(fact: Fact, normal: str, ignored: Collection[str] = ()) -> FactValue | None:
    """What the text states of the fact: a number, or an option by its words.

    不满16岁 is an option's words, though 16岁 stands in it: words that hold a number win over the number in them.
    """
    taken_back = _TAKEN_BACK.match(normal)
    if taken_back and (last := read_value(fact, taken_back["last"], ignored)) is not None:
        return last
    plain = normal.replace(" ", "")
    number = read_number(fact, normal)
    option = find_option(fact.options, normal, near=False, ignored=ignored)
    if option is None or number is None:
        return number if number is not None else option.id if option else None
    meant = fact.option_for(number)
    if meant and meant.id == option.id:
        return number
    in_words = any(word in plain for word in option_words(option) if any(char.isdigit() for char in word))
    return option.id if in_words else number


def read_number(fact: Fact, normal: str) -> str | int | float | None:
    """A number of the fact's unit that falls into one of its ranges; the first where several stand.

    More than a number at which a range ends, as in 300平以上, is the option beyond: its id.
    """
    if not fact.unit:
        return None
    marks = "|".join(dict.fromkeys((fact.unit, fact.unit[0], "㎡", "平")) if "平" in fact.unit else (fact.unit,))
    found = re.search(rf"(\d+(?:\.\d+)?)\s*(?:来|多|几)?\s*个?\s*(?:{marks})", normal) or re.fullmatch(
        r"(?:大概|大约|差不多|约|有|就)*\s*(\d+(?:\.\d+)?)\s*(?:多|左右|吧|来)*", normal
    )
    if not found and fact.unit == "岁":
        found = _AGE.search(normal)
    if not found:
        return None
    number = _figure(next(part for part in found.groups() if part))
    by_tens = found.re is _AGE and "多" in found.group(0)
    if number is None:
        return None
    option = fact.option_for(number)
    if option is None:
        return None
    if by_tens:  # 四十多: which year is not said
        return option.id
    around = normal[max(0, found.start() - 3) : found.end() + 3]
    if _LESS.search(around):
        below = fact.option_for(number - _A_BIT)
        if below and below.id != option.id:
            return below.id
    if _MORE.search(around):
        beyond = fact.option_for(math.nextafter(number, math.inf))
        if beyond and beyond.id != option.id:
            return beyond.id
    return int(number) if number.is_integer() else number


def _figure(text: str) -> float | None:
    """45, 45.5 or 四十五."""
    if text[0].isdigit():
        return float(text)
    spoken = spoken_number(text)
    return None if spoken is None else float(spoken)


def find_option(
    options: Sequence[Option], normal: str, *, near: bool = True, ignored: Collection[str] = ()
) -> Option | None:
    """The option whose words the text holds: the longest wins; of two, the one that is not denied; a tie is None.

    With `near`, a short text that is almost an option's words counts too. Words in `ignored` count for nothing.
    """
    plain = normal.replace(" ", "")
    core = _PLAIN_FRAME.sub("", plain)
    best: dict[str, int] = {}
    denied: set[str] = set()
    for option in options:
        for word in option_words(option):
            where = plain.find(word)
            if where < 0 or word in ignored or (len(word) == 1 and len(plain) > 3 and word != core):
                continue
            if _is_denied(plain, where, word):
                denied.add(option.id)
            else:
                best[option.id] = max(best.get(option.id, 0), len(word))
    if not best and len(options) == 2 and len(denied) == 1:
        return next(option for option in options if option.id not in denied)
    if not best and near:
        best = _nearly(options, plain)
    if not best:
        return None
    top = max(best.values())
    leaders = [option for option in options if best.get(option.id) == top]
    return leaders[0] if len(leaders) == 1 else None


def _is_denied(plain: str, where: int, word: str) -> bool:
    return any(plain[:where].endswith(no) and not word.startswith(no) for no in _NOT)


def _nearly(options: Sequence[Option], plain: str) -> dict[str, int]:
    if not 2 <= len(plain) <= 10:
        return {}
    scores = {
        option.id: int(max(fuzz.ratio(plain, word) for word in option_words(option) if len(word) > 1))
        for option in options
    }
    return {option: score for option, score in scores.items() if score >= NEAR}


def option_words(option: Option) -> list[str]:
    """What people call the option, normalised; its label first."""
    return list(dict.fromkeys(normalise(word).replace(" ", "") for word in (option.label, *option.says)))
