"""The names of a shop's products, found in a text without trying each: a shop may have thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import Generic, TypeVar

from shopassist.protocols import Product
from shopassist.text import HAN

T = TypeVar("T")

KEPT = 8
"""Sequences of products of which what was made is kept."""

FEW = 8
"""Of fewer products nothing is kept: they are those that a sentence names, others in each."""

_BEGINNING = re.compile(rf"[{HAN}]{{2}}(?=[{HAN}])")


class Names:
    """The names of some products, by the two characters that they begin with."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._products = products
        self._begun: dict[str, list[tuple[int, str, Product]]] = {}
        every = ((name, product) for product in products for name in product.names if len(name) > 1)
        for number, (name, product) in enumerate(every):
            self._begun.setdefault(name[:2], []).append((number, name, product))

    def within(self, text: str) -> list[tuple[str, Product]]:
        """The names that stand somewhere in a folded text with their products, longest first."""
        pairs = sorted({text[n : n + 2] for n in range(len(text) - 1)} & self._begun.keys())
        found = [entry for pair in pairs for entry in self._begun[pair] if entry[1] in text]
        return [(name, product) for _, name, product in sorted(found, key=lambda e: (-len(e[1]), e[0]))]

    @cached_property
    def beginnings(self) -> dict[str, Product]:
        """The first two characters of Chinese names, where one product's names alone begin so: 头戴 for 头戴式耳机."""
        begun: dict[str, dict[str, Product]] = {}
        for product in self._products:
            for name in product.names:
                if _BEGINNING.match(name):
                    begun.setdefault(name[:2], {})[product.document] = product
        return {begin: next(iter(found.values())) for begin, found in begun.items() if len(found) == 1}


class Once(Generic[T]):
    """What is made of a sequence of products, made once as long as it is the same sequence."""

    def __init__(self, make: Callable[[Sequence[Product]], T]) -> None:
        self._make = make
        self._made: dict[int, tuple[Sequence[Product], T]] = {}
        self._lock = Lock()

    def __call__(self, products: Sequence[Product]) -> T:
        """What was made of these products."""
        if len(products) < FEW:
            return self._make(products)
        with self._lock:
            known = self._made.pop(id(products), None)
            if known is None or known[0] is not products:
                known = products, self._make(products)
            self._made[id(products)] = known  # the one that was used last stands last
            if len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
            return known[1]


names = Once(Names)
