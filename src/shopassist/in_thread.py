"""A generator's items for asynchronous callers: it runs in a thread, so that there is one body for both."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Executor
from contextlib import aclosing, closing
from typing import TypeVar

T = TypeVar("T")


async def in_thread(
    begin: Callable[[threading.Event], Generator[T]], *, executor: Executor | None = None
) -> AsyncGenerator[T]:
    """The items of the generator that `begin` makes; the event that it is given is set where the caller leaves.

    It runs in a thread of `executor`, of the loop's own if none is given. What the generator raises is raised here. It
    has ended when this ends.
    """
    items = in_thread_or_silence(begin, executor=executor)
    async with aclosing(items):
        async for item in items:
            if item is not None:  # never: silence is told only where it is asked for
                yield item


async def in_thread_or_silence(
    begin: Callable[[threading.Event], Generator[T]], *, executor: Executor | None = None, silence: float | None = None
) -> AsyncGenerator[T | None]:
    """The same, and None after each so many seconds without an item."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue()
    stopped, left = threading.Event(), threading.Event()

    def put(item: tuple[T] | BaseException | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with closing(begin(stopped)) as items:
                for item in items:
                    put((item,))
                    if left.is_set():  # `stopped` alone may be the generator's own doing: its last items are awaited
                        return
        except BaseException as error:  # noqa: BLE001 - handed to the caller's side, which raises it
            put(error)
        else:
            put(None)

    thread = asyncio.ensure_future(loop.run_in_executor(executor, contextvars.copy_context().run, work))
    waiting = asyncio.ensure_future(queue.get())
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=silence)
            if not done:
                yield None
                continue
            item = waiting.result()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            waiting = asyncio.ensure_future(queue.get())
            yield item[0]
    finally:
        waiting.cancel()
        left.set()
        stopped.set()
        await asyncio.shield(thread)
