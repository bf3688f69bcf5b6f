"""A customer's mood, by weighed words, their negation, and marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.spelling import simplified
from shopassist.replies import Mood
from shopassist.text import HAN, fold

BEFORE = 16
"""How many characters before a word are looked at for a negator or an intensifier."""

STRONG = 2.0
"""In a clause that asks or supposes (能退吗, 不喜欢的话, if it is broken) only negative words of this weight count."""

_CLAUSE = re.compile(r"[^,.!?。;…~\n]+")


@dataclass(frozen=True, slots=True)
class Feeling:
    """A mood, its strength (the sum of the weights) and the words that showed it."""

    mood: Mood
    strength: float
    cause: tuple[str, ...]


def feeling(text: str) -> Feeling:
    """The mood of a message. 凭什么 is negative, 不满意 is negative, 不错 is positive, 怎么退货 is neutral."""
    lexicon = _lexicon()
    folded = simplified(fold(text))
    found: list[tuple[tuple[int, int], float]] = []
    cause, taken = [], [False] * len(folded)
    asked = [m.span() for m in _CLAUSE.finditer(folded) if lexicon.asked.search(m[0])]
    for pattern, weight in lexicon.words:
        for match in pattern.finditer(folded):
            if any(taken[match.start() : match.end()]):
                continue
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
            if weight > -STRONG and any(start <= match.start() < end for start, end in asked):
                continue
            before = folded[max(0, match.start() - BEFORE) : match.start()]
            value = weight
            if lexicon.negator.search(before):
                value = -weight / 2 if weight > 0 else 0.0  # 不喜欢 is a reason, 没投诉 is no praise
            elif lexicon.intensifier.search(before):
                value *= 2
            found.append((match.span(), value))
            cause.append(match[0])
    total = sum(_meant(folded, span, value, found, lexicon) for span, value in found)
    for pattern, weight in lexicon.marks:
        if pattern.search(text) and (weight > 0 or total <= 0):  # "太好了！！" is no anger
            total += weight * (1 if weight > 0 or total < 0 else 0.5)
    mood: Mood = "neutral"
    if abs(total) >= lexicon.threshold:
        mood = "positive" if total > 0 else "negative"
    return Feeling(mood, total, tuple(cause))


def _meant(
    text: str, span: tuple[int, int], value: float, found: list[tuple[tuple[int, int], float]], lexicon: _Lexicon
) -> float:
    """A word's value, turned round where it is praise of the shop behind what went wrong."""
    before = [end for (_, end), other in found if other <= -1 and end <= span[0]]
    if value <= 0 or not before or lexicon.turning.search(text, max(before), span[0]):
        return value
    praise = any(m.start() <= span[0] and span[1] <= m.end() for m in lexicon.mocking.finditer(text))
    return -value if praise else value


@dataclass(frozen=True, slots=True)
class _Lexicon:
    words: tuple[tuple[re.Pattern[str], float], ...]
    marks: tuple[tuple[re.Pattern[str], float], ...]
    negator: re.Pattern[str]
    intensifier: re.Pattern[str]
    asked: re.Pattern[str]
    mocking: re.Pattern[str]
    turning: re.Pattern[str]
    threshold: float


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("mood.yaml").read_text("utf-8"))
    words = [
        (str(word), sign * float(weight))
        for sign, side in ((-1, "negative"), (1, "positive"))
        for weight, group in data[side].items()
        for word in group
    ]
    words.sort(key=lambda pair: -len(pair[0]))  # 怎么还没 before 还没
    return _Lexicon(
        tuple((_word(w), weight) for w, weight in words),
        tuple(
            (re.compile(mark), sign * float(weight))
            for sign, side in ((-1, "negative"), (1, "positive"))
            for weight, group in data["marks"][side].items()
            for mark in group
        ),
        re.compile(data["negators"]),
        re.compile(data["intensifiers"]),
        re.compile(data["asked"]),
        re.compile(data["mocking"]),
        re.compile(data["turning"]),
        float(data["threshold"]),
    )


def _word(word: str) -> re.Pattern[str]:
    return re.compile(word if re.search(f"[{HAN}]", word) else rf"(?<![a-z0-9])(?:{word})(?![a-z0-9])")
