"""A text as the parts of its words: what the linear heads weigh."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

LONGEST = 4
"""Characters of the longest part."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[a-z']+")

Keys = NDArray[np.uint32]
Counts = NDArray[np.float32]


def grams(text: str) -> Counter[str]:
    """Runs of one to `LONGEST` characters, and English words with those that follow them; how often each comes."""
    text = f" {_SPACE.sub(' ', text.strip())} "
    found = Counter(text[n : n + size] for size in range(1, LONGEST + 1) for n in range(len(text) - size + 1))
    words = _WORD.findall(text)
    found.update(f"/{word}" for word in words)
    found.update(f"/{a} {b}" for a, b in pairwise(words))
    return found


def keyed(found: Counter[str]) -> tuple[Keys, Counts]:
    """The parts by a number of 32 bits each, the same in every process, and how often each comes."""
    keys = np.fromiter((crc32(gram.encode("utf-8", "replace")) for gram in found), np.uint32, len(found))
    return keys, np.fromiter(found.values(), np.float32, len(found))


class Vocabulary:
    """The parts that are known, by their keys in rising order, and how much each tells (`idf`)."""

    def __init__(self, keys: Keys, idf: NDArray[np.float32]) -> None:
        self.keys, self.idf = keys, idf

    @classmethod
    def of(cls, texts: Sequence[str], *, least: int = 2) -> Vocabulary:
        """The parts that come in at least `least` of the texts."""
        every = [keyed(grams(text))[0] for text in texts]
        keys, counts = np.unique(np.concatenate(every or [np.zeros(0, np.uint32)]), return_counts=True)
        kept = counts >= least
        idf = np.log((1 + len(texts)) / (1 + counts[kept])) + 1
        return cls(keys[kept], idf.astype(np.float32))

    def vector(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The places of a text's known parts and their weights: tf-idf with length 1, nothing where none is known."""
        keys, counts = keyed(grams(text))
        places = np.searchsorted(self.keys, keys)
        if not len(self.keys):
            return places[:0], counts[:0]
        known = np.flatnonzero(self.keys[np.minimum(places, len(self.keys) - 1)] == keys)
        rows = places[known]
        weights = (1 + np.log(counts[known])) * self.idf[rows]
        return rows, (weights / max(float(np.linalg.norm(weights)), 1e-12)).astype(np.float32)
