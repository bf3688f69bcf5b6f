"""A customer's mood: by weighed words, their negation and marks, and by a fitted head that knows what troubles people.

Words are sure where they speak; the head hears what is told without them: 洗一次就掉色了.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from shopassist.language.linear import LinearHead
from shopassist.language.spelling import plain
from shopassist.language.talk import small_talk
from shopassist.replies import Mood
from shopassist.text import HAN

BEFORE = 16
"""How many characters before a word are looked at for a negator or an intensifier."""

STRONG = 2.0
"""From this on words are strong. Weaker ones do not count in a clause that asks or supposes (能退吗, if it broke)."""

STRONGEST = 4.0
"""Up to this strength words are more evidence."""

LEAST = 2
"""So many letters a message must have for more to be heard in it than its words tell: 退 alone is only a deed."""

HINT = 0.25
"""So much less likely a mood need be that words speak for."""

LONGEST = 1000
"""Characters of a message that are looked at, the last ones: more are a text that somebody pasted."""

DOUBT = 0.5
"""How likely a negative mood must be, to be believed against strong words of praise."""

_CLAUSE = re.compile(r"[^,.!?;，！？；。…~\n]+")


@dataclass(frozen=True, slots=True)
class Feeling:
    """A mood, the sum of the weights of its words, and what showed it: words, or the clause that says most."""

    mood: Mood
    strength: float
    cause: tuple[str, ...]


def feeling(text: str, head: LinearHead) -> Feeling:
    """The mood of a message, by its words and a fitted head whose labels are moods."""
    text = text[-LONGEST:]
    words = by_words(text)
    if small_talk(text) is not None or sum(map(str.isalnum, text)) < LEAST:  # 没问题！！ is no trouble, nor is nothing
        return words
    mood = decided(words, _likely([text], [words], head)[0], limits(head))
    if mood in (words.mood, "neutral"):
        return replace(words, mood=mood, cause=words.cause if mood == words.mood else ())
    clauses = [clause.strip() for clause in _CLAUSE.findall(text) if clause.strip()] or [text]
    sure = _likely(clauses, [by_words(clause) for clause in clauses], head)
    return replace(words, mood=mood, cause=(clauses[int(np.argmax([row[mood] for row in sure]))],))


def material(text: str, words: Feeling) -> tuple[str, tuple[float, ...]]:
    """What a head is fitted to and asked about: the text in plain form, and numbers that say what its words tell."""
    strength = max(-STRONGEST, min(words.strength, STRONGEST)) / STRONGEST
    return plain(text), (strength, words.mood == "positive", words.mood == "negative")


def decided(words: Feeling, likely: Mapping[str, float], limits: Mapping[str, float]) -> Mood:
    """The mood by words, by how likely the head finds each, and by the limits from which on the head is believed."""

    def seen(mood: Mood) -> bool:
        return likely[mood] >= limits[mood] * (HINT if words.mood == mood else 1)

    if words.strength <= -STRONG:
        return "negative"
    if words.strength >= STRONG and likely["negative"] < DOUBT:
        return "positive"
    if words.mood == "positive" and seen("positive") and likely["negative"] < limits["negative"]:
        return "positive"
    if seen("negative"):
        return "negative"
    return "positive" if words.mood != "negative" and seen("positive") else "neutral"


def limits(head: LinearHead) -> dict[str, float]:
    """From which probability on each mood is believed."""
    return dict(zip(head.names, map(float, head.thresholds), strict=True))


def _likely(texts: list[str], words: list[Feeling], head: LinearHead) -> list[dict[str, float]]:
    plain, beside = zip(*map(material, texts, words), strict=True)
    scores = head.scores(plain, beside=np.array(beside, np.float32))
    return [dict(zip(head.names, map(float, row), strict=True)) for row in scores]


def by_words(text: str) -> Feeling:
    """The mood that a message's words tell: 凭什么 and 不满意 are negative, 不错 is positive, 怎么退货 is neutral."""
    lexicon = _lexicon()
    folded = plain(text)
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
    mocking = [m.span() for m in lexicon.mocking.finditer(folded)]
    troubles = [span for span, value in found if value <= -1]
    total = sum(_meant(folded, span, value, troubles, mocking, lexicon.turning) for span, value in found)
    for pattern, weight in lexicon.marks:
        if pattern.search(text) and (weight > 0 or total <= 0):  # "太好了！！" is no anger
            total += weight * (1 if weight > 0 or total < 0 else 0.5)
    mood: Mood = "neutral"
    if abs(total) >= lexicon.threshold:
        mood = "positive" if total > 0 else "negative"
    return Feeling(mood, total, tuple(cause))


def _meant(
    text: str,
    span: tuple[int, int],
    value: float,
    troubles: Sequence[tuple[int, int]],
    mocking: Sequence[tuple[int, int]],
    turning: re.Pattern[str],
) -> float:
    """A word's value, turned round where it is praise of the shop beside what went wrong, and nothing turns to it."""
    if value <= 0 or not troubles or not any(start <= span[0] and span[1] <= end for start, end in mocking):
        return value
    before = max((end for _, end in troubles if end <= span[0]), default=None)
    after = min((start for start, _ in troubles if start >= span[1]), default=None)
    for start, end in ((before, span[0]), (span[1], after)):
        if start is not None and end is not None and not turning.search(text, start, end):
            return -value
    return value


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
