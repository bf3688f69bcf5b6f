"""How sure we are that a passage answers a question at all: a figure between 0 and 1 that compares across searches.

Cosines of one embedding model compare badly with another's, so the index measures its own noise when it is built: how
near its passages come to questions that no shop's pages answer. A passage's cosine is read against that level, and
together with how much of the question's meaning its words hold.

The constants of the logistic curves were fitted on the development half of ``benchmarks/data/questions.yaml`` by
``benchmarks/retrieval.py --fit``, so that 95 % of its answerable questions keep a passage at 0.5; what they give on the
other half stands in ``docs/figures.md``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import yaml

from shopassist.knowledge.encoding import encode

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

DENSE = (-3.07, 0.71, 6.07)
"""Intercept, weight of the cosine above the noise (in its standard deviations), weight of the coverage."""

LEXICAL = (-1.39, 5.79)
"""Intercept and weight of the coverage where there are no vectors."""


def background(embeddings: Embeddings, vectors: NDArray[np.float32]) -> dict[str, float]:
    """The noise of passages' vectors: mean and standard deviation of the best cosine for unrelated questions."""
    if not len(vectors):
        return {"mean": 0.0, "std": 1.0}
    best = (_vectors(embeddings) @ vectors.T).max(axis=1)
    return {"mean": float(best.mean()), "std": float(max(best.std(), 1e-3))}


def relevance(coverage: float, cosine: float | None, noise: dict[str, float] | None) -> float:
    """Between 0 and 1. `coverage` is between 0 and 1; `cosine` is None in a lexical index."""
    if cosine is None or not noise:
        return _logistic(LEXICAL[0] + LEXICAL[1] * coverage)
    above = (cosine - noise["mean"]) / noise["std"]
    return _logistic(DENSE[0] + DENSE[1] * above + DENSE[2] * coverage)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, x))))


def _vectors(embeddings: Embeddings) -> NDArray[np.float32]:
    return encode(embeddings, _questions())


@lru_cache(maxsize=1)
def _questions() -> tuple[str, ...]:
    return tuple(yaml.safe_load(resources.files(__package__).joinpath("background.yaml").read_text("utf-8")))
