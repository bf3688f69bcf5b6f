"""Which of the customer's own orders a task is about: named, in focus, found by its description, or asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shopassist.dialogue import Option, Slot, Slots, Source
from shopassist.engine.planning.lookup import Lookup
from shopassist.language.catalogue import Intent

MOST = 5
"""Orders that a customer can be asked to choose from."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The order's facts and how it was found, or the options to ask for, or the reason why there is none."""

    order: Mapping[str, Any] | None = None
    source: Source = "said"
    options: tuple[Option, ...] = ()
    problem: Literal["login", "no_order", "no_orders", "failed"] | None = None


def bind(lookup: Lookup, intent: Intent, slots: Slots, focus: Sequence[str]) -> Bound | None:
    """The order of a task; None while the shop still has to be asked.

    In this order: an order number or its end, a description (product, variant, period) that fits one order, the order
    in focus, the only order that the intent fits. Somebody else's order answers as one that is not there.
    """
    listed = lookup.read("list_orders")
    if listed is None:
        return None
    if listed.status != "done":
        return Bound(problem="login" if listed.reason == "login" else "failed")
    orders: list[Mapping[str, Any]] = list(listed.facts["orders"])
    if named := slots.get("order_id", ()):
        return _named(orders, [s.value for s in named])
    if not orders:
        return Bound(problem="no_orders")
    described = [o for o in orders if _described(o, slots)]
    if any(name in slots for name in ("product", "variant", "period", "date")) and described:
        return _one_of(described, intent, focus, "resolver")
    return _one_of(orders, intent, focus, "focus")


def label(order: Mapping[str, Any]) -> str:
    """What tells an order from the customer's others: number, first product, day."""
    lines = order["lines"]
    name = lines[0]["name"] if lines else ""
    return f"{order['id']} {name}".strip()


def _named(orders: Sequence[Mapping[str, Any]], values: Sequence[str]) -> Bound:
    found = [o for o in orders for v in values if o["id"] == v or (v.startswith("*") and o["id"].endswith(v[1:]))]
    if len(found) == 1:
        return Bound(found[0])
    return Bound(options=_options(found)) if found else Bound(problem="no_order")


def _one_of(orders: Sequence[Mapping[str, Any]], intent: Intent, focus: Sequence[str], source: Source) -> Bound:
    for number in focus[:1]:
        for order in orders:
            if order["id"] == number:
                return Bound(order, "focus")
    fitting = [o for o in orders if o["status"] in (intent.fits or o["status"])] or list(orders)
    if intent.name in ("refund_status", "cancel_service"):
        fitting = (
            [o for o in fitting if o.get("returned")] or [o for o in fitting if o["status"] == "cancelled"] or fitting
        )
    if len(fitting) == 1:
        return Bound(fitting[0], "resolver")
    return Bound(options=_options(fitting[:MOST]), source=source)


def _options(orders: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    return tuple(Option(o["id"], label(o)) for o in orders)


def _described(order: Mapping[str, Any], slots: Slots) -> bool:
    lines = order["lines"]
    products = {s.value for s in slots.get("product", ())}
    variants = [s.value for s in slots.get("variant", ())]
    if products and not any(line["product"] in products for line in lines):
        return False
    if variants and not any(v in (line["variant"] or "") for v in variants for line in lines):
        return False
    return all(_placed_in(order, s) for s in slots.get("period", ()))


def _placed_in(order: Mapping[str, Any], period: Slot) -> bool:
    start, _, end = period.value.replace("..", "/").partition("/")
    placed = str(order["placed"])[:10]
    return (not start or start <= placed) and (not end or placed <= end)
