"""The search index and what the matcher makes of it, by words alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_catalogue import shipped_phrases

from knowledge.model import Catalogue
from knowledge.search.deciding import SENTENCE, Rule
from knowledge.search.index import Index, Tokenizer
from knowledge.search.matcher import FEATURES, SHOWN, Calibration, Match, Matcher, alias_scores, calibrate
from knowledge.search.phrases import (
    NONE,
    Phrase,
    act_examples,
    aliases,
    ambiguous_words,
    indexed_phrases,
    is_held_out,
)
from knowledge.snapshot import Snapshot
from knowledge.text import INTENTS, normalise

CHATTER = ["你好", "在吗", "谢谢", "再见", "今天天气怎么样", "讲个笑话", "着火了"]
N = len(FEATURES)
RULE = Rule(
    mean=[0] * len(SENTENCE),
    scale=[1] * len(SENTENCE),
    right=[0] * (len(SENTENCE) + 1),
    clear=[0] * (len(SENTENCE) + 1),
)
NONSENSE = ["紫色的大象在跳舞", "asdfgh", "12345", "啦啦啦啦", "%%", "qwerty uiop"]


def match(snapshot: Snapshot, text: str) -> Match:
    """The matcher's reading of a sentence as somebody typed it."""
    return snapshot.matcher.match(normalise(text), None)


def names(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every name and alias with its code."""
    files = shipped_phrases()
    return [
        (name, code)
        for code, entry in {**catalogue.items, **catalogue.themes}.items()
        for name in (entry.name, entry.plain_name, *files[code].aliases)
    ]


def test_every_name_and_alias_is_answered_with_its_own_entry(searchable: Snapshot) -> None:
    wrong = []
    known = aliases(searchable.catalogue, shipped_phrases())
    for name, code in names(searchable.catalogue):
        code = known[normalise(name)]
        found = match(searchable, name)
        if (found.decision, found.candidates[0].code) != ("answer", code):
            wrong.append((name, code, found.decision, found.candidates[0].code))
    assert wrong == []


def test_a_word_for_several_entries_is_asked_back(searchable: Snapshot) -> None:
    for word, codes in ambiguous_words().items():
        for text in (word, f"我想办{word}", f"{word}怎么弄"):
            found = match(searchable, text)
            assert (found.decision, found.offered) == ("clarify", len(codes)), text
            assert [one.code for one in found.candidates[: len(codes)]] == codes, text


def test_more_than_the_word_alone_is_matched(searchable: Snapshot) -> None:
    assert match(searchable, "二手房过户").candidates[0].code == "SH072"
    assert match(searchable, "个体户的营业执照丢了怎么补").candidates[0].code == "QY012"


def test_a_name_within_a_sentence_is_noticed(searchable: Snapshot) -> None:
    for code, entry in searchable.catalogue.items.items():
        assert match(searchable, f"请问{entry.name}要带什么").named == code
    assert match(searchable, "今天天气怎么样").named is None


def test_of_two_names_the_longer_one_counts() -> None:
    index = Index([Phrase("QY001", "执照", "name"), Phrase("QY002", "执照丢了", "name")], [], None)
    rule = Calibration(mean=[0] * N, scale=[1] * N, weights=[0] * N, bias=0, rule=RULE)
    matcher = Matcher(index, {"执照": "QY001", "执照丢了": "QY002"}, rule)
    assert matcher.match("我执照丢了", None).named == "QY002"
    assert matcher.match("办执照", None).named == "QY001"


@pytest.mark.parametrize("text", [*CHATTER, *NONSENSE])
def test_chatter_and_nonsense_are_rejected_and_the_candidates_still_shown(searchable: Snapshot, text: str) -> None:
    found = match(searchable, text)
    assert found.decision == "reject"
    assert len(found.candidates) == SHOWN
    assert found.offered == 0


def test_every_greeting_thanks_and_farewell_we_know_is_rejected(searchable: Snapshot) -> None:
    said = [text for act in ("greet", "thanks", "bye") for text in act_examples(INTENTS / "acts" / f"{act}.yml")]
    assert [text for text in said if match(searchable, text).decision != "reject"] == []


@pytest.mark.parametrize("text", ["", " ", "，。！", "\u200b", "😀"])
def test_nothing_said_has_no_candidates(searchable: Snapshot, text: str) -> None:
    found = match(searchable, text)
    assert (found.decision, found.candidates, found.named) == ("reject", (), None)


texts = st.lists(
    st.sampled_from([*"我想办开店证照身份丢公司刻章餐馆招牌", "健康证", "社保卡", "abc", " "]), max_size=10
).map("".join)


@settings(max_examples=150)
@given(text=texts | st.text(max_size=20))
def test_scores_are_probabilities_best_first_of_different_entries(searchable: Snapshot, text: str) -> None:
    found = match(searchable, text)
    scores = [one.score for one in found.candidates]
    codes = [one.code for one in found.candidates]
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert len(codes) == len(set(codes)) == (SHOWN if normalise(text) else 0)
    assert NONE not in codes
    assert set(codes) <= {*searchable.catalogue.items, *searchable.catalogue.themes}
    assert (2 <= found.offered <= 4) if found.decision == "clarify" else found.offered == 0


@pytest.fixture(scope="module")
def five() -> Index:
    """An index of five entries with a phrase each."""
    return Index([Phrase(f"QY00{n}", f"第{n}句话", "name") for n in range(SHOWN)], [], None)


@pytest.mark.parametrize(
    ("scores", "clear", "decision", "offered"),
    [
        ([0.90, 0.10], 0.90, "answer", 0),
        ([0.50, 0.29], 0.58, "answer", 0),
        ([0.95, 0.01], 0.57, "clarify", 3),
        ([0.60, 0.50, 0.40, 0.30, 0.29], 0.10, "clarify", 4),
        ([0.60, 0.50, 0.40, 0.05, 0.01], 0.10, "clarify", 3),
        ([0.10, 0.10], 0.00, "clarify", 3),
        ([0.09, 0.09], 0.00, "reject", 0),
        ([0.09, 0.09], 0.58, "answer", 0),
    ],
)
def test_the_thresholds(five: Index, scores: list[float], clear: float, decision: str, offered: int) -> None:
    """From 0.58 that it is clear answer; below 0.10 that the first is right reject; else ask, three or four."""
    odds = np.log(np.array([*scores, *[1e-6] * (SHOWN - len(scores))]))
    odds -= np.log(1 - np.exp(odds))
    matcher = Matcher(five, {}, Calibration(mean=[0] * N, scale=[1] * N, weights=[0] * N, bias=0, rule=RULE))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matcher, "_score", lambda text, vector: (odds, np.zeros(len(SENTENCE))))
        patched.setattr(Rule, "read", lambda rule, values: (scores[0], clear))
        found = matcher.match("随便", None)
    assert (found.decision, found.offered) == (decision, offered)
    assert [one.score for one in found.candidates[: len(scores)]] == pytest.approx(scores)


def test_no_candidate_is_more_probable_than_the_first(five: Index) -> None:
    matcher = Matcher(five, {}, Calibration(mean=[0] * N, scale=[1] * N, weights=[0] * N, bias=0, rule=RULE))
    odds = np.array([3.0, 2.0, -9.0, -9.0, -9.0])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matcher, "_score", lambda text, vector: (odds, np.zeros(len(SENTENCE))))
        patched.setattr(Rule, "read", lambda rule, values: (0.3, 0.1))
        assert [one.score for one in matcher.match("随便", None).candidates][:2] == [0.3, 0.3]


def test_what_the_text_itself_decides_teaches_the_rule_nothing(searchable: Snapshot) -> None:
    matcher = searchable.matcher
    assert matcher.sentence(normalise("过户"), None) is None
    assert matcher.sentence(normalise(searchable.catalogue.items["SH072"].name), None) is None
    found = matcher.sentence(normalise("我爸那套老房子想改到我名下"), None)
    assert found is not None and found.shape == (len(SENTENCE),)


def test_the_words_of_all_its_phrases_vote_for_an_entry() -> None:
    phrases = [
        Phrase("QY001", "身份证丢了", "goal"),
        Phrase("QY001", "在派出所补办", "goal"),
        Phrase("QY002", "身份证到期", "goal"),
        Phrase(NONE, "今天天气怎么样", "greet"),
    ]
    index = Index(phrases, [], None)
    found = index.score("身份证丢了在派出所", None)
    assert found.voted.argmax() == 0
    assert np.exp(found.voted).sum() == pytest.approx(1)
    assert found.known[0] > found.known[1] > found.known[2]
    left_out = index.score("身份证丢了在派出所", None, without=[0, 1])
    assert (left_out.voted.argmax(), left_out.known[0]) == (1, 0), "phrases that are left out have no vote"


def test_the_share_of_the_text_that_a_name_covers() -> None:
    known = {"营业执照": "QY001", "执照": "QY002"}
    codes = ["QY001", "QY002"]
    assert alias_scores("营业执照", known, codes).tolist() == [1.0, 0.5]
    assert alias_scores("办个执照", known, codes).tolist() == [0.0, 0.5]
    assert alias_scores("你好", known, codes).tolist() == [0.0, 0.0]
    assert alias_scores("营业执照", known, codes, "营业执照").tolist() == [0.0, 0.5], "a name does not vouch for itself"


def test_the_nearest_phrase_counts_for_its_entry() -> None:
    phrases = [
        Phrase("QY001", "身份证丢了怎么补", "goal"),
        Phrase("QY001", "补办身份证", "goal"),
        Phrase("QY002", "开一家餐馆", "goal"),
        Phrase(NONE, "今天天气怎么样", "greet"),
    ]
    index = Index(phrases, [], None)
    assert index.codes == ["QY001", "QY002", NONE]
    found = index.score("身份证丢了", None)
    assert found.word_best.argmax() == 0
    assert index.score("天气", None).word_best.argmax() == 2
    assert not index.score("完全无关", None).word_best.any()
    held_out = index.score("身份证丢了", None, without=[0, 1])
    assert held_out.word_best[0] == 0, "a phrase that is left out does not count"


def test_words_of_the_catalogue_are_tokens(searchable: Snapshot) -> None:
    assert "经营异常名录" in Tokenizer(["经营异常名录"])("移出经营异常名录")
    assert "#异常" in searchable.matcher.index.tokenizer("移出经营异常名录"), "and character pairs besides"


def held_out_voice(code: str) -> str:
    """A voice of the entry that calibration keeps back."""
    return next(f"voice-{n}" for n in range(100) if is_held_out(Phrase(code, "", f"voice-{n}")))


def test_calibration_learns_from_phrases_of_other_voices() -> None:
    """Two entries that share no word: each is found by the other voice's phrases, strangers by neither."""
    phrases = [
        *(
            Phrase("QY001", f"身份证丢了{tail}", voice)
            for voice in ("goal", held_out_voice("QY001"))
            for tail in ("怎么补", "去哪补", voice)
        ),
        *(
            Phrase("QY002", f"开一家餐馆{tail}", voice)
            for voice in ("goal", held_out_voice("QY002"))
            for tail in ("找谁", "要几天", voice)
        ),
        *(
            Phrase(NONE, f"今天天气{tail}", voice)
            for voice, tail in zip(["greet", held_out_voice(NONE)] * 2, ("好吗", "热吗", "冷吗", "如何"), strict=True)
        ),
    ]
    index = Index(phrases, [], None)
    matcher = Matcher(index, {}, calibrate(index, {}, None))
    assert matcher.match("身份证丢了咋弄", None).candidates[0].code == "QY001"
    assert matcher.match("想开一家餐馆", None).candidates[0].code == "QY002"
    lost, weather = matcher.match("身份证丢了咋弄", None), matcher.match("今天天气真好", None)
    assert lost.candidates[0].score > 0.5 > weather.candidates[0].score


def test_about_a_sixth_of_the_voices_is_held_out_and_no_name(searchable: Snapshot) -> None:
    phrases = [phrase for phrase in searchable.matcher.index.phrases if phrase.code != NONE]
    held = [phrase for phrase in phrases if is_held_out(phrase)]
    assert 0.1 < len(held) / len(phrases) < 0.25
    assert not [phrase for phrase in held if phrase.group == "name"]
    for phrase in held[:50]:
        same = [one for one in phrases if (one.code, one.group) == (phrase.code, phrase.group)]
        assert all(is_held_out(one) for one in same), "a voice is held out whole"


def test_phrases_are_normalised_and_each_is_there_once(searchable: Snapshot) -> None:
    phrases = indexed_phrases(searchable.catalogue, shipped_phrases())
    assert all(phrase.text == normalise(phrase.text) for phrase in phrases)
    assert len({(phrase.code, phrase.text) for phrase in phrases}) == len(phrases)
    assert {phrase.code for phrase in phrases} == {*searchable.catalogue.items, *searchable.catalogue.themes, NONE}
    assert searchable.matcher.index.phrases == phrases


def test_a_name_means_one_entry(searchable: Snapshot) -> None:
    known = aliases(searchable.catalogue, shipped_phrases())
    same = {one.name for one in searchable.catalogue.items.values()} & {
        one.name for one in searchable.catalogue.themes.values()
    }  # 水电气网联合报装 is an item's name and a theme's; the item, which the theme holds, has it
    assert [
        (name, code)
        for name, code in names(searchable.catalogue)
        if known[normalise(name)] != code and name not in same
    ] == []


def test_act_examples_come_without_their_marks(tmp_path: Path) -> None:
    path = tmp_path / "greet.yml"
    path.write_text(
        'version: "3.1"\nnlu:\n  - intent: greet\n    examples: |\n      - [我妈](who)让我来\n      - 你好\n', "utf-8"
    )
    assert act_examples(path) == ["我妈让我来", "你好"]
