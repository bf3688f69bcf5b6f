"""How Chinese characters sound, as far as an input method that goes by sound mistakes one for another.

Tones do not count, nor what many speakers do not tell apart: zh and z, ch and c, sh and s, ng and n.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ALIKE = ((re.compile("^([zcs])h"), r"\1"), (re.compile("ng$"), "n"))


@lru_cache(maxsize=1)
def sounds() -> dict[str, str]:
    """The sound of each of the 3,755 characters of GB 2312's first level, which make up nearly all that is written."""
    from pypinyin import Style, pinyin

    first = (bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return {c: sound(pinyin(c, style=Style.NORMAL)[0][0]) for c in first if c}


def sound(syllable: str) -> str:
    """A syllable in letters, without what does not count."""
    for pattern, plain in _ALIKE:
        syllable = pattern.sub(plain, syllable)
    return syllable


def alike(character: str) -> tuple[str, ...]:
    """The other characters that sound like one; none where it is rare."""
    own = sounds().get(character)
    return tuple(c for c in _by_sound()[own] if c != character) if own is not None else ()


@lru_cache(maxsize=1)
def _by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for character, own in sounds().items():
        found.setdefault(own, []).append(character)
    return found
