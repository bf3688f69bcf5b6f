"""Pages that state different figures of the same thing and hold on the same day.

Two claims are about the same thing where the words of each one's clause stand in the other's sentence or headings, by
weight: the rarer a word, the more it tells. Vectors are no help: 7 天退货 and 15 天换货 lie nearer to each other than
two ways of saying the one do. `benchmarks/contradictions.py` measures what is found and what is a false alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from math import log

from shopassist.knowledge.documents import Document
from shopassist.knowledge.lint.claims import Claim, claims
from shopassist.knowledge.lint.findings import Finding
from shopassist.knowledge.lint.material import Material
from shopassist.text import kindred

ALIKE = 0.7
"""The share of each claim's words, by weight, that the other's sentence and headings must hold."""

AGREED = 0.4
"""The share at which an equal figure of the other page speaks for agreement: 满 99 元, 不满收 8 元 in both."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two claims of different pages with different figures; `likeness` is from `ALIKE` to 1."""

    one: Claim
    other: Claim
    likeness: float


def contradictions(material: Material) -> Iterator[Finding]:
    """A finding for each subject, with all pages that take part; of days that are past it is a warning."""
    for language in sorted({d.language for d in material.documents}):
        pieces = [p for p in material.pieces if p.document.language == language]
        for group in _groups(conflicts(claims(pieces, material.names))):
            yield _finding(material, group)


def conflicts(claims: Sequence[Claim]) -> list[Conflict]:
    """The contradictions between pages of one language, in the order of the claims."""
    likeness = Likeness(claims)
    exceptions = _exceptions(claims)
    kinds: dict[str, dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
    for claim in claims:
        kinds[claim.figure.kind][claim.document.key].append(claim)
    return [
        found
        for pages in kinds.values()
        for one, other in _pairs_of_pages(pages, likeness)
        if _together(pages[one][0].document, pages[other][0].document, exceptions)
        for found in _between(pages[one], pages[other], likeness)
    ]


class Likeness:
    """How far two claims are about the same thing; a word weighs less the more documents have it."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        documents: dict[str, set[str]] = defaultdict(set)
        for claim in claims:
            for word in claim.core | claim.context:
                documents[word].add(claim.document.id)
        size = max(100, len({c.document.id for c in claims}))
        self._weights = {w: round(1e6 * (1 - log(len(d)) / log(size + 1))) for w, d in documents.items()}
        self._totals: dict[frozenset[str], int] = {}

    def __call__(self, a: Claim, b: Claim) -> float:
        """The smaller share of either's words that the other holds, 0 to 1."""
        return min(self._covered(a.core, b), self._covered(b.core, a))

    def closeness(self, a: Claim, b: Claim) -> float:
        """The share of the words that the two clauses have in common: tells equally covered claims apart."""
        every = self._total(a.core | b.core)
        return self._total(a.core & b.core) / every if every else 0.0

    def telling(self, claim: Claim) -> list[str]:
        """The words of which another claim must have one, or it lacks more than `ALIKE` allows; the rarest."""
        words = sorted(claim.core, key=lambda w: (-self._weights[w], w))
        needed, held, total = [], 0, self._total(claim.core)
        for word in words:
            needed.append(word)
            held += self._weights[word]
            if held > (1 - ALIKE) * total:
                break
        return needed

    def _covered(self, core: frozenset[str], other: Claim) -> float:
        total, weights = self._total(core), self._weights
        return sum(weights[w] for w in core if _in(w, other.context)) / total if total else 0.0

    def _total(self, core: frozenset[str]) -> int:
        if core not in self._totals:
            self._totals[core] = sum(map(self._weights.__getitem__, core))
        return self._totals[core]


def _pairs_of_pages(pages: dict[str, list[Claim]], likeness: Likeness) -> list[tuple[str, str]]:
    """The pages that may contradict, without comparing all with all."""
    having: dict[str, set[str]] = defaultdict(set)
    for key, own in pages.items():
        for word in {w for claim in own for w in claim.context}:
            having[word].add(key)
    order = {key: n for n, key in enumerate(pages)}
    found: set[tuple[str, str]] = set()
    for key, own in pages.items():
        for claim in own:
            for word in likeness.telling(claim):
                for other in set().union(*(having.get(w, set()) for w in (word, *_kindred(word)))) - {key}:
                    found.add((key, other) if order[key] < order[other] else (other, key))
    return sorted(found, key=lambda pair: (order[pair[0]], order[pair[1]]))


def _between(one: Sequence[Claim], other: Sequence[Claim], likeness: Likeness) -> Iterator[Conflict]:
    """The contradictions of two pages: each claim against the one of the other page that is nearest to it, and back.

    A figure that the other page states too, of something near enough, is no contradiction, whatever else stands there.
    """
    scores = {
        (i, j): share
        for i, a in enumerate(one)
        for j, b in enumerate(other)
        if _comparable(a, b) and (share := likeness(a, b)) >= AGREED
    }
    equal = [(i, j) for i, j in scores if one[i].figure.values == other[j].figure.values]
    here, there = {i for i, _ in equal}, {j for _, j in equal}
    rest = {
        (i, j): (s, likeness.closeness(one[i], other[j]))
        for (i, j), s in scores.items()
        if s >= ALIKE and i not in here and j not in there and not _apart(one[i], other[j])
    }
    for (i, j), score in rest.items():
        if all(score >= s for (k, m), s in rest.items() if (k == i) != (m == j)):
            yield Conflict(one[i], other[j], score[0])


def _exceptions(claims: Sequence[Claim]) -> frozenset[str]:
    """The keys of versions that stand in for the usual one of their page on some of its days."""
    versions: dict[str, dict[str, Document]] = defaultdict(dict)
    for claim in claims:
        versions[claim.document.id][claim.document.key] = claim.document
    return frozenset(
        key for own in versions.values() for key, one in own.items() if any(one.within(other) for other in own.values())
    )


def _together(one: Document, other: Document, exceptions: frozenset[str]) -> bool:
    """Whether two pages are different ones and hold on a common day.

    An exception differs from what else holds on more days than its own, and is meant to.
    """
    if one.id == other.id or not one.meets(other):
        return False
    return not ((one.key in exceptions and one.within(other)) or (other.key in exceptions and other.within(one)))


def _comparable(a: Claim, b: Claim) -> bool:
    """Claims about different products do not contradict; one for all and one about a product may."""
    return not (a.products and b.products) or bool(a.products & b.products)


def _apart(a: Claim, b: Claim) -> bool:
    """Whether title and headings say that the two are about different things of one kind: 北京店, 上海店."""
    return bool(a.place & b.place) and bool(a.place - b.context) and bool(b.place - a.context)


def _in(word: str, context: frozenset[str]) -> bool:
    return word in context or not context.isdisjoint(_kindred(word))


@lru_cache(maxsize=8192)
def _kindred(word: str) -> frozenset[str]:
    return kindred(word)


def _groups(found: Sequence[Conflict]) -> list[list[Claim]]:
    """The claims that contradict each other, directly or by a third."""
    groups: list[list[Claim]] = []
    for conflict in found:
        pair = (conflict.one, conflict.other)
        joined = [g for g in groups if any(c in g for c in pair)]
        groups = [g for g in groups if g not in joined]
        groups.append(list(dict.fromkeys(c for claims in (*joined, pair) for c in claims)))
    return groups


def _finding(material: Material, group: Sequence[Claim]) -> Finding:
    by_value: dict[tuple[float, ...], list[Claim]] = defaultdict(list)
    for claim in group:
        by_value[claim.figure.values].append(claim)
    sides = [f"{own[0].figure.text} ({', '.join(_names(own))})" for own in by_value.values()]
    turns = [c for row in zip_longest(*by_value.values()) for c in row if c is not None]
    now = {c.figure.values for c in group if c.document.valid_to is None or c.document.valid_to >= material.today}
    return Finding(
        "contradiction",
        "error" if len(now) > 1 else "warning",
        tuple(material.place(c.document, c.sentence) for c in turns),
        f"{' against '.join(sides)}.",
        "Correct the page that is wrong. If both are right, say in each sentence for what, or give the pages the days "
        "on which they hold.",
    )  # fmt: skip


def _names(claims: Sequence[Claim]) -> list[str]:
    return list(dict.fromkeys(c.document.id for c in claims))
