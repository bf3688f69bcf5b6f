"""The lexical side of the index: BM25 over single characters, pairs of them, words and codes, by bm25s."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.text import fold, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray


FUNCTION = "rupcdyxqfeokhzm"
"""First letters of the word classes that carry no subject: pronouns, particles, prepositions, adverbs, numerals …"""

EMPTY = re.compile("是|有|会|能|要|可以|想|想要|请问|问|说|做|来|去|到|给|帮|让|在|用|没有|没")
"""Verbs that jieba has no class of their own for, and that are in any sentence."""

UNKNOWN = 0.5
"""The weight of a token that no text has."""


class Lexical:
    """BM25 of one language; row numbers are those of the texts it was built from."""

    def __init__(self, model: Any, size: int) -> None:
        self._model = model
        self.size = size
        self._frequency: list[int] = np.diff(model.scores["indptr"]).tolist()
        self._last: tuple[str, dict[str, float], float] | None = None

    @classmethod
    def build(cls, texts: Sequence[str]) -> Lexical:
        """Index texts; there must be one at least."""
        bm25s = _bm25s()
        model = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
        model.index([tokens(t) or [""] for t in texts], show_progress=False, leave_progress=False)
        return cls(model, len(texts))

    @classmethod
    def load(cls, folder: Path, size: int) -> Lexical:
        """Open what `save` wrote."""
        bm25s = _bm25s()
        return cls(bm25s.BM25.load(str(folder), show_progress=False, mmap=True), size)

    def save(self, folder: Path) -> None:
        """Write the index to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._model.save(str(folder), show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 of every text, shape (size,)."""
        known = [t for t in tokens(query) if t in self._model.vocab_dict]
        if not known:
            return np.zeros(self.size, np.float32)
        return np.asarray(self._model.get_scores(known), np.float32)

    def weight(self, token: str) -> float:
        """How much a token tells: near 0 if it is in every text, 1 if it is in one.

        A token in no text gets half: it may be what the question is about, and may as well be two words' ends. A small
        index is weighed as one of a hundred texts, since what is in all of three pages may still be a telling word.
        """
        place = self._model.vocab_dict.get(token)
        if place is None:
            return UNKNOWN
        frequency = int(self._frequency[place])
        return 1.0 - log(frequency) / log(max(self.size, 100) + 1)

    def coverage(self, query: str, text: str) -> float:
        """How much of the query's meaning, by weight, the text holds: 0 to 1."""
        weights, total = self._weighed(query)
        return sum(weights[t] for t in weights.keys() & _tokens(text)) / total if total else 0.0

    def _weighed(self, query: str) -> tuple[dict[str, float], float]:
        """The weights of a query's telling tokens, and their sum; the last query's are kept, as all passages ask."""
        kept = self._last
        if kept is None or kept[0] != query:
            weights = {t: self.weight(t) for t in telling(query)}
            kept = self._last = query, weights, sum(weights.values())
        return kept[1], kept[2]


def _bm25s() -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG and writes to stderr
    return bm25s


@lru_cache(maxsize=1024)
def telling(query: str) -> frozenset[str]:
    """The tokens of a question that say what it is about.

    For Chinese those inside of its nouns, verbs and adjectives, by rjieba's word classes: 唢呐怎么吹 is about 唢呐, 吹.
    Pairs across two words and function words say little, and would make any question resemble any page.
    """
    import rjieba
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    found: set[str] = set()
    for word, kind in rjieba.tag(fold(query)):
        function = kind[0] in FUNCTION and kind != "eng" and not any(c.isdigit() for c in word)
        if function or EMPTY.fullmatch(word) or word in STOPWORDS_EN_PLUS:
            continue
        inside = tokens(word)
        found.update(t for t in inside if len(inside) == 1 or len(t) > 1 or t.isdigit())
    return frozenset(found)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(tokens(text))
