"""Calls that end in time for the caller, whatever the tool does."""

from __future__ import annotations

import contextvars
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")

MAX_HANGING = 8
"""How many calls of one tool may hang at once; after that the tool is not called until one of them ends."""


class TookTooLong(Exception):
    """The call did not end in its time, or as many calls of its tool as are allowed are hanging already."""


class ToolExited(Exception):
    """The tool tried to end the process (`sys.exit`) or was cancelled."""


class TimeLimit:
    """Runs a call in a thread of its own and leaves it there when its time is over.

    Nothing in Python can stop a thread that waits for a socket or a lock. So a call that hangs goes on in a daemon
    thread, its result is dropped, and the process can still end.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._hanging: Counter[str] = Counter()

    def run(self, name: str, seconds: float | None, call: Callable[[], T]) -> T:
        """What the call returns or raises. Without `seconds` it runs in this thread. Raises `TookTooLong`."""
        if seconds is None:
            return call()
        with self._lock:
            if self._hanging[name] >= MAX_HANGING:
                raise TookTooLong
        result: Future[T] = Future()
        # The context carries what is set for this turn, such as LangSmith's tracing being off.
        here = contextvars.copy_context()
        Thread(target=here.run, args=(_fill, result, call), name=f"tool-{name}", daemon=True).start()
        try:
            return result.result(seconds)
        except FutureTimeout:
            if result.done():  # the tool's own TimeoutError, or the call ended this moment
                return result.result()
            self._leave(name, result)
            raise TookTooLong from None

    def _leave(self, name: str, result: Future[T]) -> None:
        with self._lock:
            self._hanging[name] += 1

        def ended(_: Future[T]) -> None:
            with self._lock:
                self._hanging[name] -= 1

        result.add_done_callback(ended)


def _fill(result: Future[T], call: Callable[[], T]) -> None:
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - handed to the waiting side, which raises it
        result.set_exception(error)
    except BaseException as error:  # noqa: BLE001 - the tool must not end the caller with itself
        result.set_exception(ToolExited(type(error).__name__))
    else:
        result.set_result(value)
