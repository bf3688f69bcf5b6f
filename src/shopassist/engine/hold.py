"""How a worker keeps a conversation for longer than its lease."""

from __future__ import annotations

import heapq
import logging
import os
import threading
import time
from collections.abc import Callable
from itertools import count

from shopassist.errors import ConversationErased, StaleTurn
from shopassist.protocols import Claim, ConversationStore

log = logging.getLogger(__name__)

LEASE, RENEW = 15.0, 5.0
"""Seconds for which a worker holds a conversation, and after which it renews its hold."""


def take(store: ConversationStore, conversation: str, *, idle: bool = False) -> Claim | None:
    """Claim a conversation for a lease; see `ConversationStore.claim`."""
    return store.claim(conversation, lease=LEASE, idle=idle)


class Hold:
    """A claim that is renewed in the background until it `end`s, for `life` seconds at the most.

    `stopped` is set where the claim is lost. Most turns end before the first renewal is due, so only those that do not
    have a thread.
    """

    def __init__(self, store: ConversationStore, claim: Claim, stopped: threading.Event, life: float) -> None:
        self.store = store
        self.claim = claim
        self.committed = False
        self._stopped = stopped
        self._ends = time.monotonic() + life
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._forget = _alarms.after(RENEW, self._begin)

    def renew(self) -> None:
        """Renew at once. Raises `StaleTurn` where the conversation was lost, `ConversationErased` where it is gone."""
        try:
            self.claim = self.store.renew(self.claim, lease=LEASE)
        except StaleTurn:
            conversation = self.claim.conversation
            if not self.store.owner(conversation)[0]:
                raise erased(conversation) from None
            raise

    def end(self) -> None:
        """Renew no more; a renewal under way is waited for."""
        self._forget()
        with self._lock:
            self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        with self._lock:
            if not self._over.is_set():
                self._thread = threading.Thread(target=self._renew, name="shopassist-lease", daemon=True)
                self._thread.start()

    def _renew(self) -> None:
        while not self._over.is_set():
            if time.monotonic() > self._ends:
                log.warning("turn %d goes on for too long and is left: was its stream not closed?", self.claim.turn)
                return
            try:
                self.claim = self.store.renew(self.claim, lease=LEASE)
            except StaleTurn:
                log.warning("the lease of turn %d was lost; the turn is stopped", self.claim.turn)
                self._stopped.set()
                return
            except Exception as error:  # noqa: BLE001 - any store may be plugged in
                # The lease lasts for two more tries; if it is lost, the commit says so.
                log.error("the lease of turn %d could not be renewed: %s", self.claim.turn, type(error).__name__)
            self._over.wait(RENEW)


def erased(conversation: str) -> ConversationErased:
    """Make the error for a conversation that was erased while a turn of it ran."""
    return ConversationErased(f"the conversation {conversation!r} was erased meanwhile; start a new one")


class _Alarms:
    """Calls that are due later, from one thread of the process; each must be short."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, list[Callable[[], None]]]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call after so many seconds. What is returned forgets the call, if it is not made yet."""
        calls = [call]
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), calls))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="shopassist-alarms", daemon=True)
                self._thread.start()
            elif self._due[0][2] is calls:
                self._changed.notify()
        return calls.clear

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait if self._due else None)
                calls = heapq.heappop(self._due)[2]
            for call in tuple(calls):
                try:
                    call()
                except Exception as error:  # noqa: BLE001 - no memory for a thread, say: the other holds still have theirs
                    log.error("a turn's lease will not be renewed: %s", type(error).__name__)


_alarms = _Alarms()
if hasattr(os, "register_at_fork"):  # the child of a fork has none of its parent's threads and must not use their lock
    os.register_at_fork(after_in_child=_alarms.__init__)  # type: ignore[misc]
