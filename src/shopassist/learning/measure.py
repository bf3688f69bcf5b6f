"""How well a head reads messages of voices that it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from shopassist.language.judge import IDLE, Limits, taken
from shopassist.language.likeness import Vector
from shopassist.language.reading import Part

BINS = 10
START = Limits(least=0.4, told=0.55, beside=0.85)
NOTHING = 0.7
"""What a message costs of whose wishes none is seen, where one that is read wrongly costs 1.

The first gets what the shop's pages say or a question, the second an answer to something else.
"""
TRIED = {"least": (0.2, 0.6), "told": (0.3, 0.9), "beside": (0.6, 0.95)}
"""Between which values each limit is looked for, in steps of .05."""
ALIKE = 0.002
"""Limits that cost this part more than the cheapest are as good: of those, the nearest to `START` is taken.

Otherwise a few messages of thousands would move a limit from one fit to the next, and with it what customers get.
"""


@dataclass(frozen=True, slots=True)
class Bin:
    """Candidates of about one score: their number, their mean score, and the share of them that was wished."""

    count: int
    score: float
    share: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a head was fitted to, and how it read each voice when it was fitted to the others.

    `exact` is the share of messages in which exactly the wished intents were seen, `f1` counts intents over all
    messages. `voices` has `exact` by voice. `reliability` says whether scores are what they seem. `limits` are those of
    `shopassist.language.judge.Limits`, by name. `moods` has F1 by mood.
    """

    messages: int
    exact: float
    f1: float
    voices: dict[str, float] = field(default_factory=dict)
    reliability: tuple[Bin, ...] = ()
    limits: dict[str, float] = field(default_factory=dict)
    moods: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that was left out: its voice, its intents, and how likely each is in each of its pieces.

    `right` says which are wished there; `values` gives the value of each intent for a text.
    """

    voice: str
    wished: frozenset[str]
    parts: tuple[Part, ...]
    likely: NDArray[np.float32]
    right: NDArray[np.bool_]
    values: Callable[[str], Vector]

    def seen(self, names: Sequence[str], limits: Limits) -> frozenset[str]:
        """The intents that the engine would take as wished."""
        pieces = zip(self.parts, self.likely, strict=True)
        found = {names[n] for part, scores in pieces for n, _ in taken(scores, part, self.values, limits)}
        return frozenset(found - IDLE or found)


def best_limits(readings: Sequence[Reading], names: Sequence[str]) -> Limits:
    """The limits that serve customers best, found one after the other, by what a message costs (`NOTHING`).

    A rule with rejection: Chow, "On optimum recognition error and reject tradeoff", 1970.
    """

    def cost(limits: Limits) -> float:
        seen = [(r.seen(names, limits), r.wished) for r in readings]
        return sum((1.0 if found else NOTHING) for found, wished in seen if found != wished)

    best = START
    for name, (low, high) in TRIED.items():
        tried = [round(float(v), 2) for v in np.arange(low, high + 0.01, 0.05)]
        costs = [cost(replace(best, **{name: value})) for value in tried]
        good = [value for value, c in zip(tried, costs, strict=True) if c <= min(costs) * (1 + ALIKE)]
        away = [abs(value - getattr(START, name)) for value in good]
        best = replace(best, **{name: good[int(np.argmin(away))]})
    return best


def measured(readings: Sequence[Reading], names: Sequence[str], limits: Limits) -> Report:
    """The report on messages that were left out."""
    pairs = [(r.voice, r.wished, r.seen(names, limits)) for r in readings]
    hits = sum(len(wished & seen) for _, wished, seen in pairs)
    total = sum(len(wished) + len(seen) for _, wished, seen in pairs)
    voices: dict[str, list[bool]] = {}
    for voice, wished, seen in pairs:
        voices.setdefault(voice, []).append(wished == seen)
    every = [ok for oks in voices.values() for ok in oks]
    return Report(
        len(readings),
        round(float(np.mean(every)), 4),
        round(2 * hits / max(total, 1), 4),
        {voice: round(float(np.mean(oks)), 4) for voice, oks in sorted(voices.items())},
        _reliability(readings),
        asdict(limits),
    )


def _reliability(readings: Sequence[Reading]) -> tuple[Bin, ...]:
    scores = np.concatenate([r.likely.ravel() for r in readings])
    right = np.concatenate([r.right.ravel() for r in readings])
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = []
    for n in range(BINS):
        here = places == n
        if here.any():
            bins.append(Bin(int(here.sum()), round(float(scores[here].mean()), 4), round(float(right[here].mean()), 4)))
    return tuple(bins)
