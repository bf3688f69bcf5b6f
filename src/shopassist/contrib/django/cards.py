"""Orders and products as cards show them: what the shop says of them now, to those who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, pgettext, pgettext_lazy, to_locale

from shopassist.contrib.django import bodies
from shopassist.contrib.django.conf import made, on_reset, options
from shopassist.contrib.django.widget_texts import CONTEXT
from shopassist.messages import Customer
from shopassist.shop import OrderView, ProductView

STATES = {
    "unpaid": pgettext_lazy(CONTEXT, "Awaiting payment"),
    "paid": pgettext_lazy(CONTEXT, "Paid"),
    "shipped": pgettext_lazy(CONTEXT, "On its way"),
    "delivered": pgettext_lazy(CONTEXT, "Delivered"),
    "cancelled": pgettext_lazy(CONTEXT, "Cancelled"),
}
"""What an order's card says of its status; a status of the shop's own is said in the shop's word."""

CURRENCY = "CNY"
"""The currency of a shop that names none (`currency`)."""


@lru_cache(maxsize=1)
def shop() -> Any:
    """The shop's side; None where there is none."""
    return made(options().shop)


on_reset.append(shop.cache_clear)


def cards(customer: Customer | None, orders: Iterable[str], products: Iterable[str]) -> Iterator[bodies.ShownCard]:
    """The cards of the caller's own orders and of products. What is not there or not theirs is left out."""
    side = shop()
    if side is None:
        return
    if customer is not None and side.orders is not None:
        for number in orders:
            if (order := side.orders.get(customer.id, number)) is not None:
                yield _order(side, order)
    if side.catalogue is not None:
        for number in products:
            if (product := side.catalogue.get(number)) is not None:
                yield _product(side, product)


def _order(side: Any, order: OrderView) -> bodies.ShownCard:
    titles = [f"{line.name} × {line.quantity}" if line.quantity > 1 else line.name for line in order.lines]
    first = side.catalogue.get(order.lines[0].product) if side.catalogue is not None and order.lines else None
    return bodies.ShownCard(
        kind="order",
        id=order.id,
        title=pgettext(CONTEXT, ", ").join(titles),
        state=order.state or str(STATES.get(order.status, order.status)),
        amount=_amount(order.total),
        currency=getattr(side, "currency", CURRENCY),
        date=order.placed.date().isoformat(),
        url=order.url,
        image=first.image if first is not None else None,
    )


def _product(side: Any, product: ProductView) -> bodies.ShownCard:
    chinese = to_locale(get_language() or "").startswith("zh")
    stocks = [variant.stock for variant in product.variants]
    sold_out = bool(stocks) and all(stock == 0 for stock in stocks)
    known = sold_out or any(stocks)
    return bodies.ShownCard(
        kind="product",
        id=product.id,
        title=product.name if chinese or not product.name_en else product.name_en,
        state=(pgettext(CONTEXT, "Sold out") if sold_out else pgettext(CONTEXT, "In stock")) if known else "",
        amount=_amount(product.costs[0] if product.costs else None),
        currency=getattr(side, "currency", CURRENCY),
        date=None,
        url=product.url,
        image=product.image,
    )


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
