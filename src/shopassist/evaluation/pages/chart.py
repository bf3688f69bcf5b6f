"""The map: which passages there are, where they lie, which of them are near duplicates, where the gaps lie."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from shopassist.evaluation.pages.projection import nearest, on_a_plane
from shopassist.knowledge.encoding import encode
from shopassist.knowledge.index import Generation, Row
from shopassist.knowledge.lint.duplicates import SHORTEST, pairs
from shopassist.learning.gaps import Gap
from shopassist.text import tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 10_000
"""Passages on the map; of more every so-many-th is drawn."""

KINDS = 7
"""Kinds of documents with a colour of their own; the others share one."""

OTHER = "other"
AROUND = 5
"""Passages between which a gap's question is placed."""

WORDS = 1024
"""The dimension of words' vectors, where the index has none of a model."""


@dataclass(frozen=True, slots=True)
class Point:
    """A passage, or a gap's question (`gap` is its number), at its place in the panel of its language, 0 to 1.

    `kind` is the number of the passage's kind in `Chart.kinds`.
    """

    x: float
    y: float
    language: str
    kind: int = 0
    row: Row | None = None
    gap: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The map of a generation, a panel a language. `links` are near duplicates by their numbers in `points`.

    `passages` are all that the index has; `counts` are those drawn of each of the `kinds`.
    """

    generation: str
    points: tuple[Point, ...]
    links: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]
    counts: tuple[int, ...]
    passages: int
    by_words: bool


def chart(generation: Generation, gaps: Sequence[Gap], embeddings: Embeddings | None) -> Chart:
    """The map of a generation's passages. Raises `KnowledgeError`."""
    shelves = generation.shelves
    passages = sum(len(shelf.rows) for shelf in shelves.values())
    every = max(1.0, passages / MOST)
    drawn = {language: _sample(len(shelf.rows), every) for language, shelf in shelves.items()}
    rows = [shelf.rows[n] for language, shelf in shelves.items() for n in drawn[language]]
    kinds, counts = _kinds(rows)
    points: list[Point] = []
    asked: list[Point] = []
    by_words = embeddings is None or any(shelf.vectors is None for shelf in shelves.values())
    for language, shelf in shelves.items():
        own = [shelf.rows[n] for n in drawn[language]]
        numbers = [n for n, gap in enumerate(gaps) if gap.language == language]
        questions = [gaps[n].question for n in numbers]
        if embeddings is None or shelf.vectors is None:
            both = _by_words([r.indexed for r in own] + questions)
            vectors, theirs = both[: len(own)], both[len(own) :]
        else:
            vectors = np.asarray(shelf.vectors[drawn[language]])
            theirs = encode(embeddings, questions, private=True) if questions else vectors[:0]
        places = on_a_plane(vectors)
        points += [Point(*_at(places[n]), language, kinds.index(_kind(r, kinds)), r) for n, r in enumerate(own)]
        for number, place in zip(numbers, _among(theirs, vectors, places), strict=True):
            asked.append(Point(*_at(place), language, gap=number))
    return Chart(generation.path.name, (*points, *asked), _links(rows), kinds, counts, passages, by_words)


def _among(
    asked: NDArray[np.float32], vectors: NDArray[np.float32], places: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Where questions lie: between the passages that come nearest to them, nearer to those that are more alike."""
    if not len(asked):
        return []
    around = nearest(asked, vectors, min(AROUND, len(vectors)))
    return [
        np.average(places[near], axis=0, weights=np.maximum(vectors[near] @ asked[n], 1e-3))
        for n, near in enumerate(around)
    ]


def _at(place: NDArray[np.float64]) -> tuple[float, float]:
    return round(float(place[0]), 4), round(float(place[1]), 4)


def _sample(count: int, every: float) -> NDArray[np.int64]:
    """The numbers of those that are drawn, evenly over all: each page keeps some of its passages."""
    return np.arange(0, count, every).astype(np.int64)


def _kinds(rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The most frequent first tags of the pages, `OTHER` last where there are more or pages without."""
    often = Counter(row.tags[0] if row.tags else OTHER for row in rows)
    own = [k for k, _ in sorted(often.items(), key=lambda item: (-item[1], item[0])) if k != OTHER][:KINDS]
    rest = len(rows) - sum(often[k] for k in own)
    return tuple(own + [OTHER] * bool(rest)), tuple([often[k] for k in own] + [rest] * bool(rest))


def _kind(row: Row, kinds: Sequence[str]) -> str:
    return row.tags[0] if row.tags and row.tags[0] in kinds else OTHER


def _links(rows: Sequence[Row]) -> tuple[tuple[int, int], ...]:
    """Near duplicates of other pages in the same language; versions of one page are meant to be alike."""
    found = pairs([r.text if len(r.text) >= SHORTEST else "" for r in rows])
    return tuple(
        (p.one, p.other)
        for p in found
        if rows[p.one].document != rows[p.other].document and rows[p.one].language == rows[p.other].language
    )


def _by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of words, weighed by how few texts have them, for an index without a model's."""
    own = [set(tokens(text)) for text in texts]
    often = Counter(t for found in own for t in found)
    vectors = np.zeros((len(texts), WORDS), np.float32)
    for n, found in enumerate(own):
        for token in sorted(found):
            vectors[n, zlib.crc32(token.encode()) % WORDS] += log((len(texts) + 1) / often[token])
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)  # type: ignore[no-any-return]
