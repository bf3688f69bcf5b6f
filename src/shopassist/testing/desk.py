"""What stands between a shop's tables and its protocols: rows become views and cases, an allowed write becomes rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from shopassist.dialogue import Quote
from shopassist.shop import Deed, OrderLine, OrderView, ProductView, ReturnView, Tracking, VariantView
from shopassist.testing import deeds
from shopassist.testing.case import Case, Past, Row, price_on
from shopassist.testing.rules import check, check_ticket, no_order
from shopassist.testing.terms import Terms
from shopassist.tools.outcome import Changed, NotFound, Refused

Clock = Callable[[], datetime]
"""The time, with its timezone."""


class Book(Protocol):
    """The tables of `seed.rows_of`, wherever they are kept. Rows come in the order in which they were inserted.

    `rolls_back` says that whoever holds `tx` can undo a write.
    """

    rolls_back: bool

    def reading(self) -> AbstractContextManager[Any]:
        """A `tx` in which several reads see one moment."""
        ...

    def writing(self, tx: Any) -> AbstractContextManager[Any]:
        """What must hold while one write reads and changes rows in `tx`."""
        ...

    def rows(self, tx: Any, table: str, **where: Any) -> list[dict[str, Any]]:
        """The rows whose columns are equal to a value, or to one of a list of values."""
        ...

    def insert(self, tx: Any, table: str, row: Row) -> None:
        """Add a row."""
        ...

    def update(self, tx: Any, table: str, where: Row, values: Row) -> int:
        """Change rows; how many there were."""
        ...


class Desk:
    """Reads views and cases from a book, and carries writes out in it."""

    def __init__(self, book: Book, clock: Clock, terms: Terms) -> None:
        self.book, self.terms, self._clock = book, terms, clock

    def now(self) -> datetime:
        """The time in the shop's timezone."""
        return self._clock().astimezone(self.terms.timezone)

    def orders(self, tx: Any, **where: Any) -> list[OrderView]:
        """Orders, the newest first."""
        found = self.book.rows(tx, "orders", **where)
        ids = [order["id"] for order in found]
        lines = _by(self.book.rows(tx, "order_lines", order_id=ids), "order_id")
        products = {line["product"] for own in lines.values() for line in own}
        names = {p["id"]: p["name"] for p in self.book.rows(tx, "products", id=sorted(products))}
        returns = _by(self.book.rows(tx, "returns", order_id=ids), "order_id")
        views = [_order(order, lines[order["id"]], names, returns[order["id"]]) for order in found]
        return sorted(views, key=lambda view: (view.placed, view.id), reverse=True)

    def order(self, tx: Any, customer: str, order_id: str) -> OrderView | None:
        """One order of the customer."""
        return next(iter(self.orders(tx, id=order_id, customer=customer)), None)

    def tracking(self, tx: Any, customer: str, order_id: str) -> Tracking | None:
        """Where the order's parcel is; a parcel is late from the day after its estimate."""
        order = next(iter(self.book.rows(tx, "orders", id=order_id, customer=customer)), None)
        if order is None or not order["tracking"]:
            return None
        events = sorted((e["at"], e["text"]) for e in self.book.rows(tx, "events", order_id=order_id))
        late = order["status"] == "shipped" and order["eta"] is not None and order["eta"] < self.now().date()
        return Tracking(order_id, order["carrier"], order["tracking"], tuple(events), order["eta"], late)

    def products(self, tx: Any, **where: Any) -> list[ProductView]:
        """Products with their price and stock now."""
        found = self.book.rows(tx, "products", **where)
        ids = [product["id"] for product in found]
        variants = _by(self.book.rows(tx, "variants", product=ids), "product")
        prices = _by(self.book.rows(tx, "prices", product=ids), "product")
        return [self._product(p, variants[p["id"]], prices[p["id"]]) for p in found]

    def case(self, tx: Any, customer: str, order_id: str) -> Case | None:
        """The order with all that a check looks at; None for no order and for somebody else's."""
        order = self.order(tx, customer, order_id)
        if order is None:
            return None
        ids = sorted({line.product for line in order.lines})
        variants = self.book.rows(tx, "variants", product=ids)
        return Case(
            customer=customer,
            order=order,
            now=self.now(),
            terms=self.terms,
            products={product.id: product for product in self.products(tx, id=ids)},
            tracking=self.tracking(tx, customer, order_id),
            hygiene=frozenset(
                product["id"] for product in self.book.rows(tx, "products", id=ids, returnable_once_opened=False)
            ),
            english={(v["product"], v["name"]): v["name_en"] for v in variants},
            past=self._past(tx, order_id),
        )

    def check(self, action: str, customer: str, order_id: str | None, args: Mapping[str, Any]) -> Quote:
        """Whether an action is allowed."""
        with self.book.reading() as tx:
            return self._check(tx, action, customer, order_id, args)[1]

    def write(self, tx: Any, action: str, customer: str, order_id: str | None, args: Mapping[str, Any]) -> Deed:
        """Carry an action out in `tx`. Raises `NotFound`, `Refused` or `Changed`; nothing happened then."""
        with self.book.writing(tx):
            case, quote = self._check(tx, action, customer, order_id, args)
            if quote.reason == "no_order":
                raise NotFound("order", rule=quote.rule)
            if not quote.allowed:
                raise Refused(quote.reason, rule=quote.rule, facts=quote.facts)
            if action == "open_ticket" or case is None:
                change, version = deeds.ticket(customer, order_id, args, self.now(), self._ids(tx)), quote.version
            else:
                change = deeds.change(action, case, args, quote, self._ids(tx))
                version = self._renew(tx, case, change.order)
            for table, where, values in change.updates:
                self.book.update(tx, table, where, values)
            for table, row in change.rows:
                self.book.insert(tx, table, row)
        facts = {**quote.facts, **change.facts}
        facts |= {} if quote.amount is None else {"amount": quote.amount}
        return Deed(facts, version, change.id, quote if self.book.rolls_back else None)

    def _check(
        self, tx: Any, action: str, customer: str, order_id: str | None, args: Mapping[str, Any]
    ) -> tuple[Case | None, Quote]:
        case = None if order_id is None else self.case(tx, customer, order_id)
        if action != "open_ticket":
            return case, check(action, case, args)
        if order_id is not None and case is None:
            return case, no_order("service_hours")
        return case, check_ticket(case, args, self.now(), self.terms)

    def _renew(self, tx: Any, case: Case, values: Row) -> str:
        """Write the order's new values under the version that was checked; the new version."""
        seen = int(case.order.version)
        where = {"id": case.order.id, "version": seen}
        if self.book.update(tx, "orders", where, {**values, "version": seen + 1}) != 1:
            raise Changed("version")
        return str(seen + 1)

    def _past(self, tx: Any, order_id: str) -> Past:
        tables = ("returns", "return_lines", "exchanges", "price_protections", "invoices", "urges")
        return Past(*(self.book.rows(tx, table, order_id=order_id) for table in tables))

    def _product(self, product: Row, variants: Sequence[Row], prices: Sequence[Row]) -> ProductView:
        today = self.now().date()
        history = sorted((p["until"], p["price"]) for p in prices)
        since = today - timedelta(self.terms.history_days)
        return ProductView(
            id=product["id"],
            name=product["name"],
            name_en=product["name_en"],
            price=price_on(today, product["price"], history),
            variants=tuple(VariantView(v["name"], v["stock"], _to_come(v["restock"], today)) for v in variants),
            prices=tuple((until, price) for until, price in history if since <= until < today),
        )

    def _ids(self, tx: Any) -> deeds.NewId:
        def new_id(table: str) -> str:
            today = self.now().date()
            start = f"{deeds.PREFIXES[table]}{today:%Y%m%d}"
            taken = [row["id"] for row in self.book.rows(tx, table, requested=today)]
            numbers = (int(one.removeprefix(start)) for one in taken if one.startswith(start))
            return f"{start}{max(numbers, default=0) + 1:03}"

        return new_id


def _order(order: Row, lines: Iterable[Row], names: Mapping[str, str], returns: Sequence[Row]) -> OrderView:
    back = returns[-1] if returns else None
    return OrderView(
        id=order["id"],
        status=order["status"],
        placed=order["placed"],
        lines=tuple(
            OrderLine(line["product"], names[line["product"]], line["variant"], line["quantity"], line["price"])
            for line in lines
        ),
        total=order["total"],
        version=str(order["version"]),
        shipped=order["shipped"],
        delivered=order["delivered"],
        address=order["address"],
        recipient=order["recipient"],
        phone=order["phone"],
        returned=ReturnView(back["id"], back["state"], back["requested"], back["amount"]) if back else None,
    )


def _to_come(restock: date | None, today: date) -> date | None:
    return restock if restock and restock >= today else None


def _by(rows: Iterable[dict[str, Any]], column: str) -> defaultdict[str, list[dict[str, Any]]]:
    grouped: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row[column]].append(row)
    return grouped
