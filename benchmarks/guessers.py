"""Ways to label texts after examples: the linear head of shopassist, and what one would begin with."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from corpora import Labelled
from shopassist.knowledge.encoding import encode
from shopassist.language.mood import by_words
from shopassist.learning.fitting import FOLDS
from shopassist.learning.linear import fit
from shopassist.text import fold

Guesses = list[frozenset[str]]
Guesser = Callable[[Labelled, Labelled], Guesses]
"""The labels of the second texts, after the first ones."""
Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Vectors of length 1, (texts, dimension)."""


def remembered(embeddings: Embeddings) -> Encode:
    """Vectors that take each text once in a run."""
    known: dict[str, NDArray[np.float32]] = {}

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        if new := list(set(texts) - known.keys()):
            known.update(zip(new, encode(embeddings, new), strict=True))
        return np.stack([known[text] for text in texts])

    return vectors


def guessers(vectors: Encode | None) -> dict[str, Guesser]:
    """By name; those over vectors only where there are some."""
    by_words: dict[str, Guesser] = {
        "head, words": head(),
        "nearest example, tf-idf": nearest,
        "logistic regression, tf-idf": regression,
        "the mood's words": mood,
    }
    if vectors is None:
        return by_words
    return by_words | {"head, words and vectors": head(vectors), "nearest example, vectors": nearest_by(vectors)}


def head(vectors: Encode | None = None) -> Guesser:
    def of(texts: Sequence[str]) -> NDArray[np.float32] | None:
        return vectors(texts) if vectors else None

    def guess(known: Labelled, left: Labelled) -> Guesses:
        few = len(set(known.groups)) < FOLDS  # a fold or two of a data set that has no other groups
        groups = None if few else known.groups
        found = fit(known.texts, known.labels, beside=known.beside, vectors=of(known.texts), groups=groups)
        return sets(found.labels(left.texts, beside=left.beside, vectors=of(left.texts)))

    return guess


def nearest(known: Labelled, left: Labelled) -> Guesses:
    """The labels of the nearest example by tf-idf."""
    words, found = _tf_idf(known)
    return _of_nearest(known, words.transform([fold(t) for t in left.texts]) @ found.T)


def nearest_by(vectors: Encode) -> Guesser:
    return lambda known, left: _of_nearest(known, vectors(left.texts) @ vectors(known.texts).T)


def regression(known: Labelled, left: Labelled) -> Guesses:
    """Logistic regression on tf-idf; of any number of labels those that are likelier than not."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer

    words, found = _tf_idf(known)
    asked = words.transform([fold(t) for t in left.texts])
    if known.single:
        return sets(LogisticRegression(C=10, max_iter=1000).fit(found, known.labels).predict(asked))
    labels = MultiLabelBinarizer()
    rule = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear"))
    return sets(labels.inverse_transform(rule.fit(found, labels.fit_transform(known.labels)).predict(asked)))


def mood(known: Labelled, left: Labelled) -> Guesses:
    """By `shopassist.language.mood`, to which nothing is fitted."""
    return sets([by_words(text).mood for text in left.texts])


def sets(labels: Sequence[str | Collection[str]]) -> Guesses:
    return [frozenset([one] if isinstance(one, str) else one) for one in labels]


def _tf_idf(known: Labelled):
    """What makes vectors of texts, and those of the examples."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=min(2, len(known.texts)))
    return words, words.fit_transform([fold(t) for t in known.texts])


def _of_nearest(known: Labelled, like) -> Guesses:
    labels = sets(known.labels)
    return [labels[n] for n in np.asarray(like.argmax(axis=1)).ravel()]
