"""The catalogue as committed, read once for all tests: reading it takes seconds."""

from __future__ import annotations

import gc
from functools import cache

from knowledge.search.phrases import PhraseFile, read_phrase_files
from knowledge.snapshot import Snapshot, compile_catalogue


@cache
def shipped_snapshot() -> Snapshot:
    """The present catalogue in memory, without search. It stays, so the garbage collector need not walk it again."""
    made = compile_catalogue()
    gc.freeze()
    return made


@cache
def shipped_phrases() -> dict[str, PhraseFile]:
    """The present phrase files by code."""
    return read_phrase_files()
