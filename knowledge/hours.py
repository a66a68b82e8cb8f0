"""When a site is open: its hours as written, on the working days of the Chinese calendar.

Public holidays and the weekends worked in exchange for them come from the package chinesecalendar, which follows the
State Council's yearly notice. For a year that is not announced yet nothing is said of being open, and Monday to Friday
count as working days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from itertools import pairwise

import chinese_calendar

CHINA = dt.timezone(dt.timedelta(hours=8), "CST")
"""The one zone of all halls."""

_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-－—~至到]+\s*(\d{1,2})[:：](\d{2})")
_DAYS = re.compile(r"周([一二三四五六日天])\s*[-－—~至到]+\s*周([一二三四五六日天])")
_WEEK = "一二三四五六日"
_FROM_TODAY = ("今天", "明天", "后天")
_DAY_ASKED = re.compile(
    r"(?:周|星期|礼拜)[一二三四五六日天末]|今天|明天|后天|元旦|春节|过年|清明|五一|劳动节|端午|中秋|国庆|十一|节假日|假期"
    r"|中午|晌午|晚上|夜里|下班后"
)
_LOOK_AHEAD = 30

Span = tuple[dt.time, dt.time]


def is_working_day(day: dt.date) -> bool:
    """Whether public offices work on this day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def after_working_days(day: dt.date, count: int) -> dt.date:
    """The last of `count` working days that follow `day`."""
    while count:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def open_words(hours: str, at: dt.datetime) -> str:
    """Whether a site with these hours is open at this moment, and when it opens next; empty where hours say no times.

    `hours` is as sites.csv has it: 周一至周五 9:00-12:00 13:30-17:00.
    """
    spans = _spans(hours)
    if not spans or not _announced(at.date()):
        return ""
    works = _working(hours)
    today, moment = at.date(), at.time()
    if works(today):
        for begins, ends in spans:
            if begins <= moment < ends:
                return f"现在开着，{_clock(ends)}{'下班' if ends == spans[-1][1] else '午休'}。"
            if moment < begins:
                return f"现在没开，今天{_clock(begins)}开门。"
    days = (today + dt.timedelta(days=n) for n in range(1, _LOOK_AHEAD))
    opens = next((day for day in days if not _announced(day) or works(day)), None)
    if opens is None or not _announced(opens):
        return "今天已经下班。" if works(today) else "今天不上班。"
    why = "今天已经下班" if works(today) else "今天不上班"
    return f"{why}，{_day(opens, today)}{_clock(spans[0][0])}开门。"


def day_asked(text: str) -> str | None:
    """The day or time of day that a text asks about, in its own words: 周六, 国庆, 中午; None for none."""
    found = _DAY_ASKED.search(text)
    return found.group(0) if found else None


def open_on_words(hours: str, asked: str, at: dt.datetime) -> str:
    """Whether a site with these hours is open when `day_asked` found; empty where hours say no times."""
    spans = _spans(hours)
    if not spans:
        return ""
    if asked in ("中午", "晌午"):
        breaks = [(one[1], other[0]) for one, other in pairwise(spans)]
        return f"中午{_clock(breaks[0][0])}到{_clock(breaks[0][1])}休息，不办事。" if breaks else "中午不休息，照常办。"
    if asked in ("晚上", "夜里", "下班后"):
        return f"晚上不开门，{_clock(spans[-1][1])}下班。"
    times = "、".join(f"{_clock(begins)}到{_clock(ends)}" for begins, ends in spans)
    works = _working(hours)
    days = _days_asked(asked, at.date())
    if not days:
        return f"{asked}这样的法定节假日不上班。"
    if all(works(day) for day in days):
        return f"{asked}上班，{times}。"
    return f"{asked}不上班。"


def _spans(hours: str) -> list[Span]:
    """The times of day in a site's hours."""
    return [(_time(*found[:2]), _time(*found[2:])) for found in _SPAN.findall(hours)]


def _days_asked(asked: str, today: dt.date) -> list[dt.date]:
    """The coming days that the words mean; none for a public holiday."""
    if asked in _FROM_TODAY:
        return [today + dt.timedelta(days=_FROM_TODAY.index(asked))]
    if not asked.startswith(("周", "星期", "礼拜")):
        return []
    names = "六日" if asked[-1] == "末" else asked[-1].replace("天", "日")
    return [today + dt.timedelta(days=(_WEEK.index(name) - today.weekday()) % 7) for name in names]


def _working(hours: str) -> Callable[[dt.date], bool]:
    """The days a site works. Weekends within the stated days count too, but no public holiday."""
    found = _DAYS.search(hours)
    last = _WEEK.index(found[2].replace("天", "日")) if found else 4
    return lambda day: is_working_day(day) or (4 < day.weekday() <= last and not _is_public_holiday(day))


def _is_public_holiday(day: dt.date) -> bool:
    return _announced(day) and bool(chinese_calendar.get_holiday_detail(day)[1])


def _announced(day: dt.date) -> bool:
    """Whether the holidays of the day's year are known."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def _time(hour: str, minute: str) -> dt.time:
    return dt.time(min(int(hour), 23), min(int(minute), 59))


def _clock(time: dt.time) -> str:
    return f"{time.hour}:{time.minute:02d}"


def _day(day: dt.date, today: dt.date) -> str:
    name = "明天" if day - today == dt.timedelta(days=1) else f"{day.month}月{day.day}日"
    return f"{name}（周{_WEEK[day.weekday()]}）"
