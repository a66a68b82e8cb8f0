"""Normalises what people type or say, so that one lexicon serves all spellings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import opencc
import yaml

INTENTS = Path(__file__).resolve().parents[1] / "intents"

_PUNCTUATION = re.compile(r"[^\w%.\-]+", re.UNICODE)
_SPACES = re.compile(r"\s+")
_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_SPOKEN_NUMBER = re.compile(r"[零〇一二两俩三四五六七八九十百千万]+")
_MEASURED = re.compile(
    r"(?<![几零〇一二两三四五六七八九十百千万])(?![零〇一二两三四五六七八九十百千万]*[一二两三四五六七八九]{2})"
    r"([零〇一二两三四五六七八九十百千万]*[十百千万][零〇一二两三四五六七八九十百千万]*|[一二两三四五六七八九])"
    r"(?=(?:来|多|几)?(?:个)?(?:平方米|平米|平方|平|岁|年|天|块|元|人|口人|吨|间|层))"
)


@dataclass(frozen=True)
class Lexicons:
    """What `intents/lexicons` teaches: dialect and homophone words → plain ones, and words without meaning."""

    replace: tuple[tuple[re.Pattern[str], dict[str, str]], ...]
    fillers: re.Pattern[str]


def _replacing(table: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(_replaceable(word) for word in sorted(table, key=len, reverse=True)) or r"(?!)")


def read_yaml(path: Path) -> Any:
    """What a YAML file holds, by libyaml where PyYAML has it: ten times as quick. Raises yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"


def _replaceable(word: str) -> str:
    """A wrong form as a pattern. 身份正 is meant as 身份证, but not in 身份正确."""
    return re.escape(word) + (r"(?![常确在好本式规])" if word.endswith("正") else "")


@cache
def lexicons(folder: Path = INTENTS / "lexicons") -> Lexicons:
    """Read once. Homophones are repaired before dialect words are replaced."""
    fillers = _any_of([str(word) for word in (read_yaml(folder / "fillers.yml") or {})])
    tables = [
        {str(k): str(v) for k, v in (read_yaml(folder / f"{name}.yml") or {}).items()}
        for name in ("homophones", "dialect")
    ]
    return Lexicons(
        replace=tuple((_replacing(table), table) for table in tables),
        fillers=re.compile(rf"(?:^|(?<=\s))(?:{fillers}|\s)+|(?:{fillers}|\s)+(?=\s|$)"),
    )


@cache
def _simplifier() -> Any:
    return opencc.OpenCC("t2s")


def clean(text: str) -> str:
    """NFKC, no control characters, one space between words: what is kept and shown."""
    plain = unicodedata.normalize("NFKC", text)
    return _SPACES.sub(" ", "".join(c if unicodedata.category(c)[0] != "C" else " " for c in plain)).strip()


def spoken_number(words: str) -> int | None:
    """一百二十 → 120, 两百五 → 250, 三 → 3; None where it is not a number."""
    total, section, digit, unit = 0, 0, 0, 1
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            unit = _UNITS[char]
            if unit == 10000:
                total, section, digit = total + (section + digit) * unit, 0, 0
            else:
                section, digit = section + (digit or 1) * unit, 0
        else:
            return None
    # 两百五 means 250: a last digit right after 百 or 千 counts in tenths of that unit.
    short = len(words) > 1 and words[-1] in _DIGITS and words[-2] in "百千万"
    return total + section + (digit * unit // 10 if short else digit)


def numbers_to_digits(text: str) -> str:
    """Spoken numbers before a measure become digits: 一百二十平 → 120平. 五六个人 and 几十平 stay as they are."""
    return _MEASURED.sub(lambda found: str(spoken_number(found.group(1)) or found.group(1)), text)


def plain_words(text: str) -> str:
    """Simplified characters, lower case, homophones repaired, then dialect words replaced."""
    plain = str(_simplifier().convert(clean(text))).lower()
    for pattern, words in lexicons().replace:
        plain = pattern.sub(lambda found, words=words: words[found.group(0)], plain)  # type: ignore[misc]
    return plain


@lru_cache(maxsize=1 << 16)
def normalise(text: str) -> str:
    """The form that is matched: plain words, numbers as digits, no punctuation, no fillers at a clause's ends.

    Returns the text with its fillers where nothing else would be left: 嗯 and 你好 are answers themselves.
    """
    spaced = _SPACES.sub(" ", _PUNCTUATION.sub(" ", numbers_to_digits(plain_words(text)))).strip()
    kept = _SPACES.sub(" ", lexicons().fillers.sub(" ", spaced)).strip()
    return kept or spaced


def has_words(text: str) -> bool:
    """Whether there is anything to understand: a letter, a digit or a Chinese character."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)
