"""How quick a turn is, and how much memory the two processes hold."""

from __future__ import annotations

import statistics
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

DIALOGUES = (
    ("我想开个小饭馆", "2", "租的", "八十平", "要挂", "要多少天", "多少钱", "在哪办"),
    ("身份证找不着了", "满16岁", "本地", "要带什么", "能不能让我儿子去", "几天能拿"),
    ("我卡丢了，看病那个卡", "1", "不知道", "1", "收钱不", "周六上班吗"),
    ("办个营业执照 摆个小铺面", "1", "租的", "1", "要准备什么", "多久"),
)
"""Each begins with a first turn; the rest are answers and follow-ups."""

WARM_UP_ROUNDS = 2


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
