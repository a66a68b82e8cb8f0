"""Whether a site is open, by the working days of the Chinese calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from knowledge.hours import after_working_days, day_asked, is_working_day, open_on_words, open_words

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


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("周六上班不", "周六不上班。"),
        ("礼拜三开门吗", "礼拜三上班，9:00到12:00、13:30到17:00。"),
        ("明天开不开", "明天上班，9:00到12:00、13:30到17:00。"),
        ("周末能办吗", "周末不上班。"),
        ("国庆上班吗", "国庆这样的法定节假日不上班。"),
        ("中午有人吗", "中午12:00到13:30休息，不办事。"),
        ("晚上能去吗", "晚上不开门，17:00下班。"),
    ],
)
def test_the_day_that_is_asked_about_is_answered(asked: str, words: str) -> None:
    day = day_asked(asked)
    assert day is not None
    assert open_on_words("周一至周五 9:00-12:00 13:30-17:00", day, dt.datetime(2026, 11, 24, 10)) == words


def test_no_day_is_heard_where_none_is_named() -> None:
    assert day_asked("几点下班") is None
    assert open_on_words("以公告为准", "周六", dt.datetime(2026, 11, 24, 10)) == ""
