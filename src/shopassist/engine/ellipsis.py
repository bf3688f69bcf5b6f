"""Messages that leave their wish unsaid: 那白色的呢, 003那单呢, a number alone, a card alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shopassist.dialogue import Slots, Wish
from shopassist.engine.values import DESCRIBES
from shopassist.language.catalogue import WRITING
from shopassist.language.ellipsis import asks_leave, asks_stock, only_values
from shopassist.language.slots import Found

ABOUT = (*DESCRIBES, "tracking_no", "service_id")
"""Slots that tell which thing a wish is about."""

GUESSED = 0.5
"""The score of what a value asks whose other words say nothing to code."""


def carried_on(text: str, language: str, said: Slots, found: Sequence[Found], last: Sequence[Wish]) -> list[Wish]:
    """The last wish with the new values in place of its own, if the message is little more than those values.

    A card without a word, or 有黑的吗, carries on what was asked, never a change.
    """
    new = {n: v for n, v in said.items() if n in (*DESCRIBES, "price_range", "quantity")}
    if not new or not last or not only_values(text, language, found):
        return []
    wish = next((w for w in reversed(last) if any(w.slots.get(n) for n in new)), last[-1])
    if wish.act in WRITING and (not text or asks_stock(text, language)):
        return []
    kept = {n: v for n, v in wish.slots.items() if n not in new}
    if "order_id" in new:
        kept = {n: v for n, v in kept.items() if n not in DESCRIBES}
    elif "product" in new:  # the colour of another thing is not this one's, nor is the order
        kept = {n: v for n, v in kept.items() if n not in ("variant", "order_id", "period", "date")}
    act = "status" if wish.act == "retract" else wish.act
    if act in ("request", "blocked") and asks_leave(text, language):
        act = "can"
    return [replace(wish, act=act, slots={**kept, **new}, span=(0, len(text)), score=1.0, reader="code")]


def put_right(text: str, said: Slots, last: Sequence[Wish], *, described: bool) -> list[Wish]:
    """The last wish for another thing, where the text says that another was meant: 不是这个 我说的是充电器那个.

    `described` says that the text tells of an order without naming it.
    """
    new = {n: v for n, v in said.items() if n in ABOUT}
    if not last or not (new or described):
        return []
    kept = {n: v for n, v in last[-1].slots.items() if n not in ABOUT}
    return [replace(last[-1], slots={**kept, **new}, span=(0, len(text)), score=1.0, reader="code")]


def from_values(text: str, language: str, said: Slots, found: Sequence[Found], *, card: bool) -> list[Wish]:
    """What a value or a card asks by itself: the state of an order, a parcel, a return; price and stock of a product.

    A product that is only named says nothing: what is asked of it stands in the other words.
    """
    alone = not text or only_values(text, language, found)
    bare = card or alone
    for slot, intent in (
        ("order_id", "order_status"),
        ("tracking_no", "track_delivery"),
        ("service_id", "refund_status"),
        ("product", "price_stock"),
    ):
        if slot in said and (bare or slot != "product"):
            slots = {n: v for n, v in said.items() if n in (slot, "variant")}
            return [Wish(intent, "status", slots, (0, len(text)), 1.0 if alone else GUESSED)]
    return []
