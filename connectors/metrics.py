"""Figures for the operator, in Prometheus' form at `/metrics`."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

turns = Counter("daoban_turns_total", "Turns answered", ["channel", "act"])
turn_seconds = Histogram(
    "daoban_turn_seconds", "Seconds from message to replies", ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5),
)  # fmt: skip
turn_failures = Counter("daoban_turn_failures_total", "Turns that failed inside")
rasa_up = Gauge("daoban_rasa_up", "Whether the language engine answers")
rasa_starts = Counter("daoban_rasa_starts_total", "Starts of the language engine")
