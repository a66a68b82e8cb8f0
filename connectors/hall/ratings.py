"""好差评: what people thought of the service, by grade. Never who said it."""

from __future__ import annotations

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import sessionmaker

from connectors.storage.store import now
from connectors.storage.tables import RatingRow


class Ratings:
    """Ratings in Daoban's own database."""

    def __init__(self, engine: Engine) -> None:
        self._session = sessionmaker(engine)

    def add(self, grade: int, item: str | None) -> None:
        """Keep one rating, 1 (非常不满意) to 5 (非常满意), and the entry it was about."""
        with self._session.begin() as session:
            session.add(RatingRow(grade=grade, item=item, at=now()))

    def counts(self) -> dict[int, int]:
        """How often each grade was given."""
        with self._session() as session:
            rows = session.execute(select(RatingRow.grade, func.count()).group_by(RatingRow.grade))
            found = {row.grade: int(row[1]) for row in rows}
        return {grade: found.get(grade, 0) for grade in range(5, 0, -1)}
