"""Days that a customer names, relative to the shop's clock: 11月10日, 双十一, 昨天, 上周三, Nov 10, Double 11."""

from __future__ import annotations

import re
from datetime import date, timedelta

from shopassist.text import fold

_MONTHS = {
    m: n
    for n, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_WEEKDAYS |= {d: n for n, d in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}
_RELATIVE = {"今天": 0, "今日": 0, "昨天": -1, "昨日": -1, "昨晚": -1, "(?<!大)前天": -2, "大前天": -3, "today": 0,
             "(?<!before )yesterday": -1, "day before yesterday": -2}  # fmt: skip
_WORDS = {w: n for n, w in enumerate(["a", "one", "two", "three", "four", "five", "six", "seven"]) if n} | {"a": 1}
_EVENTS = {
    r"双(?:十一|11)|double (?:11|eleven)|singles.? day|11\.11": (11, 11),
    r"双(?:十二|12)|double (?:12|twelve)": (12, 12),
    r"(?<!\d)618(?!\d)": (6, 18),
}
_NUMBER = r"(?:(?<!\d)\d{1,2}|[零一二两三四五六七八九十]{1,3})"
_ISO = re.compile(r"(?<!\d)(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_MONTH_DAY = re.compile(rf"(去年)?({_NUMBER})\s*月\s*({_NUMBER})\s*[日号]?")
_THIS_MONTH = re.compile(rf"(上个?月|这个?月|本月)\s*({_NUMBER})\s*[日号]")
_SLASHED = re.compile(
    r"(?<![\d./-])(1[0-2]|0?[1-9])[/.](3[01]|[12]\d|0?[1-9])(?![\d./-])(?=\s*(?:日|号|下单|买|拍|的|[,，。]))"
)
_ENGLISH = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"(?:\s+(\d{1,2})(?:st|nd|rd|th)?\b)?(?:,?\s+(20\d\d)\b)?"
)
_LAST_WEEK = re.compile(r"(上上|上|这|本)(?:个)?(?:周|星期|礼拜)([一二三四五六日天])")
_LAST_WEEKDAY = re.compile(r"\blast (mon|tue|wed|thu|fri|sat|sun)[a-z]*\b")
_AGO = re.compile(
    rf"((?<!\d)\d{{3}}|{_NUMBER})\s*(?P<zh>天|周|个?星期|个?礼拜)(?:之|以)?前(?!后)"
    rf"|\b(\d{{1,3}}|{'|'.join(_WORDS)}) (?P<en>day|week)s? ago"
)
_YEAR = re.compile(r"(去年|20\d\d)\s*+年?的?\s*+$")


def dates(text: str, today: date) -> list[date]:
    """The days that a text names, in the order of the text, never later than a year from `today`.

    A day without its year is the last one that has passed (a customer speaks of orders), unless it is within a week
    to come.
    """
    text = fold(text)
    found: list[tuple[int, date | None]] = []
    for match in _ISO.finditer(text):
        found.append((match.start(), _day(int(match[1]), int(match[2]), int(match[3]))))
    for match in _MONTH_DAY.finditer(text):
        found.append((match.start(), _past(today, _number(match[2]), _number(match[3]), match[1])))
    for match in _THIS_MONTH.finditer(text):
        first = today.replace(day=1)
        if match[1].startswith("上"):
            first -= timedelta(days=1)
        found.append((match.start(), _day(first.year, first.month, _number(match[2]))))
    for match in _SLASHED.finditer(text):
        found.append((match.start(), _past(today, int(match[1]), int(match[2]))))
    for match in _ENGLISH.finditer(text):
        if number := match[1] or match[3]:
            found.append((match.start(), _past(today, _MONTHS[match[2]], int(number), match[4])))
    for match in _LAST_WEEK.finditer(text):
        weeks = {"上上": -2, "上": -1}.get(match[1], 0)
        monday = today - timedelta(days=today.weekday())
        found.append((match.start(), monday + timedelta(weeks=weeks, days=_WEEKDAYS[match[2]])))
    for match in _LAST_WEEKDAY.finditer(text):
        found.append((match.start(), today - timedelta(days=(today.weekday() - _WEEKDAYS[match[1]] - 1) % 7 + 1)))
    for match in _AGO.finditer(text):
        days = _WORDS.get(match[3]) or _number(match[1] or match[3])
        days *= 1 if (match["zh"] or match["en"]) in ("天", "day") else 7
        found.append((match.start(), today - timedelta(days=days) if days else None))
    for words, offset in _RELATIVE.items():
        found.extend((m.start(), today + timedelta(days=offset)) for m in re.finditer(words, text))
    if not any(day for _, day in found):  # 双十一11月10号: the day says more than the event's name
        for pattern, (month, of_month) in _EVENTS.items():
            for match in re.finditer(pattern, text):
                year = _YEAR.search(text[: match.start()])
                found.append((match.start(), _past(today, month, of_month, year[1] if year else None)))
    result: list[date] = []
    for _, day in sorted((f for f in found if f[1]), key=lambda f: f[0]):
        if day and day not in result and abs((day - today).days) <= 3 * 366:
            result.append(day)
    return result


def _past(today: date, month: int, number: int, year: str | None = None) -> date | None:
    """The day in `year` (``2023`` or ``去年``), else the last one that has passed."""
    if year:
        return _day(today.year - 1 if year == "去年" else int(year), month, number)
    day = _day(today.year, month, number)
    if day and day > today + timedelta(days=7):
        day = _day(today.year - 1, month, number)
    return day


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _number(text: str) -> int:
    """十一 is 11, 二十 is 20, 8 is 8; what is no number is 0."""
    if text.isdigit():
        return int(text)
    if any(c.isdigit() for c in text):
        return 0
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text, 0) if len(text) == 1 else 0
    return (_DIGITS.get(tens, 0) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
