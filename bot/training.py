"""Writes the language engine's training data: the acts as they stand, and `service` sampled from the items.

The engine hears plain words (dialect and homophones replaced), so it learns from plain words.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from knowledge.search.phrases import sampled_requests
from knowledge.text import INTENTS, plain_words, read_yaml


def _plain_list(lines: list[str]) -> str:
    return "".join(f"- {words}\n" for words in dict.fromkeys(plain_words(line) for line in lines))


def _plain_file(path: Path) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = read_yaml(path)["nlu"]
    for block in blocks:
        block["examples"] = _plain_list([line.strip()[2:] for line in block["examples"].splitlines() if line.strip()])
    return blocks


def write_training_data(folder: Path) -> None:
    """Write `nlu.yml` into `folder`, replacing what is there."""
    blocks = [
        block
        for source in sorted([*(INTENTS / "acts").glob("*.yml"), *(INTENTS / "entities").glob("*.yml")])
        for block in _plain_file(source)
    ]
    blocks.append({"intent": "service", "examples": _plain_list(sampled_requests())})
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False)
    (folder / "nlu.yml").write_text(text, "utf-8")


if __name__ == "__main__":
    write_training_data(Path(sys.argv[1]))
