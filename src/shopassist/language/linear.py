"""Labels of texts by linear rules, fitted beforehand (`shopassist.learning.linear`), that numpy can run.

The rules are over the parts of words, over numbers that are known beside the text and, where there are some, vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopassist.errors import InputError
from shopassist.language.grams import Vocabulary
from shopassist.text import fold

WIDTH = 1.0
"""How fast likeness falls with the squared distance of two vectors."""

Matrix = NDArray[np.float32]
Numbers = NDArray[np.floating[Any]]
Arrays = Mapping[str, NDArray[Any]]

_FITTED = ("weights", "bias", "joining", "offsets", "thresholds")


@dataclass(frozen=True, slots=True)
class OverVectors:
    """Rules over the likeness to M vectors: `landmarks` (M, dimension), `weights` (M, L), `bias` (L)."""

    landmarks: Matrix
    weights: Matrix
    bias: Matrix


@dataclass(frozen=True, slots=True)
class LinearHead:
    """Fitted rules for L labels over F parts of words and K further numbers.

    `weights` (F + K, L), `bias` (L). `joining` weighs each kind of value, words first, and with `offsets` (L) gives a
    label's log odds. `thresholds` (L) are the probabilities from which a label is seen; where a text has a `single`
    one, the likeliest is seen.
    """

    names: tuple[str, ...]
    single: bool
    vocabulary: Vocabulary
    weights: Matrix
    bias: Matrix
    joining: Matrix
    offsets: Matrix
    thresholds: Matrix
    over_vectors: OverVectors | None = None

    def scores(self, texts: Sequence[str], *, beside: Numbers | None = None, vectors: Numbers | None = None) -> Matrix:
        """How likely each label is, shape (len(texts), L); of a single one, rows sum to 1.

        `beside` (len(texts), K) are the further numbers, `vectors` (len(texts), dimension) have length 1. Raises
        `InputError` where they are not as they were in fitting.
        """
        known = len(self.vocabulary.keys)
        further = numbers(beside, len(texts), len(self.weights) - known)
        if (vectors is None) != (self.over_vectors is None):
            raise InputError("this head was fitted with vectors" if vectors is None else "this head takes no vectors")
        if vectors is not None and self.over_vectors is not None:
            wanted = (len(texts), self.over_vectors.landmarks.shape[1])
            if np.shape(vectors) != wanted:
                raise InputError(f"`vectors` has the shape {np.shape(vectors)}; expected {wanted}, as it was fitted")
        if not len(texts):
            return np.zeros((0, len(self.names)), np.float32)
        found = [self.vocabulary.vector(fold(text)) for text in texts]
        values = [np.stack([told @ self.weights[rows] for rows, told in found]) + self.bias]
        if further.shape[1]:
            values[0] += further @ self.weights[known:]
        if self.over_vectors is not None and vectors is not None:
            like = likeness(np.asarray(vectors, np.float32), self.over_vectors.landmarks)
            values.append(like @ self.over_vectors.weights + self.over_vectors.bias)
        return probabilities(values, self.joining, self.offsets, self.single)

    def labels(
        self, texts: Sequence[str], *, beside: Numbers | None = None, vectors: Numbers | None = None
    ) -> list[tuple[str, ...]]:
        """The labels that are seen in each text, in the order of `names`; just one where it is `single`."""
        scores = self.scores(texts, beside=beside, vectors=vectors)
        if self.single:
            return [(self.names[n],) for n in scores.argmax(axis=1)]
        return [tuple(self.names[n] for n in np.flatnonzero(row)) for row in scores >= self.thresholds]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `of` makes it again from, in half precision. A head over vectors belongs to one model: it stays here."""
        if self.over_vectors is not None:
            raise InputError("a head over vectors cannot be kept in a file")
        halves = {name: getattr(self, name).astype(np.float16) for name in _FITTED}
        known = {"keys": self.vocabulary.keys, "idf": self.vocabulary.idf.astype(np.float16)}
        return {**halves, **known, "names": np.array(self.names), "single": np.array(self.single)}

    @classmethod
    def of(cls, arrays: Arrays) -> LinearHead:
        """The head that `arrays` were made from."""
        idf, weights, bias, joining, offsets, thresholds = (
            np.asarray(arrays[name], np.float32) for name in ("idf", *_FITTED)
        )
        vocabulary = Vocabulary(np.asarray(arrays["keys"], np.uint32), idf)
        names, single = tuple(arrays["names"].tolist()), bool(arrays["single"])
        return cls(names, single, vocabulary, weights, bias, joining, offsets, thresholds)


def numbers(beside: Numbers | None, texts: int, count: int) -> Matrix:
    """Further numbers of texts, (texts, count); none where none are given. Raises `InputError` for another shape."""
    given = np.zeros((texts, 0), np.float32) if beside is None else np.asarray(beside, np.float32)
    if given.shape != (texts, count):
        raise InputError(f"`beside` has the shape {given.shape}; expected {(texts, count)}, as it was fitted")
    return given


def likeness(vectors: Matrix, landmarks: Matrix) -> Matrix:
    """The likeness of vectors of length 1 to landmarks, from 0 to 1; shape (len(vectors), len(landmarks))."""
    return np.asarray(np.exp(2 * WIDTH * (vectors @ landmarks.T - 1)), np.float32)


def probabilities(values: Sequence[Matrix], joining: Matrix, offsets: Matrix, single: bool) -> Matrix:
    """How likely labels are by values of each kind, (texts, L); of single ones, rows sum to 1."""
    odds = np.tensordot(joining, np.stack(values), axes=1) + offsets
    likely = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True) if single else likely, np.float32)
