"""Days and periods with their places: 明天下午, 下周三, 3号, Dec 8 are days, 上周, 最近一个月, last week periods.

What a day means on its own `dates` says; here are the days to come, which delivery is about, and the places.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from shopassist.language.amounts import number
from shopassist.language.dates import dates
from shopassist.language.spots import Spot, data, filled, pattern

_AHEAD = {"今": 0, "明": 1, "后": 2, "大后": 3, "昨": -1, "前": -2, "大前": -3}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 5}
_WEEKDAYS |= {d: n for n, d in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])} | {"wee": 5}
_WEEKS = {"上上": -2, "上": -1, "本": 0, "这": 0, "this": 0, "this coming": 0, "下": 1, "next": 1, "下下": 2}
_NAMED_BY_DATES = ("iso", "month_day", "english", "this_month", "ago", "event")
_CONTEXT = 16

LONG_PAST = 90
"""A day without its year that is past by so many days is next year's where delivery is spoken of."""


def days(text: str, today: date, *, ahead: bool = False) -> Iterator[Spot]:
    """The days that folded text names. With `ahead` a day that may be past or to come is to come."""
    found: list[Spot] = []
    for name in _NAMED_BY_DATES:
        for match in pattern("days", name).finditer(text):
            named = dates(match[0], today)
            if named:
                day = named[0]
                if name in ("month_day", "english") and not re.search(r"年|20\d\d", match[0]):
                    day = _turned(text, match, day, today, ahead)
                found.append(_spot(text, match, day))
    for name in ("slashed", "slashed_en"):
        for match in pattern("days", name).finditer(text):
            named = dates(f"{match['m']}月{match['d']}日", today)
            found.extend(_spot(text, match, _turned(text, match, day, today, ahead)) for day in named)
    found.extend(_relative(text, today))
    found.extend(_weekdays(text, today))
    found.extend(_of_month(text, today))
    yield from found
    yield from _ranges(text, found)


def _spot(text: str, match: re.Match[str], day: date) -> Spot:
    end = match.end()
    while time := pattern("days", "time").match(text, end):
        end = time.end()
    return Spot("date", day.isoformat(), match.start(), end, rank=5)


def _turned(text: str, match: re.Match[str], day: date, today: date, ahead: bool) -> date:
    """The same day a year on, where the words around speak of the time to come and the day is long past."""
    if (today - day).days < LONG_PAST or not _to_come(text, match, ahead):
        return day
    return _safe(day.year + 1, day.month, day.day) or day


def _to_come(text: str, match: re.Match[str], default: bool) -> bool:
    before, after = text[max(0, match.start() - _CONTEXT) : match.start()], text[match.end() : match.end() + _CONTEXT]
    clause = re.split(r"[,，。;!?]", before)[-1]
    if pattern("days", "past_after").search(after) or pattern("days", "past_before").search(clause):
        return False
    if pattern("days", "future_after").search(after) or pattern("days", "future_before").search(clause):
        return True
    return default


def _relative(text: str, today: date) -> Iterator[Spot]:
    for match in pattern("days", "relative").finditer(text):
        word = match["word"] or match["en"]
        if match["word"]:
            offset = _AHEAD[word[:-1]]
        elif "before" in word:
            offset = -2
        elif "after" in word:
            offset = 2
        else:
            offset = -1 if word in ("yesterday", "last night") else 0 if word in ("today", "tonight") else 1
        yield _spot(text, match, today + timedelta(days=offset))
    for name in ("ahead", "ahead_en"):
        for match in pattern("days", name).finditer(text):
            found = match.groupdict()
            count = number(found["n"] or found.get("n2") or "")
            week = (found["unit"] or found.get("unit2") or "") not in ("天", "day")
            if count and count <= 366:
                yield _spot(text, match, today + timedelta(days=int(count) * (7 if week else 1)))


def _weekdays(text: str, today: date) -> Iterator[Spot]:
    monday = today - timedelta(days=today.weekday())
    open_days = [m.span() for m in pattern("days", "weekday_range").finditer(text)]  # 周一到周五 names no day
    for name in ("weekday", "weekday_en"):
        for match in pattern("days", name).finditer(text):
            if any(start < match.end() and match.start() < end for start, end in open_days):
                continue
            found = match.groupdict()
            lead, word = found["lead"] or found.get("lead2"), found["day"] or found.get("day2") or ""
            number_of = _WEEKDAYS[word if name == "weekday" else word[:3]]
            if lead == "last":
                day = today - timedelta(days=(today.weekday() - number_of - 1) % 7 + 1)
            elif lead in _WEEKS:
                day = monday + timedelta(weeks=_WEEKS[lead], days=number_of)
            elif _to_come(text, match, default=True):
                day = today + timedelta(days=(number_of - today.weekday()) % 7)
            else:
                day = today - timedelta(days=(today.weekday() - number_of) % 7)
            yield _spot(text, match, day)


def _of_month(text: str, today: date) -> Iterator[Spot]:
    for name in ("of_month", "of_month_en"):
        for match in pattern("days", name).finditer(text):
            if day := day_of_month(match["day"], today, _to_come(text, match, default=True)):
                yield _spot(text, match, day)


def day_of_month(text: str, today: date, to_come: bool) -> date | None:
    """The next day of that number, or the last one that has passed; today is either."""
    wanted = number(text)
    if not wanted or not 1 <= wanted <= 31:
        return None
    year, month = today.year, today.month
    for _ in range(12):
        day = _safe(year, month, int(wanted))
        if day and (day >= today if to_come else day <= today):
            return day
        month += 1 if to_come else -1
        year, month = year + (month == 13) - (month == 0), (month - 1) % 12 + 1
    return None


def _ranges(text: str, found: list[Spot]) -> Iterator[Spot]:
    for first, last in pairwise(sorted(found, key=lambda s: (s.start, -s.end))):
        between = text[first.end : last.start]
        if first.end <= last.start and pattern("days", "range_join").search(between):
            opened = text[max(0, first.start - 8) : first.start].endswith(("between ", "from "))
            if "and" in between and not opened:
                continue
            if first.value and last.value and first.value < last.value:
                yield Spot("period", f"{first.value}/{last.value}", first.start, last.end, rank=4)


def periods(text: str, today: date) -> Iterator[Spot]:
    """The periods that folded text names, as ``first/last`` day, both included."""
    for raw, unit, count in data()["periods"]:
        for match in re.finditer(filled(raw), text):
            yield _period(match, *_span(today, unit, int(count)))
    for match in pattern("days", "rolling").finditer(text):
        found = match.groupdict()
        count_of = number(found["n"] or found["n2"] or "")
        unit = found["unit"] or found["unit2"] or ""
        if count_of and count_of <= 999:
            yield _period(match, _back(today, int(count_of), unit), today)
    for match in pattern("days", "bare_month").finditer(text):
        if span := _month(match, today):
            yield _period(match, *span)


def _period(match: re.Match[str], first: date, last: date) -> Spot:
    return Spot("period", f"{first.isoformat()}/{last.isoformat()}", *match.span(), rank=5)


def _span(today: date, unit: str, count: int) -> tuple[date, date]:
    if unit == "days":
        return today - timedelta(days=count), today
    if unit == "months":
        return _back(today, count, "month"), today
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=count)
        return monday, monday + timedelta(days=6)
    if unit == "month":
        months = today.year * 12 + today.month - 1 + count
        return _whole(months // 12, months % 12 + 1)
    return date(today.year + count, 1, 1), date(today.year + count, 12, 31)


def _back(today: date, count: int, unit: str) -> date:
    if unit in ("天", "日", "day"):
        return today - timedelta(days=count)
    if unit in ("周", "星期", "礼拜", "week"):
        return today - timedelta(weeks=count)
    months = today.year * 12 + today.month - 1 - count * (12 if unit in ("年", "year") else 1)
    year, month = max(1, months // 12), months % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _month(match: re.Match[str], today: date) -> tuple[date, date] | None:
    """The last month of that name that has begun."""
    english = match["en"] or match["en2"]
    if english:
        names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        month = names.index(english[:3]) + 1
    else:
        month = int(number(match["n"]) or 0)
    if not 1 <= month <= 12:
        return None
    past = match["year"] == "去年" or (month > today.month and match["year"] != "今年")
    return _whole(today.year - past, month)


def _whole(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
