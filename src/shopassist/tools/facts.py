"""What the built-in tools tell of the shop's typed results, and how they read periods and price ranges."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from shopassist.shop import OrderView, ProductView, Tracking
from shopassist.text import fold
from shopassist.tools.values import json_values

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

V = TypeVar("V", date, Decimal)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,4})?")


def _days(value: Any) -> tuple[date | None, date | None]:
    return _ends(value, _DAY, date.fromisoformat)


def _amounts(value: Any) -> tuple[Decimal | None, Decimal | None]:
    return _ends(value, _AMOUNT, Decimal)


def _ends(value: Any, form: re.Pattern[str], read: Any) -> tuple[Any, Any]:
    """Both ends of ``a..b``, either of them open; ``a`` alone is from a to a."""
    start, dots, end = str(value).partition("..")
    texts = (start.strip(), end.strip() if dots else start.strip())
    if not any(texts) or not all(form.fullmatch(text) for text in texts if text):
        raise ValueError("a range is a..b, a.., ..b or a")
    low, high = (read(text) if text else None for text in texts)
    return low, high


Period = Annotated[
    tuple[date | None, date | None],
    BeforeValidator(_days),
    WithJsonSchema({"type": "string", "description": "2024-11-01..2024-11-12, both included, an end may be open"}),
]
PriceRange = Annotated[
    tuple[Decimal | None, Decimal | None],
    BeforeValidator(_amounts),
    WithJsonSchema({"type": "string", "description": "100..300, both included, an end may be open"}),
]


def is_in(period: tuple[date | None, date | None], moment: datetime, now: datetime) -> bool:
    """Whether a moment falls into a period whose days count in the timezone of `now`."""
    if moment.tzinfo is not None and now.tzinfo is not None:
        moment = moment.astimezone(now.tzinfo)
    low, high = period
    return (low is None or low <= moment.date()) and (high is None or moment.date() <= high)


def holds(order: OrderView, product: str) -> bool:
    """Whether a line of the order is this product, by id or by a part of its name."""
    wanted = fold(product)
    return any(wanted == fold(line.product) or wanted in fold(line.name) for line in order.lines)


def order_facts(order: OrderView) -> dict[str, Any]:
    """The fields of `OrderView`."""
    return json_values(order)


def tracking_facts(order: OrderView, tracking: Tracking | None) -> dict[str, Any]:
    """The order's id and status, whether it was sent, and if so the fields of `Tracking`."""
    facts = {"order": order.id, "status": order.status, "sent": tracking is not None}
    facts |= {"state": order.state} if order.state else {}
    return facts | json_values(tracking) if tracking is not None else facts


def product_facts(product: ProductView) -> dict[str, Any]:
    """The fields of `ProductView`, the stock of all variants together, and the lowest price of those that differ.

    The stock is None where that of a variant is not counted, and where there are no variants.
    """
    counted = [variant.stock for variant in product.variants]
    facts: dict[str, Any] = {"stock": None if None in counted or not counted else sum(filter(None, counted))}
    if product.price is None and product.costs:
        facts["price_from"] = format(product.costs[0], "f")
    return {**json_values(product), **facts}
