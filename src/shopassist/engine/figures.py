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
    "day": r"个?(?:自然|工作)?[天日](?!期)|号|(?:working |business |calendar )?days?",
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
    "gram": r"克|grams?|g(?![a-z])",
    "kilogram": r"千克|公斤|kg(?![a-z])",
    "centimetre": r"厘米|公分|cm(?![a-z])",
    "millimetre": r"毫米|mm(?![a-z])",
    "inch": r"英?寸|inch(?:es)?|-inch|\"",
    "decibel": r"分贝|dba?(?![a-z])",
    "watt": r"瓦特?|w(?![a-z])|watts?",
    "capacity": r"毫安时?|mah",
    "key": r"键|keys?",
}
_UNIT_PATTERN = "|".join(f"(?P<u{n}>{p})" for n, p in enumerate(_UNITS.values()))
_UNIT_NAMES = list(_UNITS)
_FIGURE = re.compile(
    rf"(?<![a-z0-9.])(?P<money>[¥￥$])?\s*(?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*-?(?:{_UNIT_PATTERN})?"
)
_SPELLED_UNITS = "|".join(
    _UNITS[u] for u in ("day", "hour", "minute", "month", "year", "week", "yuan", "percent", "discount", "instalment")
)
_HAN_NUMBER = "[零〇一二两三四五六七八九十百千万]+"
_HAN_FIGURE = re.compile(
    rf"(?P<number>{_HAN_NUMBER}|半)(?=\s*(?:[到至~–-]\s*{_HAN_NUMBER}\s*)?(?P<unit>{_SPELLED_UNITS}))"
)
_PERCENT = re.compile(rf"百分之({_HAN_NUMBER}|\d+(?:\.\d+)?)")
_WORD_NUMBER = rf"(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_ONES[:9])})|(?:{'|'.join(_WORDS)})(?: hundred)?"
_WORD_FIGURE = re.compile(rf"\b(?P<number>{_WORD_NUMBER})\s*[- ]?\s*(?P<unit>{_SPELLED_UNITS})\b")
_CODE = re.compile(r"(?<![a-z0-9])(?=[a-z0-9.-]*[a-z])(?=[a-z0-9.-]*\d)[a-z0-9]+(?:[-.][a-z0-9]+)*")
_MEASURE = re.compile(rf"\d+(?:\.\d+)?-?(?:{'|'.join(_UNITS.values())})$|\d+(?:st|nd|rd|th)$")
_CLOCK = re.compile(
    r"(?P<late>下午|傍晚|晚上?)?\s*(?<!\d)(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?!\d)(?:\s*(?P<pm>p\.?m\b)|\s*a\.?m\b)?"
)
_HOUR = re.compile(
    r"(?P<late>下午|傍晚|晚上?)?\s*(?<![\d.第])(?P<hour>\d{1,2})\s*(?:点(?!击|开|选)(?P<half>半)?|(?P<pm>p\.?m\b)|a\.?m\b)"
)
_LIST_MARK = re.compile(r"^\s*\d{1,2}(?:[.、](?!\d)|[)）])\s*")
_TIME = frozenset({"minute", "hour", "day", "week", "month", "year"})
_ASKED_FOR = {
    r"(?:多少|几)\s*(?:个?工作日|自然日|[天日年周]|个?(?:小时|钟头|月|星期|礼拜)|分钟)|多久|多长时间|多长(?=[？?吗呢啊呀]|$)"
    r"|how long|how many (?:\w+ )?(?:days?|hours?|weeks?|months?|years?|minutes?)": _TIME,
    r"多少钱|几块钱?|how much (?:is|are|do|does|will|would)(?!.*weigh)": frozenset({"yuan"}),
    r"多重|多沉|多少克|几斤|how heavy|weigh": frozenset({"gram", "kilogram"}),
    r"几折": frozenset({"discount", "percent"}),
    r"(?:多少|几)\s*期|how many instal?lments": frozenset({"instalment"}),
    r"(?:多少|几)\s*(?:分贝|db)|how many (?:db|decibels)": frozenset({"decibel"}),
    r"(?:多少|几)\s*(?:毫安|mah)|how many mah": frozenset({"capacity"}),
    r"(?:多少|几)\s*瓦|how many watts": frozenset({"watt"}),
    r"(?:多少|几)\s*英?寸|how many inches": frozenset({"inch"}),
    r"几点|what time": frozenset({"clock"}),
}
_ORDINAL_OR_DATE = re.compile(
    rf"(?:第|最后|每|同)\s*(?:\d+|{_HAN_NUMBER})\s*[天日年周]|(?:\d{{4}}\s*年\s*)?(?:\d+|{_HAN_NUMBER})\s*月\s*(?:\d+|{_HAN_NUMBER})\s*[日号]?"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit (empty where none is known), a time of day, or a code such as ``ipx4``."""

    value: str
    unit: str

    def agrees(self, other: Figure) -> bool:
        """Whether two figures say the same; an unknown unit agrees with any."""
        return self.value == other.value and (self.unit == other.unit or not self.unit or not other.unit)


@lru_cache(maxsize=4096)
def figures(text: str) -> tuple[Figure, ...]:
    """Every figure in a text: digits, Chinese and English number words before a unit, times of day, codes."""
    folded = _PERCENT.sub(r"\1%", _LIST_MARK.sub("", fold(text)).replace("×", "x"))
    found: list[Figure] = []

    def take(pattern: re.Pattern[str], source: str) -> str:
        def replace(match: re.Match[str]) -> str:
            figure = _figure(pattern, match)
            if figure is None:
                return match[0]
            found.append(figure)
            return " "

        return pattern.sub(replace, source)

    rest = take(_HOUR, take(_CLOCK, folded))
    rest = take(_CODE, rest)
    rest = take(_FIGURE, rest)
    rest = take(_HAN_FIGURE, rest)
    take(_WORD_FIGURE, rest)
    return tuple(found)


def _figure(pattern: re.Pattern[str], match: re.Match[str]) -> Figure | None:
    if pattern in (_CLOCK, _HOUR):
        hour, parts = int(match["hour"]), match.groupdict()
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
    return Figure(f"{value:g}", unit)


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


def names_one(text: str, units: frozenset[str]) -> bool:
    """Whether a text names a measure in one of these units; dates and ordinals, as 第 1 天, are no spans of time."""
    return any(f.unit in units for f in figures(_ORDINAL_OR_DATE.sub(" ", fold(text))))
