"""Server-sent events, for ASGI."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from shopassist.contrib.django.conf import options
from shopassist.contrib.django.connection import let_go
from shopassist.contrib.django.turns import Ask, places, told
from shopassist.in_thread import in_thread_or_silence

TYPE = "text/event-stream"


def wanted(request: HttpRequest) -> bool:
    """Whether a request asks for events and can have them piece by piece: under WSGI they would hold a worker."""
    return TYPE in request.headers.get("Accept", "") and hasattr(request, "scope")


def response(ask: Ask) -> StreamingHttpResponse:
    """The events of a turn."""
    made = StreamingHttpResponse(_bytes(ask), content_type=TYPE)
    made.headers["Cache-Control"] = "no-cache, no-store"
    made.headers["X-Accel-Buffering"] = "no"  # nginx passes each event on
    made.headers["Content-Encoding"] = "identity"  # GZipMiddleware leaves it alone
    return made


def event(name: str, data: dict[str, Any]) -> bytes:
    """One event. Its data are one line: JSON holds no line break."""
    number = f"id: {data['seq']}\n" if name == "done" and data.get("seq") else ""
    return f"event: {name}\n{number}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def _bytes(ask: Ask) -> AsyncGenerator[bytes]:
    # Session and login opened a connection in the request's own thread, and middleware may have opened it again.
    await sync_to_async(let_go, thread_sensitive=True)()
    begin = partial(told, ask)
    events = in_thread_or_silence(begin, executor=places().executor, silence=options().keep_alive)
    async with aclosing(events):
        async for found in events:
            yield b": still here\n\n" if found is None else event(*found)
