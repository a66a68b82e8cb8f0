"""The rate limit on a real Redis: several gateways count together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_kit import make_service

from bot.saying.say import sentence
from connectors.conversations import TooOften
from connectors.service import Service
from knowledge.snapshot import Snapshot


@pytest.fixture
def gateways(redis_url: str, searchable: Snapshot, tmp_path: Path) -> Iterator[list[Service]]:
    """Two services over the same Redis, and an empty Redis."""
    import redis

    redis.Redis.from_url(redis_url).flushdb()
    services = [
        make_service(searchable, tmp_path / name, redis_url=redis_url, messages_a_minute=5) for name in ("one", "two")
    ]
    yield services
    for service in services:
        service.store.close()


def test_messages_count_over_all_gateways(gateways: list[Service]) -> None:
    async def main() -> None:
        for number in range(5):
            await gateways[number % 2].conversations.message("api", "busy", "api", "")
        for gateway in gateways:
            with pytest.raises(TooOften):
                await gateway.conversations.message("api", "busy", "api", "")
            await gateway.conversations.message("api", "other", "api", "")
            await gateway.conversations.message("page", "busy", "terminal", "")

    asyncio.run(main())


def test_without_redis_people_are_still_answered(searchable: Snapshot, tmp_path: Path) -> None:
    pytest.importorskip("redis", reason="redis is not installed")
    service = make_service(searchable, tmp_path, redis_url="redis://127.0.0.1:9/0")
    result = asyncio.run(service.conversations.message("api", "c", "api", "你好"))
    assert [reply.text for reply in result.replies] == [sentence("greet")]
    service.store.close()
