"""Stuck cases in Daoban's own database."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session, sessionmaker

from bot.deciding.state import Talked
from connectors.hall.stuck.case import WORKING_DAYS, StuckCase, Why
from connectors.storage.store import aware, next_number, now
from connectors.storage.tables import StuckCaseRow
from knowledge.facts import FactValue
from knowledge.hours import CHINA, after_working_days

KEPT_DAYS = 180


class StoredStuckCases:
    """The built-in keeper."""

    def __init__(self, engine: Engine) -> None:
        self._session = sessionmaker(engine, expire_on_commit=False)

    def open(
        self, why: Why, item: str | None, facts: dict[str, FactValue], talk: tuple[Talked, ...], known: str | None
    ) -> StuckCase:
        """Record a case and number it, or bring the talk's open case up to date."""
        opened = now()
        at = opened.astimezone(CHINA)
        with self._session.begin() as session:
            row = self._row(session, known) if known else None
            due = after_working_days(at.date(), WORKING_DAYS[why])
            if row is None or row.closed_at is not None:
                number = f"BC{at:%Y%m%d}-{next_number(session, f'stuck-{at:%Y%m%d}'):04d}"
                row = StuckCaseRow(number=number, opened_at=opened, due=due)
                session.add(row)
            row.why, row.item, row.facts, row.due = why, item, dict(facts), min(row.due, due)
            row.talk = [one.model_dump() for one in talk]
            return _case(row)

    def find(self, number: str) -> StuckCase | None:
        """The case of that number."""
        with self._session() as session:
            row = self._row(session, number)
            return _case(row) if row else None

    def waiting(self) -> list[StuckCase]:
        """Open cases, the one due first at the head."""
        with self._session() as session:
            rows = session.scalars(
                select(StuckCaseRow)
                .where(StuckCaseRow.closed_at.is_(None))
                .order_by(StuckCaseRow.due, StuckCaseRow.number)
            )
            return [_case(row) for row in rows]

    def close(self, number: str, answer: str) -> StuckCase | None:
        """Close a case with words to the citizen; None where there is no open case of that number."""
        with self._session.begin() as session:
            row = self._row(session, number)
            if row is None or row.closed_at is not None:
                return None
            row.answer, row.closed_at = answer, now()
            return _case(row)

    def erase(self, number: str) -> None:
        """Forget a case."""
        with self._session.begin() as session:
            session.execute(delete(StuckCaseRow).where(StuckCaseRow.number == number))

    def prune(self) -> None:
        """Drop cases closed long ago."""
        with self._session.begin() as session:
            session.execute(delete(StuckCaseRow).where(StuckCaseRow.closed_at < now() - dt.timedelta(days=KEPT_DAYS)))

    @staticmethod
    def _row(session: Session, number: str) -> StuckCaseRow | None:
        return session.get(StuckCaseRow, number)


def _case(row: StuckCaseRow) -> StuckCase:
    return StuckCase(
        number=row.number,
        why=row.why,
        item=row.item,
        facts=row.facts,
        talk=tuple(Talked.model_validate(one) for one in row.talk),
        opened_at=aware(row.opened_at),
        due=row.due,
        answer=row.answer,
        closed_at=aware(row.closed_at) if row.closed_at else None,
    )
