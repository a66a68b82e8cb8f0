"""Saying: every sentence has words and every word is said, every part of every notice reads well, every tap works."""

from __future__ import annotations

import ast
import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversation import Talk, clarify_with
from shipped_catalogue import shipped_snapshot

from bot.deciding.outcome import Ask, HandOff, Offer, Say, Tell
from bot.deciding.state import State
from bot.hearing.hear import Ears, hear
from bot.hearing.picking import NONE_OF_THESE
from bot.hearing.rasa import NoParser
from bot.hearing.reading import ABOUT_ITEM, Picked
from bot.saying.say import Reply, sentence, speak, wording
from knowledge.notice import Notice, build_notice
from knowledge.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("all", "more", *sorted(ABOUT_ITEM))
CODES = list(shipped_snapshot().tables)
STOPPED = [code for code, item in shipped_snapshot().catalogue.items.items() if item.stops]


def _constants(node: ast.AST) -> Iterator[str]:
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the code that says something, with the called name."""
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id, node


def _keys(*functions: str, argument: int = 0) -> set[str]:
    """Constants given as the key to one of the functions; a conditional expression counts with both its sides."""
    return {
        key
        for name, call in _calls()
        if name in functions and len(call.args) > argument
        for key in _constants(call.args[argument])
    }


def _returned(path: str, function: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function)
    return {key for node in ast.walk(found) if isinstance(node, ast.Return) and node.value for key in _constants(node)}


def test_every_sentence_that_is_said_has_words_and_every_word_is_said() -> None:
    said = _keys("Say", "HandOff", "sentence", "_say", "_hand_off") | _returned(
        "connectors/conversations.py", "_refusal"
    )
    assert {"greet", "handoff_asked", "too_long", "busy", "explain_told", "way"} <= said
    assert said == set(wording()["sentences"])


def test_every_offer_that_is_made_has_words_and_every_word_is_used() -> None:
    assert _keys("Offer") | _keys("offer", argument=1) == set(wording()["offers"])


def test_every_follow_up_has_its_part() -> None:
    assert set(wording()["parts"]) >= ABOUT_ITEM
    assert set(wording()["parts"]) <= {*ABOUT_ITEM, "more"}


def test_a_sentence_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError):
        sentence("no_such_sentence")


def notices(snapshot: Snapshot, code: str) -> Iterator[Notice]:
    """The notice that knows nothing, and one for every case."""
    yield build_notice(snapshot, code, {})
    seen = set()
    for answers, number in snapshot.tables[code].assignments():
        if number not in seen:
            seen.add(number)
            yield build_notice(snapshot, code, answers)


@pytest.mark.parametrize("code", CODES)
def test_every_part_of_every_case_reads_well(code: str, snapshot: Snapshot) -> None:
    for notice, part in itertools.product(list(notices(snapshot, code))[:20], PARTS):
        (reply,) = speak([Tell(notice, part)], snapshot, "https://hall.example")
        where = f"{code} {dict(notice.facts)} {part}:\n{reply.text}"
        assert reply.text.strip(), where
        for wrong in ("None", "{{", "{%", "[]", "。。", "：\n\n", "，。"):
            assert wrong not in reply.text, where
        assert reply.text[-1] not in "：:，、", where
        assert (reply.notice is not None) == (part == "all")


@pytest.mark.parametrize("code", STOPPED)
def test_a_case_that_needs_no_application_tells_why_and_nothing_else(code: str, snapshot: Snapshot) -> None:
    stopped = [notice for notice in notices(snapshot, code) if notice.stop]
    assert stopped
    for notice in stopped:
        assert notice.stop is not None
        for part in sorted(ABOUT_ITEM):
            (reply,) = speak([Tell(notice, part)], snapshot)
            assert (reply.type, reply.places) == ("text", None)
            assert reply.text.startswith(notice.stop.reason)
            if notice.stop.instead:
                assert snapshot.catalogue.entry(notice.stop.instead).plain_name in reply.text


def test_places_come_with_the_answer_where_and_when(snapshot: Snapshot) -> None:
    notice = build_notice(snapshot, "SH013", {})
    for part in ("place", "hours"):
        (reply,) = speak([Tell(notice, part)], snapshot)
        assert (reply.type, reply.places) == ("places", notice.sites)


def test_the_nearest_town_that_is_named_comes_first(talk: Talk) -> None:
    talk.say("SH029")
    talk.say("样板镇哪里能办", "place")
    (reply, _) = speak(talk.outcomes, talk.snapshot)
    assert reply.places and "样板镇" in reply.places[0].name
    assert reply.places[0].distance_m == 0


def _pressed(value: str, state: State, snapshot: Snapshot) -> Picked | None:
    return asyncio.run(hear(value, state, snapshot, Ears(NoParser()))).picked


@pytest.mark.parametrize("code", CODES)
def test_sending_a_choice_back_picks_it(code: str, snapshot: Snapshot) -> None:
    entry = snapshot.catalogue.entry(code)
    for question in entry.questions:
        (reply,) = speak([Ask(code, question.fact)], snapshot)
        fact = snapshot.catalogue.fact(entry, question.fact)
        state = State(item=code, asked=question.fact)
        assert reply.type == "choices" and reply.choices
        assert [choice.label for choice in reply.choices] == [*(one.label for one in fact.options), "不知道"]
        for number, choice in enumerate(reply.choices, 1):
            expected = Picked("option", fact.options[number - 1].id if number <= len(fact.options) else None)
            assert _pressed(choice.value, state, snapshot) == expected
            assert _pressed(str(number), state, snapshot) == expected
            assert _pressed(choice.label, state, snapshot) == expected
            assert f"{number}. {choice.label}" in reply.text


def test_sending_an_offered_entry_back_opens_it(snapshot: Snapshot) -> None:
    state = State(offered=tuple(CODES[:4]))
    (reply,) = speak([Offer("offer", state.offered)], snapshot)
    assert reply.choices and [choice.value for choice in reply.choices] == [*state.offered, NONE_OF_THESE]
    for number, choice in enumerate(reply.choices, 1):
        expected = Picked("entry", choice.value if choice.value != NONE_OF_THESE else None)
        assert _pressed(choice.value, state, snapshot) == expected
        assert _pressed(str(number), state, snapshot) == expected


def test_an_entry_by_its_code_opens_in_every_situation(talk: Talk) -> None:
    for code in CODES:
        talk.say("卡丢了", "service", clarify_with("SH013", "SH029"))
        talk.say(code)
        assert talk.state.item == code
        assert talk.state.offered == ()


def test_sentences_lead_into_what_follows(snapshot: Snapshot) -> None:
    replies = speak([Say("went_back"), Ask("YJ001", "premises")], snapshot)
    assert [reply.type for reply in replies] == ["choices"]
    assert replies[0].text.startswith(sentence("went_back") + "\n")
    replies = speak([Say("greet"), Tell(build_notice(snapshot, "SH013", {}))], snapshot)
    assert [reply.type for reply in replies] == ["text", "notice"]


def test_an_explained_question_adds_other_words(snapshot: Snapshot) -> None:
    plain, explained = (
        speak([Ask("YJ001", "premises", explained=explained)], snapshot)[0].text for explained in (False, True)
    )
    fact = snapshot.catalogue.fact(snapshot.catalogue.entry("YJ001"), "premises")
    assert fact.explain in explained
    assert fact.explain not in plain


def test_a_person_is_reachable_with_and_without_a_centre(snapshot: Snapshot) -> None:
    centre = next(site for site in snapshot.sites if site.level == "center")
    (reply,) = speak([HandOff("handoff_asked")], snapshot)
    assert (reply.type, centre.phone in reply.text) == ("handoff", True)
    (reply,) = speak([HandOff("handoff_asked")], Snapshot(snapshot.id, snapshot.catalogue, "某某区"))
    assert "12345" in reply.text
    assert centre.phone not in reply.text


def test_replies_keep_to_the_public_contract() -> None:
    assert set(Reply.model_fields) == {"type", "text", "choices", "notice", "places"}
