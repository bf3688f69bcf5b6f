"""How well each intent of the catalogue fits a piece of text: telling patterns, and the nearest examples."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shopassist.language.catalogue import LANGUAGES, Catalogue
from shopassist.language.spelling import mended
from shopassist.text import tokens

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

NEAREST = 3
"""How many of an intent's examples speak for it; the nearest weighs `FIRST`, the others share the rest."""
FIRST = 0.7
TEMPERATURE = 0.05
"""How sharply near examples of different intents are told apart; found on the catalogue's examples, each left out."""
DENSE_TEMPERATURE = 0.4
"""The same for dense vectors, in standard deviations of their similarity."""
TRUST = 0.75
"""How much nearest examples alone can say."""
LONGEST = 300
"""Characters of a piece that are looked at: what a customer wants stands in far fewer."""

Vector = NDArray[np.float32]


class Classifier:
    """Scores of a catalogue's intents. One may be shared by threads; it learns nothing from what it reads."""

    def __init__(self, catalogue: Catalogue, embeddings: Embeddings | None = None) -> None:
        """Index the catalogue's examples. With `embeddings`, their dense vectors are made when first needed."""
        self.catalogue = catalogue
        self._names = [i.name for i in catalogue]
        words = {w for i in catalogue for e in i.examples.get("en", ()) for w in re.findall("[a-z]+", e.lower())}
        self._known = frozenset(words)
        self._sparse = {language: _Sparse(self._examples(language)) for language in LANGUAGES}
        self._dense = _Dense(embeddings, {n: self._plain(n) for n in LANGUAGES}) if embeddings is not None else None

    def scores(self, text: str, language: str) -> list[tuple[str, float]]:
        """Every intent with its score, the best first; a score is about the share of such texts that mean it."""
        text = mended(text[:LONGEST], language, self._known)
        near = self._sparse[language].near(text, len(self._names))
        if self._dense is not None:
            dense = self._dense.near(text, language, len(self._names))
            near = 1 - (1 - near * 0.8) * (1 - dense * 0.8)
        told = self._patterns(text, language)
        total = 1 - (1 - told) * (1 - TRUST * near)
        order = np.argsort(-total, kind="stable")
        return [(self._names[n], round(float(total[n]), 4)) for n in order]

    def _patterns(self, text: str, language: str) -> Vector:
        """The surest match of each intent; of equally sure ones the longer says more."""
        found = np.zeros(len(self._names), np.float32)
        for n, intent in enumerate(self.catalogue):
            for pattern in intent.patterns.get(language, ()):
                if match := pattern.regex.search(text):
                    length = min(match.end() - match.start(), 15)
                    found[n] = max(found[n], min(0.99, pattern.weight + 0.002 * length))
        return found

    def _plain(self, language: str) -> list[tuple[int, str]]:
        return [
            (n, mended(example, language, self._known))
            for n, intent in enumerate(self.catalogue)
            for example in intent.examples.get(language, ())
        ]

    def _examples(self, language: str) -> list[tuple[int, Counter[str]]]:
        return [(n, Counter(features(example))) for n, example in self._plain(language)]


def features(text: str) -> Iterator[str]:
    """What texts share if they mean the same: tokens, pairs of words, and parts of words that outlive a slip."""
    found = tokens(text)
    yield from found
    words = [t for t in found if t.isascii() and t.isalpha()]
    yield from (f"{a} {b}" for a, b in pairwise(words))
    for word in words:
        if len(word) > 4:
            yield from (f"*{f'^{word}$'[n : n + 4]}" for n in range(len(word) - 1))


class _Sparse:
    """Examples as tf-idf vectors; `matrix` has a row for each feature and a column for each example."""

    def __init__(self, examples: Sequence[tuple[int, Counter[str]]]) -> None:
        self.owners = np.asarray([n for n, _ in examples], np.intp)
        counts = Counter(f for _, found in examples for f in found)
        self.rows = {feature: n for n, feature in enumerate(counts)}
        idf = np.log((1 + len(examples)) / (1 + np.asarray(list(counts.values()), np.float32))) + 1
        self.idf = idf.astype(np.float32)
        self.unseen = float(np.log(1 + len(examples)) + 1)
        self.matrix = np.zeros((len(counts), len(examples)), np.float32)
        for column, (_, found) in enumerate(examples):
            for feature, count in found.items():
                row = self.rows[feature]
                self.matrix[row, column] = (1 + np.log(count)) * self.idf[row]
        if len(examples):
            self.matrix /= np.maximum(np.linalg.norm(self.matrix, axis=0, keepdims=True), 1e-12)

    def near(self, text: str, intents: int) -> Vector:
        """How likely each intent is by its nearest examples."""
        found = Counter(features(text))
        known = [(self.rows[f], 1 + np.log(c)) for f, c in found.items() if f in self.rows]
        if not known:
            return np.zeros(intents, np.float32)
        rows = np.asarray([r for r, _ in known], np.intp)
        weights = np.asarray([w for _, w in known], np.float32) * self.idf[rows]
        # A feature that no example has makes the text less like any of them, if less than a known one.
        strange = sum(1 for f in found if f not in self.rows) * (0.35 * self.unseen) ** 2
        length = float(np.sqrt(weights @ weights + strange))
        similarity = np.asarray(weights @ self.matrix[rows] / length, np.float32)
        return _likely(_by_intent(similarity, self.owners, intents), TEMPERATURE, middle=0.3, slope=12.0)


class _Dense:
    """Examples as dense vectors, made once, when first needed."""

    def __init__(self, embeddings: Embeddings, examples: dict[str, list[tuple[int, str]]]) -> None:
        self.embeddings = embeddings
        self.examples = examples
        self._ready: dict[str, tuple[Vector, NDArray[np.intp], float, float]] = {}
        self._lock = threading.Lock()

    def near(self, text: str, language: str, intents: int) -> Vector:
        """How likely each intent is by its nearest examples."""
        vectors, owners, mean, deviation = self._vectors(language)
        if not len(owners):
            return np.zeros(intents, np.float32)
        query = np.asarray(self.embeddings.embed_query(text), np.float32)
        similarity = vectors @ (query / max(float(np.linalg.norm(query)), 1e-12))
        # Models differ in where their similarities lie, so they are measured in deviations of this model's own.
        similarity = ((similarity - mean) / deviation).astype(np.float32)
        return _likely(_by_intent(similarity, owners, intents), DENSE_TEMPERATURE, middle=2.0, slope=2.0)

    def _vectors(self, language: str) -> tuple[Vector, NDArray[np.intp], float, float]:
        with self._lock:
            if language not in self._ready:
                examples = self.examples[language]
                owners = np.asarray([n for n, _ in examples], np.intp)
                vectors = _unit(self.embeddings, [e for _, e in examples])
                among = vectors @ vectors.T if len(owners) else np.zeros((1, 1), np.float32)
                apart = among[~np.eye(len(among), dtype=bool)] if len(among) > 1 else among.ravel()
                self._ready[language] = (vectors, owners, float(apart.mean()), max(float(apart.std()), 1e-6))
            return self._ready[language]


def _unit(embeddings: Any, texts: list[str]) -> Vector:
    """Vectors of length 1; `encode`, where embeddings have it, gives an array without lists between."""
    if not texts:
        return np.zeros((0, 1), np.float32)
    own = getattr(embeddings, "encode", None) or embeddings.embed_documents
    vectors = np.asarray(own(texts), np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def _by_intent(similarity: Vector, owners: NDArray[np.intp], intents: int) -> Vector:
    """Each intent's similarity: that of its nearest example and, for less, of the next ones."""
    result = np.full(intents, similarity.min() if len(similarity) else 0.0, np.float32)
    bounds = np.flatnonzero(np.diff(owners)) + 1  # the examples of an intent stand together
    for part, owner in zip(np.split(similarity, bounds), owners[np.r_[0, bounds]], strict=True):
        top = np.sort(part)[::-1][:NEAREST]
        result[owner] = FIRST * top[0] + (1 - FIRST) * (top[1:].mean() if len(top) > 1 else top[0])
    return result


def _likely(similarity: Vector, temperature: float, *, middle: float, slope: float) -> Vector:
    """A probability for each intent: its share among the others, and whether the best is near enough to mean anything.

    At `middle` even the best is as likely wrong as right; `slope` says how fast that changes.
    """
    best = float(similarity.max())
    share = np.exp((similarity - best) / temperature)
    enough = 1 / (1 + np.exp(-slope * (best - middle)))
    return np.asarray(share / share.sum() * enough, np.float32)
