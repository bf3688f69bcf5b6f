"""Which products a text names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from shopassist.knowledge.documents import Document
from shopassist.text import fold

OPENING = 2
"""Characters by which names are looked up: a text is read once, however many products there are."""


class Names:
    """What the products that have a page are called: their ids, titles and aliases."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Take the names of the documents with the tag ``product``."""
        owners: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            if "product" in document.tags:
                for name in map(fold, (document.id, document.title, *document.aliases)):
                    if len(name) >= OPENING:
                        owners[name].add(document.id)
        self._owners = {name: frozenset(ids) for name, ids in owners.items()}
        self._opening: dict[str, list[str]] = defaultdict(list)
        for name in sorted(owners, key=lambda n: (-len(n), n)):
            self._opening[name[:OPENING]].append(name)

    def within(self, text: str) -> frozenset[str]:
        """The documents of the products that the text names."""
        return frozenset(id for _, _, ids in self._found(fold(text)) for id in ids)

    def without(self, text: str) -> str:
        """The text, as `fold` leaves it, without the names in it."""
        plain = fold(text)
        parts, end = [], 0
        for start, stop, _ in self._found(plain):
            parts += [plain[end:start], " "]
            end = stop
        return "".join([*parts, plain[end:]])

    def _found(self, plain: str) -> list[tuple[int, int, frozenset[str]]]:
        """The longest name at each place, none within another: 无线降噪耳机Pro rather than 耳机."""
        found, place = [], 0
        while place < len(plain):
            names = self._opening.get(plain[place : place + OPENING], ())
            name = next((n for n in names if plain.startswith(n, place)), None)
            if name is None:
                place += 1
            else:
                found.append((place, place + len(name), self._owners[name]))
                place += len(name)
        return found
