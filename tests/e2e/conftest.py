"""The real service for the end-to-end tests."""

from __future__ import annotations

import pytest
from running_service import Running, shared


@pytest.fixture
def daoban(request: pytest.FixtureRequest) -> Running:
    """The running service, with the language engine up."""
    return shared(request.config)
