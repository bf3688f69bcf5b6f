"""How well a head reads messages of voices that it was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from shopassist.language.judge import IDLE
from shopassist.language.wishes import BESIDE, LEAST

BINS = 10


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
    messages. `voices` has `exact` by voice. `reliability` says whether scores are what they seem.
    """

    messages: int
    exact: float
    f1: float
    voices: dict[str, float] = field(default_factory=dict)
    reliability: tuple[Bin, ...] = ()

    def plain(self) -> dict[str, object]:
        """As JSON takes it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that was left out: its voice, its intents, and how likely each is in each of its pieces."""

    voice: str
    wished: frozenset[str]
    likely: NDArray[np.float32]
    right: NDArray[np.bool_]


def measured(readings: Sequence[Reading], names: Sequence[str]) -> Report:
    """The report on messages that were left out."""
    pairs = [(r.voice, r.wished, _seen(r.likely, names)) for r in readings]
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
    )


def _seen(likely: NDArray[np.float32], names: Sequence[str]) -> frozenset[str]:
    """The intents that the engine would take as wished."""
    found: set[str] = set()
    for piece in likely:
        best = int(piece.argmax())
        found |= {names[int(n)] for n in np.flatnonzero(piece >= BESIDE)}
        if piece[best] >= LEAST:
            found.add(names[best])
    return frozenset(found - IDLE or found)


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
