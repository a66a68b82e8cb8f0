"""Words that were misheard: a sentence is read anew by sound where words of the domain explain it better.

The sentence is cut into words so that the product of their probabilities is greatest. A word stands as it is written
or, at a price for each character that differs, for a word of the domain that sounds alike: 护造 is no word, 护照 is
often said. What words and characters sound like is worked out when the snapshot is built.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict

LONGEST, LONGEST_HEARD = 16, 8
"""Of so many characters words are, as they are written and as they may be heard by their sound."""

FEWEST = 3
"""So often a word must be said to be heard by its sound; names of the catalogue always may be."""

SAME_SOUND, NEAR_SOUND = 4.5, 6.0
"""The price of a changed character, as a logarithm: the same syllable, or one that dialects take for it."""

GENERAL = 0.3
"""The share of the language in general in a word's probability; the rest is what people say here."""

_UNKNOWN = math.log(1e-7)
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_KEPT = frozenset("零〇一二两俩三四五六七八九十百千万亿几半我你您他她它那哪这不没未无有别的得地了吗呢么吧")
"""Numbers, who and which, yes and no: a mistake here would turn the meaning, so they are as they were said."""

_DIALECT = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"^([zcs])h", r"\1"),
        (r"^n", "l"),
        (r"^hu(?=a|$)", "f"),
        (r"^f$", "fu"),
        (r"^hui$", "fei"),
        (r"^hun$", "fen"),
        (r"v", "u"),
        (r"(?<=[aei])ng$", "n"),
    )
)


class Lexicon(BaseModel):
    """How often words are said, the syllables of those that may be heard, characters by syllable."""

    model_config = ConfigDict(frozen=True)

    said: dict[str, int] = {}
    sounds: dict[str, str] = {}
    characters: dict[str, str] = {}


def learn(sentences: Iterable[Iterable[str]], names: Collection[str]) -> Lexicon:
    """The lexicon of sentences cut into words, and of names that count though hardly anybody says them."""
    from pypinyin import lazy_pinyin  # 57 MB, and only needed here

    said = Counter(word for words in sentences for word in words if _CHINESE.fullmatch(word))
    said.update({name: FEWEST for name in names if _CHINESE.fullmatch(name)})
    heard = [word for word, count in said.items() if count >= FEWEST and 2 <= len(word) <= LONGEST_HEARD]
    characters: dict[str, str] = {}
    for char in map(chr, range(0x4E00, 0xA000)):
        (syllable,) = lazy_pinyin(char)
        characters[syllable] = characters.get(syllable, "") + char
    return Lexicon(said=said, sounds={word: " ".join(lazy_pinyin(word)) for word in heard}, characters=characters)


def near_sound(syllable: str) -> str:
    """A syllable as dialects take it: zh as z, n as l, hu as f, ing as in."""
    for pattern, plain in _DIALECT:
        syllable = pattern.sub(plain, syllable)
    return syllable


class Homophones:
    """Mends sentences by a lexicon, beside a language's own word counts."""

    def __init__(self, lexicon: Lexicon, language: Mapping[str, int]) -> None:
        self._lexicon, self._language = lexicon, language
        self._all_said = sum(lexicon.said.values()) or 1
        self._all_words = sum(language.values()) or 1

    @cached_property
    def _syllable(self) -> dict[str, str]:
        return {char: syllable for syllable, chars in self._lexicon.characters.items() for char in chars}

    @cached_property
    def _sounding(self) -> dict[tuple[str, ...], list[tuple[str, list[str]]]]:
        """Words by what dialects make of them, with their own syllables."""
        near = {syllable: near_sound(syllable) for syllable in self._lexicon.characters}
        found: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}
        for word, sounds in self._lexicon.sounds.items():
            syllables = sounds.split()
            key = tuple(near.get(one) or near_sound(one) for one in syllables)
            found.setdefault(key, []).append((word, syllables))
        return found

    def repaired(self, text: str) -> str | None:
        """The sentence with its misheard words mended; None where it reads best as it is."""
        mended = _CHINESE.sub(lambda run: self._best(run.group(0)), text)
        return mended if mended != text else None

    def _probability(self, word: str) -> float:
        """The logarithm of how likely a word is."""
        share = (1 - GENERAL) * self._lexicon.said.get(word, 0) / self._all_said
        share += GENERAL * self._language.get(word, 0) / self._all_words
        return math.log(share) if share else _UNKNOWN * len(word)

    def _best(self, run: str) -> str:
        """The likeliest reading of a run of characters: the best one up to each of them, from left to right."""
        sounds = [self._syllable.get(char, char) for char in run]
        near = [near_sound(one) for one in sounds]
        best = [(0.0, "")]
        for end in range(1, len(run) + 1):
            ways = []
            for start in range(max(0, end - LONGEST), end):
                before, read = best[start]
                word = run[start:end]
                if len(word) == 1 or word in self._lexicon.said or self._language.get(word):
                    ways.append((before + self._probability(word), read + word))
                for other, syllables in self._sounding.get(tuple(near[start:end]), ()):
                    price = _price(word, other, sounds[start:end], syllables)
                    if price is not None:
                        ways.append((before + self._probability(other) - price, read + other))
            best.append(max(ways))
        return best[-1][1]


def _price(word: str, other: str, heard: list[str], meant: list[str]) -> float | None:
    """What it costs to read one word for another; None where they are the same or what must stay would change."""
    changed = [n for n, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    if not changed or not _KEPT.isdisjoint(char for n in changed for char in (word[n], other[n])):
        return None
    return sum(SAME_SOUND if heard[n] == meant[n] else NEAR_SOUND for n in changed)
