"""The lexical side of the index: BM25 over single characters, pairs of them, words and codes, by bm25s."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.knowledge.synonyms import Synonyms
from shopassist.text import content, fold, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray


FUNCTION = "rupcdyxqfeokhzm"
"""First letters of the word classes that carry no subject: pronouns, particles, prepositions, adverbs, numerals …"""

EMPTY = re.compile("是|有|会|能|要|可以|想|想要|请问|问|说|做|来|去|到|给|帮|让|在|用|没有|没")
"""Verbs that jieba has no class of their own for, and that are in any sentence."""

KINDRED = 0.5
"""What a token of another expression for the same counts, beside one of the question's own."""

UNKNOWN = 0.5
"""The weight of a token that no text has."""


class Lexical:
    """BM25 of one language; row numbers are those of the texts it was built from."""

    def __init__(self, model: Any, size: int) -> None:
        self._model = model
        self.size = size
        self._frequency: list[int] = np.diff(model.scores["indptr"]).tolist()
        self._last: tuple[str, Question] | None = None
        self.synonyms = Synonyms(())

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

    def read(self, query: str) -> Question:
        """A question as this index understands it; the last one is kept, as all passages are held against it."""
        kept = self._last
        if kept is None or kept[0] != query:
            kept = self._last = query, self._read(query)
        return kept[1]

    def _read(self, query: str) -> Question:
        named = self.synonyms.named(query)
        words = {t: float(count) for t, count in Counter(tokens(query)).items()}
        for token in (t for _, others in named for other in others for t in content(other)):
            words.setdefault(token, KINDRED)
        meaning = {t: self.weight(t) for t in telling(query)}
        return Question(query, words, meaning, sum(meaning.values()), _alternatives(named, meaning))

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 of every text, shape (size,); what else the question's expressions are called counts for less."""
        found = np.zeros(self.size, np.float32)
        data, rows, starts = (self._model.scores[n] for n in ("data", "indices", "indptr"))
        for token, weight in self.read(query).words.items():
            if (place := self._model.vocab_dict.get(token)) is not None:
                part = slice(starts[place], starts[place + 1])
                found[rows[part]] += np.float32(weight) * data[part]
        return found

    def frequency(self, token: str) -> int:
        """In how many texts a token is."""
        place = self._model.vocab_dict.get(token)
        return 0 if place is None else self._frequency[place]

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
        """How much of the query's meaning, by weight, the text holds, also in other words: 0 to 1."""
        return self.read(query).covered(held(text))

    def coverages(self, query: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same of indexed texts (with their aliases), told from the index without reading them; shape (rows,)."""
        question, holds = self.read(query), [set[str]() for _ in rows]
        for token in {*question.meaning, *(t for others in question.others.values() for o in others for t in o)}:
            for n in np.flatnonzero(np.isin(rows, self._texts(token), assume_unique=True)):
                holds[n].add(token)
        return np.array([question.covered(frozenset(h)) for h in holds])

    def _texts(self, token: str) -> NDArray[np.int32]:
        """The texts that have a token."""
        place = self._model.vocab_dict.get(token)
        starts = self._model.scores["indptr"]
        part = slice(0, 0) if place is None else slice(starts[place], starts[place + 1])
        return self._model.scores["indices"][part]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Question:
    """A question in tokens: `words` with their weights for BM25, `meaning` those that tell what it is about.

    `others` are, for a token of an expression with synonyms, the tokens of each synonym.
    """

    text: str
    words: Mapping[str, float]
    meaning: Mapping[str, float]
    total: float
    others: Mapping[str, tuple[frozenset[str], ...]]

    def covered(self, held: frozenset[str]) -> float:
        """The share of the meaning that a text with these tokens holds."""
        if not self.total:
            return 0.0
        return sum(self.meaning[t] for t in self.meaning.keys() - self.lacking(held)) / self.total

    def lacking(self, held: frozenset[str]) -> frozenset[str]:
        """The tokens of the meaning that a text with these tokens holds neither themselves nor by a synonym."""
        return frozenset(
            t for t in self.meaning.keys() - held if not any(other <= held for other in self.others.get(t, ()))
        )


def _alternatives(
    named: Sequence[tuple[str, tuple[str, ...]]], meaning: Mapping[str, float]
) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for expression, others in named:
        for token in meaning.keys() & set(tokens(expression)):
            found[token] = (*found.get(token, ()), *map(content, others))
    return found


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


@lru_cache(maxsize=4096)
def held(text: str) -> frozenset[str]:
    """The tokens of a short text, such as a heading."""
    return frozenset(tokens(text))
