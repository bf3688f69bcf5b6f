"""Cards that a customer sends along: hints at an order or a product, like words; whose it is, the tools check."""

from __future__ import annotations

from collections.abc import Sequence

from shopassist.dialogue import Slot
from shopassist.messages import Item, OrderRef, ProductRef


def cards(items: Sequence[Item]) -> dict[str, tuple[Slot, ...]]:
    """The slots that the cards fill."""
    found: dict[str, tuple[Slot, ...]] = {}
    orders = [Slot(_whole(i.id), "said") for i in items if isinstance(i, OrderRef)]
    products = [Slot(_whole(i.id), "said") for i in items if isinstance(i, ProductRef)]
    if orders:
        found["order_id"] = tuple(orders)
    if products:
        found["product"] = tuple(products)
    return found


def _whole(number: str) -> str:
    """The id as a whole one: no card means whatever ends so (*003)."""
    return number.strip().lstrip("*").upper() or "-"
