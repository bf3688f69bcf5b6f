"""Short texts that mean the same, together: agglomerative clustering with average linkage, without chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from shopassist.knowledge.encoding import encode
from shopassist.knowledge.lexical import telling
from shopassist.text import tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIKE, ALIKE_WORDS = 0.31, 0.2
"""The mean likeness from which groups are joined: of vectors and words together, and of words alone.

Set on 29 questions about eight subjects: no group held two subjects, and they fell into 12 groups, by words alone
into 16.
"""


def groups(texts: Sequence[str], counts: Sequence[int], embeddings: Embeddings | None) -> list[list[int]]:
    """The numbers of the texts that mean the same, in groups; in each the text in front that is most like the others.

    `counts` say how often each text occurs. Takes memory and time with the square of the number of texts, and more.
    Raises `KnowledgeError` where the embeddings fail.
    """
    if not texts:
        return []
    likeness: NDArray[np.floating] = _words(texts)
    if embeddings is not None:
        vectors = encode(embeddings, list(texts), private=True)
        likeness = (likeness + vectors @ vectors.T) / 2
    found = _joined(likeness.astype(np.float64), ALIKE if embeddings is not None else ALIKE_WORDS)
    weights = np.array(counts, np.float64)
    return [_from_middle(group, likeness, weights) for group in found]


def _words(texts: Sequence[str]) -> NDArray[np.float32]:
    """The cosines of the texts' telling words, each weighed by how few texts have it.

    What tells in one text tells in all, however the word is cut there: 退货运费谁出 is read as 退, 货运, 费.
    """
    known = frozenset(w for text in texts for w in telling(text))
    words = [known.intersection(tokens(text)) for text in texts]
    often = Counter(w for own in words for w in own)
    place = {w: n for n, w in enumerate(sorted(often))}
    vectors = np.zeros((len(texts), max(1, len(place))), np.float32)
    for n, own in enumerate(words):
        for word in own:
            vectors[n, place[word]] = log((len(texts) + 1) / (often[word] + 0.5))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors @ vectors.T


def _joined(likeness: NDArray[np.float64], least: float) -> list[list[int]]:
    """Average linkage by Lance and Williams: the two nearest groups are joined until none are near enough."""
    own = likeness.copy()
    np.fill_diagonal(own, -np.inf)
    members = [[n] for n in range(len(own))]
    while len(own) > 1:
        a, b = sorted(divmod(int(own.argmax()), len(own)))
        if own[a, b] < least:
            break
        sizes = len(members[a]), len(members[b])
        own[a] = own[:, a] = (sizes[0] * own[a] + sizes[1] * own[b]) / sum(sizes)
        own[a, a] = own[b] = own[:, b] = -np.inf
        members[a] += members[b]
        members[b] = []
    return [m for m in members if m]


def _from_middle(group: list[int], likeness: NDArray[np.floating], weights: NDArray[np.float64]) -> list[int]:
    mean = likeness[np.ix_(group, group)] @ weights[group]
    middle = group[max(range(len(group)), key=lambda n: (round(float(mean[n]), 6), weights[group[n]], -n))]
    return [middle, *(n for n in group if n != middle)]
