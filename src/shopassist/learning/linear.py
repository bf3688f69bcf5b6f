"""Fit labels of texts: support vectors over the parts of words, a ridge regression over vectors, joined into one.

The words' rules are one against the rest (Rifkin & Klautau 2004); the vectors' rules are over their likeness to some
of the examples (Williams & Seeger 2001). A logistic rule that all labels share makes one probability of both values.
It, the strength and the thresholds are fitted to values that each example got from rules fitted without it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from shopassist.errors import InputError, MissingExtra
from shopassist.language.grams import Vocabulary
from shopassist.language.linear import LinearHead, Matrix, Numbers, OverVectors, likeness, numbers, probabilities
from shopassist.learning.fitting import (
    Truth,
    beside_each_other,
    cuts,
    folds,
    join,
    left_out,
    parts,
    ridge,
    strength,
    support_vectors,
)
from shopassist.text import fold

FEW = 2000
"""Below so many texts a part of words counts though it comes in one of them only."""
LANDMARKS = 1000
"""Examples, at most, to which a text's vector is likened."""


def fit(
    texts: Sequence[str],
    labels: Sequence[str] | Sequence[Collection[str]],
    *,
    beside: Numbers | None = None,
    vectors: Numbers | None = None,
    groups: Sequence[str] | None = None,
) -> LinearHead:
    """Rules for texts that have one label each (strings), or any number of labels each (collections of strings).

    `beside` (len(texts), K) are further numbers of about the size 1, weighed as the parts of words are; `vectors`
    (len(texts), dimension) have length 1. Examples of the same of `groups` are left out together. Raises
    `MissingExtra`, and `InputError` where there is too little to learn from, or texts and what belongs to them are not
    of one length.
    """
    return fit_and_score(texts, labels, beside=beside, vectors=vectors, groups=groups)[0]


def fit_and_score(
    texts: Sequence[str],
    labels: Sequence[str] | Sequence[Collection[str]],
    *,
    beside: Numbers | None = None,
    vectors: Numbers | None = None,
    groups: Sequence[str] | None = None,
) -> tuple[LinearHead, Matrix]:
    """`fit`, and how likely each label is for each text by rules fitted without it, (len(texts), L)."""
    needs_sklearn()
    names, wanted, single = _truth(texts, labels)
    further = numbers(beside, len(texts), 0 if beside is None else np.shape(beside)[-1])
    places = folds(len(texts), groups)
    folded = [fold(text) for text in texts]
    vocabulary = Vocabulary.of(folded, least=1 if len(texts) < FEW else 2)
    words = beside_each_other(parts(vocabulary, folded), further)
    rule = support_vectors(strength(places[0], words, wanted, single))
    values = [left_out(places, words, wanted, rule)]
    over = None
    if vectors is not None:
        if len(vectors) != len(texts):
            raise InputError(f"{len(texts)} texts, and vectors of {len(vectors)}; each text needs its own")
        own = np.asarray(vectors, np.float32)
        landmarks = own[np.random.default_rng(0).permutation(len(texts))[:LANDMARKS]]
        like = likeness(own, landmarks)
        values.append(left_out(places, like, wanted, ridge))
        over = OverVectors(landmarks, *ridge(like, wanted))
    joining, offsets = join(values, wanted)
    scores = probabilities(values, joining, offsets, single)
    weights, bias = rule(words, wanted)
    return LinearHead(names, single, vocabulary, weights, bias, joining, offsets, cuts(scores, wanted), over), scores


def needs_sklearn() -> None:
    """Raise `MissingExtra` where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("fitting needs scikit-learn: pip install 'shopassist[train]'") from error


def _truth(
    texts: Sequence[str], labels: Sequence[str] | Sequence[Collection[str]]
) -> tuple[tuple[str, ...], Truth, bool]:
    """The labels' names, which text has which (len(texts), L), and whether each has just one."""
    if len(texts) != len(labels):
        raise InputError(f"{len(texts)} texts, and labels of {len(labels)}; each text needs its own")
    single = all(isinstance(one, str) for one in labels)
    sets: list[set[str]] = [{one} if isinstance(one, str) else set(one) for one in labels]
    names = tuple(sorted(set().union(*sets)))
    wanted: Truth = np.array([[name in one for name in names] for one in sets], bool)
    if not wanted.size or wanted.all():
        raise InputError(f"there is nothing to tell apart; the labels: {', '.join(names) or 'none'}")
    return names, wanted, single
