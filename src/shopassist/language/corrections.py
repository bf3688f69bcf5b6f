"""What a customer takes back: 不是001是002 means 002, 换成白色不要黑色 means 白色."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shopassist.language.spots import Spot, data, pattern

BEFORE = 24
"""How many characters before a value are looked at for what denies it."""


def kept(text: str, spots: Sequence[Spot]) -> list[Spot]:
    """The values that stand; `spots` are in the order of the text and do not overlap."""
    lists = data()["corrections"]
    dropped: set[int] = set()
    for n, spot in enumerate(spots):
        if _denied(text, spot, refusable=spot.name in lists["refusable"]):
            dropped.add(n)
            continue
        previous = next((m for m in range(n - 1, -1, -1) if spots[m].name == spot.name), None)
        if previous is None or spots[previous].value == spot.value is not None:
            continue
        between = text[spots[previous].end : spot.start]
        replaced = spot.name in lists["replaceable"] and _matches("replaced", between)
        becomes = spot.name == "variant" and _matches("becomes", between)
        if len(between) <= BEFORE and (replaced or becomes or _matches("mistaken", between)):
            dropped.add(previous)
    return [spot for n, spot in enumerate(spots) if n not in dropped]


def _denied(text: str, spot: Spot, *, refusable: bool) -> bool:
    before = re.split(r"[,，。.;；!！\n](?!\d)", text[max(0, spot.start - BEFORE) : spot.start])[-1]
    after = text[spot.end : spot.end + BEFORE]
    if _matches("negator", before):
        return not _matches("rhetorical", after)
    if not refusable:
        return False
    if _matches("refusal", before):
        return True
    return spot.name in ("date", "period") and _matches("refused_after", after)


def _matches(name: str, text: str) -> bool:
    return bool(pattern("corrections", name).search(text))
