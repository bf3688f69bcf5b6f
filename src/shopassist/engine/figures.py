"""Figures in a text: numbers with their units, times of day, codes; in digits, Chinese and English words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from shopassist.text import fold

_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_SMALL = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_LARGE = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _SMALL.split(), _LARGE.split()
_WORDS = {w: n for n, w in enumerate(_ONES, start=1)} | {w: 10 * n for n, w in enumerate(_TENS, start=2)}
_UNITS = {
    "day": r"个?(?:自然|工作)?[天日](?!期)|(?:working |business |calendar )?days?",
    "day-of-month": r"号",
    "hour": r"个?(?:小时|钟头)|hours?|hrs?|h(?![a-z])",
    "minute": r"分钟|minutes?|mins?",
    "month": r"个月|months?",
    "month-of-year": r"月",
    "year": r"年|years?|yrs?",
    "week": r"个?(?:周|星期|礼拜)|weeks?",
    "yuan": r"元|块钱?|圆|人民币|yuan|rmb|cny",
    "percent": r"%|percent|个百分点",
    "discount": r"折",
    "instalment": r"期|instal?lments?",
    "times": r"次|times?|倍",
    "gram": r"克|grams?|(?:(?<=\s)|(?<=\d\d))g(?![a-z])",  # 2.4G is a radio band
    "kilogram": r"千克|公斤|kg(?![a-z])",
    "centimetre": r"厘米|公分|cm(?![a-z])",
    "millimetre": r"毫米|mm(?![a-z])",
    "inch": r"英?寸|inch(?:es)?|-inch|\"",
    "decibel": r"分贝|dba?(?![a-z])",
    "watt": r"瓦特?|w(?![a-z])|watts?",
    "capacity": r"毫安时?|mah",
    "key": r"键|keys?",
    "item": r"件(?!事)|pieces?|pcs|items?",
    "square-metre": r"平方米|平米|m2(?![a-z\d])|square met(?:er|re)s?|sqm(?![a-z])",
    "metre": r"米|met(?:er|re)s?(?![a-z])",
    "litre": r"升(?!级)|lit(?:er|re)s?(?![a-z])",
    "millilitre": r"毫升|ml(?![a-z])",
}
_UNIT_PATTERN = "|".join(f"(?P<u{n}>{p})" for n, p in enumerate(_UNITS.values()))
_UNIT_NAMES = list(_UNITS)
_FIGURE = re.compile(
    rf"(?<![a-z0-9.])(?P<money>[¥￥$])?\s{{0,9}}(?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*-?(?:{_UNIT_PATTERN})?"
)
_SPELLED = (
    "day", "day-of-month", "hour", "minute", "month", "year", "week", "yuan", "percent", "discount", "instalment",
    "times",
)  # fmt: skip
_SPELLED_UNITS = "|".join(_UNITS[u] for u in _SPELLED)
_HAN_NUMBER = "[零〇一二两三四五六七八九十百千万]{1,12}"
_HAN_FIGURE = re.compile(
    rf"(?P<number>{_HAN_NUMBER}|半)(?=\s*(?:[到至~–-]\s*{_HAN_NUMBER}\s*)?(?P<unit>{_SPELLED_UNITS}))"
)
_PERCENT = re.compile(rf"百分之({_HAN_NUMBER}|\d+(?:\.\d+)?)")
_WORD_NUMBER = rf"(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_ONES[:9])})|(?:{'|'.join(_WORDS)})(?: hundred)?"
_WORD_FIGURE = re.compile(rf"\b(?P<number>{_WORD_NUMBER})\s{{0,9}}-?\s{{0,9}}(?P<unit>{_SPELLED_UNITS})\b")
_CODE = re.compile(r"(?<![a-z0-9])(?=[a-z0-9.-]{0,60}[a-z])(?=[a-z0-9.-]{0,60}\d)[a-z0-9]+(?:[-.][a-z0-9]+)*")
_MEASURE = re.compile(rf"^\d+(?:(?:\.\d+)?-?(?:{'|'.join(_UNITS.values())})|(?:st|nd|rd|th))$")
_CLOCK = re.compile(
    r"(?P<late>下午|傍晚|晚上?)?\s{0,9}(?<!\d)(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?!\d)(?:\s*(?P<pm>p\.?m\b)|\s*a\.?m\b)?"
)
_HOUR = re.compile(
    r"(?P<late>下午|傍晚|晚上?)?\s{0,9}(?<![\d.第])(?P<hour>\d{1,2}|(?<![几第这那])(?:二?十[一二三四五六七八九]?|[二两三四五六七八九]))\s*"
    r"(?:点(?![击开选建要问头])(?P<half>半)?|(?P<pm>(?<=[\d ])p\.?m\b)|(?<=[\d ])a\.?m\b)"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_DATE = re.compile(
    rf"(?:\d{{4}}\s*年\s*)?(?P<m1>\d{{1,2}}|{_HAN_NUMBER})\s*月\s*(?P<d1>\d{{1,2}}|{_HAN_NUMBER})\s*[日号]?"
    r"|(?<!\d)\d{4}[-/](?P<m2>\d{1,2})[-/](?P<d2>\d{1,2})(?!\d)"
    rf"|\b{_MONTH}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"|\b(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH.replace('name', 'name2')}"
)
_ARTICLE_FIGURE = re.compile(r"\b(?:within|for|in) (?:an?|one) (?P<unit>fortnight|minute|hour|day|week|month|year)\b")
_LIST_MARK = re.compile(r"^\s*\d{1,2}(?:[.、](?!\d)|[)）])\s*")
_ANY = re.compile(rf"[0-9零〇一二两三四五六七八九十百千万半]|\b(?:{'|'.join(_WORDS)}|an?)\b")
_TIME = frozenset({"minute", "hour", "day", "week", "month", "year"})
_ASKED_FOR = {
    r"(?:多少|(?<![过这前好])几)\s*(?:个?工作日|自然日|[天日年周]|个?(?:小时|钟头|月|星期|礼拜)|分钟)|多久|多长时间|多长(?=[？?吗呢啊呀]|$)"
    r"|how long|how many (?:\w+ )?(?:days?|hours?|weeks?|months?|years?|minutes?)": _TIME,
    r"多少钱|几块钱?|how much (?:is|are|do|does|will|would)(?!.{0,60}weigh)": frozenset({"yuan"}),
    r"多重|多沉|多少克|几斤|how heavy|weigh": frozenset({"gram", "kilogram"}),
    r"几折": frozenset({"discount", "percent"}),
    r"(?:多少|几)\s*期|how many instal?lments": frozenset({"instalment"}),
    r"(?:多少|几)\s*(?:分贝|db)|how many (?:db|decibels)": frozenset({"decibel"}),
    r"(?:多少|几)\s*(?:毫安|mah)|how many mah": frozenset({"capacity"}),
    r"(?:多少|几)\s*瓦|how many watts": frozenset({"watt"}),
    r"(?:多少|几)\s*英?寸|how many inches": frozenset({"inch"}),
    r"(?:多少|几)\s*平(?:方米?|米|(?=[？?呢啊吗]|$))|how many square met": frozenset({"square-metre"}),
    r"(?:多少|几)\s*件(?!事)|how many (?:items|pieces)": frozenset({"item"}),
    r"几点|what time": frozenset({"clock"}),
}
_ORDINAL = re.compile(rf"(?:第|最后|每|同)\s*(?:\d+|{_HAN_NUMBER})\s*[天日年周]")
_SAME = {"minute": ("minute", 1), "hour": ("minute", 60), "day": ("minute", 1440), "week": ("minute", 10080)}
_SAME |= {"month": ("month", 1), "year": ("month", 12)}
"""Units that can be written as another: a week is seven days, a year twelve months."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit (empty where none is known), a time of day, or a code such as ``ipx4``."""

    value: str
    unit: str

    def agrees(self, other: Figure) -> bool:
        """Whether two figures say the same, a year as twelve months; an unknown unit agrees with any."""
        if self.value == other.value and (self.unit == other.unit or not self.unit or not other.unit):
            return True
        return self.unit in _SAME and self._in_base() == other._in_base()

    def like(self, other: Figure) -> bool:
        """Whether two figures measure the same thing: days and weeks, months and years, or one unit."""
        return self._in_base()[0] == other._in_base()[0]

    def _in_base(self) -> tuple[str, float]:
        unit, factor = _SAME.get(self.unit, (self.unit, 0))
        return unit, float(self.value) * factor if factor else 0.0


def figures(text: str) -> tuple[Figure, ...]:
    """Every figure in a text: digits, Chinese and English number words before a unit, times of day, codes."""
    return _read(text)[0]


def without_figures(text: str) -> str:
    """The folded text with each figure and its unit blanked out."""
    return _read(text)[1]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[tuple[Figure, ...], str]:
    folded = _PERCENT.sub(r"\1%", _LIST_MARK.sub("", fold(text)).replace("×", "x"))
    if not _ANY.search(folded):
        return (), folded
    found: list[Figure] = []

    def take(pattern: re.Pattern[str], source: str) -> str:
        def replace(match: re.Match[str]) -> str:
            figure = _figure(pattern, match)
            if figure is None:
                return match[0]
            found.append(figure)
            return " "

        return pattern.sub(replace, source)

    rest = take(_HOUR, take(_CLOCK, take(_DATE, folded)))
    rest = take(_CODE, rest)
    rest = take(_FIGURE, rest)
    rest = take(_HAN_FIGURE, rest)
    rest = take(_WORD_FIGURE, rest)
    rest = take(_ARTICLE_FIGURE, rest)
    return tuple(found), rest


def _figure(pattern: re.Pattern[str], match: re.Match[str]) -> Figure | None:
    if pattern is _DATE:
        return _date(match)
    if pattern is _ARTICLE_FIGURE:
        return Figure("2", "week") if match["unit"] == "fortnight" else Figure("1", match["unit"])
    if pattern in (_CLOCK, _HOUR):
        hour, parts = _whole(match["hour"]), match.groupdict()
        late = hour < 12 and (parts["late"] or parts["pm"])
        minute = parts.get("minute") or ("30" if parts.get("half") else "00")
        return Figure(f"{hour + 12 if late else hour}:{minute}", "clock")
    if pattern is _CODE:
        return (
            None
            if _MEASURE.match(match[0]) or (match[0][0].isdigit() and "." in match[0])
            else Figure(match[0], "code")
        )
    if pattern is _FIGURE:
        number = float(match["number"].replace(",", ""))
        unit = (
            "yuan" if match["money"] else next((_UNIT_NAMES[n] for n in range(len(_UNIT_NAMES)) if match[f"u{n}"]), "")
        )
        return Figure(f"{number:g}", unit)
    text = match["number"]
    value = _word_number(text) if pattern is _WORD_FIGURE else _han_number(text)
    if value is None:
        return None
    unit = next(name for name, p in _UNITS.items() if re.fullmatch(p, match["unit"]))
    if unit == "times" and value == 1:
        return None  # 再说一次 is a way of speaking
    return Figure(f"{value:g}", unit)


def _date(match: re.Match[str]) -> Figure:
    """12 月 5 日, 2024-12-05 and December 5th are 12-5."""
    name = match["name"] or match["name2"]
    month = _MONTHS.index(name) + 1 if name else _whole(match["m1"] or match["m2"])
    day = _whole(match["d1"] or match["d2"] or match["d3"] or match["d4"])
    return Figure(f"{month}-{day}", "date")


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else int(_han_number(text) or 0)


def _word_number(text: str) -> int:
    """Read "thirty", "twenty-four" or "two hundred"."""
    first, _, second = text.replace("-", " ").partition(" ")
    return _WORDS[first] * 100 if second == "hundred" else _WORDS[first] + _WORDS.get(second, 0)


def _han_number(text: str) -> float | None:
    """十五 is 15, 两百 is 200, 九八 is 98 as in 九八折, 半 is 0.5; 千万 (by no means) is no number."""
    if text == "半":
        return 0.5
    if all(c in "百千万" for c in text):
        return None
    if len(text) > 1 and all(c in _HAN_DIGITS for c in text):
        return int("".join(str(_HAN_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _HAN_DIGITS:
            digit = _HAN_DIGITS[c]
        else:
            unit = _HAN_UNITS[c]
            if unit == 10000:
                section, total, digit = 0, (total + section + digit) * unit, 0
            else:
                section, digit = section + (digit or 1) * unit, 0
    return total + section + digit


def asked_for(question: str) -> frozenset[str]:
    """The units of which an answer must name one: 多少天 asks for a span of time. Empty where no figure is wanted."""
    folded = fold(question)
    return frozenset().union(*(units for pattern, units in _ASKED_FOR.items() if re.search(pattern, folded)))


def names_one(text: str, units: frozenset[str], said: str = "") -> bool:
    """Whether a text names a measure in one of these units; an ordinal, as 第 1 天, is no span of time.

    A figure of the question, `said`, answers nothing.
    """
    own = figures(said)
    return any(f.unit in units and f not in own for f in figures(_ORDINAL.sub(" ", fold(text))))
