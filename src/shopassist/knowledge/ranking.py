"""How the candidates of a search are put in order: what vectors say, what words say, what headings say.

How much words count is told by the question: where its words tell passages apart (names, codes, figures), words find
them; where all candidates share them, the meaning decides. A passage that lies near to many others is near to any
question about their subject, so the vectors' side takes a part of that nearness off (Conneau et al. 2018, CSLS).

The constants were fitted by ``benchmarks/ranking.py`` to half of AFQMC, the development half of ``questions.yaml``, the
seen part of ``shop_questions.yaml`` and keywords drawn from the pages; what they give elsewhere stands in
``docs/figures.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shopassist.knowledge.lexical import Question, held
from shopassist.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shopassist.knowledge.index import Row

CROWDED = 0.25
"""What a cosine loses for each unit of the mean cosine to the candidates around."""

AROUND = 10
"""How many of the nearest candidates are around."""

ENOUGH = 20
"""Candidates from which on it is told who lies in a crowd."""

PIECE = 48
"""Dimensions that are multiplied at once: 70 × 70 × 48 lies below the size from which OpenBLAS works with threads."""

COMMON, STEEP = 0.45, 8.0
"""The mean weight of a question's words up to which they count for next to nothing, and how fast they gain above it."""

LITTLE, MUCH = 0.0, 2.0
"""The least and the most that words count beside the vectors' 1."""

RELEVANT = 1.25
"""What a passage gains that is certain to answer (`relevance.py`): the scores compare passages, this with no page."""

FOCUS = 1.0
"""What a passage of the document in focus gains, in standard deviations of the candidates' scores."""

HEADING = 0.4
"""What a passage gains whose heading holds all of the question's meaning; twice that if it tells how, as was asked."""

_HOW = re.compile(r"怎么(?!样|回事|还|这|那|没|不)|如何|怎样|咋(?!样)|步骤|流程|\bhow (?:do|to|can|does|should)\b")
_STEPS = re.compile(r"步骤|流程|方法|怎么|如何|\bhow\b|\bsteps?\b|setting up|办理")


def share(question: Question) -> float:
    """The words' share of the ranking, between 0 and 1; the rest is the vectors'."""
    weights = question.weights.values()
    telling = sum(weights) / len(weights) if weights else 0.5
    words = min(max(STEEP * (telling - COMMON), LITTLE), MUCH)
    return words / (1 + words)


def by_vectors(cosines: NDArray[np.float32], vectors: NDArray[np.float32] | None) -> NDArray[np.float64]:
    """The vectors' side of the score. `vectors` are the candidates' own, shape (candidates, dimension).

    Without them, or among few candidates, crowds do not count.
    """
    if vectors is None or len(cosines) < ENOUGH:
        return standard(cosines)
    beside = _products(vectors)
    np.fill_diagonal(beside, -1.0)
    nearest = -np.partition(-beside, AROUND - 1, axis=1)[:, :AROUND]
    crowd = nearest.mean(axis=1)
    return standard(cosines) - CROWDED * (crowd - crowd.mean()) / (cosines.std() or 1.0)  # type: ignore[no-any-return]


def _products(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The products of all pairs, in pieces so small that BLAS takes the caller's thread.

    For a product of this size it would wake its others, and where these have to wait for a core the caller spins.
    """
    across = vectors.T.copy()
    found = np.zeros((len(vectors), len(vectors)), np.float32)
    for start in range(0, vectors.shape[1], PIECE):
        found += vectors[:, start : start + PIECE] @ across[start : start + PIECE]
    return found


def by_headings(question: Question, rows: Sequence[Row]) -> NDArray[np.float64]:
    """What passages gain by their headings, which say what a long passage is about: 退货步骤 for 怎么退."""
    shares = {heading: question.covered(held(heading)) for heading in {row.heading for row in rows}}
    covered = np.array([shares[row.heading] for row in rows])
    if _HOW.search(fold(question.text)):
        covered += (covered > 0) * np.array([bool(_STEPS.search(fold(row.heading))) for row in rows])
    return HEADING * covered


def by_relevance(relevance: NDArray[np.float64]) -> NDArray[np.float64]:
    """What passages gain by how likely they answer at all."""
    return RELEVANT * relevance


def standard(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Values in standard deviations from their mean."""
    return (values - values.mean()) / (values.std() or 1.0)  # type: ignore[no-any-return]


def total(parts: Mapping[str, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """The scores of so many candidates."""
    return np.sum([np.zeros(count), *parts.values()], axis=0)  # type: ignore[no-any-return]
