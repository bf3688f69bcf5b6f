"""Fit the head that tells moods, and measure it on voices that its rules were not fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shopassist.errors import InputError
from shopassist.language.linear import LinearHead
from shopassist.language.mood import by_words, decided, limits, material
from shopassist.learning.examples import MOODS, Example
from shopassist.learning.linear import fit_and_score


def mood_head(examples: Sequence[Example]) -> tuple[LinearHead, dict[str, float]]:
    """A head for the moods of messages, and F1 of each mood, each message read by rules fitted to other voices.

    The limits from which on a mood is believed are found on the same readings. Raises `MissingExtra`, and `InputError`
    where a mood has no message or there is too little to learn from.
    """
    examples = [e for e in examples if not e.wishes_alone]
    if missing := [mood for mood in MOODS if mood not in {e.mood for e in examples}]:
        raise InputError(f"no message is labelled {' or '.join(missing)}; label some, so that moods can be told apart")
    words = [by_words(e.text) for e in examples]
    plain, beside = zip(*(material(e.text, said) for e, said in zip(examples, words, strict=True)), strict=True)
    moods, voices = [e.mood for e in examples], [e.voice for e in examples]
    head, scores = fit_and_score(plain, moods, beside=np.array(beside, np.float32), groups=voices)
    least = limits(head)
    likely = (dict(zip(head.names, map(float, row), strict=True)) for row in scores)
    seen = [decided(said, row, least) for said, row in zip(words, likely, strict=True)]
    return head, {mood: _f1(mood, moods, seen) for mood in MOODS}


def _f1(mood: str, wanted: Sequence[str], seen: Sequence[str]) -> float:
    hits = sum(a == b == mood for a, b in zip(wanted, seen, strict=True))
    return round(2 * hits / max(wanted.count(mood) + seen.count(mood), 1), 4)
