"""Find passages: vectors and words together, in the customer's language, as they hold on a day."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shopassist.errors import IndexMismatch, KnowledgeError, ShopAssistError
from shopassist.knowledge import index
from shopassist.knowledge.encoding import encode, fingerprint, mismatch
from shopassist.knowledge.explained import Explanation, Superseded
from shopassist.knowledge.index import Generation, Shelf
from shopassist.knowledge.ranked import Asked, Ranked, best_by
from shopassist.knowledge.ranking import FOCUS, by_headings, by_relevance, by_vectors, share, standard
from shopassist.knowledge.relevance import relevance
from shopassist.knowledge.reranker import RERANKED, Reranker
from shopassist.knowledge.slips import mended
from shopassist.knowledge.synonyms import Groups, Synonyms
from shopassist.knowledge.vectors import Embedded, VectorStore
from shopassist.protocols import Period, Product
from shopassist.replies import Passage, version_of
from shopassist.text import clean, content

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

CANDIDATES, BY_WORDS = 60, 10
"""How many passages the vectors and the words propose before they are ranked together."""

ONE_DAY = timedelta(days=1)

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
        synonyms: Mapping[str, Groups] | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """Open the index, or the one `generation` of it that is named, and no other then.

        `store` is where the vectors are, by default in the index; `synonyms` are the shop's own groups by language, see
        `load_synonyms`. Raises `IndexMissing`, `IndexMismatch`, `IndexDamaged`.
        """
        self._folder = folder
        self._store = store or Embedded()
        self._synonyms = synonyms or {}
        self._reranker = reranker
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

    def release(self) -> str:
        """The generation's name and when it was written: a name may come again where an index was removed."""
        path = self.generation.path
        try:
            return f"{path.name}@{(path / 'meta.json').stat().st_mtime_ns}"
        except OSError:  # removed meanwhile; what is open is still answered from
            return path.name

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
        for language, shelf in generation.shelves.items():  # opened now rather than in the first customer's turn
            shelf.lexical.synonyms = Synonyms.of(language, self._synonyms)
        return generation

    def products(self, language: str) -> Sequence[Product]:
        """Documents tagged ``product`` with what customers call them: id, title, aliases, and a word of their own."""
        return self.generation.products.get(language, ())

    def kindred(self, text: str, *, language: str) -> frozenset[str]:
        """The tokens of what else the expressions of a text are called, by the shop's own groups and the built-in."""
        shelf = _shelf(self.generation, language)
        named = shelf.lexical.synonyms.named(text) if shelf is not None else []
        return frozenset(token for _, others in named for other in others for token in content(other))

    def periods(self, document: str, *, language: str, since: date, until: date) -> Sequence[Period]:
        """Which version of a document held when, from `since` to `until`, in the order of the days."""
        shelf = _shelf(self.generation, language)
        rows = [(n, shelf.rows[n]) for n in shelf.of((document,))] if shelf is not None else []
        if shelf is None or since > until or not rows:
            return ()
        starts = {r.valid_from for _, r in rows} | {r.valid_to + ONE_DAY for _, r in rows if r.valid_to}
        begins = sorted({since, *(d for d in starts if d is not None and since < d <= until)})
        found: list[Period] = []
        for first, following in zip(begins, [*begins[1:], until + ONE_DAY], strict=True):
            holds = shelf.holds(first)
            held = next((r for n, r in rows if holds[n]), None)
            if held is not None:
                found.append(Period(first, following - ONE_DAY, held.valid_from, held.valid_to))
        return tuple(found)

    def document(self, document: str, *, language: str, valid_on: date) -> Passage | None:
        """A whole document: its passages in their order, each heading once."""
        shelf = _shelf(self.generation, language)
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
        generation = self.generation
        shelf = _shelf(generation, language)
        if shelf is None:
            return []
        noise = generation.meta["calibration"].get(shelf.language)
        asked = Asked(_mended(query, shelf), shelf, noise, shelf.holds(valid_on), within, only)
        return self._ranked(asked).best(limit)

    def explained(
        self,
        query: str,
        *,
        language: str,
        valid_on: date,
        limit: int = 4,
        within: frozenset[str] = frozenset(),
        only: frozenset[str] = frozenset(),
    ) -> Explanation:
        """What `search` finds, with the parts of each score, and what the day keeps out. Raises `KnowledgeError`."""
        generation = self.generation
        shelf = _shelf(generation, language)
        if shelf is None:
            return Explanation(clean(query), None, generation.path.name, valid_on, 0, 0, 1.0, {})
        noise = generation.meta["calibration"].get(shelf.language)
        query, holds = _mended(query, shelf), shelf.holds(valid_on)
        ranked = self._ranked(Asked(query, shelf, noise, holds, within, only))
        whole = self._ranked(Asked(query, shelf, noise, np.ones_like(holds), within, only))
        out = zip(whole.order(limit), whole.best(limit), strict=True)
        return Explanation(
            query=query,
            language=shelf.language,
            generation=generation.path.name,
            valid_on=valid_on,
            passages=len(shelf.rows),
            holding=int(holds.sum()),
            share=ranked.share,
            words={t: round(w, 3) for t, w in sorted(shelf.lexical.read(query).weights.items())},
            noise=noise,
            found=ranked.explained(limit),
            superseded=tuple(_superseded(shelf, p, holds, valid_on) for n, p in out if not holds[whole.rows[n]]),
        )

    def _ranked(self, asked: Asked) -> Ranked:
        """The candidates with their scores."""
        query, shelf, holds = asked.query, asked.shelf, asked.holds
        if not query.strip() or not holds.any():
            return Ranked(asked, np.zeros(0, np.int64), None, np.zeros(0, np.float32), np.zeros(0), 1.0, {})
        words = shelf.lexical.scores(query)
        words[~holds] = 0
        own = [n for n in shelf.of(asked.only) if holds[n]] if asked.only else None
        if self._embeddings is None:
            rows, cosines, vectors = np.array(best_by(words, CANDIDATES) if own is None else own, np.int64), None, None
        else:
            rows, cosines, vectors = self._near(shelf, query, holds, words, own)
        if not len(rows):
            return Ranked(asked, rows, None, words, np.zeros(0), 1.0, {})
        question = shelf.lexical.read(query)
        part = share(question) if cosines is not None else 1.0
        parts = {"words": part * standard(words[rows])}
        if cosines is not None:
            parts["vectors"] = (1 - part) * (by_vectors(cosines, None if own is not None else vectors))
        sure = relevance(shelf.lexical.coverages(query, rows), cosines, asked.noise)
        parts["relevant"] = by_relevance(sure)
        parts["heading"] = by_headings(question, [shelf.rows[n] for n in rows])
        if asked.within:
            parts["focus"] = FOCUS * np.array([shelf.rows[n].document in asked.within for n in rows], np.float64)
        ranked = Ranked(asked, rows, cosines, words, sure, part, parts)
        return self._read_together(ranked) if self._reranker is not None and own is None else ranked

    def _read_together(self, ranked: Ranked) -> Ranked:
        """The best candidates, in the order of the cross-encoder."""
        assert self._reranker is not None  # noqa: S101 - the caller asks
        best = np.argsort(-ranked.score, kind="stable")[:RERANKED]
        rows, asked = ranked.rows[best], ranked.asked
        scores = self._reranker.scores(asked.query, [asked.shelf.rows[n].indexed for n in rows])
        parts = {"reranker": standard(scores)} | {k: v[best] for k, v in ranked.parts.items() if k == "focus"}
        cosines = None if ranked.cosines is None else ranked.cosines[best]
        return Ranked(asked, rows, cosines, ranked.words, ranked.relevance[best], ranked.share, parts)

    def vector(self, text: str) -> Sequence[float] | None:
        """A question's vector of length 1, None where there are no embeddings or they fail."""
        if self._embeddings is None:
            return None
        try:
            return self._vector(self._embeddings, text).tolist()  # type: ignore[no-any-return]
        except KnowledgeError as error:
            log.warning("a question's vector could not be had, its answer is found by its words alone: %s", error)
            return None

    def _vector(self, embeddings: Embeddings, query: str) -> NDArray[np.float32]:
        """The question's vector; the last is kept: a turn asks for it to search, to decide, and for kept answers."""
        kept = self._last
        if kept is None or kept[0] != query:
            try:
                kept = self._last = query, encode(embeddings, [query], private=True)[0]
            except KnowledgeError:
                raise
            except ShopAssistError as error:  # weights that turn out to be broken, a package that is lacking
                raise KnowledgeError(str(error)) from error
        return kept[1]

    def _near(
        self,
        shelf: Shelf,
        query: str,
        holds: NDArray[np.bool_],
        words: NDArray[np.float32],
        own: Sequence[int] | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """The nearest rows that hold with the best by words, or `own` alone; their exact cosines and their vectors."""
        assert self._embeddings is not None  # noqa: S101 - the caller asks
        vector = self._vector(self._embeddings, query)
        if own is None:
            count = CANDIDATES
            while True:
                found = [int(n) for n in shelf.nearest(vector, count)[0] if holds[n]]
                if len(found) >= CANDIDATES or count >= len(shelf.rows):
                    break
                count *= 2
            own = sorted({*found[:CANDIDATES], *best_by(words, BY_WORDS)})
        rows = np.array(own, np.int64)
        vectors = shelf.taken(rows) if len(rows) else np.zeros((0, len(vector)), np.float32)
        return rows, np.einsum("nd,d->n", vectors, vector), vectors  # in this thread: BLAS would wake its others

    def as_retriever(self, *, language: str, limit: int = 4) -> BaseRetriever:
        """These pages as a LangChain retriever, as they hold today."""
        from shopassist.knowledge.retriever import PageRetriever

        return PageRetriever(knowledge=self, language=language, limit=limit)


def _shelf(generation: Generation, language: str) -> Shelf | None:
    """The pages of a language; where it has none, the shop's other pages."""
    shelves = generation.shelves
    return shelves.get(language) or next(iter(shelves.values()), None)


def _mended(query: str, shelf: Shelf) -> str:
    return mended(clean(query), shelf.lexical.frequency)


def _superseded(shelf: Shelf, passage: Passage, holds: NDArray[np.bool_], day: date) -> Superseded:
    """Why a passage does not hold on a day."""
    other = next((shelf.rows[n] for n in shelf.of((passage.document,)) if holds[n]), None)
    by = version_of(other.document, other.valid_from, other.valid_to) if other else None
    if passage.valid_from and passage.valid_from > day:
        return Superseded(passage, "coming", by)
    return Superseded(passage, "ended" if passage.valid_to and passage.valid_to < day else "replaced", by)
