"""Ratings: from the citizen's word to the hall's count."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from connectors.cli.main import app
from connectors.hall.ratings import Ratings
from connectors.service import Service


def test_a_rating_is_counted(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> str:
        for said in ("非常满意", "非常满意", "不满意"):
            result = await service.conversations.message("api", "c", "api", said)
        return "\n".join(reply.text for reply in result.replies)

    said = asyncio.run(main())
    assert "记下了：不满意" in said
    assert "编号BC" in said, "somebody looks at what went wrong"
    assert Ratings(service.store.engine).counts() == {5: 2, 4: 0, 3: 0, 2: 1, 1: 0}
    monkeypatch.setenv("DAOBAN_DATABASE_URL", service.settings.database)
    done = CliRunner().invoke(app, ["ratings"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "非常满意　2"
