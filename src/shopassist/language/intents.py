"""How well each intent of the catalogue fits a piece of text: telling patterns, and the nearest examples."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.language.catalogue import LANGUAGES, Catalogue
from shopassist.language.likeness import Likeness, Owned, Vector, likely
from shopassist.language.spelling import mended, unnamed

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

DENSE_TEMPERATURE = 0.4
"""How sharply near examples of different intents are told apart, in standard deviations of their dense similarity."""
TRUST = 0.9
"""How much nearest examples alone can say."""
PLAIN = 0.9
"""From this weight of a pattern on no vector is asked for: it costs more than the rest, and could change nothing."""
LONGEST = 300
"""Characters of a piece that are looked at: what a customer wants stands in far fewer."""


class Classifier:
    """Scores of a catalogue's intents. One may be shared by threads; it learns nothing from what it reads."""

    def __init__(self, catalogue: Catalogue, embeddings: Embeddings | None = None) -> None:
        """Index the catalogue's examples. With `embeddings`, their dense vectors are made when first needed."""
        self.catalogue = catalogue
        self._names = [i.name for i in catalogue]
        words = {w for i in catalogue for e in i.examples.get("en", ()) for w in re.findall("[a-z]+", e.lower())}
        self._known = frozenset(words)
        examples = {n: self._plain(n) for n in LANGUAGES}
        self._sparse = {n: Likeness(e, len(self._names)) for n, e in examples.items()}
        self._dense = _Dense(embeddings, examples, len(self._names)) if embeddings is not None else None

    def scores(self, text: str, language: str) -> list[tuple[str, float]]:
        """Every intent with its score, the best first; a score is about the share of such texts that mean it."""
        text = unnamed(mended(text[:LONGEST], language, self._known), language)
        near = self._sparse[language].near(text)
        told = self._patterns(text, language)
        if self._dense is not None and told.max() < PLAIN:
            dense = self._dense.near(text, language)
            near = 1 - (1 - near * 0.8) * (1 - dense * 0.8)
        total = 1 - (1 - told) * (1 - TRUST * near)
        order = np.argsort(-total, kind="stable")
        return [(self._names[n], round(float(total[n]), 4)) for n in order]

    def telling(self, text: str, language: str) -> frozenset[str]:
        """The intents for which an expression of the catalogue speaks, not only a likeness to its examples."""
        told = self._patterns(unnamed(mended(text[:LONGEST], language, self._known), language), language)
        return frozenset(self._names[n] for n in np.flatnonzero(told))

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
            (n, unnamed(mended(example, language, self._known), language))
            for n, intent in enumerate(self.catalogue)
            for example in intent.examples.get(language, ())
        ]


class _Dense:
    """Examples as dense vectors, made once, when first needed."""

    def __init__(self, embeddings: Embeddings, examples: dict[str, list[tuple[int, str]]], intents: int) -> None:
        self.embeddings = embeddings
        self.examples = examples
        self.intents = intents
        self._ready: dict[str, _Vectors] = {}
        self._lock = threading.Lock()

    def near(self, text: str, language: str) -> Vector:
        """How likely each intent is by its nearest examples."""
        known = self._vectors(language)
        if not len(known.vectors):
            return np.zeros(self.intents, np.float32)
        query = np.asarray(self.embeddings.embed_query(text), np.float32)
        similarity = known.vectors @ (query / max(float(np.linalg.norm(query)), 1e-12))
        # Models differ in where their similarities lie, so they are measured in deviations of this model's own.
        similarity = ((similarity - known.mean) / known.deviation).astype(np.float32)
        return likely(known.owned.nearest(similarity), DENSE_TEMPERATURE, middle=2.0, slope=2.0)

    def _vectors(self, language: str) -> _Vectors:
        with self._lock:
            if language not in self._ready:
                examples = self.examples[language]
                owned = Owned(np.asarray([n for n, _ in examples], np.intp), self.intents)
                vectors = _unit(self.embeddings, [e for _, e in examples])
                among = vectors @ vectors.T if len(examples) else np.zeros((1, 1), np.float32)
                apart = among[~np.eye(len(among), dtype=bool)] if len(among) > 1 else among.ravel()
                self._ready[language] = _Vectors(vectors, owned, float(apart.mean()), max(float(apart.std()), 1e-6))
            return self._ready[language]


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Examples of a language, whose they are, and where the similarities among them lie."""

    vectors: Vector
    owned: Owned
    mean: float
    deviation: float


def _unit(embeddings: Any, texts: list[str]) -> Vector:
    """Vectors of length 1; `encode`, where embeddings have it, gives an array without lists between."""
    if not texts:
        return np.zeros((0, 1), np.float32)
    own = getattr(embeddings, "encode", None) or embeddings.embed_documents
    vectors = np.asarray(own(texts), np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
