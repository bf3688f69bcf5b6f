"""A generator's items for asynchronous callers: it runs in a thread, so that there is one body for both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


async def in_thread(begin: Callable[[threading.Event], Generator[T]]) -> AsyncGenerator[T]:
    """The items of the generator that `begin` makes; the event that it is given is set where the caller leaves.

    What the generator raises is raised here. It has ended when this ends.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | BaseException | None] = asyncio.Queue()
    stopped, left = threading.Event(), threading.Event()

    def put(item: T | BaseException | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with closing(begin(stopped)) as items:
                for item in items:
                    put(item)
                    if left.is_set():  # `stopped` alone may be the generator's own doing: its last items are awaited
                        return
        except BaseException as error:  # noqa: BLE001 - handed to the caller's side, which raises it
            put(error)
        else:
            put(None)

    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        stopped.set()
        await asyncio.shield(thread)
