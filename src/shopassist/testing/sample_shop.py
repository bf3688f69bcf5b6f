"""The three protocols of `shopassist.shop` over a desk; `MemoryShop` and `SqlShop` differ in where the rows are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shopassist.dialogue import Quote
from shopassist.shop import Coupon, Deed, OrderView, ProductView, ReturnView, Tracking
from shopassist.testing.desk import Book, Clock, Desk
from shopassist.testing.terms import Terms
from shopassist.text import fits


@dataclass(frozen=True, slots=True)
class ShopCustomer:
    """A customer as the shop knows them. `level` is 普通 or 金卡, `language` the one they write in."""

    id: str
    name: str
    language: str
    level: str
    phone: str | None = None
    gold_since: date | None = None


class SampleOrders:
    """`shopassist.shop.Orders`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def list(self, customer: str) -> Sequence[OrderView]:
        """All orders of the customer, the newest first."""
        with self._desk.book.reading() as tx:
            return self._desk.orders(tx, customer=customer)

    def get(self, customer: str, order_id: str) -> OrderView | None:
        """One order of the customer."""
        with self._desk.book.reading() as tx:
            return self._desk.order(tx, customer, order_id)

    def track(self, customer: str, order_id: str) -> Tracking | None:
        """Where the parcel is; None also for orders whose parcel's number was not kept."""
        with self._desk.book.reading() as tx:
            return self._desk.tracking(tx, customer, order_id)

    def check(self, action: str, customer: str, order_id: str, args: Mapping[str, Any]) -> Quote:
        """Whether the action is allowed; raises ValueError for one that is none."""
        return self._desk.check(action, customer, order_id, args)

    def cancel(self, tx: Any, customer: str, order_id: str, reason: str | None) -> Deed:
        """Cancel the order. Like every write it raises `NotFound`, `Refused` or `Changed` of `shopassist.tools`."""
        return self._desk.write(tx, "cancel_order", customer, order_id, {"reason": reason})

    def change_address(self, tx: Any, customer: str, order_id: str, address: str) -> Deed:
        """Change the address; an unpaid order's total grows by the surcharge of a far one."""
        return self._desk.write(tx, "change_address", customer, order_id, {"address": address})

    def change_contact(self, tx: Any, customer: str, order_id: str, recipient: str | None, phone: str | None) -> Deed:
        """Change the recipient, the phone, or both."""
        return self._desk.write(tx, "change_contact", customer, order_id, {"recipient": recipient, "phone": phone})

    def urge(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Hurry the warehouse, or open a ticket with the carrier; the ticket's id is the deed's."""
        return self._desk.write(tx, "urge_delivery", customer, order_id, {})


class SampleCatalogue:
    """`shopassist.shop.Catalogue`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, product_id: str) -> ProductView | None:
        """One product; its id in capitals or not, as pages' ids are written small."""
        with self._desk.book.reading() as tx:
            return next(iter(self._desk.products(tx, id=[product_id, product_id.upper()])), None)

    def search(self, words: str, least: Decimal | None = None, most: Decimal | None = None) -> Sequence[ProductView]:
        """Products that fit, best first; without words all in the price range, both ends included, cheapest first."""
        with self._desk.book.reading() as tx:
            rows = {row["id"]: row for row in self._desk.book.rows(tx, "products")}
            products = self._desk.products(tx)
        found = fits(words, {key: f"{key} {r['name']} {r['name_en']} {r['search']}" for key, r in rows.items()})
        wanted = [p for p in products if p.id in found and p.is_within(least, most)]
        return sorted(wanted, key=lambda p: (-found[p.id], p.costs, p.id))

    def coupons(self, customer: str) -> Sequence[Coupon]:
        """Those that hold today; none for somebody whom the shop does not know."""
        today = self._desk.now().date()
        with self._desk.book.reading() as tx:
            if not self._desk.book.rows(tx, "customers", id=customer):
                return ()
            is_new = not self._desk.book.rows(tx, "orders", customer=customer)
            rows = self._desk.book.rows(tx, "coupons")
        return tuple(
            Coupon(row["code"], row["title"], row["least"], row["off"], row["until"])
            for row in rows
            if (is_new or not row["new_only"])
            and (row["from"] is None or row["from"] <= today)
            and (row["until"] is None or today <= row["until"])
        )


class SampleAfterSales:
    """`shopassist.shop.AfterSales`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def refund(self, customer: str, order_id: str) -> ReturnView | None:
        """The order's last return, a withdrawn one too."""
        with self._desk.book.reading() as tx:
            order = self._desk.order(tx, customer, order_id)
        return order.returned if order else None

    def check(self, action: str, customer: str, order_id: str | None, args: Mapping[str, Any]) -> Quote:
        """Whether the action is allowed; raises ValueError for one that is none."""
        return self._desk.check(action, customer, order_id, args)

    def request_return(self, tx: Any, customer: str, order_id: str, product: str | None, reason: str | None) -> Deed:
        """Open a return of one product, or of all that the customer still has."""
        return self._desk.write(tx, "request_return", customer, order_id, {"product": product, "reason": reason})

    def cancel_return(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Withdraw the order's last return."""
        return self._desk.write(tx, "cancel_return", customer, order_id, {})

    def request_exchange(
        self, tx: Any, customer: str, order_id: str, product: str | None, variant: str | None, reason: str
    ) -> Deed:
        """Exchange an item, or refund it where the variant is out of stock; what is sent is taken from the stock."""
        args = {"product": product, "variant": variant, "reason": reason}
        return self._desk.write(tx, "request_exchange", customer, order_id, args)

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
        """Issue an invoice over what the customer keeps, once."""
        args = {"title": title, "invoice_type": invoice_type, "tax_no": tax_no, "email": email}
        return self._desk.write(tx, "request_invoice", customer, order_id, args)

    def request_price_protection(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Pay back the difference."""
        return self._desk.write(tx, "request_price_protection", customer, order_id, {})

    def open_ticket(self, tx: Any, customer: str, subject: str, text: str, order_id: str | None) -> Deed:
        """Leave something for a person; the order does not change."""
        return self._desk.write(tx, "open_ticket", customer, order_id, {"subject": subject, "text": text})


class SampleShop:
    """What both shops have: ``orders``, ``catalogue``, ``after_sales``, ``customers``."""

    def __init__(self, book: Book, clock: Clock, terms: Terms) -> None:
        desk = Desk(book, clock, terms)
        self.orders = SampleOrders(desk)
        self.catalogue = SampleCatalogue(desk)
        self.after_sales = SampleAfterSales(desk)
        self._book = book

    @property
    def customers(self) -> Mapping[str, ShopCustomer]:
        """The customers by their id."""
        with self._book.reading() as tx:
            return {row["id"]: ShopCustomer(**row) for row in self._book.rows(tx, "customers")}

    def _change_order(self, tx: Any, order_id: str, values: Mapping[str, Any]) -> None:
        [order] = self._book.rows(tx, "orders", id=order_id)
        self._book.update(tx, "orders", {"id": order_id}, {**values, "version": order["version"] + 1})

    def _change_return(self, tx: Any, return_id: str, state: str) -> None:
        [back] = self._book.rows(tx, "returns", id=return_id)
        self._book.update(tx, "returns", {"id": return_id}, {"state": state})
        self._change_order(tx, back["order_id"], {})
