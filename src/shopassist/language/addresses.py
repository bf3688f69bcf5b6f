"""Where a parcel goes: Chinese addresses by their parts, from the province to the room, and English ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shopassist.language.spots import Spot, pattern
from shopassist.text import fold


def addresses(text: str) -> Iterator[Spot]:
    """The addresses in folded text.

    What follows 地址改成 needs one part of an address; without such words two are needed, a house number or a district
    among them: 寄到新疆要加钱吗 names none.
    """
    yield from _english(text)
    end = 0
    for cue in pattern("addresses", "cue").finditer(text):
        if cue.end() < end:
            continue
        lead = pattern("addresses", "lead").match(text, cue.end())
        start = lead.end() if lead else cue.end()
        if spot := _parts(text, start, least=1 if cue["strong"] else 2):
            end = spot.end
            yield spot
    for match in pattern("addresses", "start").finditer(text):
        if match.start() >= end and (spot := _parts(text, match.start(), least=2)):
            end = spot.end
            yield spot
    for match in pattern("addresses", "bare_road").finditer(text):
        if not pattern("addresses", "not_word").search(match["value"]):
            yield Spot("address", None, *match.span("value"), rank=3)


def _parts(text: str, start: int, least: int) -> Spot | None:
    """An address that begins at `start`, of at least so many parts."""
    count, end, place, first = 0, start, False, None
    while part := pattern("addresses", "unit").match(text, end):
        if part["named"] and pattern("addresses", "not_word").search(part["named"]):
            break
        if first is None:
            first = part.start() + len(part[0]) - len(part[0].lstrip(" ,，、."))
        elif part[0][0] in " ," and not part["house"] and not place:
            break
        place = place or not part["house"]
        count, end = count + 1, part.end()
    if first is None or count < least or not place:
        return None
    return Spot("address", None, first, end, rank=3)


def _english(text: str) -> Iterator[Spot]:
    for match in pattern("addresses", "english").finditer(text):
        end = match.end()
        while tail := pattern("addresses", "english_tail").match(text, end) or pattern(
            "addresses", "english_word"
        ).match(text, end):
            end = tail.end()
        yield Spot("address", None, match.start(), end, rank=3)
    for match in pattern("addresses", "english_cue").finditer(text):
        value = pattern("addresses", "english_end").sub("", match["value"])
        if _placed(value):
            start = match.start("value")
            yield Spot("address", None, start, start + len(value), rank=4)


def _placed(value: str) -> bool:
    """Whether free words after "deliver to" name a place: a number, and words beside it."""
    return bool(re.search(r"\d", value)) and bool(pattern("addresses", "english_place").search(value))


_REGION = re.compile(r"^.*(?:省|市|区|县|旗|州)(?=.)")
_NUMBERED = re.compile(
    r"(?P<not>不是|不要|别|非)?\s*(?P<number>\d+|[a-z]?\d+[a-z]?)\s*(?P<unit>号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|房)"
)


def corrected(old: str, text: str) -> str | None:
    """An address with the numbers that a text corrects (是18号不是8号); None where it corrects none."""
    new = old
    for match in _NUMBERED.finditer(fold(text)):
        places = list(re.finditer(rf"\d+(?={match['unit']})", new))
        if match["not"] or not places:
            continue
        last = places[-1]
        new = new[: last.start()] + match["number"] + new[last.end() :]
    return new if new != old else None


def within(new: str, old: str) -> str:
    """A new address without a region (漕溪北路18号) in that of the old one."""
    region = _REGION.match(old)
    return new if _REGION.match(new) or region is None else region[0] + new
