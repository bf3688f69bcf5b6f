"""Pages that say the same in nearly the same words, by the runs of characters that they share.

The measure is Jaccard's over runs of four characters, and MinHash (Broder 1997) finds the candidates. Vectors are no
help here: passages about different rules of one product lie as near to each other as two copies do.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shopassist.knowledge.documents import Document
from shopassist.knowledge.lint.findings import Finding
from shopassist.knowledge.lint.material import Material
from shopassist.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUN = 4
ALIKE = 0.7
"""The share of common runs from which two texts are near duplicates: a word or a figure is changed in a sentence."""

SHORTEST = 40
"""Characters; the same short sentence on two pages is no fault."""

BANDS, ROWS = 16, 4
"""Of the 64 minima: texts of which a half is common are compared with a probability of .64, of .7 with .99."""

_PRIME = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two near duplicates by their numbers, the smaller first, and the share of common runs."""

    one: int
    other: int
    share: float


def pairs(texts: Sequence[str]) -> list[Pair]:
    """The near duplicates among texts, in their order. Takes time in proportion to the texts and to what is found."""
    runs = [_runs(text) for text in texts]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for number, own in enumerate(runs):
        if own:
            minima = _minima(own)
            for band in range(BANDS):
                buckets[band, minima[band * ROWS : (band + 1) * ROWS].tobytes()].append(number)
    candidates = {
        (a, b) for alike in buckets.values() for n, a in enumerate(alike[:FAMILY]) for b in alike[n + 1 : FAMILY]
    }
    found = (Pair(a, b, len(runs[a] & runs[b]) / len(runs[a] | runs[b])) for a, b in sorted(candidates))
    return [pair for pair in found if pair.share >= ALIKE]


FAMILY = 200
"""Texts that are compared where many share a band: of a thousand copies these stand for all."""


def duplicates(material: Material) -> Iterator[Finding]:
    """Pages of one language that hold on a common day and are nearly the same; and passages that stand on two pages."""
    documents = material.documents
    whole = [p for p in pairs([d.text for d in documents]) if _both_found(documents[p.one], documents[p.other])]
    told = {frozenset((documents[p.one].key, documents[p.other].key)) for p in whole}
    for pair in whole:
        one, other = documents[pair.one], documents[pair.other]
        yield Finding(
            "duplicate", "warning", (material.place(one), material.place(other)),
            f"“{one.title}” and “{other.title}” say nearly the same ({pair.share:.0%}).",
            "Keep one; if both are meant, say in each what is different about it.",
        )  # fmt: skip
    pieces = material.pieces
    for pair in pairs([p.text if len(p.text) >= SHORTEST else "" for p in pieces]):
        a, b = pieces[pair.one], pieces[pair.other]
        if _both_found(a.document, b.document) and frozenset((a.document.key, b.document.key)) not in told:
            yield Finding(
                "repeated", "notice", tuple(material.place(p.document, _first(p.text)) for p in (a, b)),
                f"The same passage stands in “{a.document.title}” and in “{b.document.title}” ({pair.share:.0%}).",
                "Nothing, if both pages need it; change both when you change one.",
            )  # fmt: skip


def _both_found(a: Document, b: Document) -> bool:
    """Whether one question may find both: other pages of one language with a common day."""
    return a.language == b.language and a.id != b.id and a.meets(b)


def _first(text: str) -> str:
    return text.split("\n")[0][:60]


def _runs(text: str) -> frozenset[str]:
    plain = "".join(c for c in fold(text) if c.isalnum())
    return frozenset(plain[n : n + RUN] for n in range(len(plain) - RUN + 1))


def _minima(runs: frozenset[str]) -> NDArray[np.int64]:
    """The smallest of the runs' hashes under each of the permutations, shape (BANDS × ROWS,)."""
    hashes = np.fromiter((zlib.crc32(r.encode("utf-8", "surrogatepass")) % _PRIME for r in sorted(runs)), np.int64)
    return ((_FACTORS[:, None] * hashes[None, :] + _SHIFTS[:, None]) % _PRIME).min(axis=1)  # type: ignore[no-any-return]


def _numbers(seed: int) -> NDArray[np.int64]:
    """Fixed numbers below the prime, as Park and Miller's generator gives them."""
    values = []
    for _ in range(BANDS * ROWS):
        seed = seed * 48271 % _PRIME
        values.append(seed)
    return np.array(values, np.int64)


_FACTORS, _SHIFTS = _numbers(42), _numbers(4242)
