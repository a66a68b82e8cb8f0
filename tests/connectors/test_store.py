"""The store on SQLite, the default."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError
from store_checks import StoreChecks

from connectors.storage import Store, open_store


class TestSqlite(StoreChecks):
    """All checks on a new file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'new' / 'daoban.sqlite3'}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        opened = open_store(url)
        yield opened
        opened.close()

    def test_the_file_is_safe_for_several_readers_and_writers(self, store: Store, tmp_path: Path) -> None:
        found = sqlite3.connect(tmp_path / "new" / "daoban.sqlite3")
        assert found.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        found.close()
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_a_database_that_cannot_be_opened_is_an_error_of_sqlalchemy(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SQLAlchemyError):
        open_store(f"sqlite:///{tmp_path / 'folder'}")
