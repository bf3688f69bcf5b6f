"""Which slot value belongs to which wish: by place first, then by what each intent can use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from shopassist.dialogue import Slot, Wish
from shopassist.language.catalogue import Catalogue, Intent
from shopassist.language.slots import Found

MOST_VALUES = 5
"""Of a slot a wish takes so many different values."""

_ENDS = re.compile(r"[?!;。？！；\n]")

DESCRIBES = ("order_id", "product", "variant", "period", "date")
"""Slots that tell an order from the others, for every intent that is about orders."""


def distributed(
    wishes: Sequence[Wish], found: Sequence[Found], catalogue: Catalogue, turn: int, text: str
) -> list[Wish]:
    """The wishes with their values. A value that no wish can use stays out."""
    ends = [m.end() for m in _ENDS.finditer(text)]
    given: list[dict[str, tuple[Slot, ...]]] = [{} for _ in wishes]
    for one in found:
        taker = _taker(wishes, one, catalogue, ends)
        if taker is not None:
            slot = Slot(one.value, "said", turn, one.span)
            there = given[taker].get(one.name, ())
            if len(there) < MOST_VALUES and slot.value not in [s.value for s in there]:
                given[taker][one.name] = (*there, slot)
    _share(wishes, given, catalogue)
    return [replace(w, slots=slots) for w, slots in zip(wishes, given, strict=True)]


def about_orders(intent: Intent) -> bool:
    """Whether an intent is about one of the customer's orders."""
    return "order_id" in intent.slots


def accepts(intent: Intent, slot: str) -> bool:
    """Whether an intent can use a slot."""
    return slot in intent.slots or (about_orders(intent) and slot in DESCRIBES)


def by_name(found: Sequence[Found], turn: int) -> dict[str, tuple[Slot, ...]]:
    """The values by slot, in the order of the text."""
    result: dict[str, tuple[Slot, ...]] = {}
    for one in found:
        there = result.get(one.name, ())
        if len(there) < MOST_VALUES and one.value not in [s.value for s in there]:
            result[one.name] = (*there, Slot(one.value, "said", turn, one.span))
    return result


def _taker(wishes: Sequence[Wish], one: Found, catalogue: Catalogue, ends: Sequence[int]) -> int | None:
    """The wish in whose words the value stands, else the nearest one that can use it, in its own sentence if possible.

    `ends` are the places behind the sentences of the text.
    """
    able = [n for n, w in enumerate(wishes) if accepts(catalogue[w.intent], one.name)]
    if not able:
        return None
    start, end = one.span

    def distance(n: int) -> tuple[int, int, int]:
        first, last = wishes[n].span
        if start < last and first < end:
            return 0, 0, 0
        apart = sum(min(last, end) < e <= max(first, start) for e in ends)
        gap = first - end if first >= end else start - last
        behind = last <= start  # as near before as behind: what follows is meant
        return 1, apart, max(gap, 0) * 2 + behind

    return min(able, key=distance)


def _share(wishes: Sequence[Wish], given: list[dict[str, tuple[Slot, ...]]], catalogue: Catalogue) -> None:
    """An order or product that one wish names holds for the later wishes about orders too, if it is the only one."""
    orders = [n for n, w in enumerate(wishes) if about_orders(catalogue[w.intent])]
    for name in ("order_id", "product"):
        named = {s.value for n in orders for s in given[n].get(name, ())}
        if len(named) != 1 or any(given[n].get("order_id") for n in orders if name == "product"):
            continue
        first = next(n for n in orders if name in given[n])
        slot = given[first][name]
        for n in orders:
            if n > first and not given[n].get(name) and not given[n].get("order_id"):
                given[n][name] = tuple(replace(s, span=None, source="focus") for s in slot)
