"""Whether a site is open, by the working days of the Chinese calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from knowledge.hours import after_working_days, is_working_day, open_words

WEEK = "周一至周五 9:00-12:00 13:30-17:00"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-24 08:00", "现在没开，今天9:00开门。"),
        ("2026-11-24 10:00", "现在开着，12:00午休。"),
        ("2026-11-24 12:00", "现在没开，今天13:30开门。"),
        ("2026-11-24 16:59", "现在开着，17:00下班。"),
        ("2026-11-24 17:00", "今天已经下班，明天（周三）9:00开门。"),
        ("2026-11-27 20:00", "今天已经下班，11月30日（周一）9:00开门。"),
        ("2026-11-28 10:00", "今天不上班，11月30日（周一）9:00开门。"),
        ("2026-10-01 10:00", "今天不上班，10月8日（周四）9:00开门。"),
        ("2026-10-10 10:00", "现在开着，12:00午休。"),
    ],
)
def test_open_now_or_when_it_opens_next(at: str, words: str) -> None:
    """The last two: National Day's week off, and the Saturday that is worked in exchange."""
    assert open_words(WEEK, dt.datetime.fromisoformat(at)) == words


def test_a_site_that_works_on_saturdays_rests_on_a_public_holiday() -> None:
    hours = "周一至周六 8:30-18:00"
    assert open_words(hours, dt.datetime(2026, 11, 28, 9)) == "现在开着，18:00下班。"
    assert open_words(hours, dt.datetime(2026, 10, 3, 9)).startswith("今天不上班")


@pytest.mark.parametrize("hours", ["", "全天", "以窗口为准"])
def test_hours_without_times_say_nothing(hours: str) -> None:
    assert open_words(hours, dt.datetime(2026, 11, 24, 10)) == ""


def test_of_a_year_nobody_has_announced_nothing_is_said() -> None:
    assert open_words(WEEK, dt.datetime(2094, 11, 24, 10)) == ""


def test_working_days_are_counted_over_holidays() -> None:
    assert after_working_days(dt.date(2026, 9, 30), 1) == dt.date(2026, 10, 8)
    assert after_working_days(dt.date(2026, 10, 9), 1) == dt.date(2026, 10, 10)
    assert after_working_days(dt.date(2026, 11, 24), 0) == dt.date(2026, 11, 24)
    assert is_working_day(dt.date(2094, 11, 24)) is True, "a Wednesday"
