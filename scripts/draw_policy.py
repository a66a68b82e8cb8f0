"""Draws the conversation's policy into its page: `python scripts/draw_policy.py [--check]`.

The table of `bot/deciding/step.py` becomes a Markdown table between two markers of `docs/conversation.md`. With
`--check` nothing is written, and the exit status is 1 when the page no longer shows the table as it is in the code.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from bot.deciding.state import Situation
from bot.deciding.step import handler_for
from bot.hearing.reading import ACTS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "conversation.md"
BEGIN, END = "<!-- policy: begin -->", "<!-- policy: end -->"


def step_name(handler: Callable[..., Any]) -> str:
    """The step's name in the code without its underscore; one made for a wording key has it in brackets."""
    made_by = str(getattr(handler, "__qualname__", "")).split(".")[0].lstrip("_")
    key = inspect.getclosurevars(handler).nonlocals.get("key")
    return f"{made_by}({key})" if key else made_by


def draw() -> str:
    """The table in Markdown: a row an act, a column a situation."""
    situations: tuple[Situation, ...] = get_args(Situation)
    rows = [
        ["act", *situations],
        ["---"] * (len(situations) + 1),
        *([f"`{act}`", *(step_name(handler_for(one, act)) for one in situations)] for act in ACTS),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def updated(page: str) -> str:
    """The page with the present table in it. Raises ValueError where a marker is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} needs the markers {BEGIN} and {END}, in this order")
    return f"{before}{BEGIN}\n{draw()}{END}{after}"


def main() -> int:
    """Write the page anew, or with `--check` only say whether it is stale. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Draw the policy into docs/conversation.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is stale")
    only_check = parser.parse_args().check
    page = PAGE.read_text("utf-8")
    try:
        fresh = updated(page)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if fresh == page:
        return 0
    if only_check:
        print(f"{PAGE.name} is stale: run python scripts/draw_policy.py", file=sys.stderr)
        return 1
    PAGE.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
