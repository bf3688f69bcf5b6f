"""The figures of a sentence with their units, so that 48 小时 equals 2 天 and differs from 3 天."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it measures, its values in the kind's smallest unit, and its place in the text.

    `values` has two for a range (1–3 个工作日) and several for a list (3、6、12 期). A code (IPX4) is of its letters'
    kind. `text` is as the page has it.
    """

    kind: str
    values: tuple[float, ...]
    text: str
    start: int
    stop: int


def figures(text: str) -> list[Figure]:
    """The figures of a text, in their order; dates, order numbers and bare numbers are none."""
    plain = narrow(text)
    taken = [m.span() for m in _DATE.finditer(plain)]
    found: list[Figure] = []
    for one in _candidates(plain, text):
        if not any(one.start < stop and start < one.stop for start, stop in taken):
            taken.append((one.start, one.stop))
            found.append(one)
    return sorted(found, key=lambda f: f.start)


def narrow(text: str) -> str:
    """Lower case and half width, each character in its place: figures are read in it and quoted from the page."""
    return "".join(_narrow(c) for c in text)


def masked(text: str, found: list[Figure]) -> str:
    """The text without its figures."""
    parts, end = [], 0
    for one in found:
        parts += [text[end : one.start], " "]
        end = one.stop
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=4096)
def _narrow(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char


def _candidates(plain: str, text: str) -> Iterator[Figure]:
    for match in _CLOCK.finditer(plain):
        hours = [int(h) + int(m) / 60 for h, m in re.findall(r"(\d{1,2}):(\d\d)", match[0])]
        yield _figure("time of day", tuple(hours), text, match)
    for match in _MONEY.finditer(plain):
        yield _figure("money", _values(match["n"]), text, match)
    for match in _WITH_UNIT.finditer(plain):
        kind, factor = _units()[match["unit"]]
        values = _values(match["n"])
        if values:
            yield _figure(kind, tuple(round(v * factor, 6) for v in values), text, match)
    for match in _CODE.finditer(plain):
        yield _figure(match["letters"], (float(match["number"]),), text, match)


def _figure(kind: str, values: tuple[float, ...], text: str, match: re.Match[str]) -> Figure:
    return Figure(kind, values, text[match.start() : match.end()].strip(), match.start(), match.end())


def _values(text: str) -> tuple[float, ...]:
    return tuple(v for part in _APART.split(text.strip()) if (v := _number(part.strip())) is not None)


def _number(text: str) -> float | None:
    """A number in digits, in Chinese up to 99, or in words."""
    if not text:
        return None
    if text[0].isdecimal():
        return float(text.replace(",", ""))
    words = _data()["number_words"]
    if text in words:
        return float(words[text])
    digits = _data()["digits"]
    if any(c not in digits for c in text):
        return None
    tens, ten, ones = text.partition("十")
    if not ten:
        return float(digits[text]) if len(text) == 1 else None
    if len(tens) > 1 or len(ones) > 1:
        return None
    return float((digits[tens] if tens else 1) * 10 + (digits[ones] if ones else 0))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return yaml.safe_load(resources.files(__package__).joinpath("figures.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _units() -> dict[str, tuple[str, float]]:
    return {narrow(word): (u["kind"], u["to"]) for u in _data()["units"] for word in u["words"]}


def words(name: str) -> tuple[str, ...]:
    """A list of `figures.yaml`: `examples` or `genres`."""
    return tuple(_data()[name])


_TILL = r"\s?(?:[-–—~至到、/]|to|and|or)\s?"
_DIGITS = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,4})?|\d{1,9}(?:\.\d{1,4})?"
_CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d\d(?:\s?(?:[-–—~至到]|to)\s?\d{1,2}:\d\d)?(?![\d:])")
_DATE = re.compile(
    r"(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?[日号]|\d{4}\s?年(?:\s?\d{1,2}\s?月)?|(?<![\d个])\d{1,2}\s?月(?:份|(?![\d内]))"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|(?:\d{1,2}\s)?(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?:\s\d{1,2}(?!\d))?(?:,?\s\d{4})?"
)
_APART = re.compile(r"[-–—~至到、/]|\bto\b|\band\b|\bor\b")
_CODE = re.compile(r"(?<![a-z0-9.\-])(?P<letters>[a-z]{2,6})(?P<number>\d{1,2})(?![a-z0-9\-])")


def _any_of(found: Iterable[str]) -> str:
    """An expression for any of the words, the longest first."""
    return "|".join(re.escape(w) for w in sorted(set(found), key=lambda w: (-len(w), w)))


_NUMBER = rf"(?:{_DIGITS}|[{''.join(_data()['digits'])}]{{1,3}}|\b(?:{_any_of(_data()['number_words'])})\b)"
_SEVERAL = rf"{_NUMBER}(?:{_TILL}{_NUMBER}){{0,5}}"
_HAN_UNIT = _any_of(w for w in _units() if not w.isascii())
_LATIN_UNIT = _any_of(w for w in _units() if w.isascii())
_UNIT = rf"(?:{_HAN_UNIT}|(?:{_LATIN_UNIT})(?![a-z]))"
_WITH_UNIT = re.compile(rf"(?<![\d.a-z\-第])(?P<n>{_SEVERAL})[\s\-]?(?P<unit>{_UNIT})")
_MONEY = re.compile(rf"(?:{_any_of(map(narrow, _data()['currency']))})\s?(?P<n>{_DIGITS})")
