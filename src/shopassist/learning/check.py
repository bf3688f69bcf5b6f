"""Whether a catalogue's examples help each other: what a shop has added, held against all that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from shopassist.dialogue import Act
from shopassist.language.catalogue import ACTS, LANGUAGES, Catalogue, Route
from shopassist.language.intents import Classifier, digest
from shopassist.language.likeness import Likeness, Vector, features
from shopassist.learning.examples import Example
from shopassist.text import tokens

NEAR = 0.75
"""From this similarity on examples of different intents are near duplicates."""
FEW = 20
"""Below so many examples of a language words alone tell less than half of an intent's other examples."""


@dataclass(frozen=True, slots=True)
class Told:
    """An example of a catalogue. `own`: it is the shop's, not the built-in catalogue's."""

    intent: str
    language: str
    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two examples of different intents that are alike, a shop's own first; `same`: word for word, but for marks."""

    one: Told
    other: Told
    similarity: float
    same: bool

    @property
    def own(self) -> bool:
        """Whether a shop's own example is one of them."""
        return self.one.own or self.other.own


@dataclass(frozen=True, slots=True)
class Confusion:
    """Examples of an intent that all others speak for another one for; None where they share no word with any."""

    intent: str
    other: str | None
    share: float
    """Of the intent's examples."""
    examples: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the running classifier makes of an example: the likeliest intent and its score, and that of its own."""

    example: Told
    intent: str
    score: float
    own_score: float


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Acts of an intent that no labelled message has, though something comes of them."""

    intent: str
    acts: tuple[Act, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class Few:
    """An intent with few examples in a language."""

    intent: str
    language: str
    count: int
    own: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found; each list has what concerns a shop's own intents and examples first, the worst before others.

    `own` are the intents that the shop added or changed. `matrix` counts examples (intents, intents + 1): the row is
    their intent, the column what the others speak for, the last one nothing. `won` are the shop's examples that another
    intent wins, `unsure` those that their own wins with too little to be taken as a wish, and `taken` the built-in ones
    that an intent of `own` has won from theirs.
    """

    names: tuple[str, ...]
    own: frozenset[str]
    examples: int
    pairs: tuple[Pair, ...]
    matrix: tuple[tuple[int, ...], ...]
    confusions: tuple[Confusion, ...]
    won: tuple[Heard, ...]
    unsure: tuple[Heard, ...]
    taken: tuple[Heard, ...]
    uncovered: tuple[Uncovered, ...]
    few: tuple[Few, ...]

    @property
    def clean(self) -> bool:
        """Whether no example stands in two intents, and none of the shop's is won by another."""
        return not self.won and not any(pair.same for pair in self.pairs)


def check(classifier: Classifier, built_in: Catalogue, messages: Sequence[Example]) -> Findings:
    """Hold a classifier's catalogue against itself, the built-in one, and labelled messages."""
    catalogue = classifier.catalogue
    own = frozenset(
        i.name for i in catalogue if i.name not in built_in.intents or digest(i) != digest(built_in[i.name])
    )
    every = list(_told(catalogue, built_in))
    near = _Near(classifier)
    for language in LANGUAGES:
        near.look([t for t in every if t.language == language], language)
    heard = [_heard(classifier, t) for t in every if t.own]
    least = classifier.limits.least
    return Findings(
        tuple(classifier.names),
        own,
        len(every),
        tuple(sorted(near.pairs, key=lambda p: (not p.own, -p.similarity))),
        tuple(tuple(row) for row in near.matrix.tolist()),
        tuple(_confusions(near, own)),
        tuple(sorted((h for h in heard if h.intent != h.example.intent), key=lambda h: h.own_score - h.score)),
        tuple(sorted((h for h in heard if h.intent == h.example.intent and h.score < least), key=lambda h: h.score)),
        tuple(_taken(classifier, built_in, own, every)),
        tuple(sorted(_uncovered(catalogue, own, messages), key=lambda u: (not u.own, -len(u.acts)))),
        tuple(sorted(_few(catalogue, own), key=lambda f: (not f.own, f.count))),
    )


def _told(catalogue: Catalogue, built_in: Catalogue) -> Iterator[Told]:
    for intent in catalogue:
        before = built_in.intents.get(intent.name)
        for language in LANGUAGES:
            known = set(before.examples.get(language, ())) if before else set()
            for text in intent.examples.get(language, ()):
                yield Told(intent.name, language, text, text not in known)


@dataclass
class _Near:
    """The examples of each language held against each other."""

    classifier: Classifier
    pairs: list[Pair] = field(default_factory=list)
    spoken: list[tuple[Told, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = {name: n for n, name in enumerate(self.classifier.names)}
        self.matrix = np.zeros((len(self.places), len(self.places) + 1), np.intp)

    def look(self, told: Sequence[Told], language: str) -> None:
        """Take in the examples of a language; those without a word are like nothing."""
        plain = [(t, self.classifier.reader.spelled(t.text, language)) for t in told]
        plain = [(t, text) for t, text in plain if any(features(text))]
        likeness = Likeness([(self.places[t.intent], text) for t, text in plain], len(self.places))
        alike = likeness.alike()
        self._pair(plain, np.triu(alike, 1), likeness)
        near = likeness.left_out(alike)
        np.fill_diagonal(alike, 0)
        for (one, _), scores, some in zip(plain, near, alike.max(axis=1) > 0, strict=True):
            column = int(scores.argmax()) if some else len(self.places)
            self.matrix[self.places[one.intent], column] += 1
            self.spoken.append((one, self.classifier.names[column] if some else None))

    def _pair(self, plain: Sequence[tuple[Told, str]], alike: Vector, likeness: Likeness) -> None:
        apart = likeness.owners[:, None] != likeness.owners
        for a, b in np.argwhere((alike >= NEAR) & apart):
            (one, first), (other, second) = sorted((plain[a], plain[b]), key=lambda pair: not pair[0].own)
            self.pairs.append(Pair(one, other, round(float(alike[a, b]), 3), tokens(first) == tokens(second)))


def _confusions(near: _Near, own: frozenset[str]) -> list[Confusion]:
    groups: dict[tuple[str, str | None], list[Told]] = {}
    for told, other in near.spoken:
        if other != told.intent:
            groups.setdefault((told.intent, other), []).append(told)
    totals = dict(zip(near.places, near.matrix.sum(axis=1).tolist(), strict=True))
    found = [Confusion(i, o, round(len(t) / totals[i], 3), tuple(t)) for (i, o), t in groups.items()]
    return sorted(found, key=lambda c: (c.intent not in own and c.other not in own, -c.share, -len(c.examples)))


def _heard(classifier: Classifier, told: Told) -> Heard:
    scores = classifier.scores(told.text, told.language)
    return Heard(told, *scores[0], dict(scores)[told.intent])


def _taken(classifier: Classifier, built_in: Catalogue, own: frozenset[str], every: Sequence[Told]) -> list[Heard]:
    """Built-in examples that are read otherwise since the shop's file is there."""
    if not own:
        return []
    before = Classifier(built_in)
    heard = [_heard(classifier, t) for t in every if not t.own]
    lost = [h for h in heard if h.intent in own and h.intent != h.example.intent]
    lost = [h for h in lost if _heard(before, h.example).intent == h.example.intent]
    return sorted(lost, key=lambda h: h.own_score - h.score)


def _uncovered(catalogue: Catalogue, own: frozenset[str], messages: Sequence[Example]) -> Iterator[Uncovered]:
    labelled = {wish for message in messages for wish in message.wishes}
    for intent in catalogue:
        leads = [act for act in ACTS if intent.changes or intent.route(act) != Route()]
        if acts := tuple(act for act in leads if (intent.name, act) not in labelled):
            yield Uncovered(intent.name, acts, intent.name in own)


def _few(catalogue: Catalogue, own: frozenset[str]) -> Iterator[Few]:
    for intent in catalogue:
        for language in LANGUAGES:
            if (count := len(intent.examples.get(language, ()))) < FEW:
                yield Few(intent.name, language, count, intent.name in own)
