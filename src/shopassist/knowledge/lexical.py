"""The lexical side of the index: BM25 over single characters, pairs of them, words and codes, by bm25s."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from shopassist.knowledge.synonyms import Synonyms
from shopassist.text import HAN, asking, content, fold, stem, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray


FUNCTION = "rupcdyxqfeokhzm"
"""First letters of the word classes that carry no subject: pronouns, particles, prepositions, adverbs, numerals …"""

NAMING = "nijl"
"""First letters of the word classes that name things, idioms among them; people (nr) are none, Latin in Chinese is."""

EMPTY = re.compile("[不没]?(?:是|有|会|能|能够|要|可|可以|行|想|想要|请问|问|说|做|来|去|到|给|帮|让|在|用)|没")
"""Verbs that jieba has no class of their own for, and that are in any sentence."""

_OR_NOT = re.compile("(?P<first>.{1,2})[不没](?P<verb>(?P=first).{0,2})")
_HAN = re.compile(f"[{HAN}]")

KINDRED = 0.5
"""What a token of another expression for the same counts, beside one of the question's own."""

UNKNOWN, STRANGE = 0.5, 1.0
"""The weight of a word that no text has; and of one that names a thing, which the question is then about."""

BEFORE = 0.5
"""What a word counts of the sentences that do not ask."""


class Lexical:
    """BM25 of one language; row numbers are those of the texts it was built from."""

    def __init__(self, model: Any, size: int) -> None:
        self._model = model
        self.size = size
        self._data, self._rows, self._starts = (np.asarray(model.scores[n]) for n in ("data", "indices", "indptr"))
        self._frequency: list[int] = np.diff(self._starts).tolist()
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
        terms = {t: float(count) for t, count in Counter(tokens(query)).items()}
        for token in (t for _, others in named for other in others for t in content(other)):
            terms.setdefault(token, KINDRED)
        meaning = {w.text: self._weighed(w) for w in words(query)}
        parts = frozenset(t for _, parts in meaning.values() for t in parts)
        others = _alternatives(named, parts)
        return Question(query, terms, meaning, others, parts.union(*(o for found in others.values() for o in found)))

    def _weighed(self, word: Word) -> tuple[float, frozenset[str]]:
        """How much a word tells, the mean of what its tokens tell that any text has, and its tokens."""
        known = [self.weight(t) for t in word.parts if self.frequency(t)]
        weight = sum(known) / len(known) if known else STRANGE if word.names else UNKNOWN
        return weight if word.asks else BEFORE * weight, word.parts

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 of every text, shape (size,); what else the question's expressions are called counts for less."""
        found = np.zeros(self.size, np.float32)
        data, rows, starts = self._data, self._rows, self._starts
        for token, weight in self.read(query).terms.items():
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
        for token in question.looked_for:
            for n in np.flatnonzero(np.isin(rows, self._texts(token), assume_unique=True)):
                holds[n].add(token)
        return np.array([question.covered(frozenset(h)) for h in holds])

    def _texts(self, token: str) -> NDArray[np.int32]:
        """The texts that have a token."""
        place = self._model.vocab_dict.get(token)
        return self._rows[:0] if place is None else self._rows[self._starts[place] : self._starts[place + 1]]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question that says what it is about: its tokens, whether it names a thing, and asks about it."""

    text: str
    parts: frozenset[str]
    names: bool
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A question as an index understands it: `terms` are its tokens with their weights for BM25.

    `meaning` are the words that tell what it is about, each with its weight and its tokens; `others`, for a token of an
    expression with synonyms, the tokens of each synonym; `looked_for` are all these tokens.
    """

    text: str
    terms: Mapping[str, float]
    meaning: Mapping[str, tuple[float, frozenset[str]]]
    others: Mapping[str, tuple[frozenset[str], ...]]
    looked_for: frozenset[str]

    @property
    def weights(self) -> dict[str, float]:
        """The words of the meaning with their weights, between 0 and 1."""
        return {word: weight for word, (weight, _) in self.meaning.items()}

    def covered(self, held: frozenset[str]) -> float:
        """The share of the meaning that a text with these tokens holds; of a word in parts its share."""
        if self.looked_for.isdisjoint(held):
            return 0.0
        total = sum(weight for weight, _ in self.meaning.values())
        found = sum(weight * self._share(parts, held) for weight, parts in self.meaning.values())
        return found / total if total else 0.0

    def lacking(self, held: frozenset[str]) -> frozenset[str]:
        """The words of the meaning of which a text with these tokens holds less than half, by a synonym neither."""
        return frozenset(w for w, (_, parts) in self.meaning.items() if self._share(parts, held) < 0.5)

    def _share(self, parts: frozenset[str], held: frozenset[str]) -> float:
        return sum(t in held or any(o <= held for o in self.others.get(t, ())) for t in parts) / len(parts)


def _alternatives(
    named: Sequence[tuple[str, tuple[str, ...]]], parts: frozenset[str]
) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for expression, others in named:
        for token in parts & set(tokens(expression)):
            found[token] = (*found.get(token, ()), *map(content, others))
    return found


def _bm25s() -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG and writes to stderr
    return bm25s


@lru_cache(maxsize=1024)
def telling(query: str) -> frozenset[str]:
    """The tokens of a question that say what it is about."""
    return frozenset(t for word in words(query) for t in word.parts)


@lru_cache(maxsize=1024)
def words(query: str) -> tuple[Word, ...]:
    """The words of a question that say what it is about, each once.

    Chinese ones are its nouns, verbs and adjectives by rjieba's word classes, as the pairs of characters inside of
    them: pairs across two words and function words say little, and would make any question resemble any page. Of a
    verb that asks whether (吵不吵) the verb counts, of an English word the stem. What
    stands beside the sentences that ask counts for less.
    """
    chinese = bool(_HAN.search(query))
    asked, told = ({w.text: w for text in part for w in _words(text, chinese=chinese)} for part in asking(query))
    return tuple(({text: replace(word, asks=not asked) for text, word in told.items()} | asked).values())


def _words(sentence: str, *, chinese: bool) -> Iterator[Word]:
    import rjieba
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    for word, kind in rjieba.tag(fold(sentence)):
        verb = _OR_NOT.fullmatch(word)
        plain = verb["verb"] if verb else word.strip()
        function = kind[0] in FUNCTION and kind != "eng" and not any(c.isdigit() for c in plain)
        if function or EMPTY.fullmatch(plain) or plain in STOPWORDS_EN_PLUS or stem(plain) in _light():
            continue
        if parts := content(plain) or frozenset(tokens(plain)):
            names = (kind[0] in NAMING and kind != "nr") or kind == "vn" or (kind == "eng" and chinese)
            yield Word(plain, parts, names)


@lru_cache(maxsize=1)
def _light() -> frozenset[str]:
    lines = yaml.safe_load(resources.files(__package__).joinpath("light.yaml").read_text("utf-8"))
    return frozenset(stem(word) for line in lines for word in line.split())


@lru_cache(maxsize=4096)
def held(text: str) -> frozenset[str]:
    """The tokens of a short text, such as a heading."""
    return frozenset(tokens(text))
