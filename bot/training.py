"""Writes the language engine's training data: the acts as they stand, and `service` sampled from the items.

The engine hears plain words (dialect and homophones replaced), so it learns from plain words.
"""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from knowledge.search.phrases import read_phrase_files
from knowledge.text import INTENTS, plain_words

SERVICE_EXAMPLES = 180
"""`service` covers every item, so it needs more examples than an act of its own."""

SEED = 20230801


def service_examples(limit: int = SERVICE_EXAMPLES) -> list[str]:
    """Phrases sampled evenly over the entries and voices, the same for the same files."""
    draw = random.Random(SEED)
    pools = []
    for one in read_phrase_files().values():
        pool = [phrase for phrases in one.phrases.values() for phrase in phrases]
        draw.shuffle(pool)
        pools.append(pool)
    rounds = max((len(pool) for pool in pools), default=0)
    taken = [pool[n] for n in range(rounds) for pool in pools if n < len(pool)]
    return sorted(taken[:limit])


def _plain_list(lines: list[str]) -> str:
    return "".join(f"- {words}\n" for words in dict.fromkeys(plain_words(line) for line in lines))


def _plain_file(path: Path) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["nlu"]
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
    blocks.append({"intent": "service", "examples": _plain_list(service_examples())})
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False)
    (folder / "nlu.yml").write_text(text, "utf-8")


if __name__ == "__main__":
    write_training_data(Path(sys.argv[1]))
