"""Slips of the input method mended: a character that fits nowhere, for one that sounds like it and does.

布要了 is 不要了, 我要tui货 is 我要退货. What fits is told by the pairs of characters in the messages that the head was
fitted to, so no slip is listed. A character is changed only where none of its pairs is known and those of another one
are common. What sounds alike, `shopassist.sounds` says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shopassist.language.grams import Keys, Vocabulary, pair, pairs, single
from shopassist.sounds import sound, sounds
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
_NONE: Keys = np.zeros(0, np.uint32)


Slips = tuple[tuple[str, str], ...]
"""What is written and what is meant, each with the characters beside it."""


def slips(text: str, known: Vocabulary) -> Slips:
    """The slips of a text that is folded and in simplified characters."""
    if not _HAN.search(text):
        return ()
    padded = f" {text} "
    shares = known.shares(pairs(padded)).tolist()
    sounds = _Alike.of(known)
    tried = [
        (unit, least, others)
        for unit in _UNIT.finditer(padded)
        if (least := _needed(padded, unit, shares)) and len(others := sounds.alike(unit[0]))
    ]
    if not tried:
        return ()
    beside = [(ord(padded[unit.start() - 1]), ord(padded[unit.end()])) for unit, *_ in tried]
    fits = _fits(known, beside, [others for *_, others in tried])
    begins = np.cumsum([0, *(len(others) for *_, others in tried)])
    best = np.maximum.reduceat(fits, begins[:-1])
    found = {}
    for n in np.flatnonzero(best >= [least for _, least, _ in tried]):
        unit, _, others = tried[n]
        own = fits[begins[n] : begins[n + 1]]
        if best[n] >= APART * np.partition([0, *own], -2)[-2]:
            before, after = padded[unit.start() - 1], padded[unit.end()]
            found[f"{before}{unit[0]}{after}".strip()] = f"{before}{chr(others[own.argmax()])}{after}".strip()
    return tuple(found.items())


def _fits(known: Vocabulary, beside: Sequence[tuple[int, int]], others: Sequence[Keys]) -> NDArray[np.float32]:
    """How common each character is between those beside it: the rarer of its two pairs. All in one, place by place."""
    before, after = np.repeat(np.array(beside, np.uint32), [len(some) for some in others], axis=0).T
    characters = np.concatenate(others)
    shares = known.shares(np.concatenate([pair(before, characters), pair(characters, after)]))
    return np.asarray(np.minimum(shares[: len(characters)], shares[len(characters) :]), np.float32)


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


class _Alike:
    """The characters of each sound that come often enough for a pair with them to count."""

    def __init__(self, known: Vocabulary) -> None:
        self._sounds = sounds()
        characters = np.array([ord(c) for c in self._sounds], np.uint32)
        often = known.shares(single(characters)) >= COMMON / APART
        by_sound: dict[str, list[int]] = {}
        for character in characters[often].tolist():
            by_sound.setdefault(self._sounds[chr(character)], []).append(character)
        self._characters = {sound: np.array(found, np.uint32) for sound, found in by_sound.items()}

    @staticmethod
    @lru_cache(maxsize=4)
    def of(known: Vocabulary) -> _Alike:
        return _Alike(known)

    def alike(self, unit: str) -> Keys:
        """The characters that sound like one, or like a syllable in letters."""
        own = sound(unit) if len(unit) > 1 else self._sounds.get(unit, "")
        found = self._characters.get(own)
        return _NONE if found is None else found[found != ord(unit)] if len(unit) == 1 else found
