"""The names of a shop's products, found in a text without trying each: a shop may have thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from threading import Lock
from typing import Generic, TypeVar

from shopassist.protocols import Product
from shopassist.text import HAN

T = TypeVar("T")
_Entry = tuple[int, str, Product]

KEPT = 8
"""Sequences of products of which what was made is kept."""

FEW = 8
"""Of fewer products nothing is kept: they are those that a sentence names, others in each."""

_BEGINNING = re.compile(rf"[{HAN}]{{2}}(?=[{HAN}])")


class Called(list[Product]):
    """All products of `base`, some of them with one more name: `more` has these, by their documents."""

    def __init__(self, base: Sequence[Product], words: Mapping[str, str]) -> None:
        self.base = base
        self.more: dict[str, Product] = {}
        super().__init__(map(partial(self._called, words), base))

    @cached_property
    def known(self) -> Names:
        """Their names."""
        return _names(self.base).with_more(self.more)

    def _called(self, words: Mapping[str, str], product: Product) -> Product:
        word = words.get(product.document)
        if word is None or word in product.names:
            return product
        return self.more.setdefault(product.document, replace(product, names=(*product.names, word)))


class Names:
    """The names of some products, by the two characters that they begin with."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._begun: dict[str, list[_Entry]] = {}
        every = ((name, product) for product in products for name in product.names if len(name) > 1)
        for number, (name, product) in enumerate(every):
            self._begun.setdefault(name[:2], []).append((number, name, product))
        self._count = sum(map(len, self._begun.values()))

    def within(self, text: str) -> list[tuple[str, Product]]:
        """The names that stand somewhere in a folded text with their products, longest first."""
        found = [entry for pair in self._pairs(text) for entry in self._begun[pair] if entry[1] in text]
        return [(name, product) for _, name, product in sorted(found, key=lambda e: (-len(e[1]), e[0]))]

    def beginnings(self, text: str) -> dict[str, Product]:
        """The two characters in a text with which Chinese names begin, of one product alone: 头戴 for 头戴式耳机."""
        begun: dict[str, Product] = {}
        for pair in self._pairs(text):
            products = {p.document: p for _, name, p in self._begun[pair] if _BEGINNING.match(name)}
            if len(products) == 1:
                (begun[pair],) = products.values()
        return begun

    def with_more(self, more: Mapping[str, Product]) -> Names:
        """The same with one more name for some products, the last of each one's `names`; by their documents."""
        known, number = Names(()), self._count
        known._begun = dict(self._begun)
        for product in more.values():
            for pair in {name[:2] for name in product.names if len(name) > 1}:
                entries = [(n, name, more.get(p.document, p)) for n, name, p in known._begun.get(pair, ())]
                if product.names[-1][:2] == pair:
                    entries.append((number, product.names[-1], product))
                known._begun[pair] = entries
            number += 1
        return known

    def _pairs(self, text: str) -> list[str]:
        return sorted({text[n : n + 2] for n in range(len(text) - 1)} & self._begun.keys())


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


_names = Once(Names)


def names(products: Sequence[Product]) -> Names:
    """The names of products: made once for all that a shop sells, and from these where some are `Called` more."""
    return products.known if isinstance(products, Called) else _names(products)
