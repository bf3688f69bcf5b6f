"""Answers that others may get too, in this process's memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopassist.protocols import Hot, Kept


@dataclass(slots=True)
class _Entry:
    question: Hot
    answer: Kept
    until: float
    vector: NDArray[np.float32] | None


class MemoryAnswers:
    """`shopassist.protocols.AnswerCache`: at most `size` answers, each for `seconds`; the longest unused goes first.

    A question that is only alike gets an answer where the cosine of the two is at least `cosine`.
    """

    def __init__(
        self, size: int, seconds: float, *, cosine: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size, self._seconds, self._cosine, self._clock = size, seconds, cosine, clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._alike: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, question: Hot) -> Kept | None:
        """The answer to this question, or to one that is alike and near enough."""
        with self._lock:
            found = self._fresh((question.context, question.same))
            others = [
                entry
                for key in sorted(self._alike.get((question.context, question.alike), ()))
                if (entry := self._fresh(key))
            ]
        if found is not None:
            return self._used(found, "same")
        if not others or (vector := _vector(question)) is None:
            return None
        near = [(float(vector @ e.vector), n) for n, e in enumerate(others) if e.vector is not None]
        best = max(near, default=(0.0, 0))
        return self._used(others[best[1]], "alike") if best[0] >= self._cosine else None

    def keep(self, question: Hot, answer: Kept) -> None:
        """Keep an answer in place of an older one to the same question."""
        vector = _vector(question)
        key = question.context, question.same
        with self._lock:
            self._drop(key)
            self._entries[key] = _Entry(question, answer, self._clock() + self._seconds, vector)
            self._alike.setdefault((question.context, question.alike), set()).add(key)
            while len(self._entries) > self._size:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._entries.clear()
            self._alike.clear()

    def _used(self, entry: _Entry, how: Literal["same", "alike"]) -> Kept:
        with self._lock:
            key = entry.question.context, entry.question.same
            if key in self._entries:
                self._entries.move_to_end(key)
        return replace(entry.answer, saved=replace(entry.answer.saved, how=how))

    def _fresh(self, key: tuple[str, str]) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.until <= self._clock():
            self._drop(key)
            return None
        return entry

    def _drop(self, key: tuple[str, str]) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        alike = entry.question.context, entry.question.alike
        self._alike[alike].discard(key)
        if not self._alike[alike]:
            del self._alike[alike]


def _vector(question: Hot) -> NDArray[np.float32] | None:
    vector = question.vector()
    return None if vector is None else np.asarray(vector, np.float32)
