"""The tables. Neither holds who spoke: a conversation is its answers, a notice its content."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, DateTime, Index, Integer, String, Text
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


class CounterRow(Base):
    """The last number given out for a series, e.g. the notices of a day."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
