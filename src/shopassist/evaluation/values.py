"""When two values of a slot, or of a tool's argument, are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from shopassist.protocols import Product
from shopassist.text import fold

SLOT_OF = {"title": "invoice_title"}
"""The slots that fill arguments of another name."""


@dataclass(frozen=True, slots=True)
class Values:
    """Compares on a day of the shop, with the products that it has."""

    today: date
    products: Sequence[Product] = ()

    def same(self, slot: str, expected: str, seen: str) -> bool:
        """Whether values of a slot mean the same: 尾号003 and the whole number, a product and its name."""
        from shopassist.language import slots

        if _even(expected) == _even(seen):
            return True
        wanted = slots.normal(slot, expected, today=self.today, products=self.products)
        found = slots.normal(slot, seen, today=self.today, products=self.products)
        return slots.same(slot, wanted or expected, found or seen)

    def same_argument(self, name: str, expected: Any, seen: Any) -> bool:
        """Whether a tool's argument is as expected; amounts by their value, what slots fill as slots."""
        if isinstance(expected, Mapping) and isinstance(seen, Mapping):
            return set(expected) == set(seen) and all(self.same_argument(k, v, seen[k]) for k, v in expected.items())
        if isinstance(expected, list) and isinstance(seen, list | tuple):
            return len(expected) == len(seen) and all(
                self.same_argument(name, e, s) for e, s in zip(expected, seen, strict=True)
            )
        if expected is None or seen is None or isinstance(expected, bool) or isinstance(seen, bool):
            return expected is seen
        one, two = str(expected), str(seen)
        return self.same(SLOT_OF.get(name, name), one, two) or _same_amount(one, two)


def _even(text: str) -> str:
    return " ".join(fold(text).split())


def _same_amount(one: str, two: str) -> bool:
    try:
        return ("." in one or "." in two) and Decimal(one) == Decimal(two)
    except InvalidOperation:
        return False
