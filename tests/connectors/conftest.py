"""Fixtures of the connectors' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from service_kit import make_service

from connectors.app import create_app
from connectors.cli.main import logs_to_stderr
from connectors.service import Service
from knowledge.snapshot import Snapshot


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Logs as the service writes them."""
    logs_to_stderr()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of whoever runs the tests do not reach them; whatever a command keeps goes into the test's folder."""
    import os

    for name in [name for name in os.environ if name.startswith("DAOBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAOBAN_DATA_DIR", str(tmp_path / "var"))


@pytest.fixture
def service(searchable: Snapshot, tmp_path: Path) -> Iterator[Service]:
    """A service without the language engine."""
    made = make_service(searchable, tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def client(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of the running app. What `make setup` built meanwhile is not swapped in."""
    monkeypatch.setattr("connectors.service.LOOK_FOR_SNAPSHOT_S", 3600.0)
    with TestClient(create_app(service), follow_redirects=False, raise_server_exceptions=False) as opened:
        yield opened
