"""Reads and writes conversations and notices in short transactions."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, delete, event, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.deciding.state import State
from connectors.settings import CONVERSATION_DAYS
from connectors.storage.tables import ConversationRow, CounterRow, NoticeRow
from knowledge.hours import CHINA
from knowledge.notice import Notice, issue

MIGRATIONS = Path(__file__).with_name("migrations")
NOTICE_DAYS = 180
TOKEN_LENGTH = 22
_BASE62 = string.ascii_letters + string.digits


class Conflict(Exception):
    """Somebody else wrote this conversation in between."""


def now() -> dt.datetime:
    """The present moment, with its zone."""
    return dt.datetime.now(dt.UTC)


def aware(moment: dt.datetime) -> dt.datetime:
    """A stored moment with its zone: SQLite keeps UTC without saying so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def open_store(url: str) -> Store:
    """Open the database at `url`, brought up to the newest schema. Raises SQLAlchemy's errors."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # An error's text would else hold what was written, and errors are logged.
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
    migrate(engine)
    return Store(engine)


def _sqlite_pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def next_number(session: Session, series: str) -> int:
    """The next number of a series, within the caller's transaction."""
    changed = session.execute(update(CounterRow).where(CounterRow.series == series).values(last=CounterRow.last + 1))
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.add(CounterRow(series=series, last=1))
        session.flush()
    return int(session.execute(select(CounterRow.last).where(CounterRow.series == series)).scalar_one())


class Store:
    """All that the service keeps."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._session = sessionmaker(engine, expire_on_commit=False)

    def load(self, key: str) -> tuple[State, int] | None:
        """A conversation's state and version, or None where there is none."""
        with self._session() as session:
            row = session.get(ConversationRow, key)
            return (State.model_validate_json(row.state), row.version) if row else None

    def save(self, key: str, state: State, version: int) -> None:
        """Write the state that follows version `version` (0: a new conversation). Raises Conflict."""
        text = state.model_dump_json()
        if version == 0:
            try:
                with self._session.begin() as session:
                    session.add(ConversationRow(key=key, state=text, version=1, updated_at=now()))
            except IntegrityError as error:
                raise Conflict(key) from error
            return
        with self._session.begin() as session:
            changed = session.execute(
                update(ConversationRow)
                .where(ConversationRow.key == key, ConversationRow.version == version)
                .values(state=text, version=version + 1, updated_at=now())
            )
            if changed.rowcount != 1:  # type: ignore[attr-defined]
                raise Conflict(key)

    def forget(self, key: str) -> None:
        """Erase a conversation."""
        with self._session.begin() as session:
            session.execute(delete(ConversationRow).where(ConversationRow.key == key))

    def issue(self, notice: Notice) -> Notice:
        """Number and store a notice; returns it as handed out."""
        try:
            return self._issue(notice)
        except IntegrityError:  # somebody else began the day's numbers at the same moment
            return self._issue(notice)

    def _issue(self, notice: Notice) -> Notice:
        at = now().astimezone(CHINA)
        token = "".join(secrets.choice(_BASE62) for _ in range(TOKEN_LENGTH))
        with self._session.begin() as session:
            number = f"DB{at:%Y%m%d}-{next_number(session, f'notices-{at:%Y%m%d}'):06d}"
            issued = issue(notice, number=number, token=token, at=at)
            session.add(
                NoticeRow(
                    token=token,
                    number=number,
                    code=notice.code,
                    facts=dict(notice.facts),
                    snapshot=notice.catalogue_version,
                    notice=issued.model_dump_json(),
                    issued_at=at,
                    expires_at=at + dt.timedelta(days=NOTICE_DAYS),
                )
            )
        return issued

    def notice(self, token: str) -> Notice | None:
        """A notice as issued, or None where it never was, is erased, or is over 180 days old."""
        with self._session() as session:
            row = session.get(NoticeRow, token)
            if row is None:
                return None
            return Notice.model_validate_json(row.notice) if aware(row.expires_at) > now() else None

    def erase_notice(self, token: str) -> None:
        """Erase an issued notice."""
        with self._session.begin() as session:
            session.execute(delete(NoticeRow).where(NoticeRow.token == token))

    def prune(self) -> None:
        """Drop notices past their time and conversations nobody came back to."""
        with self._session.begin() as session:
            session.execute(delete(NoticeRow).where(NoticeRow.expires_at < now()))
            old = now() - dt.timedelta(days=CONVERSATION_DAYS)
            session.execute(delete(ConversationRow).where(ConversationRow.updated_at < old))

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
