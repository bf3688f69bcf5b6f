"""What an answer rests on: figures, sentences and sources, compared between a sentence and the passages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopassist.replies import Citation, Passage
from shopassist.text import HAN, content, fold, sentences

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
_CLAUSE = re.compile(r"[,，;；。！!？?\n]+")
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
CITED = 0.3
"""The least share of a sentence's content that its source holds."""

_NEGATION = re.compile(
    r"不|没|无(?!线|理由|损|论)|未|非(?!常|凡)|\bnot\b|n't\b|\bno\b|\bnever\b|\bcannot\b|\bwithout\b"
)
_NEGATION_OF = re.compile(
    rf"(?:{_NEGATION.pattern})(?:能|可以?|会|是|得|要|需要?|用|允许|再|在线)*\s*"
    rf"(?P<what>[{HAN}]{{2,4}}|[a-z0-9' -]{{2,25}})?"
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


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence between commas; a comma inside a number parts nothing."""
    return [c for c in _CLAUSE.split(re.sub(r"(?<=\d),(?=\d{3})", "", sentence)) if c.strip()]


def untraced(sentence: str, passages: Sequence[Passage], said: str) -> Figure | None:
    """The first figure of a sentence that no passage bears out, or None.

    The figures of a clause must stand together in one passage: 45 dB of one product and 8 hours of another make no
    third one. Days and codes that the customer named (`said`) may be repeated.
    """
    own = [f for f in figures(said) if f.unit in ("day", "month-of-year", "year", "code")]
    for clause in clauses(sentence):
        wanted = [f for f in figures(clause) if not any(f.agrees(o) for o in own)]
        if wanted and not any(_holds(p, wanted) for p in passages):
            missing = [f for f in wanted if not any(_holds(p, [f]) for p in passages)]
            return (missing or wanted)[0]
    return None


def _holds(passage: Passage, wanted: Iterable[Figure]) -> bool:
    known = figures(f"{passage.document}\n{passage.title}\n{passage.text}")
    return all(any(f.agrees(k) for k in known) for f in wanted)


def asked_for(question: str) -> frozenset[str]:
    """The units of which an answer must name one: 多少天 asks for a span of time. Empty where no figure is wanted."""
    folded = fold(question)
    return frozenset().union(*(units for pattern, units in _ASKED_FOR.items() if re.search(pattern, folded)))


def names_one(text: str, units: frozenset[str]) -> bool:
    """Whether a text names a measure in one of these units; dates and ordinals, as 第 1 天, are no spans of time."""
    return any(f.unit in units for f in figures(_ORDINAL_OR_DATE.sub(" ", fold(text))))


def support(text: str, passage: Passage) -> float:
    """How much of a text's meaning a passage holds, 0 to 1, by its tokens."""
    wanted = content(text)
    return len(wanted & content(f"{passage.title}\n{passage.text}")) / len(wanted) if wanted else 0.0


def contradicts(sentence: str, passages: Sequence[Passage]) -> bool:
    """Whether a clause denies what its nearest source affirms, or the other way round: 支持快充 against 不支持快充.

    Only where the two say nearly the same words: at least four tokens in common that make up most of the shorter one.
    """
    sources = [c for p in passages for s in sentences(p.text) for c in clauses(s)]
    for clause in clauses(sentence):
        words = _affirmed(clause)
        nearest, common = None, 0
        for source in sources:
            other = _affirmed(source)
            shared = len(words & other)
            if shared > common and shared >= 0.8 * min(len(words), len(other)):
                nearest, common = source, shared
        if nearest is None or common < 4:
            continue
        differ = len(_NEGATION.findall(fold(clause))) % 2 != len(_NEGATION.findall(fold(nearest))) % 2
        if differ and (_denied(clause) | _denied(nearest)) & words & _affirmed(nearest):
            return True
    return False


@lru_cache(maxsize=4096)
def _affirmed(clause: str) -> frozenset[str]:
    """What a clause is about, whether it affirms or denies it."""
    return content(_NEGATION.sub("", fold(clause)))


def _denied(clause: str) -> set[str]:
    """The words that a clause's negations stand before: 未发货的订单可以取消 denies 发货, and not 取消."""
    return {token for match in _NEGATION_OF.finditer(fold(clause)) for token in content(match["what"] or "")}


def about(passages: Sequence[Passage], products: Sequence[str]) -> list[Passage]:
    """The passages without other products' pages, where a question names its products; all if nothing would be left."""
    own = [p for p in passages if not products or p.document in products or "product" not in p.tags]
    return own or list(passages)


def quote(text: str, passages: Sequence[Passage], used: Iterable[str] = ()) -> tuple[Passage, str] | None:
    """The sentence of the passages that is nearest to a text, with its passage; earlier passages win ties.

    Sentences in `used` are left out. None where no sentence has anything to do with the text. Where it asks for a
    figure, a sentence that names one goes first. A product's name says nothing about which of its page's sentences is
    meant; the title of any other page counts, as a question's does.
    """
    units = asked_for(text)
    done = {fold(u).strip() for u in used}
    found = [
        (rank, passage, sentence.strip(), content(sentence))
        for rank, passage in enumerate(passages)
        for sentence in sentences(passage.text)
        if _whole(sentence) and fold(sentence).strip() not in done
    ]
    wanted = content(text)
    frequency = Counter(token for *_, words in found for token in words)
    best: tuple[tuple[bool, float], Passage, str] | None = None
    titles = Counter(token for p in passages for token in content(p.title))
    for place, passage, sentence, words in found:
        title = content(passage.title)
        common = (wanted - title or wanted) & words
        score = sum(1 / frequency[t] ** 0.5 for t in common) / (len(words) + 8) ** 0.25 * 0.95**place
        if "product" not in passage.tags:
            common = common | (wanted & title)
            score += 0.5 * sum(1 / titles[t] ** 0.5 for t in wanted & title)
        rank = (bool(units) and names_one(sentence, units), score)
        if common and (best is None or rank > best[0]):
            best = rank, passage, sentence
    return (best[1], best[2]) if best else None


def _whole(sentence: str) -> bool:
    """A heading or a question is no answer."""
    text = sentence.strip()
    return len(text) > 3 and not text.endswith(("?", "？", ":", "：", "›")) and text[-1] in "。！.!”」)）"


def cite(sentence: str, passages: Sequence[Passage]) -> Citation | None:
    """The source of a sentence: the words of a page that hold its figures and most of its content.

    None where no passage bears it out, as with a courtesy.
    """
    wanted, words = figures(sentence), content(sentence)
    best: tuple[tuple[bool, bool, float], Passage, str] | None = None
    for passage in passages:
        holds = bool(wanted) and _holds(passage, wanted)
        if not holds and support(sentence, passage) < CITED:
            continue
        for source in sentences(passage.text):
            if source.rstrip().endswith(("?", "？")):
                continue
            exact = holds and all(any(f.agrees(k) for k in figures(source)) for f in wanted)
            rank = (holds, exact, len(words & content(source)) / (len(content(source)) + 8) ** 0.5)
            if best is None or rank > best[0]:
                best = rank, passage, source.strip()
    if best is None:
        return None
    _, passage, source = best
    return Citation(passage.document, passage.version, passage.title, source, passage.url)
