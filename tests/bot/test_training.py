"""The language engine's training data: the same for the same files, an example for every act that is not by rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from shipped_catalogue import shipped_phrases

from bot.hearing.reading import ACTS
from bot.training import write_training_data
from knowledge.search.phrases import REQUESTS, sampled_requests
from knowledge.text import plain_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data, written once."""
    written = tmp_path_factory.mktemp("training") / "data"
    write_training_data(written)
    return written


@pytest.fixture(scope="module")
def blocks(folder: Path) -> list[dict[str, Any]]:
    """The blocks as Rasa reads them."""
    loaded = yaml.safe_load((folder / "nlu.yml").read_text("utf-8"))
    assert loaded.keys() == {"version", "nlu"}
    assert loaded["version"] == "3.1"
    nlu: list[dict[str, Any]] = loaded["nlu"]
    return nlu


def _lines(block: dict[str, Any]) -> list[str]:
    rows: list[str] = block["examples"].splitlines()
    assert all(row.startswith("- ") and row[2:].strip() for row in rows)
    return [row[2:] for row in rows]


def test_it_is_the_same_every_time(folder: Path, tmp_path: Path) -> None:
    write_training_data(tmp_path / "again")
    assert (tmp_path / "again" / "nlu.yml").read_bytes() == (folder / "nlu.yml").read_bytes()


def test_it_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "old.yml").write_text("version: '3.1'\n", "utf-8")
    write_training_data(tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["nlu.yml"]


def test_every_act_has_examples(blocks: list[dict[str, Any]]) -> None:
    by_act = {block["intent"]: _lines(block) for block in blocks if "intent" in block}
    assert set(by_act) <= set(ACTS)
    assert not [act for act in ACTS if len(by_act.get(act, [])) < 5]


def test_no_text_teaches_two_acts(blocks: list[dict[str, Any]]) -> None:
    owner: dict[str, str] = {}
    for block in blocks:
        for line in _lines(block) if "intent" in block else []:
            text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", line)
            assert owner.setdefault(text, block["intent"]) == block["intent"], text


def test_the_engine_learns_the_words_it_will_hear(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        for line in _lines(block):
            assert plain_words(line) == line


def test_service_is_sampled_evenly_from_the_entries() -> None:
    owner = {
        phrase: one.code for one in shipped_phrases().values() for group in one.phrases.values() for phrase in group
    }
    taken = sampled_requests()
    assert len(taken) == len(set(taken)) == min(REQUESTS, len(owner))
    counts = {code: sum(owner[phrase] == code for phrase in taken) for code in set(owner.values())}
    assert min(counts.values()) > 0
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sampled_requests(20) == sampled_requests(20)
    assert len(sampled_requests(20)) == 20
