"""The shop's side: three small protocols with typed results. An absent one removes its tools and their routes.

Every method gets the customer's id from the runtime context, never from text, and answers for that customer's own
orders only. Days count in the shop's timezone. Amounts are `Decimal` in the shop's currency, and what the customer
pays: with tax where the shop keeps that apart.

What a shop does not do at all it names in an attribute ``unsupported`` of `Orders` or `AfterSales`, a set of actions:
``unsupported = {"urge_delivery"}``. Their tools are left out, their methods need not be there, and whoever wishes for
one is offered a person. A `check` that answers `Quote(False, reason="no_tool")` says the same of one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError

OrderStatus = Literal["unpaid", "paid", "shipped", "delivered", "cancelled", "other"]
"""How far an order is. `other` is none of the five (on hold, say): `OrderView.state` then has the shop's own word."""

ORDER_ACTIONS = ("cancel_order", "change_address", "change_contact", "urge_delivery")
AFTER_SALES_ACTIONS = (
    "request_return",
    "cancel_return",
    "request_exchange",
    "request_invoice",
    "request_price_protection",
    "open_ticket",
)
"""What `check` is asked about, and what a tool is called; most methods have the same names."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order. `price` is what one of it cost the customer; None where `OrderView.total` is."""

    product: str
    name: str
    variant: str | None
    quantity: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return under way. `state` is the shop's own word: 待寄回, 寄回途中, 仓库待验收, 已退款, 已撤销."""

    id: str
    state: str
    requested: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its customer may see it. `version` changes with every change of the order.

    `total` is None where it is in another currency than the shop's: the assistant speaks of one.
    `address` is one line of text, however the shop keeps it. `state` is the shop's own word for the status, said where
    `status` is ``other``. `url` is the customer's own page of the order, for the card that a page shows.
    """

    id: str
    status: OrderStatus
    placed: datetime
    lines: tuple[OrderLine, ...]
    total: Decimal | None
    version: str
    shipped: date | None = None
    delivered: date | None = None
    address: str | None = None
    recipient: str | None = None
    phone: str | None = None
    returned: ReturnView | None = None
    state: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a parcel is. `events` are (time, place and deed), oldest first; `late` is the shop's own judgement.

    `carrier` and `number` are empty where the shop does not keep them.
    """

    order: str
    carrier: str
    number: str
    events: tuple[tuple[datetime, str], ...]
    eta: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant with its stock, None where the shop does not count it; 0 is sold out.

    `restock` is the day when a sold-out one comes back, `price` its own where the product's variants differ in it.
    """

    name: str
    stock: int | None
    restock: date | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product's price and stock now; `prices` is its history of 30 days: (until when, price).

    `price` is None where there is none now, and where the variants have their own. `name_en` is empty where the shop
    has no English name. `url` and `image` are the addresses of its page and its picture, for its card.
    """

    id: str
    name: str
    name_en: str
    price: Decimal | None
    variants: tuple[VariantView, ...]
    prices: tuple[tuple[date, Decimal], ...] = ()
    url: str | None = None
    image: str | None = None

    @property
    def costs(self) -> tuple[Decimal, ...]:
        """What it can cost now: its price, or those of its variants, the lowest first; empty where none is known."""
        return (self.price,) if self.price is not None else tuple(sorted(v.price for v in self.variants if v.price))

    def is_within(self, least: Decimal | None, most: Decimal | None) -> bool:
        """Whether it can be had for a price in the range, both ends included; one without a price only in no range."""
        unbounded = least is None and most is None
        return unbounded or any((not least or least <= c) and (most is None or c <= most) for c in self.costs)


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon that the customer can use: `off` from orders of `least` and above.

    They are None where it is not that simple (a tenth off, the third one free): `title` says it then. `code` is empty
    for an offer that holds without one.
    """

    code: str
    title: str
    least: Decimal | None
    off: Decimal | None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a write did: `facts` are what the reply may say, `version` the order's new one, `id` what was made.

    `quote` is the check as the write made it again, once nobody else could change the order: where its version or
    amount is not what the customer agreed to, an atomic write is rolled back, and the customer asked anew.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    id: str | None = None
    quote: Quote | None = None


class Orders(Protocol):
    """The customer's orders."""

    def list(self, customer: str) -> Sequence[OrderView]:
        """All orders of the customer, the newest first."""
        ...

    def get(self, customer: str, order_id: str) -> OrderView | None:
        """One order of the customer; None for no such order and for somebody else's."""
        ...

    def track(self, customer: str, order_id: str) -> Tracking | None:
        """Where the parcel is; None where nothing was shipped."""
        ...

    def check(self, action: str, customer: str, order_id: str, args: Mapping[str, Any]) -> Quote:
        """Whether `action` (``cancel_order``, ``change_address``, ``change_contact``, ``urge_delivery``) is allowed."""
        ...

    def cancel(self, tx: Any, customer: str, order_id: str, reason: str | None) -> Deed:
        """Cancel the order. `tx` is the ledger's transaction; the same holds for every write."""
        ...

    def change_address(self, tx: Any, customer: str, order_id: str, address: str) -> Deed:
        """Change the address of an order that has not shipped."""
        ...

    def change_contact(self, tx: Any, customer: str, order_id: str, recipient: str | None, phone: str | None) -> Deed:
        """Change the recipient or the phone of an order that has not shipped."""
        ...

    def urge(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Hurry the warehouse, or the carrier of a late parcel."""
        ...


class Catalogue(Protocol):
    """The shop's products as they are now."""

    def get(self, product_id: str) -> ProductView | None:
        """One product with its price and stock."""
        ...

    def search(self, words: str, least: Decimal | None = None, most: Decimal | None = None) -> Sequence[ProductView]:
        """Products that fit the words and the price range, both ends included; some variant's price is in it."""
        ...

    def coupons(self, customer: str) -> Sequence[Coupon]:
        """The coupons that the customer can use."""
        ...


class AfterSales(Protocol):
    """What happens after an order: returns, exchanges, invoices, price protection, tickets."""

    def refund(self, customer: str, order_id: str) -> ReturnView | None:
        """The state of an order's return; None where there is none."""
        ...

    def check(self, action: str, customer: str, order_id: str | None, args: Mapping[str, Any]) -> Quote:
        """Whether an action is allowed.

        The actions: ``request_return``, ``cancel_return``, ``request_exchange``, ``request_invoice``,
        ``request_price_protection``, ``open_ticket``.
        """
        ...

    def request_return(self, tx: Any, customer: str, order_id: str, product: str | None, reason: str | None) -> Deed:
        """Open a return."""
        ...

    def cancel_return(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Withdraw a return that has not reached the warehouse."""
        ...

    def request_exchange(
        self, tx: Any, customer: str, order_id: str, product: str | None, variant: str | None, reason: str
    ) -> Deed:
        """Exchange a faulty or wrong item."""
        ...

    def request_invoice(
        self,
        tx: Any,
        customer: str,
        order_id: str,
        title: str,
        invoice_type: str | None,
        tax_no: str | None,
        email: str | None,
    ) -> Deed:
        """Issue an invoice."""
        ...

    def request_price_protection(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Pay back what the price has fallen by."""
        ...

    def open_ticket(self, tx: Any, customer: str, subject: str, text: str, order_id: str | None) -> Deed:
        """Leave something for a person to do; `Deed.id` is the ticket's id."""
        ...


def unsupported_by(side: Any) -> frozenset[str]:
    """The actions that a side of a shop does not do. Raises `ConfigurationError` for a name that is no action."""
    named = frozenset(getattr(side, "unsupported", ()))
    if unknown := sorted(named.difference(ORDER_ACTIONS, AFTER_SALES_ACTIONS)):
        every = ", ".join((*ORDER_ACTIONS, *AFTER_SALES_ACTIONS))
        raise ConfigurationError(f"{type(side).__name__}.unsupported names {unknown[0]!r}; the actions are {every}")
    return named


class Shop(Protocol):
    """A shop's three sides; the absent ones are None."""

    @property
    def orders(self) -> Orders | None:
        """Orders and parcels."""
        ...

    @property
    def catalogue(self) -> Catalogue | None:
        """Products, prices, coupons."""
        ...

    @property
    def after_sales(self) -> AfterSales | None:
        """Returns, invoices, tickets."""
        ...


@dataclass(frozen=True, slots=True)
class ShopParts:
    """A `Shop` put together from what there is."""

    orders: Orders | None = None
    catalogue: Catalogue | None = None
    after_sales: AfterSales | None = None
