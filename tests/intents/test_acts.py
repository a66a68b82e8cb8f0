"""The acts' examples, the entity lists and the lexicons: format, counts, no doubles, and no harm to ordinary words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from knowledge.text import read_yaml

INTENTS = Path(__file__).parents[2] / "intents"

# The acts of the design that are intents; `service` is sampled from the items and has no file here.
ACTS = [
    "inform",
    "materials",
    "material_source",
    "conditions",
    "place",
    "time",
    "hours",
    "fee",
    "online",
    "proxy",
    "deferrable",
    "steps",
    "legal_basis",
    "appointment",
    "queue",
    "progress",
    "delivery",
    "human",
    "complaint",
    "rate",
    "repeat",
    "explain",
    "more",
    "affirm",
    "deny",
    "dont_know",
    "correct",
    "previous",
    "restart",
    "erase",
    "greet",
    "thanks",
    "bye",
    "out_of_scope",
    "emergency",
]
# Acts said in few words and few ways.
SMALL = {"affirm", "bye", "deny", "greet", "more", "previous", "thanks"}
LISTED = ("who", "when", "tenure", "by_proxy")
ENTITIES = {*LISTED, "size"}
ANNOTATION = re.compile(r"\[([^\[\]()]+)\]\(([^\[\]()]+)\)")

# Ordinary sentences in which the lexicons have nothing to replace: each holds a trap that a careless entry fell into.
UNTOUCHED = (
    "什么子女可以投靠落户",
    "一直没得到答复",
    "只要得到房东同意",
    "取得行政许可要多久",
    "出生证明儿子的丢了",
    "这个部门面试吗",
    "店铺面积多大",
    "我家厨房本来就小",
    "公司成立马上要办税",
    "身份信息通过身份验证没有",
    "高三学生娃怎么迁户口",
    "怎么搞落户手续",
    "房屋企业怎么登记",
    "材料错了怎么整改",
    "请关注消防检查",
    "职工租房怎么提取",
    "下一步动产抵押登记怎么办",
    "开户照片要几张",
    "申请问题找谁",
    "营业照常进行吗",
    "我不懂产权登记",
    "没得法人签字行吗",
    "林木有多少棵要办采伐证",
)


def load(path: Path) -> Any:
    return read_yaml(path)


def lines(block: str, where: str) -> list[str]:
    """Return the entries of one of Rasa's `examples` blocks."""
    rows = block.splitlines()
    wrong = [row for row in rows if not row.startswith("- ") or row != row.rstrip() or not row[2:].strip()]
    assert not wrong, f"{where}: write each example as '- text', without blanks at its end: {wrong}"
    return [row[2:] for row in rows]


def examples(act: str) -> list[str]:
    return lines(load(INTENTS / "acts" / f"{act}.yml")["nlu"][0]["examples"], act)


def plain(example: str) -> str:
    """Return an example as it is said: without its annotations."""
    return ANNOTATION.sub(r"\1", example)


def bare(text: str) -> str:
    """Return a text without punctuation, blanks and case: what makes two examples the same."""
    return "".join(c for c in text.casefold() if unicodedata.category(c)[0] not in "PZSC")


def lookup(name: str) -> list[str]:
    data = load(INTENTS / "entities" / f"{name}.yml")
    assert data["version"] == "3.1"
    (entry,) = data["nlu"]
    assert entry.keys() == {"lookup", "examples"}
    assert entry["lookup"] == name
    return lines(entry["examples"], name)


def lexicon(name: str) -> Any:
    return load(INTENTS / "lexicons" / f"{name}.yml")


def replaced(text: str, words: dict[str, str]) -> str:
    """Replace in one pass, the longest word first, as the lexicons ask for."""
    pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(pattern, lambda match: words[match[0]], text)


def doubled_keys(name: str) -> list[str]:
    """Return keys written twice: YAML keeps the last one without a word."""
    text = (INTENTS / "lexicons" / f"{name}.yml").read_text(encoding="utf-8")
    keys = Counter(re.findall(r"^([^#\s][^:]*):", text, flags=re.MULTILINE))
    return [key for key, count in keys.items() if count > 1]


def test_every_act_has_its_file_and_no_other_is_there() -> None:
    assert {path.stem for path in (INTENTS / "acts").iterdir()} == set(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_act_file(act: str) -> None:
    data = load(INTENTS / "acts" / f"{act}.yml")
    assert data.keys() == {"version", "nlu"}
    assert data["version"] == "3.1"
    (entry,) = data["nlu"]
    assert entry.keys() == {"intent", "examples"}
    assert entry["intent"] == act
    said = examples(act)
    low, high = (25, 40) if act in SMALL else (50, 60)
    assert low <= len(said) <= high, f"{act}: {len(said)} examples, {low} to {high} are wanted"
    assert not [text for text in said if not 1 <= len(plain(text)) <= 25], "an example has 1 to 25 characters"
    assert not [text for text in said if text.startswith("/")], "a leading slash bypasses the language engine"


@pytest.mark.parametrize("act", ACTS)
def test_annotations(act: str) -> None:
    lists = {name: set(lookup(name)) for name in LISTED}
    for example in examples(act):
        assert not set("[]()") & set(plain(example)), f"broken annotation: {example}"
        for value, entity in ANNOTATION.findall(example):
            assert entity in ENTITIES, f"unknown entity {entity}: {example}"
            assert entity not in lists or value in lists[entity], f"{value} is not in entities/{entity}.yml: {example}"


def test_every_entity_is_annotated_somewhere() -> None:
    """Rasa takes from a list only for an entity that some example shows."""
    shown = {entity for act in ACTS for example in examples(act) for _, entity in ANNOTATION.findall(example)}
    assert shown == ENTITIES


def test_no_example_stands_twice() -> None:
    places: dict[str, list[str]] = {}
    for act in ACTS:
        for example in examples(act):
            places.setdefault(bare(plain(example)), []).append(act)
    assert not {text: acts for text, acts in places.items() if len(acts) > 1}


def test_no_example_stands_in_two_acts_once_dialect_is_replaced() -> None:
    dialect = lexicon("dialect")
    acts: dict[str, set[str]] = {}
    for act in ACTS:
        for example in examples(act):
            acts.setdefault(bare(replaced(plain(example), dialect)), set()).add(act)
    assert not {text: found for text, found in acts.items() if len(found) > 1}


def test_entity_lists() -> None:
    assert {path.stem for path in (INTENTS / "entities").iterdir()} == set(LISTED)
    words = Counter(word for name in LISTED for word in lookup(name))
    assert not [word for word, count in words.items() if count > 1], "a word stands in one list only, once"
    for name in LISTED:
        listed = lookup(name)
        assert 20 <= len(listed) <= 60, f"{name}: {len(listed)} words"
        assert all(len(a) >= len(b) for a, b in pairwise(listed)), f"{name}: put the longest first"


@pytest.mark.parametrize(("name", "least"), [("dialect", 120), ("homophones", 80)])
def test_lexicon_of_pairs(name: str, least: int) -> None:
    words = lexicon(name)
    assert len(words) >= least
    assert not doubled_keys(name)
    assert all(isinstance(word, str) and word == word.strip() and word for pair in words.items() for word in pair)
    assert not [word for word, right in words.items() if word == right], "a word maps to itself"
    unstable = {word: right for word, right in words.items() if replaced(right, words) != right}
    assert not unstable, "what a replacement writes would be replaced again"


def test_lexicons_do_not_undo_each_other() -> None:
    dialect, homophones = lexicon("dialect"), lexicon("homophones")
    assert not dialect.keys() & homophones.keys()
    assert not [right for right in homophones.values() if replaced(right, dialect) != right]
    assert not [right for right in dialect.values() if replaced(right, homophones) != right]


def test_fillers() -> None:
    fillers = lexicon("fillers")
    assert len(fillers) >= 40
    assert all(isinstance(word, str) and word == word.strip() and word for word in fillers)
    assert len(fillers) == len(set(fillers))
    assert not set(fillers) & lexicon("dialect").keys()


@pytest.mark.parametrize("sentence", UNTOUCHED)
def test_ordinary_sentences_stay_as_they_are(sentence: str) -> None:
    for name in ("homophones", "dialect"):
        assert replaced(sentence, lexicon(name)) == sentence, name
    # Fillers are taken from the two ends only.
    assert not [word for word in lexicon("fillers") if sentence.startswith(word) or sentence.endswith(word)]
