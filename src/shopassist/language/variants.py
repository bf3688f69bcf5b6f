"""Which one of a product: colours, switches, sizes, capacities.

A plain colour becomes its family's word, the same in both languages (blue, 蓝色的: 蓝); a named one stays (星空蓝).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shopassist.language.spots import Spot, filled, listed, pattern, patterns

_WORDS = ("compound", "coloured", "short", "coined", "switch", "english")


def variants(text: str) -> Iterator[Spot]:
    """The variants in folded text."""
    switches = pattern("variants", "of_switches").search(text)
    for name in _WORDS:
        for match in pattern("variants", name).finditer(text):
            end = match.end("value" if name == "coined" else 0)
            word = colour(match["value"])
            if switches and name == "english":  # red switches … brown ones
                word = listed("variants", "switches").get(word, word)
            yield Spot("variant", word, match.start("value"), end, rank=6)
    for rule in patterns("variants", "size_"):
        for match in rule.finditer(text):
            yield Spot("variant", size(match["value"]), match.start(), match.end(), rank=6)
    for match in pattern("variants", "capacity").finditer(text):
        yield Spot("variant", _capacity(match["value"]), *match.span(), rank=6)


def colour(word: str) -> str:
    """A colour's word in its normal form."""
    word = re.sub(r"(?:(?<=[^色的款版])|(?<=^.))[色的款版]+$", "", word.strip())
    for pattern_of, name in _english():
        if pattern_of.fullmatch(word):
            return name
    return listed("variants", "also").get(word, word)


def size(word: str) -> str:
    """A size in its normal form: large and 大码 are L."""
    word = re.sub(r"[码号的]+$", "", word.strip())
    return listed("variants", "sizes").get(word, word.upper())


def _capacity(word: str) -> str:
    match = re.match(r"(\d+)\s?([gt])", word)
    return f"{match[1]}{match[2].upper()}B" if match else word.upper()


def bare_variant(core: str) -> str | None:
    """A short answer: 黑, 白的, M, the blue one, 标准版."""
    if match := pattern("variants", "bare").search(core):
        return colour(match["value"])
    if match := pattern("variants", "bare_size").search(core):
        return size(match["value"])
    match = pattern("variants", "bare_other").search(core)
    return match["value"] if match else None


@lru_cache(maxsize=1)
def _english() -> list[tuple[re.Pattern[str], str]]:
    tables = (listed("variants", "named"), listed("variants", "family"))
    return [(re.compile(filled(words)), name) for table in tables for name, words in table.items()]
