"""`daoban ratings`: what people thought of the service."""

from __future__ import annotations

import typer

from bot.deciding.grades import GRADES
from connectors.hall.ratings import Ratings
from connectors.settings import Settings
from connectors.storage import open_store


def ratings() -> None:
    """How often each of the five grades was given."""
    counts = Ratings(open_store(Settings().database).engine).counts()
    for grade, words in GRADES.items():
        typer.echo(f"{words}　{counts[grade]}")
