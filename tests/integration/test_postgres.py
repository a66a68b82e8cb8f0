"""The store on a real PostgreSQL: all that holds on SQLite holds there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from store_checks import StoreChecks

from connectors.storage import Store, open_store


class TestPostgres(StoreChecks):
    """All checks on an empty database."""

    @pytest.fixture
    def url(self, postgres: str) -> str:
        engine = create_engine(postgres)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        return postgres

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        opened = open_store(url)
        yield opened
        opened.close()
