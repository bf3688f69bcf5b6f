"""Find passages: vectors and words together, in the customer's language, as they hold on a day."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from shopassist.errors import IndexMismatch, KnowledgeError, ShopAssistError
from shopassist.knowledge import index
from shopassist.knowledge.embeddings import encode, fingerprint, mismatch
from shopassist.knowledge.index import Generation, Shelf
from shopassist.knowledge.lexical import UNKNOWN
from shopassist.knowledge.relevance import relevance
from shopassist.knowledge.vectors import Embedded, VectorStore
from shopassist.protocols import Product
from shopassist.replies import Passage
from shopassist.text import HAN, clean, fold, tokens

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

CANDIDATES, BY_WORDS = 30, 10
"""How many passages the vectors and the words propose before they are ranked together."""

WORDS, WORDS_RARE = 0.5, 0.7
"""The share of the words' score in the ranking: for colloquial questions, and for those with a rare code or name."""

FOCUS_BONUS = 1.0
"""What a passage of the document in focus gains, in standard deviations of the candidates' scores."""

HEADING = 0.8
"""What a passage gains whose heading holds all of the question's meaning; twice that if it tells how, as was asked."""

_HOW = re.compile(r"怎么(?!样|回事|还|这|那|没|不)|如何|怎样|咋(?!样)|步骤|流程|\bhow (?:do|to|can|does|should)\b")
_STEPS = re.compile(r"步骤|流程|方法|怎么|如何|\bhow\b|\bsteps?\b|setting up|办理")

LOOK_EVERY = 1.0
"""Seconds between two looks at which generation is current."""


class ChromaKnowledge:
    """The shop's pages, searched in the current generation of an index; a new generation is noticed by itself.

    Safe to use from several threads. A search finishes on the generation that it began on.
    """

    def __init__(
        self,
        folder: Path,
        embeddings: Embeddings | None,
        *,
        store: VectorStore | None = None,
        generation: str | None = None,
    ) -> None:
        """Open the index, or the one `generation` of it that is named, and no other then.

        `store` is where the vectors are, by default in the index. Raises `IndexMissing`, `IndexMismatch`,
        `IndexDamaged`.
        """
        self._folder = folder
        self._store = store or Embedded()
        self._embeddings = embeddings
        self._fingerprint = fingerprint(embeddings)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._refused: Path | None = None
        self._told: str | None = None
        self._last: tuple[str, NDArray[np.float32]] | None = None
        self._pinned = generation is not None
        opened = Generation(folder / generation, self._store) if generation else index.open_current(folder, self._store)
        self._generation = self._checked(opened)

    @property
    def generation(self) -> Generation:
        """The current generation."""
        if time.monotonic() - self._looked >= LOOK_EVERY and not self._pinned:
            with self._lock:
                self._looked = time.monotonic()
                self._look()
        return self._generation

    def _look(self) -> None:
        """Open a new generation; customers are answered from the former one if it cannot be used."""
        path = None
        try:
            path = index.current(self._folder)
            if path is not None and path not in (self._generation.path, self._refused):
                self._generation = self._checked(index.open_current(self._folder, self._store))
        except KnowledgeError as error:
            self._refused = path
            if str(error) != self._told:  # once, not at every look
                self._told = str(error)
                log.error("%s stays in use: %s", self._generation.path.name, error)

    def _checked(self, generation: Generation) -> Generation:
        if generation.fingerprint != self._fingerprint:
            raise IndexMismatch(mismatch(generation.fingerprint, self._fingerprint))
        _ = generation.shelves  # opened now rather than in the first customer's turn
        return generation

    def products(self, language: str) -> Sequence[Product]:
        """Documents tagged ``product`` with what customers call them: id, title, aliases, and a word of their own."""
        return self.generation.products.get(language, ())

    def document(self, document: str, *, language: str, valid_on: date) -> Passage | None:
        """A whole document: its passages in their order, each heading once."""
        shelves = self.generation.shelves
        shelf = shelves.get(language) or next(iter(shelves.values()), None)
        if shelf is None:
            return None
        holds = shelf.holds(valid_on)
        rows = [shelf.rows[n] for n in shelf.of((document,)) if holds[n]]
        if not rows:
            return None
        parts: list[str] = []
        heading = ""
        for row in rows:
            if row.heading and row.heading != heading:
                parts.append(row.heading)
            parts.append(row.text)
            heading = row.heading
        first = rows[0]
        return Passage(
            id=document,
            document=document,
            title=first.title,
            text="\n".join(parts),
            score=0.0,
            relevance=0.0,
            language=first.language,
            url=first.url,
            valid_from=first.valid_from,
            valid_to=first.valid_to,
            tags=first.tags,
        )

    def search(
        self,
        query: str,
        *,
        language: str,
        valid_on: date,
        limit: int = 4,
        within: frozenset[str] = frozenset(),
        only: frozenset[str] = frozenset(),
    ) -> list[Passage]:
        """The best passages, best first. A language without pages is answered from the shop's other pages.

        With `only`, every passage of these documents is ranked, even one that shares nothing with the question.
        Raises `KnowledgeError`, whose text holds nothing of the question.
        """
        query = clean(query)
        generation = self.generation
        shelves = generation.shelves
        shelf = shelves.get(language) or next(iter(shelves.values()), None)
        if shelf is None:
            return []
        noise = generation.meta["calibration"].get(shelf.language)
        holds = shelf.holds(valid_on)
        if not query.strip() or not holds.any():
            return []
        words = shelf.lexical.scores(query)
        words[~holds] = 0
        own = [n for n in shelf.of(only) if holds[n]] if only else None
        cosines = self._cosines(shelf, query, holds, words, own)
        rows = np.array(sorted(cosines or (_best(words, CANDIDATES) if own is None else own)), np.int64)
        if not len(rows):
            return []
        share = _share(shelf, query) if cosines else 1.0
        score = share * _standard(words[rows])
        if cosines:
            score += (1 - share) * _standard(np.array([cosines[n] for n in rows], np.float32))
        score += _headings(shelf, query, rows)
        if within:
            score += FOCUS_BONUS * np.array([shelf.rows[n].document in within for n in rows])
        order = np.argsort(-score, kind="stable")[:limit]
        return [
            _passage(
                shelf, int(rows[n]), float(score[n]), query, cosines.get(int(rows[n])), float(words[rows[n]]), noise
            )
            for n in order
        ]

    def _vector(self, embeddings: Embeddings, query: str) -> NDArray[np.float32]:
        """The question's vector; the last one is kept, since a turn searches all pages and the one that decides."""
        kept = self._last
        if kept is None or kept[0] != query:
            try:
                kept = self._last = query, encode(embeddings, [query], private=True)[0]
            except KnowledgeError:
                raise
            except ShopAssistError as error:  # weights that turn out to be broken, a package that is lacking
                raise KnowledgeError(str(error)) from error
        return kept[1]

    def _cosines(
        self,
        shelf: Shelf,
        query: str,
        holds: NDArray[np.bool_],
        words: NDArray[np.float32],
        own: Sequence[int] | None,
    ) -> dict[int, float]:
        """Exact cosines of the nearest passages that hold and of the best by words, or of `own` alone.

        Empty in a lexical index.
        """
        if self._embeddings is None:
            return {}
        vector = self._vector(self._embeddings, query)
        if own is not None:
            return shelf.cosines(vector, own)
        count = CANDIDATES
        while True:
            rows, values = shelf.nearest(vector, count)
            found = {int(n): float(v) for n, v in zip(rows, values, strict=True) if holds[n]}
            if len(found) >= CANDIDATES or count >= len(shelf.rows):
                break
            count *= 2
        found = dict(list(found.items())[:CANDIDATES])
        return found | shelf.cosines(vector, [n for n in _best(words, BY_WORDS) if n not in found])

    def as_retriever(self, *, language: str, limit: int = 4) -> BaseRetriever:
        """These pages as a LangChain retriever, as they hold today."""
        from shopassist.knowledge.retriever import PageRetriever

        return PageRetriever(knowledge=self, language=language, limit=limit)


def _headings(shelf: Shelf, query: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """What passages gain by their headings, which say what a long passage is about: 退货步骤 for 怎么退."""
    covered = np.array([shelf.lexical.coverage(query, shelf.rows[n].heading) for n in rows])
    if _HOW.search(fold(query)):
        covered += (covered > 0) * np.array([bool(_STEPS.search(fold(shelf.rows[n].heading))) for n in rows])
    return HEADING * covered


def _best(scores: NDArray[np.float32], count: int) -> list[int]:
    """The rows with the highest scores above 0."""
    count = min(count, len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    return [int(n) for n in top if scores[n] > 0]


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return (values - values.mean()) / (values.std() or 1.0)  # type: ignore[no-any-return]


def _share(shelf: Shelf, query: str) -> float:
    """Words count for more where the question holds a code or a foreign name that few passages have."""
    foreign = [
        t for t in set(tokens(query)) if (shelf.language == "zh" or not t.isalpha()) and t[0] not in HAN and t.isascii()
    ]
    return WORDS_RARE if any(shelf.lexical.weight(t) > UNKNOWN for t in foreign) else WORDS


def _passage(shelf: Shelf, n: int, score: float, query: str, cosine: float | None, words: float, noise: Any) -> Passage:
    row = shelf.rows[n]
    coverage = shelf.lexical.coverage(query, row.indexed)
    return Passage(
        id=row.id,
        document=row.document,
        title=row.title,
        text=f"{row.heading}\n{row.text}" if row.heading else row.text,
        score=round(score, 4),
        relevance=round(relevance(coverage, cosine, noise), 4),
        language=row.language,
        url=row.url,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        tags=row.tags,
        dense=None if cosine is None else round(cosine, 4),
        lexical=round(words, 3),
    )
