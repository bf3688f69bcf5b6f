"""`ShopConformance` without pytest: against a developer's own shop, on the orders that it happens to have, in words."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal
from unittest import SkipTest

import shopassist
from shopassist.shop import AFTER_SALES_ACTIONS, ORDER_ACTIONS, OrderView, unsupported_by
from shopassist.testing.shops import Known, ShopConformance

NOBODY = "no-such-customer"
_OURS = Path(shopassist.__file__).parent
_SHOWN = ("action", "known", "nobody", "customer", "order_id", "quote", "over")
"""Variables of a claim that say what it was about."""

_ROLES: Mapping[str, str] = {
    "unpaid": "an unpaid order",
    "paid": "a paid order that has not shipped",
    "shipped": "an order on its way, not late",
    "late": "an order on its way that is late",
    "returnable": "an order that can be returned",
    "fallen": "an order whose price has fallen",
}


@dataclass(frozen=True, slots=True)
class Cases:
    """What the claims are tried on: orders by their role, a customer who owns none of them, a product."""

    stranger: str = NOBODY
    unpaid: Known | None = None
    paid: Known | None = None
    shipped: Known | None = None
    late: Known | None = None
    returnable: Known | None = None
    fallen: Known | None = None
    product: str | None = None
    words: str = ""

    def told(self) -> Iterator[tuple[str, str | None]]:
        """Each role in words, with the order that has it."""
        for role, words in _ROLES.items():
            known: Known | None = getattr(self, role)
            yield words, f"{known[1]} of customer {known[0]}" if known else None
        yield "a product", self.product


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the suite, in words: whether it holds, why not, and what to do then."""

    words: str
    state: Literal["holds", "broken", "skipped"]
    why: str | None = None
    mend: str | None = None


def find_cases(shop: Any, customers: Iterable[str], *, enough: int = 200) -> Cases:
    """Orders for the claims, among those of these customers. Raises what the shop raises.

    Of several for one role it is the one with which the shop allows the most. At most `enough` orders are looked at.
    """
    found: dict[str, tuple[int, Known]] = {}
    seen, product, ids = 0, None, []
    for customer in customers:
        ids.append(customer)
        for order in shop.orders.list(customer):
            seen += 1
            for role, allowed in _roles(shop, customer, order):
                if allowed > found.get(role, (-1, None))[0]:
                    found[role] = allowed, (customer, order.id)
            product = product or _product(shop, order)
        if seen >= enough:
            break
    chosen = {role: known for role, (_, known) in found.items()}
    owners = {owner for owner, _ in chosen.values()}
    stranger = next((customer for customer in ids if customer not in owners), NOBODY)
    key, words = product or (None, "")
    return Cases(stranger, **chosen, product=key, words=words)


def claims(
    make: Callable[[Callable[..., Any]], Any],
    cases: Cases,
    suite: type[ShopConformance] = ShopConformance,
    around: Callable[[], AbstractContextManager[Any]] = nullcontext,
    **values: Any,
) -> Iterator[Claim]:
    """Try every claim on a shop that `make(clock)` gives, each within `around()`.

    `values` are further attributes of the suite. Nothing that the shop raises is raised.
    """
    given = {field.name: getattr(cases, field.name) for field in fields(cases)}
    body = {**given, "last_day": None, "make_shop": lambda self, clock: make(clock), **values}
    tried = type("Tried", (suite,), body)
    for name in [name for name in vars(suite) if name.startswith("test_")]:
        with around():
            claim = _tried(tried(), name)
        yield claim


def absent(shop: Any) -> list[str]:
    """The actions that the shop does not do: who wishes for one is offered a person."""
    found = {*unsupported_by(shop.orders)}
    found |= {*AFTER_SALES_ACTIONS} if shop.after_sales is None else unsupported_by(shop.after_sales)
    return [action for action in (*ORDER_ACTIONS, *AFTER_SALES_ACTIONS) if action in found]


def _roles(shop: Any, customer: str, order: OrderView) -> Iterator[tuple[str, int]]:
    """The roles that an order can have, with how many changes the shop allows in it."""
    if order.status in ("unpaid", "paid"):
        yield order.status, sum(_allows(shop.orders, a, customer, order, {}) for a in ORDER_ACTIONS)
    tracking = shop.orders.track(customer, order.id)
    if order.status == "shipped" and tracking is not None:
        yield "late" if tracking.late else "shipped", 0
    if order.status == "delivered" and shop.after_sales is not None:
        for role, action in (("returnable", "request_return"), ("fallen", "request_price_protection")):
            if _allows(shop.after_sales, action, customer, order, {}):
                yield role, 0


def _allows(side: Any, action: str, customer: str, order: OrderView, args: Mapping[str, Any]) -> bool:
    """Whether an action is allowed, or lacks no more than a value."""
    if action in unsupported_by(side):
        return False
    quote = side.check(action, customer, order.id, args)
    return bool(quote.allowed or (quote.reason or "").startswith("needs_"))


def _product(shop: Any, order: OrderView) -> tuple[str, str] | None:
    for line in order.lines if shop.catalogue is not None else ():
        found = shop.catalogue.get(line.product)
        if found is not None and found.costs:
            return found.id, found.name
    return None


def _tried(suite: ShopConformance, name: str) -> Claim:
    test = getattr(suite, name)
    words = (
        name.removeprefix("test_")
        .replace("_", " ")
        .replace("elses", "else's")
        .replace("orders version", "order's version")
    )
    try:
        test()
    except SkipTest as skip:
        return Claim(words, "skipped", str(skip))
    except Exception as error:  # noqa: BLE001 - a shop may raise anything, and that is what is told
        return Claim(words, "broken", _why(error), inspect.getdoc(test))
    finally:
        suite.teardown_method()
    return Claim(words, "holds")


def _why(error: Exception) -> str:
    """What failed: the claim's own line and what it was about, or the shop's line that raised."""
    frames = [*traceback.walk_tb(error.__traceback__)]
    own = [
        f
        for f, _ in frames
        if f.f_code.co_filename.endswith("shops.py") and _OURS in Path(f.f_code.co_filename).parents
    ]
    about = {n: v for frame in own[1:] or own for n, v in frame.f_locals.items() if n in _SHOWN}
    told = ", ".join(f"{name}={value!r}"[:200] for name, value in about.items())
    if isinstance(error, AssertionError):
        frame, line = next((f, n) for f, n in reversed(frames) if f in own) if own else frames[-1]
        source = str(error) or linecache.getline(frame.f_code.co_filename, line).strip()
        return f"{source}{f'  ({told})' if told else ''}"
    place, line = next(
        ((f.f_code.co_filename, n) for f, n in reversed(frames) if _is_shops(f.f_code.co_filename)),
        (frames[-1][0].f_code.co_filename, frames[-1][1]),
    )
    return f"{type(error).__name__}: {error} ({place}:{line}){f'  ({told})' if told else ''}"


def _is_shops(file: str) -> bool:
    """Whether a file is the developer's own."""
    return "site-packages" not in file and _OURS not in Path(file).parents and not file.startswith("<")
