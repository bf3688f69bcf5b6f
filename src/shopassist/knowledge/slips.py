"""Slips of a question mended by the pages' own words: 退或 is 退货 where no page has the one and some have the other.

Chinese: a character that stands alone between words and of whose pairs no page has any, for one that sounds like it and
makes a word of the dictionary that the pages have. English: a word that no page has, for the one that the pages have at
one slip's distance; two words written as one are parted. Where two would fit, the more common one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from shopassist.sounds import alike
from shopassist.text import HAN, fold, stem

Frequency = Callable[[str], int]
"""In how many passages a token is."""

LEAST = 6
"""Letters of an English word that may be a slip: of shorter ones too many are at one slip's distance of another."""

PART = 3
"""Letters of each of two words that are written as one."""

EMPTY = re.compile("[是有会能要想说做来去到给帮让在用没不几]")
"""Verbs and numerals that stand alone in any sentence."""

_WORD = re.compile(rf"(?<![a-z0-9.\-])[a-z]{{{LEAST},24}}(?![a-z0-9.\-])")
_HAN = re.compile(f"[{HAN}]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def mended(query: str, frequency: Frequency) -> str:
    """A question with what is meant in place of its slips; the question itself where it has none."""
    text = fold(query)
    found = _WORD.sub(lambda m: _word(m[0], frequency), text)
    if _HAN.search(found):
        found = _characters(found, frequency)
    return query if found == text else found


def _characters(text: str, frequency: Frequency) -> str:
    import rjieba

    start, made = 0, list(text)
    for word in rjieba.cut(text, False):
        if (
            len(word) == 1
            and _HAN.match(word)
            and not EMPTY.fullmatch(word)
            and (meant := _character(text, start, frequency))
        ):
            made[start] = meant
        start += len(word)
    return "".join(made)


def _character(text: str, place: int, frequency: Frequency) -> str | None:
    """What is meant by the character at a place; None where it may stay."""
    own = text[place]
    before, after = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    beside = [p for p in (f"{before}\0", f"\0{after}") if len(p) > 1 and _HAN.match(p.strip("\0"))]
    if not beside or any(frequency(p.replace("\0", own)) for p in beside):
        return None
    others = {c: max(frequency(w) if _in_dictionary(w) else 0 for p in beside for w in [p.replace("\0", c)])
              for c in alike(own)}  # fmt: skip
    best = max(others, key=others.__getitem__, default="")
    return best if best and others[best] else None


@lru_cache(maxsize=8192)
def _in_dictionary(word: str) -> bool:
    import rjieba

    return len(rjieba.cut(word, False)) == 1


def _word(word: str, frequency: Frequency) -> str:
    if frequency(word) or frequency(stem(word)):
        return word
    best = max(_one_slip_away(word), key=frequency, default=word)
    if frequency(best):
        return best
    parts = [(word[:n], word[n:]) for n in range(PART, len(word) - PART + 1)]
    one, two = max(parts, key=lambda p: min(map(frequency, p)), default=(word, ""))
    return f"{one} {two}" if two and min(frequency(one), frequency(two)) else word


def _one_slip_away(word: str) -> Iterator[str]:
    """What one letter left out, put in, wrong, or two swapped make of a word (Damerau 1964); its first letter stays."""
    for n in range(1, len(word) + 1):
        head, tail = word[:n], word[n:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
