"""Turns that come at the same time: none is lost, none breaks another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from service_kit import make_service

from bot.hearing.rasa import Parse
from bot.saying.say import sentence
from connectors.conversations import TurnResult
from connectors.storage.store import Conflict
from knowledge.snapshot import Snapshot


class Engine:
    """Takes a moment, so that turns overlap."""

    async def parse(self, text: str) -> Parse | None:
        await asyncio.sleep(0.02)
        return Parse("greet", 0.99, ())


def _texts(results: list[TurnResult]) -> list[str]:
    return [reply.text for result in results for reply in result.replies]


def test_messages_of_one_conversation_take_turns(
    searchable: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.conversations.TRIES", 1)
    service = make_service(searchable, tmp_path, Engine())

    async def main() -> list[TurnResult]:
        async def say(after_s: float) -> TurnResult:
            await asyncio.sleep(after_s)
            return await service.conversations.message("api", "c", "api", "嗯这样子")

        return await asyncio.gather(*(say(number * 0.013) for number in range(20)))

    results = asyncio.run(main())
    assert set(_texts(results)) == {sentence("greet")}
    kept = service.store.load("api:c")
    assert kept is not None and kept[1] == 20
    assert service.conversations._turns.locks == {}
    service.store.close()


def test_two_gateways_on_one_store_do_not_lose_a_turn(searchable: Snapshot, tmp_path: Path) -> None:
    gateways = [make_service(searchable, tmp_path, Engine()) for _ in range(2)]

    async def main() -> list[TurnResult]:
        return await asyncio.gather(
            *(gateway.conversations.message("api", "c", "api", "嗯这样子") for gateway in gateways)
        )

    assert set(_texts(asyncio.run(main()))) == {sentence("greet")}
    kept = gateways[0].store.load("api:c")
    assert kept is not None and kept[1] == 2
    for gateway in gateways:
        gateway.store.close()


def test_a_store_that_never_agrees_is_answered_in_words(
    searchable: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(searchable, tmp_path)

    def refuse(*_: object) -> None:
        raise Conflict("api:c")

    monkeypatch.setattr(service.store, "save", refuse)
    result = asyncio.run(service.conversations.message("api", "c", "api", "SH013"))
    assert _texts([result]) == [sentence("trouble")]
    service.store.close()


def test_the_command_line_is_not_held_back(searchable: Snapshot, tmp_path: Path) -> None:
    service = make_service(searchable, tmp_path, messages_a_minute=3)

    async def main() -> list[TurnResult]:
        return [await service.conversations.message("cli", "c", "api", "SH013") for _ in range(10)]

    assert all(result.item == "SH013" for result in asyncio.run(main()))
    service.store.close()


def test_an_error_of_the_store_does_not_repeat_what_was_said(
    searchable: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from connectors.cli.main import logs_to_stderr

    logs_to_stderr()
    service = make_service(searchable, tmp_path)
    with service.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE conversations")
        connection.exec_driver_sql(
            "CREATE VIEW conversations AS SELECT '' key, '' state, 1 version, '' updated_at WHERE 0"
        )
    asyncio.run(service.conversations.message("api", "c", "api", "我家的秘密是刻公章"))
    logged = capsys.readouterr().err
    assert "turn_failed" in logged
    assert "秘密" not in logged
    service.store.close()


def test_nothing_said_keeps_the_pending_choices_before_their_eyes(searchable: Snapshot, tmp_path: Path) -> None:
    service = make_service(searchable, tmp_path)

    async def main() -> list[TurnResult]:
        return [await service.conversations.message("api", "c", "api", text) for text in ("SH013", "。。。", "满了")]

    opened, nothing, answered = asyncio.run(main())
    assert [reply.type for reply in nothing.replies] == ["text", "choices"]
    assert nothing.replies[-1] == opened.replies[-1]
    assert answered.act == "inform", "the question was still pending"
    service.store.close()
