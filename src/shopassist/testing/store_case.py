"""What the claims about conversation stores stand on: a fresh store for each test, and its clock."""

# The asserts are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from shopassist.messages import Message
from shopassist.protocols import Claim, ConversationStore
from shopassist.replies import Reply


class MovedClock:
    """Seconds since the epoch that stand still until a test moves them: ``clock.now += 20``."""

    def __init__(self, now: float = 1_733_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class StoreCase:
    """One test's store; see `ConversationStoreConformance`."""

    def make_store(self, clock: Callable[[], float]) -> ConversationStore:
        raise NotImplementedError("make_store(self, clock) must return a fresh store")

    @cached_property
    def clock(self) -> MovedClock:
        return MovedClock()

    @cached_property
    def store(self) -> ConversationStore:
        return self.make_store(self.clock)

    def teardown_method(self) -> None:
        if "store" in vars(self):
            self.store.close()

    def _say(self, conversation: str, text: str, message_id: str) -> int:
        [enqueued] = self.store.enqueue(conversation, None, [Message(text, message_id)])
        return enqueued.seq

    def _claimed(self, conversation: str) -> Claim:
        claim = self.store.claim(conversation, lease=15)
        assert claim is not None, "the conversation could not be claimed"
        return claim

    def _answer(self, claim: Claim, text: str, state: Mapping[str, Any] | None = None) -> None:
        reply = Reply(id=f"r{claim.turn}", turn=claim.turn, text=text, sentences=(text,), language="zh")
        self.store.commit(claim, state=state or {}, reply=reply)


def raises(error: type[Exception], match: str | None = None) -> AbstractContextManager[Any]:
    """`pytest.raises`, imported only when a test runs."""
    import pytest

    return pytest.raises(error, match=match)
