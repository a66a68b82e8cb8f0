"""The evaluation: rows are split without overlap, figures are what they say, the report holds them all."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path

import pytest
from shipped_catalogue import shipped_phrases, shipped_snapshot

from eval.acts import evaluate_acts
from eval.config import configuration
from eval.matching import evaluate_matching
from eval.metrics import POOLED, Reading, calibration, figures, operating_point, risk_coverage
from eval.report import point_latest, write_report
from eval.rows import TEST_VOICES, Row, act_rows, own_rows, read_rows
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

CLEAR = Row("身份证丢了", ("SH013",), "clear")
VAGUE = Row("卡丢了", ("SH029", "SH013"), "ambiguous")
NONE = Row("今天下雨吗", (), "none")


def test_our_rows_are_many_and_name_entries_that_exist() -> None:
    rows = own_rows("all")
    assert len(rows) >= 1500
    known = set(shipped_snapshot().tables)
    assert {code for row in rows for code in row.gold} <= known
    assert {row.gold[0] for row in rows if row.kind == "clear"} == known


def test_nothing_is_in_both_halves_and_no_phrase_is_in_either() -> None:
    dev, test = own_rows("dev"), own_rows("test")
    assert len(dev) + len(test) == len(own_rows("all"))
    assert not {row.voice for row in dev} & TEST_VOICES
    clear = [
        {row.gold[0] for row in part if row.kind == "clear" and row.voice not in TEST_VOICES} for part in (dev, test)
    ]
    assert not clear[0] & clear[1], "an entry belongs to one half"
    said = {normalise(one) for file in shipped_phrases().values() for group in file.phrases.values() for one in group}
    shared = [row.text for row in (*dev, *test) if row.kind == "clear" and normalise(row.text) in said]
    assert len(shared) <= len(dev + test) // 100, shared


def test_acts_are_split_evenly() -> None:
    dev, test = act_rows("dev"), act_rows("test")
    assert abs(len(dev) - len(test)) <= 1
    assert {act for _, act in dev} == {act for _, act in test}


def test_figures() -> None:
    rows = [CLEAR, CLEAR, CLEAR, VAGUE, VAGUE, NONE, NONE]
    readings = [
        Reading(("SH013", "SH029"), "answer", 0, 0.9),
        Reading(("SH029", "SH013"), "answer", 0, 0.8),
        Reading(("SH029", "SH012", "SH013"), "clarify", 2, 0.4),
        Reading(("SH029", "SH013"), "clarify", 2, 0.5),
        Reading(("SH030", "SH031", "SH013"), "clarify", 2, 0.3),
        Reading(("SH013",), "answer", 0, 0.7),
        Reading(("SH013",), "reject", 0, 0.1),
    ]
    told = figures(readings, rows)
    assert (told["top1"], told["top3"]) == (0.3333, 1.0)
    assert told["needless_question"] == 0.3333
    assert told["answered_wrong"] == 0.3333
    assert (told["asked"], told["right_choice_offered"]) == (1.0, 0.5)
    assert told["answered_without_item"] == 0.5
    assert told["interval_95"]["top3"] == [1.0, 1.0]
    assert told["interval_95"]["top1"][0] < told["top1"] < told["interval_95"]["top1"][1]
    assert operating_point(readings, rows) == {"coverage": 0.4286, "risk": 0.6667}
    assert told["cost"] == round((2 * 4 + 1) / 7, 4), "two wrong answers, one needless question"
    curve = risk_coverage(readings[:3], rows[:3])
    assert [(one["coverage"], round(one["risk"], 2)) for one in curve] == [(0.3333, 0.0), (0.6667, 0.5), (1.0, 0.67)]


def test_calibration_in_bins_of_many_and_by_brier_of_few() -> None:
    few = calibration([Reading(("SH013",), "answer", 0, 0.5)] * 4, [CLEAR] * 2 + [NONE] * 2)
    assert few["brier"] == 0.25 and "bins" not in few
    rows = [CLEAR if n % 2 else NONE for n in range(1000)]
    many = calibration([Reading(("SH013",), "answer", 0, 0.6)] * 1000, rows)
    assert many["error"] == pytest.approx(0.1)
    assert sum(one["n"] for one in many["bins"]) == 1000


def test_a_file_is_read_with_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "voice.csv"
    path.write_text("text,gold,kind\n卡丢了,SH029|SH013,ambiguous\n下雨,,\n", "utf-8")
    assert [(row.kind, row.gold, row.voice) for row in read_rows(path)] == [
        ("ambiguous", ("SH029", "SH013"), "voice"),
        ("none", (), "voice"),
    ]


def test_the_report_holds_the_figures_and_the_configuration(searchable: Snapshot, tmp_path: Path) -> None:
    rows = [*own_rows("dev")[:40], VAGUE, NONE]
    matched = evaluate_matching(searchable, rows, None)
    assert matched["baselines"].keys() == {"bm25_phrases"}

    async def read(text: str) -> str:
        return "fee" if "钱" in text else "place"

    heard = asyncio.run(evaluate_acts([("多少钱", "fee"), ("在哪办", "place"), ("几天", "time")], read))
    assert heard["right"] == 0.6667 and heard["mistakes"] == [{"text": "几天", "act": "time", "heard": "place"}]
    other = tmp_path / "real.csv"
    other.write_text("text,gold\n", "utf-8")
    config = configuration(searchable, [other], split="dev", model="")
    assert config["snapshot"] == searchable.id and config["packages"]["numpy"]
    assert config["calibration"]["answer"] == searchable.matcher.calibration.answer
    assert {"real.csv", "eval/data/acts.csv", "eval/metrics.py"} <= config["files"].keys()
    talk = {"id": "D1", "gold": "SH029", "items": [None],
            "turns": [{"text": "卡丢了", "act": "service", "item": None, "reply": "哪种卡？"}]}  # fmt: skip
    readings = [Reading(("SH013",), "answer", 0, 0.6)] * POOLED
    found = {
        "match": matched,
        "sets": {"real": evaluate_matching(searchable, [CLEAR], None)},
        "calibration": calibration(readings, [CLEAR] * POOLED),
        "acts": heard,
        "sets_acts": heard,
        "dialogues": {"dialogues": 1, "right_at_first": 0.0, "right_at_last": 0.0, "talks": [talk]},
    }
    page = write_report(tmp_path / "run", found, config, dt.datetime(2026, 11, 24, 9, 30))
    told = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert told["config"] == config and told["match"]["daoban"]["top1"] == matched["daoban"]["top1"]
    html = page.read_text("utf-8")
    assert "BM25 over all phrases" in html and "几天" in html and "needless question" in html and "哪种卡？" in html
    assert html.count("<svg") == 3, "two curves of risk, and the bins of all sets together"
    assert f"answer ≥ {matched['thresholds']['answer']}" in html
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.json"]


def test_a_report_of_words_alone_says_no_more_than_it_has(searchable: Snapshot, tmp_path: Path) -> None:
    found = {"match": evaluate_matching(searchable, [NONE], None), "sets": {}, "calibration": {}}
    found |= dict.fromkeys(("acts", "sets_acts", "dialogues"))
    page = write_report(
        tmp_path / "run", found, configuration(searchable, [], split="dev", model=""), dt.datetime.now()
    )
    html = page.read_text("utf-8")
    assert "Baselines" not in html and 'id="acts"' not in html and 'id="dialogues"' not in html


def test_latest_names_the_last_run(tmp_path: Path) -> None:
    for name in ("20261124-0900-dev", "20261124-0930-dev"):
        (tmp_path / name).mkdir()
        point_latest(tmp_path / name)
    assert (tmp_path / "latest").resolve().name == "20261124-0930-dev"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20261124-0900-dev", "20261124-0930-dev", "latest"]
