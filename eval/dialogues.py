"""Whole dialogues: whether the entry talked about is the right one, after the first turn and after the last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from eval.metrics import share
from eval.rows import Dialogue

Send = Callable[[str, str], Awaitable[dict[str, Any]]]
"""Conversation id and text in, the reply as the HTTP interface gives it out."""


async def evaluate_dialogues(dialogues: Sequence[Dialogue], send: Send) -> dict[str, Any]:
    """Where each dialogue got to; turns and replies are kept, since only a reader sees whether a talk was good."""
    talks: list[dict[str, Any]] = []
    for one in dialogues:
        turns = []
        for text in one.turns:
            reply = await send(one.id, text)
            said = "\n".join(part["text"] for part in reply["replies"])
            turns.append({"text": text, "act": reply["act"], "item": reply["item"], "reply": said})
        talks.append({"id": one.id, "gold": one.gold, "items": [turn["item"] for turn in turns], "turns": turns})
    return {
        "dialogues": len(talks),
        "right_at_first": share([talk["items"][0] == talk["gold"] for talk in talks]),
        "right_at_last": share([talk["items"][-1] == talk["gold"] for talk in talks]),
        "talks": talks,
    }
