"""Misheard words are mended by sound, and nothing else is touched."""

from __future__ import annotations

import pytest
from shipped_catalogue import shipped_phrases

from knowledge.search.deciding import fitted_rule
from knowledge.search.homophones import Homophones, Lexicon, learn, near_sound
from knowledge.search.index import Floats, Index
from knowledge.search.matcher import CLEARLY_BETTER, Calibration, Candidate, Decision, Match, Matcher
from knowledge.search.phrases import NONE, Phrase, aliases, ambiguous_words
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

SMALL = [["护照", "丢", "了"], ["三口", "人"], ["没有", "房子"], ["租", "房子"], ["哪家", "好"]] * 20
LANGUAGE = dict.fromkeys("护造丢了三山口人没有美房子芳租组那家好", 10) | {"房子": 100}


@pytest.fixture(scope="module")
def small() -> Homophones:
    """Knows few words, each often said."""
    return Homophones(learn(SMALL, []), LANGUAGE)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("营业直照丢了", "营业执照丢了"),
        ("想办个体公商户", "想办个体工商户"),
        ("社保咔坏了", "社保卡坏了"),
        ("身份正丢了", "身份证丢了"),
        ("准生正怎么办", "准生证怎么办"),
        ("公鸡金怎么取", "公积金怎么取"),
        ("低宝怎么申请", "低保怎么申请"),
        ("残机证到期", "残疾证到期"),
        ("户口布丢了", "户口簿丢了"),
        ("换了门排", "换了门牌"),
        ("我的护造到期了", "我的护照到期了"),
        ("老务派遣", "劳务派遣"),
        ("捞务派遣", "劳务派遣"),
    ],
)
def test_what_was_misheard_is_mended(searchable: Snapshot, said: str, meant: str) -> None:
    assert searchable.matcher.repaired(said) == meant
    assert searchable.matcher.repaired(meant) is None, "and what is mended stays"


def test_no_name_alias_or_option_is_changed(searchable: Snapshot) -> None:
    catalogue = searchable.catalogue
    words = {*aliases(catalogue, shipped_phrases()), *ambiguous_words()}
    words |= {normalise(word) for one in catalogue.materials.values() for word in (one.name, *one.says)}
    words |= {
        normalise(word)
        for fact in catalogue.facts.values()
        for option in fact.options
        for word in (option.label, *option.says)
    }
    assert len(words) > 1000
    assert {word: mended for word in words if (mended := searchable.matcher.repaired(word))} == {}


def test_hardly_a_phrase_is_changed(searchable: Snapshot) -> None:
    phrases = searchable.matcher.index.phrases[::7]
    changed = [phrase.text for phrase in phrases if searchable.matcher.repaired(phrase.text)]
    assert len(changed) < 0.02 * len(phrases), changed


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("护造丢了", "护照丢了"),
        ("abc护造 护造 120平", "abc护照 护照 120平"),
        ("护照丢了", None),
        ("山口人", None),  # a number is never heard into a sentence
        ("美有房子", None),  # nor a no
        ("那家好", None),  # nor a question
        ("", None),
        ("hello 120", None),
        ("𠮶嘢", None),
    ],
)
def test_only_words_of_the_domain_and_never_what_turns_the_meaning(
    small: Homophones, said: str, meant: str | None
) -> None:
    assert small.repaired(said) == meant


def test_without_a_lexicon_nothing_is_mended() -> None:
    assert Homophones(Lexicon(), {}).repaired("护造丢了") is None


def test_a_word_said_once_is_known_but_not_heard_by_its_sound() -> None:
    once = learn([["护照"]], [])
    assert once.said == {"护照": 1}
    assert once.sounds == {}
    assert learn([], ["护照"]).sounds == {"护照": "hu zhao"}, "a name always is"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zhi", "zi"),
        ("chan", "cang"),
        ("shi", "si"),
        ("nan", "lan"),
        ("lv", "lu"),
        ("hu", "fu"),
        ("hui", "fei"),
        ("huang", "fang"),
        ("hun", "fen"),
        ("hua", "fa"),
        ("ying", "yin"),
        ("sheng", "shen"),
    ],
)
def test_syllables_that_dialects_take_for_each_other(one: str, other: str) -> None:
    assert near_sound(one) == near_sound(other)


@pytest.mark.parametrize(
    ("one", "other"), [("hao", "fao"), ("huo", "fo"), ("zhong", "zhon"), ("ma", "pa"), ("da", "ta")]
)
def test_syllables_that_nobody_mixes_up(one: str, other: str) -> None:
    assert near_sound(one) != near_sound(other)


class Told(Matcher):
    """Understands texts as it is told to."""

    def __init__(self, told: dict[str, tuple[Decision, float]]) -> None:
        one = Phrase("QY001", "护照丢了", "goal")
        zero = Calibration(mean=[], scale=[], weights=[], bias=0.0, rule=fitted_rule(words_only=True))
        index = Index([one, Phrase(NONE, "你好", "greet")], ["护照"], None)
        super().__init__(index, {}, zero, lexicon=learn(SMALL, []))
        self.told, self.encoded = told, list[str]()

    def match(self, text: str, vector: Floats | None) -> Match:
        decision, score = self.told[text]
        return Match(decision, (Candidate("QY001", score),) if score else ())

    def encode(self, text: str) -> None:
        self.encoded.append(text)


@pytest.mark.parametrize(
    ("told", "read", "encoded"),
    [
        ({"护造丢了": ("answer", 0.6)}, "护造丢了", 1),
        ({"护照丢了": ("clarify", 0.3)}, "护照丢了", 1),
        ({"护造丢了": ("reject", 0.0)}, "护造丢了", 1),
        ({"护造丢了": ("clarify", 0.3), "护照丢了": ("answer", 0.9)}, "护照丢了", 2),
        ({"护造丢了": ("reject", 0.05), "护照丢了": ("clarify", 0.3)}, "护照丢了", 2),
        ({"护造丢了": ("clarify", 0.3), "护照丢了": ("answer", 0.3 + CLEARLY_BETTER / 2)}, "护造丢了", 2),
    ],
)
def test_the_mended_text_counts_only_where_it_is_clearly_better_understood(
    told: dict[str, tuple[Decision, float]], read: str, encoded: int
) -> None:
    matcher = Told(told)
    text, match = matcher.read(next(iter(told)), matcher.encode)
    assert text == read
    assert (match.decision, match.candidates[0].score if match.candidates else 0.0) == told[read]
    assert len(matcher.encoded) == encoded


def test_a_misheard_sentence_finds_its_entry(searchable: Snapshot) -> None:
    text, match = searchable.matcher.read("我那本护造丢了", lambda _: None)
    assert text == "我那本护照丢了"
    assert match.candidates[0].code == searchable.matcher.match("我那本护照丢了", None).candidates[0].code
