"""Reads an answer to a question: a tapped value, a number, an option's words, a story that implies one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rapidfuzz import fuzz

from bot.hearing.numbers import counts, read_number, without_numbers
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

_HAS_NUMBER = re.compile(r"[\d一二两三四五六七八九十百千万半]")
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
    number = None if counts(fact, plain) else ordinal(normal)
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
    if read_number(fact, normal) is not None:
        return None
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
    Words of an option that is no number win too (诊所，5张床); where a fact has such options and the words of another
    option stand against the number (冷藏车，3吨), neither is told.
    """
    taken_back = _TAKEN_BACK.match(normal)
    if taken_back and (last := read_value(fact, taken_back["last"], ignored)) is not None:
        return last
    plain = normal.replace(" ", "")
    number = read_number(fact, normal)
    option = find_option(fact.options, normal, near=False, ignored=ignored)
    if option is None or number is None:
        return number if number is not None else option.id if option else None
    if fact.option_for(number) == option:
        return number
    if option.range is None or any(word in plain for word in option_words(option) if _is_more_than_number(fact, word)):
        return option.id
    besides = find_option(fact.options, without_numbers(fact, normal), near=False, ignored=ignored)
    return number if besides is None or all(one.range for one in fact.options) else None


def _is_more_than_number(fact: Fact, word: str) -> bool:
    return bool(_HAS_NUMBER.search(word) and without_numbers(fact, word).strip())


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
