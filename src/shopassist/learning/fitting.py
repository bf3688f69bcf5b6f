"""What a linear head is fitted by: rules, their values for what was left out, and what those values mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shopassist.errors import InputError
from shopassist.language.grams import Vocabulary
from shopassist.language.linear import Matrix

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 5
STRENGTHS = (0.3, 1.0, 3.0)
"""How closely the words' rules may follow single examples (scikit-learn's C); the best is taken."""
RIDGE = 0.03
"""How much the vectors' rules are held back from following single examples."""

Truth = NDArray[np.bool_]
"""Which example has which label, (examples, L)."""
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""The places of what is fitted to, and of what is left out."""
Rule = Callable[[Any, Truth], tuple[Matrix, Matrix]]
"""Fits weights (features, L) and a bias (L) to features (examples, features), sparse or not, and truth."""


def folds(examples: int, groups: Sequence[str] | None) -> list[Fold]:
    """Each place is left out once, those of a group together. Raises `InputError` where there are too few."""
    from sklearn.model_selection import GroupKFold, KFold

    if groups is not None and len(groups) != examples:
        raise InputError(f"{examples} texts, and groups of {len(groups)}; each text needs its own")
    units = examples if groups is None else len(set(groups))
    if units < 2:
        raise InputError("too little to learn from: what is fitted to one text, or group, is measured on another")
    count = min(FOLDS, units)
    split = KFold(count, shuffle=True, random_state=0) if groups is None else GroupKFold(count)
    return list(split.split(np.zeros(examples), groups=groups))


def parts(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    """The weights of the parts of words, a sparse matrix (len(texts), F)."""
    from scipy.sparse import csr_matrix

    found = [vocabulary.vector(text) for text in texts]
    begins = np.cumsum([0, *(len(rows) for rows, _ in found)])
    columns, weights = (np.concatenate(side) for side in zip(*found, strict=True))
    return csr_matrix((weights, columns, begins), shape=(len(texts), len(vocabulary.keys)))


def beside_each_other(*features: Any) -> csr_matrix:
    """Features of the same texts in one matrix, those of the first one first."""
    from scipy.sparse import csr_matrix, hstack

    return hstack([csr_matrix(one) for one in features]).tocsr()


def support_vectors(strength: float) -> Rule:
    """One rule against the rest for each label. A label that no example has is never seen, one of all always."""
    from sklearn.svm import LinearSVC

    def rule(features: Any, wanted: Truth) -> tuple[Matrix, Matrix]:
        weights = np.zeros((features.shape[1], wanted.shape[1]), np.float32)
        bias = np.where(wanted.all(axis=0), 1, -1).astype(np.float32)
        for n in np.flatnonzero(wanted.any(axis=0) & ~wanted.all(axis=0)):
            fitted = LinearSVC(C=strength, random_state=0).fit(features, wanted[:, n])
            weights[:, n], bias[n] = fitted.coef_[0], fitted.intercept_[0]
        return weights, bias

    return rule


def ridge(features: Matrix, wanted: Truth) -> tuple[Matrix, Matrix]:
    """A regression on 1 and -1, for all labels at once."""
    from sklearn.linear_model import Ridge

    fitted = Ridge(alpha=RIDGE).fit(features, 2.0 * wanted - 1)
    return fitted.coef_.reshape(wanted.shape[1], -1).T.astype(np.float32), fitted.intercept_.astype(np.float32)


def left_out(places: Sequence[Fold], features: Any, wanted: Truth, rule: Rule) -> Matrix:
    """The values of each example by rules fitted without it, (examples, L)."""
    values = np.zeros(wanted.shape, np.float32)
    for known, left in places:
        weights, bias = rule(features[known], wanted[known])
        values[left] = features[left] @ weights + bias
    return values


def strength(first: Fold, words: Any, wanted: Truth, single: bool) -> float:
    """The best of `STRENGTHS`, on one fold: they differ little, and each fold takes its time."""
    _, left = first
    tried = {c: left_out([first], words, wanted, support_vectors(c))[left] for c in STRENGTHS}
    return max(tried, key=lambda c: _quality(tried[c], wanted[left], single))


def join(values: Sequence[Matrix], wanted: Truth) -> tuple[Matrix, Matrix]:
    """Weights of the kinds of values, and an offset for each label, that make them its log odds.

    A kind that tells nothing of what was left out weighs nothing. Raises `InputError` where none tells anything.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows = np.arange(wanted.size)
    own = csr_matrix((np.ones(len(rows)), (rows, rows % wanted.shape[1])))
    found = beside_each_other(np.stack([v.ravel() for v in values], axis=1), own)
    fitted = LogisticRegression(max_iter=500).fit(found, wanted.ravel())
    weights = fitted.coef_[0].astype(np.float32)
    joining = np.maximum(weights[: len(values)], 0)
    if not joining.any():
        raise InputError("too little to learn from: what is fitted to a part of the texts says nothing of the others")
    return joining, weights[len(values) :] + np.float32(fitted.intercept_[0])


def cuts(likely: Matrix, wanted: Truth) -> Matrix:
    """The thresholds (L) with the best F1 over all labels: midway between a label's own and that of all of them.

    A label's own is found on few examples; the middle was better than either on two public sets with many labels.
    """
    total = int(wanted.sum())
    common = _cut(likely.ravel(), wanted.ravel(), 0, 0, total)[0]
    seen = likely >= common
    hits, counts = (seen & wanted).sum(axis=0), seen.sum(axis=0)
    others = zip(hits.sum() - hits, counts.sum() - counts, strict=True)
    own = [_cut(likely[:, n], wanted[:, n], int(h), int(c), total)[0] for n, (h, c) in enumerate(others)]
    return ((np.array(own) + common) / 2).astype(np.float32)


def _quality(values: Matrix, wanted: Truth, single: bool) -> float:
    """The share that is right, or F1 with the best threshold."""
    if single:
        return float(wanted[np.arange(len(wanted)), values.argmax(axis=1)].mean())
    return _cut(values.ravel(), wanted.ravel(), 0, 0, int(wanted.sum()))[1]


def _cut(scores: Matrix, right: Truth, hits: int, seen: int, total: int) -> tuple[float, float]:
    """The threshold of these scores with the best F1, and that; `hits` among `seen` are those of other scores."""
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * (hits + np.cumsum(right[order])) / (total + seen + 1 + np.arange(len(order)))
    f1[:-1][np.diff(scores[order]) == 0] = 0  # a threshold parts no equal scores
    best = int(f1.argmax())
    below = scores[order[min(best + 1, len(order) - 1)]]
    return float((scores[order[best]] + below) / 2), float(f1[best])
