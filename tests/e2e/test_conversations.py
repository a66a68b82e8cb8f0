"""Runs the dialogues of `tests/conversations/*.yml` against the real service.

A file is a list of dialogues:

    - name: what it shows, in a few words
      who: who speaks (a citizen, an old person, an owner, a clerk …)
      known_failure: why it fails today, when it does; once it passes, the run fails until this line is taken out
      turns:
        - say: what is said, as it would be said
          act: what it must be heard as (optional; a list: one of these)
          item: the code talked about afterwards (optional; null: none)
          expect:                 # all optional
            contains: words that must be in the replies, or a list of them
            lacks: words that must not be, or a list
            asks: the fact that is asked for afterwards; null: nothing is asked
            offers: a code that must be among the entries to choose from, or a list
            type: the type of a reply that must be there
            notice: the code of the notice that is given; null: none is given
            case: its case's id; null: not settled
            facts: what the notice's facts must hold
            materials: ids of papers that must be on the notice
            without: ids of papers that must not be on it
            plan: items that must be in the theme's plan
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_service import Running

from knowledge.text import read_yaml

FOLDER = Path(__file__).resolve().parents[1] / "conversations"
TURN = {"say", "act", "item", "expect"}
EXPECT = {
    "contains", "lacks", "asks", "offers", "type", "notice", "case", "facts", "materials", "without", "plan",
}  # fmt: skip

Dialogue = dict[str, Any]


def _dialogues() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        for dialogue in read_yaml(path):
            yield pytest.param(dialogue, id=f"{path.stem}: {dialogue['name']}")


DIALOGUES = list(_dialogues())

QUESTIONS: list[int] = []
"""How many questions came before each notice of an item, over all dialogues that were played."""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_files_are_well_formed() -> None:
    names = [param.values[0]["name"] for param in DIALOGUES]
    assert len(names) == len(set(names)) >= 20
    for (dialogue,) in (param.values for param in DIALOGUES):
        assert {"name", "who", "turns"} <= dialogue.keys() <= {"name", "who", "turns", "known_failure"}, dialogue
        assert dialogue["turns"]
        for turn in dialogue["turns"]:
            assert {"say"} <= turn.keys() <= TURN, (dialogue["name"], turn)
            assert isinstance(turn["say"], str), (dialogue["name"], turn)
            assert turn.get("expect", {}).keys() <= EXPECT, (dialogue["name"], turn)


@pytest.mark.rasa
@pytest.mark.model
@pytest.mark.parametrize("dialogue", DIALOGUES)
def test_dialogue(dialogue: Dialogue, daoban: Running) -> None:
    with daoban.client() as client:
        try:
            _play(client, dialogue)
        except AssertionError as error:
            if reason := dialogue.get("known_failure"):
                pytest.xfail(f"{reason}: {error}")
            raise
    assert "known_failure" not in dialogue, "it passes: take known_failure out"


@pytest.mark.rasa
@pytest.mark.model
def test_few_questions_are_asked() -> None:
    """Over the dialogues of a whole run: half of the item notices after at most two questions, none after over five."""
    if len(QUESTIONS) < 20:
        pytest.skip("too few dialogues ran")
    assert statistics.median(QUESTIONS) <= 2
    assert max(QUESTIONS) <= 5


def _count_questions(asked: dict[str, set[str]], body: dict[str, Any]) -> None:
    """Keep which facts were asked for an item, and how many once its first notice is given."""
    item = body["item"]
    values = [choice["value"] for reply in body["replies"] for choice in reply.get("choices") or ()]
    for value in values:
        if item and "=" in value:
            asked.setdefault(item, set()).add(value.partition("=")[0])
    told = [reply["notice"]["code"] for reply in body["replies"] if reply.get("notice")]
    if item in told and not item.startswith("YJ"):
        QUESTIONS.append(len(asked.pop(item, ())))


def _play(client: httpx.Client, dialogue: Dialogue) -> None:
    conversation = f"dialogue {dialogue['name']}"
    transcript = []
    asked: dict[str, set[str]] = {}
    for turn in dialogue["turns"]:
        answer = client.post(f"/api/conversations/{conversation}/messages", json={"text": turn["say"]})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        _count_questions(asked, body)
        said = "\n".join(reply["text"] for reply in body["replies"])
        transcript.append(f"> {turn['say']}\n  [{body['act']} {body['item']} {body['case']}]\n{said}\n")
        wrong = list(_wrong(turn, body, said))
        assert not wrong, "\n".join(["; ".join(wrong), *transcript])


def _wrong(turn: dict[str, Any], body: dict[str, Any], said: str) -> Iterator[str]:
    """What of a turn is not as expected."""
    expect = turn.get("expect", {})
    if "act" in turn and body["act"] not in _list(turn["act"]):
        yield f"heard {body['act']}, not {turn['act']}"
    if "item" in turn and body["item"] != turn["item"]:
        yield f"talks about {body['item']}, not {turn['item']}"
    yield from (f"lacks “{words}”" for words in _list(expect.get("contains", [])) if words not in said)
    yield from (f"holds “{words}”" for words in _list(expect.get("lacks", [])) if words in said)
    values = [choice["value"] for reply in body["replies"] for choice in reply.get("choices", ())]
    asked = next((value.partition("=")[0] for value in values if "=" in value), None)
    if "asks" in expect and asked != expect["asks"]:
        yield f"asks {asked}, not {expect['asks']}"
    yield from (f"does not offer {code}" for code in _list(expect.get("offers", [])) if code not in values)
    if "type" in expect and expect["type"] not in (reply["type"] for reply in body["replies"]):
        yield f"has no reply of type {expect['type']}"
    notice = next((reply["notice"] for reply in body["replies"] if reply.get("notice")), None)
    if "notice" in expect and (notice and notice["code"]) != expect["notice"]:
        yield f"gives the notice {notice and notice['code']}, not {expect['notice']}"
    if "case" in expect and body["case"] != expect["case"]:
        yield f"case {body['case']}, not {expect['case']}"
    yield from _wrong_notice(expect, notice or {})


def _wrong_notice(expect: dict[str, Any], notice: dict[str, Any]) -> Iterator[str]:
    facts = notice.get("facts", {})
    for fact, value in expect.get("facts", {}).items():
        if facts.get(fact) != value:
            yield f"{fact} is {facts.get(fact)}, not {value}"
    papers = {material["id"] for material in notice.get("materials", ())}
    yield from (f"no {paper}" for paper in _list(expect.get("materials", [])) if paper not in papers)
    yield from (f"{paper} is there" for paper in _list(expect.get("without", [])) if paper in papers)
    planned = {step["item"] for step in notice.get("plan") or ()}
    yield from (f"{code} is not planned" for code in _list(expect.get("plan", [])) if code not in planned)
