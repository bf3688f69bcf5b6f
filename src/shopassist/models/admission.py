"""How many calls a process makes to its model at once: a server such as Ollama queues without bound."""

from __future__ import annotations

import threading
import time
from collections import deque

from shopassist.errors import ModelBusy

LOOK = 0.05
"""Seconds between two looks at whether the caller has left."""


class Admission:
    """A door that lets `calls` callers in at once and `waiting` more stand in line, first come, first served.

    It counts within one process: with several, each has its own door.
    """

    def __init__(self, calls: int, waiting: int) -> None:
        self.calls, self.waiting = calls, waiting
        self._inside = 0
        self._line: deque[object] = deque()
        self._moved = threading.Condition()

    def enter(self, until: float, stopped: threading.Event) -> Place:
        """Wait for a place, until `until` (by `time.monotonic`) or `stopped`; whoever has it must leave it.

        Raises `ModelBusy` where the line is full, or the place came too late.
        """
        me = object()
        with self._moved:
            if (self._inside >= self.calls or self._line) and len(self._line) >= self.waiting:
                raise ModelBusy(
                    f"{self._inside} calls of the model are in flight and {len(self._line)} wait "
                    "(settings `model_calls` and `model_waiting`)"
                )
            self._line.append(me)
            try:
                while self._inside >= self.calls or self._line[0] is not me:
                    left = until - time.monotonic()
                    if left <= 0 or stopped.is_set():
                        raise ModelBusy("no place for a call of the model came free in time (setting `model_queue`)")
                    self._moved.wait(min(left, LOOK))
                self._inside += 1
            finally:
                self._line.remove(me)
                self._moved.notify_all()
        return Place(self)

    @property
    def inside(self) -> int:
        """How many callers have a place."""
        return self._inside

    @property
    def in_line(self) -> int:
        """How many callers wait for a place."""
        return len(self._line)

    def _leave(self) -> None:
        with self._moved:
            self._inside -= 1
            self._moved.notify_all()


class Place:
    """A place behind the door."""

    def __init__(self, admission: Admission) -> None:
        self._admission: Admission | None = admission
        self._lock = threading.Lock()

    def leave(self) -> None:
        """Give the place back; a second time does nothing."""
        with self._lock:
            admission, self._admission = self._admission, None
        if admission is not None:
            admission._leave()
