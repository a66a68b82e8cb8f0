"""Stuck cases: what somebody could not get done, or asked a person for, kept until a person has answered."""

from connectors.hall.stuck.builtin import StoredStuckCases
from connectors.hall.stuck.case import StuckCase, StuckCases, Why

__all__ = ["StoredStuckCases", "StuckCase", "StuckCases", "Why"]
