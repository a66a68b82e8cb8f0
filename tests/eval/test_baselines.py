"""Baselines and other people's sets: the same rows, kept apart, resampled by message."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.dialogues import evaluate_dialogues
from eval.matching import evaluate_sets
from eval.metrics import interval, messages
from eval.rasa_baseline import RasaBaseline, RasaFailed, training_data
from eval.rows import Dialogue, Row, read_folder
from knowledge.search.phrases import NONE, Phrase
from knowledge.snapshot import Snapshot

PHRASES = [
    Phrase("SH013", "身份证丢了", "goal"),
    Phrase("SH029", "社保卡丢了", "goal"),
    Phrase("SH013", "补身份证", "goal"),
    Phrase(NONE, "今天下雨吗", "out_of_scope-0"),
]


def fake_python(tmp_path: Path, body: str) -> Path:
    """An interpreter that stands in for Rasa's."""
    path = tmp_path / "rasa-0123" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_rasa_learns_an_intent_an_entry_and_nothing_out_of_scope() -> None:
    assert yaml.safe_load(training_data(PHRASES))["nlu"] == [
        {"intent": "SH013", "examples": "- 身份证丢了\n- 补身份证\n"},
        {"intent": "SH029", "examples": "- 社保卡丢了\n"},
    ]


def test_the_model_is_trained_once_for_the_same_phrases(tmp_path: Path) -> None:
    python = fake_python(tmp_path, f"mkdir out; echo trained > out/model.tar.gz; echo x >> {tmp_path}/times")
    first = RasaBaseline(python, tmp_path, PHRASES)
    first.train()
    RasaBaseline(python, tmp_path, PHRASES).train()
    assert (tmp_path / "times").read_text("utf-8").count("x") == 1
    other = RasaBaseline(python, tmp_path, PHRASES[:2])
    other.train()
    assert other.model.is_file() and not first.model.exists(), "only the model of the present phrases is kept"
    assert not list(tmp_path.glob("tmp-*"))


def test_what_rasa_says_when_it_fails_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(RasaFailed, match="no space"):
        RasaBaseline(fake_python(tmp_path, "echo no space; exit 3"), tmp_path, PHRASES).train()
    assert not list(tmp_path.glob("rasa-baseline-*"))


def test_each_text_is_asked_once_and_gets_its_entries(tmp_path: Path) -> None:
    answer = json.dumps([["SH013", "SH029"], ["SH029"]])
    python = fake_python(tmp_path, f'cp "$3" {tmp_path}/asked; echo \'{answer}\' > "$4"')
    read = RasaBaseline(python, tmp_path, PHRASES).read(["身份证", "卡", "身份证"])
    assert read == {"身份证": ["SH013", "SH029"], "卡": ["SH029"]}
    assert json.loads((tmp_path / "asked").read_text("utf-8")) == ["身份证", "卡"]


def test_every_set_is_told_apart_with_the_same_baselines(searchable: Snapshot) -> None:
    right, wrong = Row("身份证丢了", ("SH013",), "clear"), Row("身份证丢了", ("SH029",), "clear")
    found = evaluate_sets(
        searchable, {"one": [right], "two": [wrong, right]}, None, {"rasa": lambda texts, _: [["SH013"] for _ in texts]}
    )
    tops = {name: (one["daoban"]["top1"], one["baselines"]["rasa"]["top1"]) for name, one in found["sets"].items()}
    assert tops == {"one": (1.0, 1.0), "two": (0.5, 0.5)}
    assert found["sets"]["one"]["baselines"].keys() == {"bm25_phrases", "rasa"}
    assert found["calibration"]["n"] == 3


def test_a_folder_of_sets(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("id,text,gold,kind\nT7-T,卡丢了,SH029,clear\nT7-D,下雨,,none\n", "utf-8")
    (tmp_path / "texts.csv").write_text("id,text,gold,note\nH1,卡,SH029|SH013,ambiguous\n", "utf-8")
    (tmp_path / "voice.csv").write_text("id,text,gold,noise\nV1,卡丢咯,SH029,dialect+asr\n", "utf-8")
    (tmp_path / "ood.csv").write_text("id,text,kind\nO1,讲个笑话,joke\n", "utf-8")
    (tmp_path / "acts.csv").write_text("id,text,act\nA1,多少钱,fee\n", "utf-8")
    talk = {"id": "D1", "turns": ["卡丢了", "社保的"], "gold_item": "SH029", "trap": ""}
    (tmp_path / "talks.jsonl").write_text(json.dumps(talk, ensure_ascii=False) + "\n", "utf-8")
    (tmp_path / "README.md").write_text("not a set", "utf-8")
    found = read_folder(tmp_path)
    assert found.sentences == {
        "ood": [Row("讲个笑话", (), "none", "ood", "joke", "O1")],
        "real": [
            Row("卡丢了", ("SH029",), "clear", "real", "", "T7"),
            Row("下雨", (), "none", "real", "", "T7"),
        ],
        "texts": [Row("卡", ("SH029", "SH013"), "ambiguous", "texts", "", "H1")],
        "voice": [Row("卡丢咯", ("SH029",), "clear", "voice", "asr+dialect", "V1")],
    }
    assert found.acts == [("多少钱", "fee")]
    assert found.dialogues == [Dialogue("D1", ("卡丢了", "社保的"), "SH029")]


def test_a_set_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("id,text\n1,卡丢了\n", "utf-8")
    with pytest.raises(KeyError, match="gold"):
        read_folder(tmp_path)


def test_title_and_body_are_drawn_together() -> None:
    parts = [Row("卡", (), "none", message=f"T{n // 2}") for n in range(40)]
    assert messages(parts) == [n // 2 for n in range(40)]
    assert messages([Row("卡", (), "none")] * 3) == [0, 1, 2]
    values = [float(n // 2 % 2) for n in range(40)]
    together, apart = interval(values, messages(parts)), interval(values, list(range(40)))
    assert together and apart and together[1] - together[0] > 1.2 * (apart[1] - apart[0])


def test_dialogues_are_led_to_their_end() -> None:
    async def send(conversation: str, text: str) -> dict[str, Any]:
        item = {"卡丢了": None, "社保的": "SH029"}[text]
        return {"replies": [{"text": f"{conversation} {text}"}], "act": "service", "item": item, "case": None}

    told = asyncio.run(evaluate_dialogues([Dialogue("D1", ("卡丢了", "社保的"), "SH029")], send))
    assert (told["right_at_first"], told["right_at_last"]) == (0.0, 1.0)
    assert told["talks"][0]["turns"][1]["reply"] == "D1 社保的"
