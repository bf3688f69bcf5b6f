"""How well each intent of the catalogue fits a text: the fitted head, and what a shop has added to it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from shopassist.dialogue import Act
from shopassist.language.acts import act as by_rule
from shopassist.language.catalogue import ACTS, LANGUAGES, Catalogue, Intent
from shopassist.language.head import Head
from shopassist.language.judge import IDLE, Limits, Piece, evidence, probabilities, weighed
from shopassist.language.likeness import Likeness, Owned, Vector, likely
from shopassist.language.reading import Part, Reader

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

DENSE_TEMPERATURE = 0.4
"""How sharply near examples of different intents are told apart, in standard deviations of their dense similarity."""
TRUST = 0.9
"""How much nearest examples alone can say."""
BARE = 4
"""So many characters hold a deed and its object, and no word that it failed: 申请价保."""
STRANGE = -6.0
"""The value of an intent for which nothing speaks."""
FORM_TELLS = {
    *((act, "request") for act in ("conditional", "verify", "blocked", "report", "status", "how")), ("request", "can"),
    ("can", "conditional"),
}  # fmt: skip
"""Pairs of an act by rule and a likelier one where the rule counts: nothing is done for what by its form is a question,
and what is asked for politely (能帮我取消吗) is no question."""


class Classifier:
    """Scores of a catalogue's intents. One may be shared by threads; it learns nothing from what it reads."""

    def __init__(self, catalogue: Catalogue, embeddings: Embeddings | None = None, head: Head | None = None) -> None:
        """Use the fitted head, the built-in one where none is given.

        Intents whose examples it was not fitted to, a shop's own, are known by their patterns and nearest examples;
        with `embeddings` also by vectors of the examples, which are made when first needed.
        """
        self.catalogue = catalogue
        self.head = head or Head.load()
        self.reader = Reader(catalogue, self.head.vocabulary)
        self.limits = Limits(*map(float, self.head.limits))
        self.names = [i.name for i in catalogue]
        self._idle = np.array([n in IDLE for n in self.names])
        self._places = {str(name): n for n, name in enumerate(self.head.intents)}
        known = [n for n, name in enumerate(self.names) if name in self._places]
        self._known = np.asarray(known, np.intp)
        self._place = np.asarray([self._places[self.names[n]] for n in known], np.intp)
        intents = len(self.head.intents)
        self._own, self._evidence = np.zeros(len(self.names), np.float32), self.head.judge[intents:-1]
        self._own[self._known] = self.head.judge[:intents][self._place]
        fitted = dict(zip(self.head.intents.tolist(), self.head.examples.tolist(), strict=True))
        self._added = np.asarray([fitted.get(i.name) != digest(i) for i in catalogue])
        self._near = {n: _Near(self._examples(n), len(self.names), embeddings) for n in LANGUAGES if self._added.any()}

    def weigh(self, language: str) -> Weigher:
        """A weigher for the texts of one message."""
        return Weigher(self, language)

    def scores(self, text: str, language: str) -> list[tuple[str, float]]:
        """Every intent with its score, the best first, for a text that is all that was said.

        A score is about the share of such texts that mean it.
        """
        plain = self.reader.spelled(text, language)
        (total,) = self.weigh(language).judge([Part(plain, plain)], plain)
        order = np.argsort(-total, kind="stable")
        return [(self.names[n], round(float(total[n]), 4)) for n in order]

    def _values(self, text: str, language: str) -> tuple[Vector, Vector]:
        intents, acts = self.head.values(text)
        total = np.full(len(self.names), STRANGE, np.float32)
        total[self._known] = intents[self._place]
        told = self._patterns(text, language)
        if self._added.any():
            near = np.where(self._added, TRUST * self._near[language].near(text), 0)
            told = 1 - (1 - told) * (1 - near)
        told = np.clip(told, 1e-4, 0.99)
        return np.asarray(np.maximum(total, np.log(told / (1 - told))), np.float32), acts

    def _judge(self, pieces: Sequence[Piece], message: Vector, length: int, language: str) -> list[Vector]:
        found = evidence(pieces, message, length, language == "en", self._idle)
        return list(probabilities(found, self._evidence, self._own, float(self.head.judge[-1])))

    def _act(self, values: Vector, rule: Act, intent: str) -> Act:
        values = values + self.head.act_rule[ACTS.index(rule)]
        place = self._places.get(intent)
        if place is not None:
            values = values + self.head.act_intent[place]
        return cast("Act", str(self.head.acts[int(values.argmax())]))

    def _patterns(self, text: str, language: str) -> Vector:
        """The surest match of each intent; of equally sure ones the longer says more."""
        found = np.zeros(len(self.names), np.float32)
        for n, intent in enumerate(self.catalogue):
            for pattern in intent.patterns.get(language, ()):
                if match := pattern.regex.search(text):
                    length = min(match.end() - match.start(), 15)
                    found[n] = max(found[n], min(0.99, pattern.weight + 0.002 * length))
        return found

    def _examples(self, language: str) -> list[tuple[int, str]]:
        """Also those of the intents that the head knows: a text is like an intent where it is less like the others."""
        return [
            (n, self.reader.spelled(example, language))
            for n, intent in enumerate(self.catalogue)
            for example in intent.examples.get(language, ())
        ]


class Weigher:
    """What a classifier makes of the texts of one message, in words as its reader gives them; each is weighed once."""

    def __init__(self, classifier: Classifier, language: str) -> None:
        self._classifier, self._language = classifier, language
        self._known: dict[str, tuple[Vector, Vector]] = {}

    def values(self, text: str) -> Vector:
        """The value of each intent of the catalogue for a text: log odds."""
        return self._weighed(text)[0]

    def judge(self, parts: Sequence[Part], whole: str) -> list[Vector]:
        """How likely each intent of the catalogue is wished in each part of a message, which is `whole`."""
        if not parts:
            return []
        pieces = [weighed(part, self.values) for part in parts]
        return self._classifier._judge(pieces, self.values(whole), len(whole), self._language)

    def act(self, plain: str, intent: str) -> Act:
        """What a customer does with an intent in a text."""
        rule = by_rule(plain, self._language, intent)
        if rule == "retract":  # which nothing may outvote: what is taken back must not be done
            return rule
        likely = self._classifier._act(self._weighed(plain)[1], rule, intent)
        if (rule, likely) == ("request", "blocked") and len(plain) <= BARE:
            return rule
        return rule if (rule, likely) in FORM_TELLS else likely

    def _weighed(self, text: str) -> tuple[Vector, Vector]:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._classifier._values(text, self._language)
        return found


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
