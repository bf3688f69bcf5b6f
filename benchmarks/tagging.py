"""Ways to find slots after examples, word by word: the linear head of shopassist, and what one would begin with.

A label is a slot and its place in the text (``date 8 17``), so a slot is found where name, beginning and end are right.
A word's tag says of which slot it is and whether it begins one (Ramshaw & Marcus 1995); words are tagged from left to
right, each after the tag of the word before (Ratnaparkhi 1996), which in fitting is the true one.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from corpora import Labelled
from guessers import Guesser, Guesses
from shopassist.learning.linear import fit
from shopassist.text import fold

OUTSIDE = "-"
BEGINS, WITHIN = "b ", "i "
BESIDE = 2
"""So many words before and behind a word are looked at."""

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


@dataclass(frozen=True)
class Words:
    """The words of a text with their places."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str) -> "Words":
        return cls(text, tuple(m.span() for m in _WORD.finditer(text)))

    def tags(self, labels: frozenset[str]) -> list[str]:
        """The tag of each word, by labels."""
        found = [OUTSIDE] * len(self.spans)
        for label in labels:
            name, first, last = label.rsplit(" ", 2)
            inside = [n for n, (start, end) in enumerate(self.spans) if int(first) < end and start < int(last)]
            for n in inside:
                found[n] = (BEGINS if n == inside[0] else WITHIN) + name
        return found

    def labels(self, tags: Sequence[str]) -> frozenset[str]:
        """The labels that tags tell; a word within a slot that nothing began begins it."""
        found: list[tuple[str, int, int]] = []
        for tag, before, (start, end) in zip(tags, [OUTSIDE, *tags], self.spans, strict=False):
            name = tag[len(BEGINS) :]
            if tag.startswith(WITHIN) and before[len(BEGINS) :] == name:
                found[-1] = (name, found[-1][1], end)
            elif tag != OUTSIDE:
                found.append((name, start, end))
        return frozenset(f"{name} {start} {end}" for name, start, end in found)

    def around(self, place: int) -> dict[int, str]:
        """A word and its neighbours by their distance, in small letters, every digit as 0."""
        near = range(max(place - BESIDE, 0), min(place + BESIDE + 1, len(self.spans)))
        return {n - place: re.sub(r"\d", "0", fold(self.text[slice(*self.spans[n])])) for n in near}

    def form(self, place: int) -> tuple[float, ...]:
        """Whether a word begins with a capital letter, is a number, and is the first."""
        start, end = self.spans[place]
        return float(self.text[start].isupper()), float(self.text[start:end].isdigit()), float(place == 0)


Tagger = Callable[[Sequence[tuple[Words, int]], Sequence[str]], list[str]]
"""The tags of words, after the tags of the words before them."""


def taggers() -> dict[str, Guesser]:
    """By name."""
    return {
        "tags, head": tagged(by_head),
        "tags, logistic regression": tagged(by_regression),
        "tags, values that were seen": seen,
    }


def tagged(fitted: Callable[[Sequence[tuple[Words, int]], Sequence[str], Sequence[str]], Tagger]) -> Guesser:
    def guess(known: Labelled, left: Labelled) -> Guesses:
        examples = [Words.of(text) for text in known.texts]
        tags = [words.tags(frozenset(labels)) for words, labels in zip(examples, known.labels, strict=True)]
        places = [(words, n) for words in examples for n in range(len(words.spans))]
        before = [tag for one in tags for tag in [OUTSIDE, *one][: len(one)]]
        return read([Words.of(t) for t in left.texts], fitted(places, before, [tag for one in tags for tag in one]))

    return guess


def read(texts: Sequence[Words], tagger: Tagger) -> Guesses:
    """The labels of texts: all first words at once, then all second ones."""
    found: list[list[str]] = [[] for _ in texts]
    for place in range(max(len(words.spans) for words in texts)):
        here = [n for n, words in enumerate(texts) if place < len(words.spans)]
        before = [found[n][-1] if place else OUTSIDE for n in here]
        for n, tag in zip(here, tagger([(texts[n], place) for n in here], before), strict=True):
            found[n].append(tag)
    return [words.labels(tags) for words, tags in zip(texts, found, strict=True)]


def by_head(places: Sequence[tuple[Words, int]], before: Sequence[str], tags: Sequence[str]) -> Tagger:
    """The head over the parts of a word and its neighbours, each marked with its distance; the rest are numbers."""
    names = sorted(set(tags))

    def texts(some: Sequence[tuple[Words, int]]) -> list[str]:
        return [" ".join(_marked(d, word) for d, word in words.around(n).items()) for words, n in some]

    def beside(some: Sequence[tuple[Words, int]], tags: Sequence[str]) -> np.ndarray:
        rows = [[*(t == name for name in names), *w.form(n)] for (w, n), t in zip(some, tags, strict=True)]
        return np.array(rows, np.float32) / 2

    head = fit(texts(places), list(tags), beside=beside(places, before), groups=[words.text for words, _ in places])
    return lambda some, tags: [label for (label,) in head.labels(texts(some), beside=beside(some, tags))]


def by_regression(places: Sequence[tuple[Words, int]], before: Sequence[str], tags: Sequence[str]) -> Tagger:
    """Logistic regression on the words around, the word's beginning and end, its form, and the tag before."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    def told(some: Sequence[tuple[Words, int]], tags: Sequence[str]) -> list[dict[str, object]]:
        rows = []
        for (words, n), tag in zip(some, tags, strict=True):
            near = words.around(n)
            form = {f"form {k}": value for k, value in enumerate(words.form(n))}
            ends = {"begins": near[0][:3], "ends": near[0][-3:]}
            rows.append({**{str(d): word for d, word in near.items()}, **ends, **form, "before": tag})
        return rows

    features = DictVectorizer()
    rule = LogisticRegression(C=10, max_iter=500, tol=1e-3).fit(features.fit_transform(told(places, before)), tags)
    return lambda some, tags: list(rule.predict(features.transform(told(some, tags))))


def seen(known: Labelled, left: Labelled) -> Guesses:
    """Values that stand in the examples, the longest first, each as the slot that it is most often."""
    counts: dict[str, Counter[str]] = {}
    for text, labels in zip(known.texts, known.labels, strict=True):
        for name, first, last in (label.rsplit(" ", 2) for label in labels):
            counts.setdefault(fold(text[int(first) : int(last)]), Counter())[name] += 1
    values = sorted(counts, key=len, reverse=True)
    return [_seen(text.lower(), values, counts) for text in left.texts]


def _seen(text: str, values: Sequence[str], counts: dict[str, Counter[str]]) -> frozenset[str]:
    found, free = [], text
    for value in values:
        for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", free):
            found.append(f"{counts[value].most_common(1)[0][0]} {match.start()} {match.end()}")
            free = f"{free[: match.start()]}{' ' * len(match[0])}{free[match.end() :]}"
    return frozenset(found)


def _marked(distance: int, word: str) -> str:
    """A word by its place: the one in the middle as it is, others as one word with a letter for their distance."""
    return f"<{word}>" if distance == 0 else f"{'vw.xy'[distance + BESIDE]}'{word}"
