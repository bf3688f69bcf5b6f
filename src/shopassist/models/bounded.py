"""A model's stream that ends in time, however silent the model is."""

from __future__ import annotations

import contextvars
import math
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any, TypeVar

from shopassist.errors import ModelSilent, ModelTimeout

T = TypeVar("T")

LOOK = 0.05
"""Seconds between two looks at whether the caller has left."""

AHEAD = 8
"""Chunks that are read ahead. More cost fewer changes of threads; a model without buffers goes on for so many."""

LEAVE = 0.1
"""Seconds that a stream gets to close itself; a model that takes longer is left to its thread."""

_END = object()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a stream may be silent, in seconds: before its first chunk, and between two chunks."""

    first: float = math.inf
    between: float = math.inf


NO_LIMITS = Limits()


def bounded(
    stream: Iterator[T],
    deadline: float,
    stopped: threading.Event,
    limits: Limits = NO_LIMITS,
    over: Callable[[], None] = lambda: None,
) -> Generator[T]:
    """The chunks of `stream`, which is read in a thread of its own, in a copy of the caller's context.

    Raises `ModelTimeout` once `deadline` (by `time.monotonic`) has passed or the stream was silent for longer than its
    limits, and what the stream raises; ends within 0.2 s of `stopped`. Then, or when this is closed, the stream is
    closed too: at once if its HTTP client has the hook `watch`, else with its next chunk. A stream that has no time at
    all is not begun. A few chunks are read ahead. `over` is called once when the stream has ended or was closed, maybe
    before its last chunks are taken, and in any thread.
    """
    reader = None
    silent, setting = time.monotonic() + limits.first, "model_first_token"
    try:
        while not stopped.is_set():
            now = time.monotonic()
            if deadline <= now:
                raise ModelTimeout("the model did not answer in time (setting `model_deadline`)")
            if reader is None:
                reader = _Reader(stream, deadline, stopped, over)
            try:
                item = reader.chunks.get(timeout=max(0.0, min(LOOK, deadline - now, silent - now)))
            except Empty:
                if silent <= now:
                    raise ModelSilent(f"the model was silent for too long (setting `{setting}`)") from None
                continue
            silent, setting = time.monotonic() + limits.between, "model_next_token"
            if item is _END:
                return
            if isinstance(item, _Raised):
                raise item.error
            yield item
    finally:
        if reader is None:
            _close(stream)
            over()
        else:
            reader.end()


def watch(request: Any) -> None:
    """Let `bounded` end a request that is silent, even before it has a response: a hook for httpx's requests.

    For clients that keep no connection for later: a connection that is hung up must be this request's own.
    """
    if reader := _current.get():
        request.extensions["trace"] = reader.trace


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Reader:
    """The thread that waits for the model, so that nobody else must."""

    def __init__(
        self, stream: Iterator[Any], deadline: float, stopped: threading.Event, over: Callable[[], None]
    ) -> None:
        self.chunks: Queue[Any] = Queue(maxsize=AHEAD)
        self._stream = stream
        self._deadline = deadline
        self._stopped = stopped
        self._tell = over
        self._over = threading.Event()
        self._lock = threading.RLock()  # the garbage collector may close `bounded` in any thread, this one too
        self._socket: socket.socket | None = None
        work = contextvars.copy_context().run  # tracing may be switched off in it
        self._thread = threading.Thread(target=work, args=(self._read,), name="shopassist-model", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let the thread end: hang up, and wait a moment for the stream to close."""
        with self._lock:
            self._over.set()
            self._hang_up()
        if self._thread is not threading.current_thread():
            self._thread.join(LEAVE)

    def trace(self, _event: str, info: Mapping[str, Any]) -> None:
        """Keep the connection that this thread waits at: httpcore calls this at every step of a request."""
        about = getattr(info.get("return_value"), "get_extra_info", None)
        if about is not None:
            with self._lock:
                self._socket = about("socket")
                if self._over.is_set():
                    self._hang_up()

    def _read(self) -> None:
        _current.set(self)
        try:
            for chunk in self._stream:
                if not self._put(chunk):
                    return
            self._put(_END)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            self._put(_Raised(error))
        finally:
            with suppress(Exception):
                _close(self._stream)
            with self._lock:
                self._socket = None
            self._tell()

    def _put(self, item: object) -> bool:
        """Hand an item over; False if nobody takes it any more. A caller who has forgotten us holds nothing up."""
        while not (self._over.is_set() or self._stopped.is_set() or time.monotonic() > self._deadline):
            with suppress(Full):
                self.chunks.put(item, timeout=LOOK)
                return True
        return False

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it may be closed already
                self._socket.shutdown(socket.SHUT_RDWR)


_current: contextvars.ContextVar[_Reader | None] = contextvars.ContextVar("reader", default=None)


def _close(stream: Any) -> None:
    if hasattr(stream, "close"):
        stream.close()
