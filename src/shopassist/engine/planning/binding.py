"""Which of the customer's own orders a task is about: named, in focus, found by its description, or asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shopassist.dialogue import Focus, Option, Slots, Source
from shopassist.engine.planning.lookup import Lookup
from shopassist.language.catalogue import Intent

MOST = 5
"""Orders that a customer can be asked to choose from."""

Order = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hint:
    """Words that tell an order from the others without naming it, and their place in the text.

    `products` may be meant by a word for a kind of thing (耳机), `state` is that of 没付款的那个, `placed` the days of
    上周买的 (one day, or two with ``..`` between them).
    """

    span: tuple[int, int]
    products: tuple[str, ...] = ()
    state: str | None = None
    placed: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The order's facts and how it was found, or the options to ask for, or the reason why there is none."""

    order: Order | None = None
    source: Source = "said"
    options: tuple[Option, ...] = ()
    problem: Literal["login", "no_order", "no_orders", "failed"] | None = None


def bind(
    lookup: Lookup, intent: Intent, slots: Slots, focus: Focus, hints: Sequence[Hint] = (), *, back: bool = False
) -> Bound | None:
    """The order of a task; None while the shop still has to be asked.

    In this order: an order number or its end, a description that fits one order, the order in focus (where the intent
    fits it, or the message points `back`), the only order that the intent fits. Somebody else's order answers as one
    that is not there.
    """
    listed = lookup.read("list_orders")
    if listed is None:
        return None
    if listed.status != "done":
        return Bound(problem="login" if listed.reason == "login" else "failed")
    orders: list[Order] = list(listed.facts["orders"])
    if named := slots.get("order_id", ()):
        return _named(orders, [s.value for s in named])
    if not orders:
        return Bound(problem="no_orders")
    described = _described(orders, slots, hints)
    if described is None:
        return Bound(problem="no_order")
    if 1 < len(described) < len(orders) and _misremembered(described, intent, slots):
        return Bound(options=_options(described[:MOST]), source="resolver")
    source: Source = "resolver" if len(described) < len(orders) else "focus"
    return _one_of(described, intent, focus, source, back)


def label(order: Order) -> str:
    """What tells an order from the customer's others: number and first product."""
    lines = order["lines"]
    name = lines[0]["name"] if lines else ""
    return f"{order['id']} {name}".strip()


def _named(orders: Sequence[Order], values: Sequence[str]) -> Bound:
    found = [o for o in orders if any(_is(o, v) for v in values)]
    if len(found) == 1:
        return Bound(found[0])
    return Bound(options=_options(found)) if found else Bound(problem="no_order")


def _is(order: Order, number: str) -> bool:
    return bool(order["id"] == number or (len(number) > 1 and number[0] == "*" and order["id"].endswith(number[1:])))


def _one_of(orders: Sequence[Order], intent: Intent, focus: Focus, source: Source, back: bool) -> Bound:
    if len(orders) == 1:
        return Bound(orders[0], "resolver")
    fitting = _fitting(orders, intent)
    current = next((o for o in orders if o["id"] in focus.orders[:1]), None)
    if current is not None and (back or current in fitting or not fitting):
        return Bound(current, "focus")
    fitting = fitting or list(orders)
    if len(fitting) > 1:
        about = [o for o in fitting if any(line["product"] in focus.products[:1] for line in o["lines"])]
        fitting = about if len(about) == 1 else fitting
    if len(fitting) == 1:
        return Bound(fitting[0], "resolver")
    return Bound(options=_options(fitting[:MOST]), source=source)


def _fitting(orders: Sequence[Order], intent: Intent) -> list[Order]:
    fitting = [o for o in orders if o["status"] in (intent.fits or o["status"])]
    if intent.name in ("refund_status", "cancel_service"):
        fitting = [o for o in fitting if o.get("returned")] or [o for o in fitting if o["status"] == "cancelled"]
    return fitting


def _options(orders: Sequence[Order]) -> tuple[Option, ...]:
    return tuple(Option(o["id"], label(o)) for o in orders)


def _described(orders: Sequence[Order], slots: Slots, hints: Sequence[Hint]) -> list[Order] | None:
    """The orders that fit what was said of them, all where nothing was; None where a product is in none of them.

    What a description says beside the product is dropped where nothing fits all of it: people err in days and colours.
    """
    products = {s.value for s in slots.get("product", ())}
    found = [o for o in orders if not products or any(line["product"] in products for line in o["lines"])]
    if not found:
        return None
    for hint in hints:
        if products and hint.products and products.isdisjoint(hint.products):
            continue  # 耳机和充电器: another thing than the one that is named
        fitting = [o for o in found if is_told(o, hint)]
        if hint.products and not fitting:
            return None
        found = fitting or found
    for slot in slots.get("variant", ()):
        found = [o for o in found if any(slot.value in (line["variant"] or "") for line in o["lines"])] or found
    return found


def _misremembered(orders: Sequence[Order], intent: Intent, slots: Slots) -> bool:
    """Whether a variant that none of the orders has is to tell one for a change, and is not what to change to."""
    said = [s.value for s in slots.get("variant", ()) if s.source == "said"]
    if not said or "variant" in intent.slots or not intent.route("request").write:
        return False
    return not any(v in (line["variant"] or "") for v in said for o in orders for line in o["lines"])


def is_told(order: Order, hint: Hint) -> bool:
    """Whether a description is that of an order."""
    if hint.state is not None:
        return bool(order["status"] == hint.state)
    if hint.placed is not None:
        start, dots, end = hint.placed.replace("/", "..").partition("..")
        return start <= str(order["placed"])[:10] <= ((end or "9999") if dots else start)
    return any(line["product"] in hint.products for line in order["lines"])
