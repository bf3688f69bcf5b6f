"""Before and around the graph: one worker holds the conversation, and a turn is stored or not at all."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, cast

from langsmith import tracing_context

from shopassist.engine.graph import RECURSION_LIMIT, graph
from shopassist.engine.state import Memory, Ports, Turn
from shopassist.errors import ConversationError, StaleTurn
from shopassist.protocols import Claim, ConversationStore
from shopassist.replies import Done, Event, Reply, Stage, Started, Usage, plain

log = logging.getLogger(__name__)

LEASE, RENEW = 15.0, 5.0
"""Seconds for which a worker holds a conversation, and after which it renews its hold."""

LOOK = 0.05
"""Seconds between two looks while another worker has the conversation."""


def answered(store: ConversationStore, conversation: str, message_ids: list[str]) -> Reply | None:
    """The reply to the last of these messages, once all of them are answered."""
    replies = [store.reply_to(conversation, i) for i in message_ids]
    return replies[-1] if all(replies) else None


def wait_for(
    store: ConversationStore, conversation: str, message_ids: list[str], *, until: float, stopped: threading.Event
) -> Claim | Reply | None:
    """The claim to work on, or the reply that another worker stored, or None when `until` (monotonic) has passed."""
    while True:
        if claim := store.claim(conversation, lease=LEASE):
            if message_ids[-1] in {m.id for m in claim.messages}:
                return claim
            # Another worker answered ours since we looked, and these are somebody else's to wait for.
            store.release(claim, tried=False)
        if reply := answered(store, conversation, message_ids):
            return reply
        if time.monotonic() >= until or stopped.wait(LOOK):
            return None


def turn(store: ConversationStore, claim: Claim, ports: Ports) -> Iterator[Event]:
    """Run the graph for a claim and store what comes of it; the last event is `Done`.

    Closing the iterator stops the model and gives the conversation back with its messages unanswered.
    """
    with _held(store, claim, ports.stopped) as hold:
        yield Started(claim.conversation, claim.turn)
        state: Turn = {}
        times: dict[str, float] = {}
        first: float | None = None
        try:
            for node, update in _steps(ports):
                state.update(update)
                seconds = time.monotonic() - ports.began
                if node != "compose":
                    times[node] = round(seconds, 4)
                    yield Stage(node, seconds)
                for event in update.get("events", ()):
                    first = first if first is not None else seconds
                    yield event
        finally:
            if ports.draft is not None:
                ports.draft.close()
        reply = replace(
            state["reply"],
            usage=_usage(ports, times, first),
            merged=tuple(m.id for m in claim.messages if m.id),
        )
        hold.commit(state["memory"], reply)
    yield Done(reply)


def _steps(ports: Ports) -> Iterator[tuple[str, Turn]]:
    """The graph's steps, in the caller's thread."""
    # One context for each step would do as well, but the generator is resumed in between, by callers with their own.
    steps = graph().stream(
        cast("Turn", {}), context=ports, stream_mode="updates", config={"recursion_limit": RECURSION_LIMIT}
    )
    with closing(cast("Any", steps)):
        while True:
            with tracing_context(enabled=ports.settings.tracing):
                chunk = next(steps, None)
            if chunk is None:
                return
            for node, update in cast("dict[str, Turn | None]", chunk).items():
                yield node, update or {}


def _usage(ports: Ports, times: dict[str, float], first: float | None) -> Usage:
    draft = ports.draft
    if draft and draft.first_token is not None:
        times["first_token"] = round(draft.first_token, 4)
    return Usage(
        model=ports.model_name,
        model_calls=draft.calls if draft else 0,
        input_tokens=draft.input_tokens if draft else 0,
        output_tokens=draft.output_tokens if draft else 0,
        times=times,
        first_sentence=round(first, 4) if first is not None else None,
        total=round(time.monotonic() - ports.began, 4),
    )


class _Hold:
    """A claim that is renewed in the background until it is committed or given back."""

    def __init__(self, store: ConversationStore, claim: Claim, stopped: threading.Event) -> None:
        self.store = store
        self.claim = claim
        self.committed = False
        self._stopped = stopped
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="shopassist-lease", daemon=True)
        self._thread.start()

    def _renew(self) -> None:
        while not self._over.wait(RENEW):
            try:
                self.claim = self.store.renew(self.claim, lease=LEASE)
            except StaleTurn:
                log.warning("the lease of turn %d was lost; the turn is stopped", self.claim.turn)
                self._stopped.set()
                return
            except Exception:
                # The lease lasts for two more tries; if it is lost, the commit says so.
                log.exception("the lease could not be renewed")

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def commit(self, memory: Memory, reply: Reply) -> None:
        self.end()
        self.store.commit(self.claim, state=plain(memory), reply=reply)
        self.committed = True


@contextmanager
def _held(store: ConversationStore, claim: Claim, stopped: threading.Event) -> Iterator[_Hold]:
    hold = _Hold(store, claim, stopped)
    tried = True
    try:
        yield hold
    except (GeneratorExit, KeyboardInterrupt):
        tried = False  # the caller left; the messages are not to blame
        raise
    finally:
        hold.end()
        if not hold.committed:
            try:
                store.release(hold.claim, tried=tried)
            except ConversationError as error:
                log.info("the conversation was not given back: %s", error)
