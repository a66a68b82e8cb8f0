"""The matcher's speed beside the encoder's: the same sentences, each length and way apart."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from eval.bench import SHORT, bench_match
from knowledge.search import Match


def test_the_matcher_and_the_encoder_are_timed_on_the_same_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("eval.bench.time", SimpleNamespace(perf_counter=lambda: clock[0]))
    matched: list[str] = []
    encoded: list[str] = []

    def match(texts: list[str]) -> list[Match]:
        matched.extend(texts)
        clock[0] += 0.004 * len(texts)
        return [Match("reject", ())] * len(texts)

    def many(texts: list[str]) -> np.ndarray:
        encoded.extend(texts)
        clock[0] += 0.002 * len(texts)
        return np.zeros((len(texts), 1), np.float32)

    short, long = [f"办证{n}" for n in range(5)], [f"{'办' * (SHORT + 1)}{n}" for n in range(5)]
    told = bench_match([*short, *long], match, many, lambda text: many([text])[0])
    assert matched == [*short, *long, *short, *short, *long, *long], "first a warm-up"
    assert encoded == [*short, *short, *long, *long]
    for part in (told["short"], told["long"]):
        assert part == {
            "n": 5,
            "batch_per_s": 250.0,
            "encoder_batch_per_s": 500.0,
            "of_encoder_batch": 0.5,
            "one_p50_ms": 4.0,
            "encoder_one_p50_ms": 2.0,
            "of_encoder_one": 2.0,
        }
    assert told["targets"]["long.of_encoder_batch"] == [told["long"]["of_encoder_batch"], ">= 0.8"]
