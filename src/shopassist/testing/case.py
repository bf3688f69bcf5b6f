"""An order as the rules see it: with its past, its products, the shop's terms, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shopassist.shop import OrderLine, OrderView, ProductView, Tracking
from shopassist.testing.terms import Terms

Row = Mapping[str, Any]

TO_SEND, ON_ITS_WAY, RECEIVED, REFUNDED, WITHDRAWN = "待寄回", "寄回途中", "仓库待验收", "已退款", "已撤销"
"""A return's states, in their order; the last can follow the first two."""

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Past:
    """What was done for an order before, as rows of the shop's tables, oldest first."""

    returns: Sequence[Row] = ()
    return_lines: Sequence[Row] = ()
    exchanges: Sequence[Row] = ()
    protections: Sequence[Row] = ()
    invoices: Sequence[Row] = ()
    urges: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a check looks at: the order, its past, its products as they are now, the terms, and the time.

    `now` is in the shop's timezone. `hygiene` are products not returnable once opened, `english` names variants:
    (product, variant) → English name.
    """

    customer: str
    order: OrderView
    now: datetime
    terms: Terms
    products: Mapping[str, ProductView]
    tracking: Tracking | None = None
    hygiene: frozenset[str] = frozenset()
    english: Mapping[tuple[str, str], str] = field(default_factory=dict)
    past: Past = field(default_factory=Past)

    @property
    def today(self) -> date:
        """Today in the shop's timezone."""
        return self.now.date()

    @property
    def placed(self) -> date:
        """The order's day in the shop's timezone."""
        return self.order.placed.astimezone(self.terms.timezone).date()

    @property
    def delivered(self) -> date:
        """The day from which windows count; the order's own where a shop kept none."""
        return self.order.delivered or self.placed

    def paid(self, lines: Sequence[OrderLine]) -> Decimal:
        """What was paid for lines: their share of a reduced total, less what price protection gave back."""
        whole = sum((_price(line) for line in self.order.lines), Decimal())
        share = min(Decimal(1), (self.order.total or whole) / whole) if whole else Decimal()
        back = sum((p["amount"] for p in self.past.protections if any(_is(p, line) for line in lines)), Decimal())
        return (sum((_price(line) for line in lines), Decimal()) * share - back).quantize(CENT)

    def item(self, line: OrderLine) -> dict[str, Any]:
        """A line as a fact."""
        product = self.products.get(line.product)
        variant = line.variant and {"zh": line.variant, "en": self.english.get((line.product, line.variant), "")}
        names = {"zh": product.name, "en": product.name_en} if product else {"zh": line.name, "en": line.name}
        return {"product": line.product, **names, "variant": variant or None, "quantity": line.quantity}

    def open_return(self, product: str) -> Row | None:
        """The return under way (or refunded) in which a product is; a withdrawn one does not count."""
        ids = {r["return_id"] for r in self.past.return_lines if r["product"] == product}
        return next((r for r in self.past.returns if r["id"] in ids and r["state"] != WITHDRAWN), None)

    def kept(self, line: OrderLine) -> bool:
        """Whether a line neither comes back nor is being exchanged."""
        exchanged = any(e["product"] == line.product for e in self.past.exchanges)
        return not exchanged and self.open_return(line.product) is None


def money(amount: Decimal) -> str:
    """An amount as text: 20, 20.50."""
    return str(amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.quantize(CENT))


def price_on(day: date, price: Decimal, history: Sequence[tuple[date, Decimal]]) -> Decimal:
    """A product's price on a day; the history is (last day, price), `price` what came after it."""
    return next((old for until, old in sorted(history) if day <= until), price)


def _price(line: OrderLine) -> Decimal:
    return (line.price or Decimal()) * line.quantity


def _is(row: Row, line: OrderLine) -> bool:
    return bool(row["product"] == line.product and row["variant"] == line.variant)
