"""Vectors on a plane, so that what is alike lies together: neighbour embedding, begun at the principal components.

Each point is drawn to its nearest neighbours and pushed away from others, as in LargeVis (Tang et al. 2016) and UMAP
(McInnes et al. 2018). The numbers of chance are the same each time, so that the same vectors give the same map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 10
ROUNDS = 200
PUSHES = 5
"""Others that each point is pushed away from in a round."""

FARTHEST = 4.0
"""No point moves more than this in a round, times its pace."""

HOMEWARDS = 0.02
"""The share of its way to the middle that each point is drawn back in a round: islands would drift apart for ever."""

BLOCK = 1024


def on_a_plane(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places of shape (n, 2) between 0 and 1 for vectors of length 1, shape (n, dimension)."""
    places = _principal(vectors)
    if len(vectors) > NEIGHBOURS:
        places = _moved(places, nearest(vectors, vectors, NEIGHBOURS, apart=True))
    return _scaled(places)


def nearest(
    vectors: NDArray[np.float32], among: NDArray[np.float32], count: int, *, apart: bool = False
) -> NDArray[np.int64]:
    """The rows of `among` that are nearest to each vector, best first, shape (n, count); `apart`: but not itself."""
    found = []
    for start in range(0, len(vectors), BLOCK):
        likeness = vectors[start : start + BLOCK] @ among.T
        if apart:
            likeness[np.arange(len(likeness)), start + np.arange(len(likeness))] = -np.inf
        few = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(likeness, few, axis=1), axis=1, kind="stable")
        found.append(np.take_along_axis(few, order, axis=1))
    return np.concatenate(found)


def _principal(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first two principal components, with the sign that makes each axis' largest weight positive."""
    if len(vectors) < 3:
        return np.array([[float(n), 0.0] for n in range(len(vectors))]).reshape(-1, 2)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, :-3:-1]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(2)])
    places = centred @ axes
    return 10 * places / (np.abs(places).max() or 1.0)  # type: ignore[no-any-return]


def _moved(places: NDArray[np.float64], neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
    chance = np.random.default_rng(0)
    count = len(places)
    near = np.repeat(np.arange(count), neighbours.shape[1]), neighbours.reshape(-1)
    every = np.repeat(np.arange(count), PUSHES)
    for number in range(ROUNDS):
        pace = 1.0 - number / ROUNDS
        apart = places[near[0]] - places[near[1]]
        distance = (apart**2).sum(axis=1, keepdims=True)
        pull = np.clip(-2 * apart / (1 + distance), -FARTHEST, FARTHEST) * 0.1
        apart = places[every] - places[chance.integers(0, count, len(every))]
        distance = (apart**2).sum(axis=1, keepdims=True)
        push = np.clip(2 * apart / ((0.01 + distance) * (1 + distance)), -FARTHEST, FARTHEST) * 0.1
        step = _summed(near[0], pull, count) - _summed(near[1], pull, count) + _summed(every, push, count)
        places = places + pace * (np.clip(step, -FARTHEST, FARTHEST) - HOMEWARDS * places)
    return places


def _summed(rows: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.stack([np.bincount(rows, values[:, axis], count) for axis in range(2)], axis=1)


def _scaled(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Into the unit square. Half of each coordinate is its rank, so that crowds spread and empty space closes up."""
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    shares = (places - low) / np.where(high > low, high - low, 1.0)
    ranks = places.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, len(places) - 1)
    return (shares + ranks) / 2  # type: ignore[no-any-return]
