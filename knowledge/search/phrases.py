"""Reads how people ask for each entry from `intents/`, and what they say when they ask for none."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from knowledge.definitions import Code
from knowledge.model import Catalogue
from knowledge.text import INTENTS, normalise, read_yaml

REQUESTS, HEAD_REQUESTS = 300, 1200
"""`service` covers every item, so it needs more examples than an act of its own, and the act head still more."""

EVERYDAY_SHARE = 4
"""One in so many sentences of everyday talk is an example of `out_of_scope`."""

SEED = 20230801

OFFERED = 4
"""How many entries are offered at most when it is asked which one is meant."""

NONE = ""
"""The code of phrases that ask for no entry."""


class PhraseFile(BaseModel):
    """One file of `intents/items`: aliases that by themselves mean the entry, and phrases by voice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    aliases: list[str] = []
    phrases: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Phrase:
    """One indexed sentence. `group` is who speaks so: held out together when the probability is calibrated."""

    code: str
    text: str
    group: str


def is_held_out(phrase: Phrase) -> bool:
    """Whether a phrase is kept from what is trained (about a sixth of the voices): on these the matcher is calibrated.

    Names are never kept back: they stand in the index at any time.
    """
    digest = hashlib.sha256(f"{phrase.code} {phrase.group}".encode()).digest()
    return phrase.group != "name" and digest[0] % 6 == 0


def read_phrase_files(folder: Path = INTENTS / "items") -> dict[str, PhraseFile]:
    """Every phrase file by code. Raises pydantic's ValidationError, which names the key."""
    files = (PhraseFile.model_validate(read_yaml(p)) for p in sorted(folder.glob("*.yml")))
    return {one.code: one for one in files}


def sampled_requests(limit: int = REQUESTS) -> list[str]:
    """Phrases drawn evenly over the entries and voices, the same for the same files: examples of the act `service`."""
    draw = random.Random(SEED)
    pools = []
    for one in read_phrase_files().values():
        pool = [phrase for phrases in one.phrases.values() for phrase in phrases]
        draw.shuffle(pool)
        pools.append(pool)
    rounds = max((len(pool) for pool in pools), default=0)
    taken = [pool[n] for n in range(rounds) for pool in pools if n < len(pool)]
    return sorted(taken[:limit])


def labelled_acts() -> list[tuple[str, str]]:
    """(act, normalised sentence) of all that the act head learns from, `service` and what is not ours sampled."""
    found = [(path.stem, text) for path in sorted((INTENTS / "acts").glob("*.yml")) for text in act_examples(path)]
    found += [(act, text) for act, texts in read_yaml(INTENTS / "follow_ups.yml").items() for text in texts]
    found += [("service", text) for text in sampled_requests(HEAD_REQUESTS)]
    found += [("out_of_scope", text) for text in read_yaml(INTENTS / "elsewhere" / "everyday.yml")[::EVERYDAY_SHARE]]
    return [(act, normalise(str(text))) for act, text in found]


def act_examples(path: Path) -> list[str]:
    """The plain examples of a Rasa act file, entity marks removed."""
    examples: list[str] = []
    for block in read_yaml(path)["nlu"]:
        lines = str(block.get("examples", "")).splitlines()
        examples += [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", line.strip()[2:]) for line in lines if line.strip()]
    return examples


def indexed_phrases(catalogue: Catalogue, files: Mapping[str, PhraseFile]) -> list[Phrase]:
    """All sentences of the index: names, phrases, and those that ask for no entry."""
    found: list[Phrase] = []
    for code, entry in {**catalogue.items, **catalogue.themes}.items():
        own = files.get(code)
        names = [entry.name, entry.plain_name, entry.tells_apart, *(own.aliases if own else [])]
        found += [Phrase(code, normalise(name), "name") for name in names]
        for voice, phrases in own.phrases.items() if own else ():
            found += [Phrase(code, normalise(phrase), voice) for phrase in phrases]
    for act in ("out_of_scope", "emergency", "greet", "thanks", "bye", "complaint", "human"):
        path = INTENTS / "acts" / f"{act}.yml"
        found += [Phrase(NONE, normalise(text), f"{act}-{n % 4}") for n, text in enumerate(act_examples(path))]
    for path in sorted((INTENTS / "elsewhere").glob("*.yml")):
        texts = read_yaml(path)
        found += [Phrase(NONE, normalise(str(text)), f"{path.stem}-{n % 20}") for n, text in enumerate(texts)]
    return list({(phrase.code, phrase.text): phrase for phrase in found if phrase.text}.values())


def ambiguous_words(path: Path = INTENTS / "ambiguous.yml") -> dict[str, list[str]]:
    """Normalised word → the codes it may mean, the likeliest first."""
    return {normalise(str(word)): codes for word, codes in read_yaml(path).items()}


def aliases(catalogue: Catalogue, files: Mapping[str, PhraseFile]) -> dict[str, str]:
    """Normalised name → code, for names that by themselves mean one entry."""
    found: dict[str, str] = {}
    for code, entry in {**catalogue.items, **catalogue.themes}.items():
        own = files[code].aliases if code in files else []
        for name in (entry.name, entry.plain_name, *own):
            found.setdefault(normalise(name), code)
    return found
