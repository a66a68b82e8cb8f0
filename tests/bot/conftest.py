"""Fixtures of the conversation's tests."""

from __future__ import annotations

import pytest
from conversation import Talk

from knowledge.snapshot import Snapshot


@pytest.fixture
def talk(snapshot: Snapshot) -> Talk:
    """A new conversation over the catalogue."""
    return Talk(snapshot)
