"""A question to one shelf, and its candidates with the parts of their scores: what is shown of them, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shopassist.knowledge.explained import Found
from shopassist.knowledge.lexical import held
from shopassist.knowledge.ranking import total
from shopassist.knowledge.sections import chosen, wider
from shopassist.replies import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shopassist.knowledge.index import Shelf


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to one shelf; `holds` tells the rows that may be found, `noise` what a cosine means there."""

    query: str
    shelf: Shelf
    noise: Mapping[str, float] | None
    holds: NDArray[np.bool_]
    within: frozenset[str]
    only: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The candidates of a search: their rows, their cosines (None without vectors), relevance, and parts of the score.

    All are in the same order but `words`, the BM25 of every row of the shelf.
    """

    asked: Asked
    rows: NDArray[np.int64]
    cosines: NDArray[np.float32] | None
    words: NDArray[np.float32]
    relevance: NDArray[np.float64]
    share: float
    parts: dict[str, NDArray[np.float64]]

    @property
    def score(self) -> NDArray[np.float64]:
        """What each candidate is put in order by."""
        return total(self.parts, len(self.rows))

    def order(self, limit: int) -> list[int]:
        """The places of the candidates that are shown, best first."""
        ranked = np.argsort(-self.score, kind="stable")
        rows = self.rows[ranked].tolist()
        if self.asked.only:
            return [int(n) for n in ranked[:limit]]
        place = dict(zip(rows, ranked.tolist(), strict=True))
        return [place[row] for row in chosen(self.asked.shelf.rows, rows, limit)]

    def best(self, limit: int) -> list[Passage]:
        """The first passages."""
        score = self.score
        return [_passage(self, n, float(score[n]), float(self.relevance[n])) for n in self.order(limit)]

    def explained(self, limit: int) -> tuple[Found, ...]:
        """The first passages with what made up their scores, and what they lack of the question."""
        shelf, found = self.asked.shelf, []
        question = shelf.lexical.read(self.asked.query)
        for n, passage in zip(self.order(limit), self.best(limit), strict=True):
            row = shelf.rows[int(self.rows[n])]
            missing = question.lacking(held(" ".join((row.indexed, *row.aliases))))
            parts = {k: round(float(v[n]), 4) for k, v in self.parts.items()}
            found.append(Found(passage, parts, tuple(sorted(missing))))
        return tuple(found)


def best_by(scores: NDArray[np.float32], count: int) -> list[int]:
    """The rows with the highest scores above 0."""
    count = min(count, len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    return [int(n) for n in top if scores[n] > 0]


def _passage(ranked: Ranked, place: int, score: float, sure: float) -> Passage:
    row = ranked.asked.shelf.rows[ranked.rows[place]]
    cosines = ranked.cosines
    return Passage(
        id=row.id,
        document=row.document,
        title=row.title,
        text=row.shown,
        score=round(score, 4),
        relevance=round(sure, 4),
        language=row.language,
        url=row.url,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        tags=row.tags,
        dense=None if cosines is None else round(float(cosines[place]), 4),
        lexical=round(float(ranked.words[ranked.rows[place]]), 3),
        section=wider(ranked.asked.shelf.rows, int(ranked.rows[place])),
    )
