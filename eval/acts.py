"""The acts heard in follow-ups, read as the conversation reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from eval.metrics import share

Read = Callable[[str], Awaitable[str]]
"""The act heard in a text."""


async def evaluate_acts(rows: Sequence[tuple[str, str]], read: Read) -> dict[str, Any]:
    """The share of acts heard rightly, by act, and every mistake."""
    heard = [await read(text) for text, _ in rows]
    right = [one == act for one, (_, act) in zip(heard, rows, strict=True)]
    mistakes = [
        {"text": text, "act": act, "heard": one} for one, (text, act) in zip(heard, rows, strict=True) if one != act
    ]
    acts = sorted({act for _, act in rows})
    return {
        "rows": len(rows),
        "right": share(right),
        "by_act": {act: share([ok for ok, (_, one) in zip(right, rows, strict=True) if one == act]) for act in acts},
        "confused": [
            {"act": act, "heard": one, "times": times}
            for (act, one), times in Counter((one["act"], one["heard"]) for one in mistakes).most_common()
        ],
        "mistakes": mistakes,
    }
