"""Slips of the input method mended: a character that fits nowhere, for one that sounds like it and does.

布要了 is 不要了, 我要tui货 is 我要退货. What fits is told by the pairs of characters in the messages that the head was
fitted to, so no slip is listed. A character is changed only where none of its pairs is known and those of another one
are common. Tones do not count, nor what many do not tell apart: zh and z, ch and c, sh and s, ng and n.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from shopassist.language.grams import Vocabulary, pairs
from shopassist.text import HAN

COMMON = 0.0008
"""The share of messages from which on a pair is common."""
HALF = 3.0
"""How many times that is needed beside a space or a sign, and where one of the character's own pairs is known."""
RARE = 0.0003
"""The share up to which a pair may be a slip that others made too."""
CLEARLY = 10.0
"""How much more common the best character must be than the one that is there."""
APART = 3.0
"""How much more common the best character must be than the next."""

_UNIT = re.compile(rf"[{HAN}]|(?<![a-z])[a-z]{{2,6}}(?![a-z])")
_HAN = re.compile(f"[{HAN}]")
_ALIKE = ((re.compile("^([zcs])h"), r"\1"), (re.compile("ng$"), "n"))


Slips = tuple[tuple[str, str], ...]
"""What is written and what is meant, each with the characters beside it."""


def slips(text: str, known: Vocabulary) -> Slips:
    """The slips of a text that is folded and in simplified characters."""
    if not _HAN.search(text):
        return ()
    padded = f" {text} "
    shares = known.shares(pairs(padded)).tolist()
    doubtful = [(unit, least) for unit in _UNIT.finditer(padded) if (least := _needed(padded, unit, shares))]
    tried = [(padded[u.start() - 1], _alike(u[0]), padded[u.end()]) for u, _ in doubtful]
    written = "".join(before + c + after for before, others, after in tried for c in others)
    fits = known.shares(pairs(written)).tolist() if written else []  # of each three pairs the third is none
    found, place = {}, 0
    for (unit, least), (before, others, after) in zip(doubtful, tried, strict=True):
        fit = [min(fits[n], fits[n + 1]) for n in range(place, place + 3 * len(others), 3)]
        place += 3 * len(others)
        first, second = heapq.nlargest(2, [*fit, 0.0, 0.0])
        if first >= max(least, APART * second):
            better = others[fit.index(first)]
            found[f"{before}{unit[0]}{after}".strip()] = f"{before}{better}{after}".strip()
    return tuple(found.items())


def without(text: str, found: Slips) -> str:
    """A text, or a piece of it, with what is meant in place of slips."""
    for written, meant in found:
        text = text.replace(written, meant)
    return text


def _needed(padded: str, unit: re.Match[str], shares: Sequence[float]) -> float:
    """How common the pairs of another character must be; 0 where this one may stay."""
    start, stop = unit.span()
    beside = [bool(_HAN.match(padded[n])) for n in (start - 1, stop)]
    if not any(beside):
        return 0
    if stop - start > 1:  # a syllable in letters
        return COMMON if all(beside) else HALF * COMMON
    own = [shares[n] for n, han in zip((start - 1, start), beside, strict=True) if han]
    if min(own) > RARE:
        return 0
    return max(COMMON if len(own) > 1 and max(own) <= RARE else HALF * COMMON, CLEARLY * min(own))


def _alike(unit: str) -> list[str]:
    """The characters that sound like one, or like a syllable in letters."""
    sounds = _sounds()
    sound = _sound(unit) if len(unit) > 1 else sounds.of.get(unit, "")
    return [c for c in sounds.characters.get(sound, ()) if c != unit]


class _Sounds:
    """The usual characters by their sounds, and the sound of each."""

    def __init__(self, of: Mapping[str, str]) -> None:
        self.of = of
        self.characters: dict[str, list[str]] = {}
        for character, sound in of.items():
            self.characters.setdefault(sound, []).append(character)


@lru_cache(maxsize=1)
def _sounds() -> _Sounds:
    """Of the 3,755 characters of GB 2312's first level, which make up nearly all that is written."""
    from pypinyin import Style, pinyin

    first = (bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return _Sounds({c: _sound(pinyin(c, style=Style.NORMAL)[0][0]) for c in first if c})


def _sound(syllable: str) -> str:
    for pattern, plain in _ALIKE:
        syllable = pattern.sub(plain, syllable)
    return syllable
