"""How well each intent of the catalogue fits a text: the fitted head, and what a shop has added to it."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from shopassist.dialogue import Act
from shopassist.language.acts import act as by_rule
from shopassist.language.catalogue import ACTS, LANGUAGES, Catalogue, Intent
from shopassist.language.head import Head
from shopassist.language.judge import IDLE, Piece, evidence, probabilities
from shopassist.language.likeness import Likeness, Owned, Vector, likely
from shopassist.language.spelling import mended, unnamed
from shopassist.text import HAN

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

DENSE_TEMPERATURE = 0.4
"""How sharply near examples of different intents are told apart, in standard deviations of their dense similarity."""
TRUST = 0.9
"""How much nearest examples alone can say."""
LONGEST = 300
"""Characters of a piece that are looked at: what a customer wants stands in far fewer."""
STRANGE = -6.0
"""The value of an intent for which nothing speaks."""


_QUESTION = re.compile("[?？]")
_APART = re.compile(rf"(?<=[{HAN}]) 12 (?=[{HAN}])")
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}-?\d{5,}[A-Za-z]{0,4}(?![A-Za-z0-9])")
"""A number such as that of an order, in whatever form a shop gives them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message in words that stand for its values: all of it, and the part of it that asks.

    `told` are the clauses beside that part that only tell.
    """

    text: str
    core: str
    asks: bool = True
    told: tuple[str, ...] = ()


class Classifier:
    """Scores of a catalogue's intents. One may be shared by threads; it learns nothing from what it reads."""

    def __init__(self, catalogue: Catalogue, embeddings: Embeddings | None = None, head: Head | None = None) -> None:
        """Use the fitted head, the built-in one where none is given.

        Intents whose examples it was not fitted to, a shop's own, are known by their patterns and nearest examples;
        with `embeddings` also by vectors of the examples, which are made when first needed.
        """
        self.catalogue = catalogue
        self.head = head or Head.load()
        self._names = [i.name for i in catalogue]
        self._idle = np.array([n in IDLE for n in self._names])
        self._places = {str(name): n for n, name in enumerate(self.head.intents)}
        known = [n for n, name in enumerate(self._names) if name in self._places]
        self._known = np.asarray(known, np.intp)
        self._place = np.asarray([self._places[self._names[n]] for n in known], np.intp)
        fitted = dict(zip(self.head.intents.tolist(), self.head.examples.tolist(), strict=True))
        self._added = np.asarray([fitted.get(i.name) != digest(i) for i in catalogue])
        self._words = self.known_words(catalogue)
        self._near = {n: _Near(self._examples(n), len(self._names), embeddings) for n in LANGUAGES if self._added.any()}

    @staticmethod
    def known_words(catalogue: Catalogue) -> frozenset[str]:
        """The English words of the examples, which are right as they are."""
        examples = [e for i in catalogue for e in i.examples.get("en", ())]
        return frozenset(w for e in examples for w in re.findall("[a-z]+", e.lower()))

    def spelled(self, text: str, language: str) -> str:
        """A text as the head reads it: in usual spelling, with one word for whatever thing is for sale."""
        return in_usual_words(text, language, self._words)

    def judge(self, parts: Sequence[Part], whole: str, language: str) -> list[Vector]:
        """How likely each intent of the catalogue is wished in each part of a message, which is `whole`."""
        if not parts:
            return []
        pieces = [self._piece(p, language) for p in parts]
        message = pieces[0].text if len(parts) == 1 and parts[0].text == whole else self.values(whole, language)
        found = evidence(pieces, message, len(whole), language == "en", self._idle)
        own = np.zeros(len(self._names), np.float32)
        own[self._known] = self.head.judge[: len(self.head.intents)][self._place]
        weights = self.head.judge[len(self.head.intents) : -1]
        return list(probabilities(found, weights, own, float(self.head.judge[-1])))

    def _piece(self, part: Part, language: str) -> Piece:
        text = self.values(part.text, language)
        core = text if part.core == part.text else self.values(part.core, language)
        told = [self.values(clause, language) for clause in part.told]
        beside = np.max(told, axis=0) if told else core
        return Piece(text, core, beside, part.asks, bool(told), len(part.text), bool(_QUESTION.search(part.text)))

    def scores(self, text: str, language: str) -> list[tuple[str, float]]:
        """Every intent with its score, the best first, for a text that is all that was said.

        A score is about the share of such texts that mean it.
        """
        (total,) = self.judge([Part(text, text)], text, language)
        order = np.argsort(-total, kind="stable")
        return [(self._names[n], round(float(total[n]), 4)) for n in order]

    def act(self, text: str, plain: str, language: str, intent: str) -> Act:
        """What a customer does with an intent in a text, given also in plain words."""
        rule = by_rule(text, language, intent)
        if rule == "retract":  # which nothing may outvote: what is taken back must not be done
            return rule
        values = self.head.values(self.spelled(plain, language))[1] + self.head.act_rule[ACTS.index(rule)]
        place = self._places.get(intent)
        if place is not None:
            values = values + self.head.act_intent[place]
        return cast("Act", str(self.head.acts[int(values.argmax())]))

    def values(self, text: str, language: str) -> Vector:
        """The value of each intent of the catalogue for a text in plain words: log odds."""
        plain = self.spelled(text, language)
        total = np.full(len(self._names), STRANGE, np.float32)
        total[self._known] = self.head.values(plain)[0][self._place]
        told = self._patterns(plain, language)
        if self._added.any():
            near = np.where(self._added, TRUST * self._near[language].near(plain), 0)
            told = 1 - (1 - told) * (1 - near)
        told = np.clip(told, 1e-4, 0.99)
        return np.asarray(np.maximum(total, np.log(told / (1 - told))), np.float32)

    def _patterns(self, text: str, language: str) -> Vector:
        """The surest match of each intent; of equally sure ones the longer says more."""
        found = np.zeros(len(self._names), np.float32)
        for n, intent in enumerate(self.catalogue):
            for pattern in intent.patterns.get(language, ()):
                if match := pattern.regex.search(text):
                    length = min(match.end() - match.start(), 15)
                    found[n] = max(found[n], min(0.99, pattern.weight + 0.002 * length))
        return found

    def _examples(self, language: str) -> list[tuple[int, str]]:
        return [
            (n, self.spelled(example, language))
            for n, intent in enumerate(self.catalogue)
            for example in intent.examples.get(language, ())
        ]


def in_usual_words(text: str, language: str, known: frozenset[str]) -> str:
    """A text as heads read it: in usual spelling, one word for whatever thing is for sale, one number for all codes."""
    return unnamed(_APART.sub("12", mended(_CODE.sub("12", text[:LONGEST]), language, known)), language)


def digest(intent: Intent) -> str:
    """A checksum of what an intent is known by: its examples and patterns."""
    lines = [f"{language}\t{e}" for language in LANGUAGES for e in intent.examples.get(language, ())]
    lines += [f"{language}\t{p}" for language in LANGUAGES for p in intent.patterns.get(language, ())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class _Near:
    """The nearest examples of a language: by words, and by vectors, made once, when first needed."""

    def __init__(self, examples: list[tuple[int, str]], intents: int, embeddings: Embeddings | None) -> None:
        self.examples, self.intents, self.embeddings = examples, intents, embeddings
        self.sparse = Likeness(examples, intents)
        self._ready: _Vectors | None = None
        self._lock = threading.Lock()

    def near(self, text: str) -> Vector:
        """How likely each intent is by its nearest examples."""
        near = self.sparse.near(text)
        if self.embeddings is None or not self.examples:
            return near
        known = self._vectors()
        query = np.asarray(self.embeddings.embed_query(text), np.float32)
        similarity = known.vectors @ (query / max(float(np.linalg.norm(query)), 1e-12))
        # Models differ in where their similarities lie, so they are measured in deviations of this model's own.
        similarity = ((similarity - known.mean) / known.deviation).astype(np.float32)
        dense = likely(known.owned.nearest(similarity), DENSE_TEMPERATURE, middle=2.0, slope=2.0)
        return np.asarray(1 - (1 - near * 0.8) * (1 - dense * 0.8), np.float32)

    def _vectors(self) -> _Vectors:
        with self._lock:
            if self._ready is None:
                owned = Owned(np.asarray([n for n, _ in self.examples], np.intp), self.intents)
                vectors = _unit(self.embeddings, [e for _, e in self.examples])
                among = vectors @ vectors.T
                apart = among[~np.eye(len(among), dtype=bool)] if len(among) > 1 else among.ravel()
                self._ready = _Vectors(vectors, owned, float(apart.mean()), max(float(apart.std()), 1e-6))
            return self._ready


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Examples of a language, whose they are, and where the similarities among them lie."""

    vectors: Vector
    owned: Owned
    mean: float
    deviation: float


def _unit(embeddings: Any, texts: list[str]) -> Vector:
    """Vectors of length 1; `encode`, where embeddings have it, gives an array without lists between."""
    own = getattr(embeddings, "encode", None) or embeddings.embed_documents
    vectors = np.asarray(own(texts), np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
