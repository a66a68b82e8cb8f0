"""Acts found by rule, from `intents/cues.yml`: some always, some only while the language engine is away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from bot.hearing.reading import ACTS, Act
from knowledge.text import INTENTS, normalise, read_yaml


@dataclass(frozen=True)
class _Cue:
    act: Act
    whole: frozenset[str]
    sure: tuple[str, ...]
    likely: tuple[str, ...]


@cache
def _cues(path: Path = INTENTS / "cues.yml") -> tuple[_Cue, ...]:
    table: dict[str, Any] = read_yaml(path)
    unknown = table.keys() - set(ACTS)
    if unknown:
        raise ValueError(f"cues.yml names unknown acts: {', '.join(sorted(unknown))}")
    return tuple(
        _Cue(
            cast(Act, act),
            frozenset(normalise(str(word)).replace(" ", "") for word in lists.get("whole", ())),
            tuple(str(word) for word in lists.get("sure", ())),
            tuple(str(word) for word in lists.get("likely", ())),
        )
        for act, lists in table.items()
    )


def sure_act(text: str, normal: str) -> Act | None:
    """The act that a rule is sure of, or None."""
    plain = normal.replace(" ", "")
    for cue in _cues():
        if plain in cue.whole or any(word in plain or word in text for word in cue.sure):
            return cue.act
    return None


def likely_act(normal: str) -> Act | None:
    """The act that a word in the text suggests, for when there is nothing better."""
    plain = normal.replace(" ", "")
    return next((cue.act for cue in _cues() if any(word in plain for word in cue.likely)), None)


def words_of(act: Act) -> frozenset[str]:
    """The whole utterances that a rule takes for the act, normalised."""
    return frozenset(word for cue in _cues() if cue.act == act for word in cue.whole)
