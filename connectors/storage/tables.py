"""The tables. None holds who spoke: a conversation is its answers, a notice its content, a stuck case what was said."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class ConversationRow(Base):
    """One conversation; `version` counts turns, so that two writers cannot overwrite each other."""

    __tablename__ = "conversations"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)


class NoticeRow(Base):
    """A notice as it was issued."""

    __tablename__ = "notices"

    token: Mapped[str] = mapped_column(String(22), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    code: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, object]] = mapped_column(JSON)
    snapshot: Mapped[str] = mapped_column(String(32))
    notice: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_notices_expires_at", "expires_at"),)


class StuckCaseRow(Base):
    """A stuck case: what was said and is known, by number; open until it is closed with an answer."""

    __tablename__ = "stuck_cases"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    why: Mapped[str] = mapped_column(String(16))
    item: Mapped[str | None] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    talk: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    opened_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    due: Mapped[dt.date] = mapped_column(Date, index=True)
    answer: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class RatingRow(Base):
    """One rating, 1 to 5, and what it was about."""

    __tablename__ = "ratings"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    grade: Mapped[int] = mapped_column(Integer)
    item: Mapped[str | None] = mapped_column(String(8))
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class CounterRow(Base):
    """The last number given out for a series, e.g. the notices of a day."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
