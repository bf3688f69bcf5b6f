"""How like the catalogue's examples a text is, by its words: its nearest ones, and what a linear rule makes of all.

The rule is a ridge regression on tf-idf vectors (Rifkin & Klautau 2004: one against the rest needs nothing finer),
fitted when the catalogue is read. Nothing is stored; a shop's own examples count as the built-in ones do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shopassist.text import tokens

NEAREST = 3
"""How many of an intent's examples speak for it; the nearest weighs `FIRST`, the others share the rest."""
FIRST = 0.7
TEMPERATURE = 0.05
"""How sharply near examples of different intents are told apart; found on the catalogue's examples, each left out."""
RIDGE = 0.4
"""How much the linear rule is held back from fitting each example; found the same way."""
SHARPNESS = 14.0
"""How sharply the rule's values are told apart, found the same way."""
NONE = 0.16
"""The value that the rule gives to what no intent means."""
STEPS = 12
"""Of the fitting; more change nothing that counts."""
RULE = 0.7
"""The rule's part beside that of the nearest examples."""
STRANGE = 0.35
"""A feature that no example has makes a text less like any of them: by this part of what a rare known one weighs."""

Vector = NDArray[np.float32]
Places = NDArray[np.intp]


def features(text: str) -> Iterator[str]:
    """What texts share if they mean the same: tokens, pairs of words, and parts of words that outlive a slip."""
    found = tokens(text)
    yield from found
    words = [t for t in found if t.isascii() and t.isalpha()]
    yield from (f"{a} {b}" for a, b in pairwise(words))
    for word in words:
        if len(word) > 4:
            yield from (f"*{f'^{word}$'[n : n + 4]}" for n in range(len(word) - 1))
    runs = re.findall(r"[㐀-鿿]+", text)
    yield from (run[n : n + 3] for run in runs for n in range(len(run) - 2))


class Likeness:
    """Examples as tf-idf vectors of length 1, kept by feature, and the rule that was fitted to them."""

    def __init__(self, examples: Sequence[tuple[int, str]], intents: int) -> None:
        """`examples` are pairs of an intent's number, below `intents`, and a text; those of one intent together."""
        self.intents = intents
        kept = [(owner, words) for owner, text in examples if (words := Counter(features(text)))]
        self.owners = np.asarray([owner for owner, _ in kept], np.intp)
        self._owned = Owned(self.owners, intents)
        found = [words for _, words in kept]
        counts = Counter(feature for one in found for feature in one)
        self.rows = {feature: row for row, feature in enumerate(counts)}
        size = len(found)
        idf = np.log((1 + size) / (1 + np.asarray(list(counts.values()), np.float32))) + 1
        self.idf = idf.astype(np.float32)
        self.unseen = STRANGE * float(np.log(1 + size) + 1)
        vectors = [self._vector(one) for one in found]
        self._table = _Table(vectors, len(counts)) if vectors else None
        self.rule = _fitted(self._table, self.owners, intents) if self._table else np.zeros((0, intents), np.float32)

    def near(self, text: str) -> Vector:
        """How likely each intent is: nothing where no word is known."""
        found = Counter(features(text))
        rows, weights = self._vector({f: c for f, c in found.items() if f in self.rows}, unit=False)
        if not len(rows) or self._table is None:
            return np.zeros(self.intents, np.float32)
        strange = sum(1 for f in found if f not in self.rows) * self.unseen**2
        weights /= float(np.sqrt(weights @ weights + strange))
        similarity = np.zeros(len(self.owners), np.float32)
        for row, weight in zip(rows, weights, strict=True):
            where, weighed = self._table.having(row)
            similarity[where] += weight * weighed
        return self._both(weights @ self.rule[rows], similarity)

    def alike(self) -> Vector:
        """How alike its examples are, each with each: cosines (examples, examples)."""
        found = np.zeros((len(self.owners), len(self.owners)), np.float32)
        if self._table is not None:
            for row in self.rows.values():
                where, weights = self._table.having(row)
                found[np.ix_(where, where)] += np.outer(weights, weights)
        return found

    def left_out(self, alike: Vector) -> Vector:
        """What `near` would say of each example if it were none (examples, intents); `alike` is what `alike` gives.

        The rule without an example follows from the rule with it: Rifkin & Lippert, "Notes on Regularized Least
        Squares", 2007.
        """
        if len(alike) < 2:
            return np.zeros((len(alike), self.intents), np.float32)
        inverse = np.linalg.inv(alike + RIDGE * np.eye(len(alike), dtype=np.float32))
        wanted = np.eye(self.intents, dtype=np.float32)[self.owners]
        values = wanted - (inverse @ wanted) / inverse.diagonal()[:, None]
        others = alike.copy()
        np.fill_diagonal(others, -np.inf)
        return np.stack([self._both(*pair) for pair in zip(values, others, strict=True)])

    def _both(self, values: Vector, similarity: Vector) -> Vector:
        by_example = likely(self._owned.nearest(similarity), TEMPERATURE, middle=0.3, slope=12.0)
        return np.asarray(RULE * self.share(values) + (1 - RULE) * by_example, np.float32)

    def share(self, values: Vector) -> Vector:
        """The rule's values, 1 for an intent that is meant and 0 for others, as probabilities with room for none."""
        raised = np.exp(SHARPNESS * np.maximum(values, -1.0))
        return np.asarray(raised / (raised.sum() + np.exp(SHARPNESS * NONE)), np.float32)

    def _vector(self, found: dict[str, int], *, unit: bool = True) -> tuple[Places, Vector]:
        rows = np.asarray([self.rows[f] for f in found], np.intp)
        counts = np.asarray(list(found.values()), np.float32)
        weights = (1 + np.log(counts)) * self.idf[rows]
        if unit:
            weights /= max(float(np.linalg.norm(weights)), 1e-12)
        return rows, np.asarray(weights, np.float32)


class _Table:
    """The weights of features in examples, a row an example, of which few are not 0; by example and by feature."""

    def __init__(self, vectors: Sequence[tuple[Places, Vector]], features: int) -> None:
        sizes = [len(rows) for rows, _ in vectors]
        self.features = np.concatenate([rows for rows, _ in vectors])
        self.weights = np.concatenate([weights for _, weights in vectors])
        self.begins = np.cumsum([0, *sizes[:-1]])
        owners = np.repeat(np.arange(len(vectors), dtype=np.intp), sizes)
        order = np.argsort(self.features, kind="stable")
        self.of_feature = owners[order]
        self.feature_weights = self.weights[order]
        self.bounds = np.searchsorted(self.features[order], np.arange(features + 1))

    def having(self, feature: int) -> tuple[Places, Vector]:
        """The examples that have a feature, and its weight in them."""
        part = slice(self.bounds[feature], self.bounds[feature + 1])
        return self.of_feature[part], self.feature_weights[part]

    def by_feature(self, values: Vector) -> Vector:
        """The transposed table times a matrix with a row for each example."""
        return np.add.reduceat(self.feature_weights[:, None] * values[self.of_feature], self.bounds[:-1], axis=0)

    def by_example(self, values: Vector) -> Vector:
        """The table times a matrix with a row for each feature."""
        return np.add.reduceat(self.weights[:, None] * values[self.features], self.begins, axis=0)


def _fitted(table: _Table, owners: Places, intents: int) -> Vector:
    """What each feature says for each intent: the ridge's weights, by conjugate gradients (Hestenes & Stiefel 1952)."""
    left = np.zeros((len(owners), intents), np.float32)
    left[np.arange(len(owners)), owners] = 1
    dual, way, size = np.zeros_like(left), left.copy(), (left**2).sum(0)
    for _ in range(STEPS):
        image = table.by_example(table.by_feature(way)) + RIDGE * way
        step = size / np.maximum((way * image).sum(0), 1e-12)
        dual += step * way
        left -= step * image
        before, size = size, (left**2).sum(0)
        way = left + size / np.maximum(before, 1e-12) * way
    return table.by_feature(dual)


class Owned:
    """Which examples are whose, laid out so that the nearest of every intent are found at once."""

    def __init__(self, owners: Places, intents: int) -> None:
        """`owners` are the examples' intents, each below `intents`; the examples of an intent stand together."""
        counts = np.bincount(owners, minlength=intents)
        places = np.arange(max(int(counts.max(initial=0)), NEAREST))
        begins = np.searchsorted(owners, np.arange(intents)) if len(owners) else np.zeros(intents, np.intp)
        # Where an intent has fewer examples, the place after the last stands for one that is like nothing.
        self._where = np.where(places < counts[:, None], begins[:, None] + places, len(owners))

    def nearest(self, similarity: Vector) -> Vector:
        """Each intent's similarity: that of its nearest example and, for less, of the next ones.

        An example whose similarity is minus infinity is left out.
        """
        padded = np.append(similarity, np.float32(-np.inf))[self._where]
        top = -np.partition(-padded, NEAREST - 1, axis=1)[:, :NEAREST]
        first = top.max(axis=1)
        there = np.isfinite(top)
        size, some = there.sum(axis=1), there.any(axis=1)
        others = np.where(there, top, 0).sum(axis=1) - np.where(some, first, 0)
        mean = np.where(size > 1, others / np.maximum(size - 1, 1), first)
        least = float(similarity.min()) if len(similarity) else 0.0
        return np.where(some, FIRST * first + (1 - FIRST) * mean, least).astype(np.float32)


def likely(similarity: Vector, temperature: float, *, middle: float, slope: float) -> Vector:
    """A probability for each intent: its share among the others, and whether the best is near enough to mean anything.

    At `middle` even the best is as likely wrong as right; `slope` says how fast that changes.
    """
    best = float(similarity.max())
    share = np.exp((similarity - best) / temperature)
    enough = 1 / (1 + np.exp(-slope * (best - middle)))
    return np.asarray(share / share.sum() * enough, np.float32)
