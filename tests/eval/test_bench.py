"""The matcher's speed beside the encoder's: the same sentences, each length and way apart."""

from __future__ import annotations

import time

import numpy as np

from eval.bench import SHORT, bench_match
from knowledge.search import Match


def test_the_matcher_and_the_encoder_are_timed_on_the_same_sentences() -> None:
    matched: list[str] = []
    encoded: list[str] = []

    def match(texts: list[str]) -> list[Match]:
        matched.extend(texts)
        time.sleep(0.004 * len(texts))
        return [Match("reject", ())] * len(texts)

    def many(texts: list[str]) -> np.ndarray:
        encoded.extend(texts)
        time.sleep(0.002 * len(texts))
        return np.zeros((len(texts), 1), np.float32)

    short, long = [f"办证{n}" for n in range(5)], [f"{'办' * (SHORT + 1)}{n}" for n in range(5)]
    told = bench_match([*short, *long], match, many, lambda text: many([text])[0])
    assert matched == [*short, *long, *short, *short, *long, *long], "first a warm-up"
    assert encoded == [*short, *short, *long, *long]
    for part in (told["short"], told["long"]):
        assert part["n"] == 5
        assert 0.3 < part["of_encoder_batch"] < 0.7
        assert 1.4 < part["of_encoder_one"] < 2.8
        assert part["batch_per_s"] < part["encoder_batch_per_s"]
    assert told["targets"]["long.of_encoder_batch"] == [told["long"]["of_encoder_batch"], ">= 0.8"]
