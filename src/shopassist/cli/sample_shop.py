"""The sample shop that `chat` and `ask` talk about: an SQLite file beside the conversations, kept between runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.table import Table

from shopassist.errors import InvalidMessage
from shopassist.messages import Customer
from shopassist.shop import OrderView

if TYPE_CHECKING:
    from shopassist.settings import Settings
    from shopassist.testing import SqlShop

FILE = "sample_shop.db"


@contextmanager
def opened(settings: Settings) -> Iterator[SqlShop]:
    """The shop in `data_dir`, made where it is absent; its time is the setting's `clock`. Raises `StorageError`."""
    from shopassist.testing import SqlShop

    shop = SqlShop.create(f"sqlite:///{settings.data_dir / FILE}", settings.now)
    try:
        yield shop
    finally:
        shop.close()


def customer_of(shop: SqlShop, name: str | None) -> Customer | None:
    """The customer with this id, a visitor for None. Raises `InvalidMessage`, which lists who there is."""
    if name is None:
        return None
    known = shop.customers
    if name not in known:
        there = ", ".join(f"{c.id} ({c.name})" for c in known.values())
        raise InvalidMessage(f"There is no customer {name!r}; there are {there}")
    return Customer(name)


def who(shop: SqlShop, customer: Customer | None) -> str:
    """How the terminal calls them."""
    return f"{customer.id} ({shop.customers[customer.id].name})" if customer is not None else "a visitor"


def orders(shop: SqlShop, customer: Customer) -> Table:
    """A customer's orders, the newest first."""
    table = Table("order", "state", "products", "total", "placed", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for order in shop.orders.list(customer.id):
        table.add_row(order.id, _state(order), _products(order), f"{order.total}", f"{order.placed:%Y-%m-%d}")
    return table


def _state(order: OrderView) -> str:
    back = order.returned
    return f"{order.status}, {back.id} {back.state}" if back is not None else order.status


def _products(order: OrderView) -> str:
    lines = ((line.name, line.variant, f"×{line.quantity}" if line.quantity > 1 else None) for line in order.lines)
    return ", ".join(" ".join(filter(None, parts)) for parts in lines)
