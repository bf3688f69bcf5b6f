"""Where a parcel goes: Chinese addresses by their parts, from the province to the room, and English ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shopassist.language.spots import Spot, pattern
from shopassist.text import HAN


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


PIECE, LONGEST = 48, 120
"""So many characters has a piece of an address at most, and all of it."""

_APART = r"[\s,，、;；]+"
_COMMAS = ",，、;；。.!！?？\\n:："
_STOPS = (_COMMAS, _COMMAS + "\\s")
"""What ends a piece: a comma, else also a blank (Shengai Building, 圣爱大厦 1203室)."""


def widened(text: str, spot: Spot, taken: Sequence[tuple[int, int]], *, asked: bool) -> Spot:
    """An address with the pieces beside it that belong to it: 上海 徐汇 漕溪北路88号 圣爱大厦 1203室.

    Where an address was `asked` for a piece belongs to it unless it plainly says something else. `taken` is where other
    values stand.
    """
    start, end = spot.start, spot.end
    while end - start < LONGEST and (more := _next(text, end, asked)) and not _over((end, more), taken):
        end = more
    while end - start < LONGEST and (less := _previous(text, start, asked)) is not None:
        if _over((less, start), taken):
            break
        start = less
    return replace(spot, start=start, end=end)


def _over(piece: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return any(piece[0] < b and a < piece[1] for a, b in taken)


def _belongs(piece: str, asked: bool) -> bool:
    if pattern("addresses", "not_word").search(piece):
        return False
    return any(pattern("addresses", name).fullmatch(piece) for name in (("part", "free") if asked else ("part",)))


def _next(text: str, end: int, asked: bool) -> int | None:
    """Where the piece behind ends, if it belongs to the address."""
    for stops in _STOPS:
        match = re.compile(
            f"(?:{_APART}|(?=[{HAN}])|(?<=[{HAN}]))(?P<piece>[^{stops}]{{1,{PIECE}}})(?=[{stops}]|$)"
        ).match(text, end)
        if match and _belongs(match["piece"].strip(), asked):
            return match.start() + len(match[0].rstrip())
    return None


def _previous(text: str, start: int, asked: bool) -> int | None:
    """Where the piece before begins; of 上海 徐汇 the second belongs to the address since the first is a region."""
    text = text[:start]
    for stops in _STOPS:
        match = re.compile(f"(?<![^{stops}])(?P<piece>[^{stops}]{{1,{PIECE}}}){_APART}$").search(
            text, max(0, start - PIECE - 8)
        )
        if match is None:
            continue
        piece = pattern("addresses", "lead_in").sub("", match["piece"].strip())
        if piece and _belongs(piece, asked):
            return match.start("piece") + match["piece"].rindex(piece)
        before = text[: match.start("piece")]
        if re.fullmatch(rf"[{HAN}]{{2,4}}", piece) and pattern("addresses", "region_before").search(before):
            return match.start("piece") + match["piece"].rindex(piece)
    return None


_REGION = re.compile(r"^.*(?:省|市|区|县|旗|州)(?=.)")
_LEVEL = re.compile(r"(?<![^省市区县旗州])[^省市区县旗州]+(?:省|市|区|县|旗|州)")


def within(new: str, old: str) -> str:
    """A new address without a region (漕溪北路18号) in that of the old one; a region alone with the old street."""
    region = _REGION.match(old)
    if region is None:
        return new
    levels = _LEVEL.findall(new)
    if levels and "".join(levels) == new:
        before = _LEVEL.findall(region[0])
        return "".join([*before[: max(0, len(before) - len(levels))], new, old[region.end() :]])
    return new if _REGION.match(new) else region[0] + new
