"""The language engine's client: one text in, its act and entities out, or None when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from bot.hearing.reading import Entity

TIMEOUT_S = 2.5


@dataclass(frozen=True)
class Parse:
    """Rasa's reading of a text."""

    act: str
    confidence: float
    entities: tuple[Entity, ...] = ()
    ranking: Mapping[str, float] = field(default_factory=dict)


class Parser(Protocol):
    """Anything that reads acts: the real engine, or a test's."""

    async def parse(self, text: str) -> Parse | None:
        """The reading, or None when the engine is away. Never raises."""


class RasaParser:
    """Talks to Rasa's `/model/parse` on loopback. Two failures in a row are what the supervisor restarts it for."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, params={"token": token}, timeout=TIMEOUT_S, trust_env=False)
        self.failures = 0

    async def parse(self, text: str) -> Parse | None:
        """Rasa's reading of `text`. A leading slash would bypass the engine, so it is taken off."""
        try:
            answer = await self._client.post("/model/parse", json={"text": text.lstrip("/ ") or " "})
            answer.raise_for_status()
            found = answer.json()
            intent = found["intent"]
            parsed = Parse(
                str(intent.get("name") or ""),
                float(intent.get("confidence") or 0.0),
                tuple(Entity(str(e["entity"]), str(e["value"])) for e in found.get("entities", ())),
                {str(one["name"]): float(one["confidence"]) for one in found.get("intent_ranking", ())},
            )
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            self.failures += 1
            return None
        self.failures = 0
        return parsed

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class NoParser:
    """No engine at all: rules and the matcher alone."""

    async def parse(self, text: str) -> Parse | None:
        """Always None."""
        return None
