"""What kind of thing a customer names: 充电器 where the shop sells one, 耳机 where it sells three."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shopassist.language.names import Called, Once
from shopassist.language.spelling import plain
from shopassist.protocols import Product
from shopassist.text import HAN

LONGEST = 8
"""Characters, or words, of the longest word for a kind that is looked for."""

_RUN = re.compile(rf"[{HAN}]+")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Kind:
    """A word for a kind of thing, its place in the text, and the documents of the products that it may mean."""

    word: str
    span: tuple[int, int]
    products: tuple[str, ...]


class Kinds:
    """The words for what a shop sells, made from its products' names: the ends of Chinese ones, English nouns."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._all = products
        found: dict[str, set[str]] = {}
        for product in products:
            for word in {w for name in product.names for w in _words(name)}:
                found.setdefault(word, set()).add(product.document)
        self._products = {word: tuple(sorted(documents)) for word, documents in found.items()}

    def find(self, text: str) -> list[Kind]:
        """The kinds that a text names, in its order; a longer word covers the shorter ones in it."""
        folded = plain(text)
        if len(folded) != len(text):
            return []  # the places would not be those of the text; such letters are rare, and names are found elsewhere
        spans = [*_spans(folded, _RUN), *((m.start(), m.end()) for m in _WORD.finditer(folded))]
        found: list[Kind] = []
        for start, end in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
            word = _singular(folded[start:end])
            if word in self._products and not any(start < k.span[1] and k.span[0] < end for k in found):
                found.append(Kind(word, (start, end), self._products[word]))
        return sorted(found, key=lambda k: k.span)

    def also_called(self, found: Sequence[Kind]) -> Sequence[Product]:
        """All products, with the word for their kind as a name where only one of them is meant by it."""
        alone = {k.products[0]: k.word for k in found if len(k.products) == 1}
        if not alone:
            return self._all
        return Called(self._all, alone)


def _spans(text: str, runs: re.Pattern[str]) -> list[tuple[int, int]]:
    """All pieces of two characters and more."""
    return [
        (start, start + length)
        for run in runs.finditer(text)
        for start in range(run.start(), run.end() - 1)
        for length in range(2, min(LONGEST, run.end() - start) + 1)
    ]


def _words(name: str) -> set[str]:
    """The ends of a name's Chinese runs (无线降噪耳机: 耳机, 噪耳机 …), and an English name's last word."""
    found = {run[n:] for run in _RUN.findall(name) for n in range(len(run) - 1)}
    words = name.split()
    plain = [w for w in words if _WORD.fullmatch(w)]
    if len(plain) > 1 and plain[-1] == words[-1] and len(plain[-1]) > 3:
        found.add(_singular(plain[-1]))
    return found


def _singular(word: str) -> str:
    return word[:-1] if word.isascii() and len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


kinds = Once(Kinds)
