"""The real service for the end-to-end tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from running_service import Running, shared

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))


@pytest.fixture
def daoban(request: pytest.FixtureRequest) -> Running:
    """The running service, with the language engine up."""
    return shared(request.config)
