"""For which conversation a request to a model's server is made."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

HEADER = "X-Conversation"
"""Carries the conversation's pseudonym, by which a proxy keeps it at the server that has its prompt in the cache."""

_conversation: contextvars.ContextVar[str | None] = contextvars.ContextVar("conversation", default=None)


@contextmanager
def asked_for(conversation: str | None) -> Iterator[None]:
    """Make requests for a conversation, given by its pseudonym."""
    token = _conversation.set(conversation)
    try:
        yield
    finally:
        _conversation.reset(token)


def named(request: httpx.Request) -> None:
    """Name the conversation: a hook for httpx's requests."""
    if name := _conversation.get():
        request.headers[HEADER] = name
