"""What is shown of what was found: a piece with its section, each part once, no page alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopassist.knowledge.index import Row

SECTION_CHARS = 480
"""The longest text that is shown for a piece, in characters: half as long again as a piece may be."""

FEW = 2
"""Passages of one page that are shown in any case."""


def section(rows: Sequence[Row], place: int) -> range:
    """The places of a piece and of those beside it under the same heading, as many as may be shown together.

    What follows comes before what precedes: a piece is cut where the splitter was full, seldom at its own beginning.
    """
    own = rows[place]
    first = last = place
    length = len(own.text)
    for step in (1, -1):
        while True:
            beside = last + 1 if step > 0 else first - 1
            if not 0 <= beside < len(rows) or (rows[beside].key, rows[beside].heading) != (own.key, own.heading):
                break
            length += 1 + len(rows[beside].text)
            if length > SECTION_CHARS:
                return range(first, last + 1)
            first, last = min(first, beside), max(last, beside)
    return range(first, last + 1)


def chosen(rows: Sequence[Row], ranked: Sequence[int], limit: int) -> list[int]:
    """The places that are shown, of places in their ranking.

    None lies within what another one is shown with, and of one page there are no more than half (`FEW` at least) while
    there are others.
    """
    shown: list[int] = []
    spare: list[int] = []
    covered: set[int] = set()
    most = max(FEW, limit // 2)
    of_page: dict[str, int] = {}
    for place in ranked:
        if len(shown) == limit:
            break
        if place in covered:
            continue
        page = rows[place].document
        covered.update(section(rows, place))
        if of_page.get(page, 0) >= most:
            spare.append(place)
        else:
            of_page[page] = of_page.get(page, 0) + 1
            shown.append(place)
    kept = {*shown, *spare[: limit - len(shown)]}
    return [place for place in ranked if place in kept]


def wider(rows: Sequence[Row], place: int) -> str | None:
    """The text of a piece with its section, under its heading; None where the piece is all of it."""
    around = section(rows, place)
    if len(around) == 1:
        return None
    return "\n".join(filter(None, (rows[place].heading, *(rows[n].text for n in around))))
