"""A text as the parts of its words: what the linear heads weigh."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

LONGEST = 4
"""Characters of the longest part."""
MIXED = np.uint32(0x9E3779B1)
"""What a part's number is multiplied with before the next character is added: odd, and far from round."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[a-z']+")

Keys = NDArray[np.uint32]
Counts = NDArray[np.float32]


def grams(text: str) -> tuple[Keys, NDArray[np.intp]]:
    """The parts of a text by a number of 32 bits each, the same in every process, and how often each comes.

    Parts are runs of one to `LONGEST` characters, and English words with those that follow them.
    """
    text = f" {_SPACE.sub(' ', text.strip())} "
    runs = _runs(text)
    words = _WORD.findall(text)
    told = [*(f"/{word}" for word in words), *(f"/{a} {b}" for a, b in pairwise(words))]
    runs.append(np.fromiter((crc32(word.encode()) for word in told), np.uint32, len(told)))
    return np.unique(np.concatenate(runs), return_counts=True)


def pairs(text: str) -> Keys:
    """The numbers of a text's pairs of neighbouring characters, in its order."""
    return _runs(text, 2)[-1]


def single(characters: Keys) -> Keys:
    """The numbers of single characters, given by their code points."""
    return characters * MIXED


def pair(first: Keys, second: Keys) -> Keys:
    """The numbers of pairs of characters, given by their code points."""
    return (single(first) + second) * MIXED


def word(told: str) -> Keys:
    """The number of an English word."""
    return np.array([crc32(f"/{told}".encode())], np.uint32)


def _runs(text: str, longest: int = LONGEST) -> list[Keys]:
    """The numbers of a text's runs of one character, of two, and so on."""
    characters = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    runs = [np.zeros(len(characters), np.uint32)]
    for size in range(min(longest, len(characters))):
        runs.append((runs[-1][: len(characters) - size] + characters[size:]) * MIXED)
    return runs[1:]


class Vocabulary:
    """The parts that are known, by their keys in rising order, and how much each tells (`idf`)."""

    def __init__(self, keys: Keys, idf: NDArray[np.float32]) -> None:
        self.keys, self.idf = keys, idf

    @classmethod
    def of(cls, texts: Sequence[str], *, least: int = 2) -> Vocabulary:
        """The parts that come in at least `least` of the texts."""
        every = [grams(text)[0] for text in texts]
        keys, counts = np.unique(np.concatenate(every or [np.zeros(0, np.uint32)]), return_counts=True)
        kept = counts >= least
        idf = np.log((1 + len(texts)) / (1 + counts[kept])) + 1
        return cls(keys[kept], idf.astype(np.float32))

    def shares(self, keys: Keys) -> NDArray[np.float32]:
        """About the share of the texts that hold each of these parts; 0 for those that are not known."""
        if not len(self.keys):
            return np.zeros(len(keys), np.float32)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, np.exp(1 - self.idf[places]), 0).astype(np.float32)

    def vector(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The places of a text's known parts and their weights: tf-idf with length 1, nothing where none is known."""
        keys, counts = grams(text)
        places = np.searchsorted(self.keys, keys)
        if not len(self.keys):
            return places[:0], np.zeros(0, np.float32)
        known = np.flatnonzero(self.keys[np.minimum(places, len(self.keys) - 1)] == keys)
        rows = places[known]
        weights = (1 + np.log(counts[known])) * self.idf[rows]
        return rows, (weights / max(float(np.linalg.norm(weights)), 1e-12)).astype(np.float32)
