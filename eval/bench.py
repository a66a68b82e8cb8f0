"""How quick a turn and the matcher are, and how much memory the two processes hold."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from knowledge.search import Match
from knowledge.search.index import Floats
from knowledge.text import normalise

DIALOGUES = (
    ("我想开个小饭馆", "2", "租的", "八十平", "要挂", "要多少天", "多少钱", "在哪办"),
    ("身份证找不着了", "满16岁", "本地", "要带什么", "能不能让我儿子去", "几天能拿"),
    ("我卡丢了，看病那个卡", "1", "不知道", "1", "收钱不", "周六上班吗"),
    ("办个营业执照 摆个小铺面", "1", "租的", "1", "要准备什么", "多久"),
)
"""Each begins with a first turn; the rest are answers and follow-ups."""

WARM_UP_ROUNDS = 2

SHORT = 20
"""Characters up to which a sentence is short."""
BATCH = 64

Many = Callable[[list[str]], Floats]
One = Callable[[str], Floats]
MatchMany = Callable[[list[str]], Sequence[Match]]


def _quantiles(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "n": len(ordered),
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
        "max_ms": round(ordered[-1], 1),
    }


def bench_turn(url: str, rounds: int) -> dict[str, Any]:
    """Latency over HTTP, one message at a time. First turns vary in wording, so that no cache answers them.

    Raises ConnectionError where no service answers.
    """
    first: list[float] = []
    later: list[float] = []
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for number in range(rounds + WARM_UP_ROUNDS):
            for dialogue in DIALOGUES:
                conversation = uuid.uuid4().hex
                for turn, text in enumerate(dialogue):
                    said = f"{text} {number}号" if turn == 0 else text
                    began = time.perf_counter()
                    try:
                        client.post(
                            f"/api/conversations/{conversation}/messages", json={"text": said}
                        ).raise_for_status()
                    except httpx.TransportError as error:
                        raise ConnectionError(url) from error
                    spent = (time.perf_counter() - began) * 1000
                    if number >= WARM_UP_ROUNDS:
                        (first if turn == 0 else later).append(spent)
    return {"rounds": rounds, "first": _quantiles(first), "later": _quantiles(later), "all": _quantiles(first + later)}


def bench_match(texts: Sequence[str], match: MatchMany, encode_many: Many, encode_one: One) -> dict[str, Any]:
    """The matcher from plain text on beside the bare encoder, taking turns on the same sentences.

    In batches, and one at a time; short sentences and longer ones apart. Which of both goes first changes each time.
    """
    parts = {"short": [t for t in texts if len(t) <= SHORT], "long": [t for t in texts if len(t) > SHORT]}
    plain = {text: normalise(text) for text in texts}  # what the encoder gets from the matcher, ready made for it alone
    match(list(texts[:BATCH]))  # both are warm
    found: dict[str, Any] = {}
    for name, part in parts.items():
        batches = [part[start : start + BATCH] for start in range(0, len(part), BATCH)]
        ours, bare = _in_turn(batches, match, lambda batch: encode_many([plain[text] for text in batch]))
        alone, forward = _in_turn(part, lambda text: match([text]), lambda text: encode_one(plain[text]))
        p50, bare_p50 = statistics.median(alone) * 1000, statistics.median(forward) * 1000
        found[name] = {
            "n": len(part),
            "batch_per_s": round(len(part) / sum(ours), 1),
            "encoder_batch_per_s": round(len(part) / sum(bare), 1),
            "of_encoder_batch": round(sum(bare) / sum(ours), 3),
            "one_p50_ms": round(p50, 2),
            "encoder_one_p50_ms": round(bare_p50, 2),
            "of_encoder_one": round(p50 / bare_p50, 3),
        }
    found["targets"] = {
        "short.batch_per_s": [found["short"]["batch_per_s"], ">= 80"],
        "long.of_encoder_batch": [found["long"]["of_encoder_batch"], ">= 0.8"],
        "short.of_encoder_one": [found["short"]["of_encoder_one"], "<= 1.5"],
        "long.of_encoder_one": [found["long"]["of_encoder_one"], "<= 1.5"],
    }
    return found


def _in_turn(
    given: Sequence[Any], first: Callable[[Any], object], second: Callable[[Any], object]
) -> tuple[list[float], list[float]]:
    """Seconds of both on each of what is given. What normalising remembers is forgotten: nobody says a thing twice."""
    spent: tuple[list[float], list[float]] = ([], [])
    ways = ((first, spent[0]), (second, spent[1]))
    for n, one in enumerate(given):
        normalise.cache_clear()
        for way, seconds in ways if n % 2 else ways[::-1]:
            began = time.perf_counter()
            way(one)
            seconds.append(time.perf_counter() - began)
    return spent


def resident_memory(run_folder: Path) -> dict[str, float]:
    """Resident megabytes of the main process and of Rasa. Raises OSError where they do not run."""
    rasa = int((run_folder / "rasa.pid").read_text("utf-8"))
    status = Path(f"/proc/{rasa}/status").read_text("utf-8")
    parent = int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))
    figures = {name: round(_resident(pid), 1) for name, pid in (("main_mb", parent), ("rasa_mb", rasa))}
    return {**figures, "together_mb": round(sum(figures.values()), 1)}


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) / 1024
