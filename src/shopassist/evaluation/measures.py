"""How well single utterances are understood: the measures of intent, slots and mood.

Each takes pairs (expected, seen), one an utterance, and is None where there are none. With *tp* what was expected and
seen, *fp* seen only, *fn* expected only: precision P = tp / (tp + fp), recall R = tp / (tp + fn), and
F1 = 2PR / (P + R) = 2tp / (2tp + fp + fn), which is 1 where nothing was expected and nothing seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeVar

from shopassist.evaluation.judge import Answer, several
from shopassist.evaluation.scenario import Expect
from shopassist.evaluation.values import Values

T = TypeVar("T")
Pairs = Sequence[tuple[AbstractSet[T], AbstractSet[T]]]
SlotValue = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What an utterance should be understood as and what it was; a pair is None where its file says nothing of it.

    A slot value that means the same as the expected one is written as that one in both sets.
    """

    intents: tuple[frozenset[str], frozenset[str]] | None = None
    slots: tuple[frozenset[SlotValue], frozenset[SlotValue]] | None = None
    mood: tuple[str, str] | None = None

    @classmethod
    def of(cls, expect: Expect, answer: Answer | None = None, values: Values | None = None) -> Row:
        """The row of a reply; without one nothing was understood."""
        return cls(
            None
            if expect.intents is None
            else (frozenset(expect.intents), frozenset(answer.intents if answer else ())),
            None if expect.slots is None else _slots(expect.slots, answer, values),
            None if expect.mood is None else (expect.mood, answer.mood if answer else ""),
        )


@dataclass(frozen=True, slots=True)
class Understanding:
    """The measures of `n` utterances, each between 0 and 1; None where no utterance's file says what to expect."""

    n: int
    intent_micro_f1: float | None
    intent_exact: float | None
    slot_f1: float | None
    mood_accuracy: float | None
    mood_macro_f1: float | None


def understanding(rows: Sequence[Row]) -> Understanding:
    """All measures."""
    intents = [row.intents for row in rows if row.intents is not None]
    slots = [row.slots for row in rows if row.slots is not None]
    moods = [row.mood for row in rows if row.mood is not None]
    return Understanding(
        len(rows), micro_f1(intents), exact(intents), micro_f1(slots), mood_accuracy(moods), mood_macro_f1(moods)
    )


def micro_f1(pairs: Pairs[T]) -> float | None:
    """F1 = 2tp / (2tp + fp + fn), each of the three summed over all utterances before the division.

    For intents over their names; for slots over (name, value), so that a wrong value is both an fp and an fn.
    """
    if not pairs:
        return None
    tp = sum(len(expected & seen) for expected, seen in pairs)
    return _f1(tp, sum(len(s - e) for e, s in pairs), sum(len(e - s) for e, s in pairs))


def exact(pairs: Pairs[T]) -> float | None:
    """The utterances in which exactly the expected was seen / all utterances."""
    return _share(expected == seen for expected, seen in pairs)


def mood_accuracy(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The utterances whose mood was seen as expected / all utterances."""
    return _share(expected == seen for expected, seen in pairs)


def mood_macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean of each mood's F1, a rare mood counting as much as a frequent one.

    Over the moods that were expected or seen at least once. Of a mood tp, fp and fn are numbers of utterances.
    """
    moods = sorted({mood for pair in pairs for mood in pair if mood})
    scores = [
        _f1(
            sum(e == m == s for e, s in pairs),
            sum(s == m != e for e, s in pairs),
            sum(e == m != s for e, s in pairs),
        )
        for m in moods
    ]
    return sum(scores) / len(scores) if scores else None


def said(answer: Answer) -> frozenset[SlotValue]:
    """The slot values that were said, without those that were carried over or looked up.

    Where no wish was understood (a bare number, an address) they are the reply's own.
    """
    if answer.wishes:
        return frozenset(
            (name, slot.value)
            for wish in answer.wishes
            for name, found in wish.slots.items()
            for slot in found
            if slot.source == "said" or slot.span is not None
        )
    return frozenset((name, value) for name, found in answer.slots.items() for value in several(found))


def _slots(
    expected: Mapping[str, tuple[str, ...]], answer: Answer | None, values: Values | None
) -> tuple[frozenset[SlotValue], frozenset[SlotValue]]:
    """Both sides, with each value that means the same as an expected one in that one's words."""
    wanted = frozenset((name, value) for name, given in expected.items() for value in given)
    left, seen = sorted(wanted), []
    for name, value in sorted(said(answer)) if answer is not None else ():
        twin = next((w for w in left if w[0] == name and values and values.same(name, w[1], value)), None)
        if twin is not None:
            left.remove(twin)
        seen.append(twin or (name, value))
    return wanted, frozenset(seen)


def _f1(tp: int, fp: int, fn: int) -> float:
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def _share(hits: Iterable[bool]) -> float | None:
    found = list(hits)
    return sum(found) / len(found) if found else None
