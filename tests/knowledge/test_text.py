"""Normalising what people type or say."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_catalogue import shipped_phrases

from knowledge.search.phrases import act_examples
from knowledge.text import INTENTS, clean, has_words, lexicons, normalise, numbers_to_digits, plain_words, spoken_number

FILLERS = [str(word) for word in yaml.safe_load((INTENTS / "lexicons" / "fillers.yml").read_text("utf-8"))]
TAUGHT = [word for _, table in lexicons().replace for word in table]

spoken = st.lists(
    st.sampled_from(FILLERS) | st.sampled_from(TAUGHT) | st.sampled_from([*"我想办执照身份证咋啥一二两三百千万平年正", "營業執照", "，", "。", " ", "？", "Ａ", "ok", "120", "%", "\u200b"]),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(spoken | st.text(max_size=20))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_every_phrase_of_the_catalogue_is_settled_at_once() -> None:
    said = [one for file in shipped_phrases().values() for group in file.phrases.values() for one in group]
    said += [one for path in sorted((INTENTS / "acts").glob("*.yml")) for one in act_examples(path)]
    unsettled = [text for text in said if normalise(normalise(text)) != normalise(text)]
    assert unsettled == []


@settings(max_examples=300)
@given(spoken | st.text(max_size=20))
def test_what_has_words_is_never_emptied(text: str) -> None:
    if has_words(clean(text)):
        assert normalise(text) != ""


@given(st.text(max_size=20))
def test_nothing_but_words_and_single_blanks_is_left(text: str) -> None:
    found = normalise(text)
    assert found == found.strip()
    assert "  " not in found
    assert not set(found) & set("，。？！、；：“”（）\n\t\u200b")


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("營業執照", "营业执照"),
        ("ＡＢＣ１２", "abc12"),
        ("我想办，营业执照！", "我想办 营业执照"),
        ("办\u200b证", "办 证"),
        ("店里一百二十平", "店里120平"),
        ("两百五十平米的店", "250平米的店"),
        ("满三年了没", "满3年了没"),
    ],
)
def test_one_form_for_all_spellings(said: str, plain: str) -> None:
    assert normalise(said) == plain


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("三", 3),
        ("十", 10),
        ("十五", 15),
        ("二十", 20),
        ("一百二十", 120),
        ("一百零五", 105),
        ("两百五", 250),
        ("两百五十", 250),
        ("三千六", 3600),
        ("一万", 10_000),
        ("一万五", 15_000),
        ("两万三千", 23_000),
        ("一百二十万", 1_200_000),
        ("零", 0),
        ("一百平", None),
        ("百分之几", None),
    ],
)
def test_spoken_numbers(words: str, number: int | None) -> None:
    assert spoken_number(words) == number


def _words(number: int) -> str:
    """A number below ten thousand as it is read out, in full."""
    digits, found, gap = "零一二三四五六七八九", "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            found += ("零" if gap and found else "") + digits[digit] + name
        gap = not digit
    return found


@given(st.integers(1, 9999))
def test_a_number_read_out_in_full_is_that_number(number: int) -> None:
    assert spoken_number(_words(number)) == number


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("一百二十平", "120平"),
        ("三个人", "3个人"),
        ("十来平", "10来平"),
        ("一百多平方米", "100多平方米"),
        ("五六个人", "五六个人"),
        ("十五六岁", "十五六岁"),
        ("几十平", "几十平"),
        ("一件事", "一件事"),
        ("统一", "统一"),
        ("第一条", "第一条"),
    ],
)
def test_only_measured_numbers_become_digits(said: str, digits: str) -> None:
    assert numbers_to_digits(said) == digits


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("嗯 那个那个 我想办执照", "我想办执照"),
        ("我想办执照 嗯", "我想办执照"),
        ("嗯", "嗯"),
        ("你好", "你好"),
    ],
)
def test_fillers_go_at_a_clauses_ends_only(said: str, plain: str) -> None:
    assert normalise(said) == plain


@pytest.mark.parametrize("filler", ["嗯", "那个那个"])
def test_a_filler_inside_a_clause_stays(filler: str) -> None:
    assert filler in FILLERS
    assert normalise(f"我要{filler}执照") == f"我要{filler}执照"


def test_dialect_and_misheard_words_are_mended() -> None:
    assert plain_words("咋办") == "怎么办"
    assert plain_words("身份正丢了") == "身份证丢了"
    assert plain_words("身份正确") == "身份正确", "the wrong form inside a right word"


@pytest.mark.parametrize(
    ("text", "has"), [("", False), ("，。！", False), ("😀", False), ("办", True), ("a", True), ("1", True)]
)
def test_what_there_is_to_understand(text: str, has: bool) -> None:
    assert has_words(text) is has


def test_cleaning_keeps_the_words_as_they_were_said() -> None:
    assert clean(" 你好\n\n，我要\u0000办證 ") == "你好 ,我要 办證"
