"""Run by Rasa's own Python, so it imports nothing of ours: the likeliest intents of many texts, with one start of Rasa.

`python rasa_parse.py MODEL IN OUT`: IN holds a JSON list of texts, OUT gets a JSON list of lists of intents.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rasa.core.agent import Agent

SHOWN = 3


async def _intents(model: str, texts: list[str]) -> list[list[str]]:
    agent = Agent.load(model)
    found = []
    for text in texts:
        ranking = (await agent.parse_message(text))["intent_ranking"] if text else []
        found.append([one["name"] for one in ranking[:SHOWN]])
    return found


if __name__ == "__main__":
    _model, _given, _out = sys.argv[1:]
    _found = asyncio.run(_intents(_model, json.loads(Path(_given).read_text("utf-8"))))
    Path(_out).write_text(json.dumps(_found), "utf-8")
