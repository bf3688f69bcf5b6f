"""One turn for a request: no connection is held while the model writes, and what was shown is kept if it breaks off."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from shopassist.assistant import Assistant
from shopassist.contrib.django import models, wire
from shopassist.contrib.django.conf import on_reset, options
from shopassist.contrib.django.connection import held, let_go, reading, take_up
from shopassist.contrib.django.problems import Refusal, refusal_named, refusal_of
from shopassist.contrib.django.store import DjangoStore
from shopassist.engine.owner_view import owner_view
from shopassist.errors import ShopAssistError
from shopassist.messages import Customer, Message
from shopassist.protocols import Claim
from shopassist.replies import Done, Event, Failed, Language, Mode, Reply, Sentence, Stage, Started, ToolStarted
from shopassist.vault import Vault, conceal

STOPPING = 3.0
"""Seconds for which `stop` waits for a turn whose caller has left to let go."""

LOOK = 0.05
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A message on its way to the assistant."""

    assistant: Assistant
    conversation: str
    customer: Customer | None
    message: Message


class Places:
    """How many turns this process works on, and the threads of those that are streamed."""

    def __init__(self, most: int) -> None:
        self._free = threading.Semaphore(most)
        self.executor = ThreadPoolExecutor(most, "shopassist-turn")

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one turn. Raises `Refusal` where none is free."""
        if not self._free.acquire(blocking=False):
            raise Refusal("overloaded")
        try:
            yield
        finally:
            self._free.release()

    def check(self) -> None:
        """Raise `Refusal` where no place is free now."""
        with self.one():
            pass


@lru_cache(maxsize=1)
def places() -> Places:
    """The process's places."""
    return Places(options().turns)


on_reset.append(places.cache_clear)


def answer(ask: Ask) -> dict[str, Any]:
    """The reply to a message, as JSON. Raises `Refusal` and `ShopAssistError`."""
    with closing(_events(ask, threading.Event())) as events:
        for event in events:
            if isinstance(event, Done):
                return _told(ask, event.reply)
            if isinstance(event, Failed):
                raise refusal_named(event.error, event.message)
    raise Refusal("pending")


def told(ask: Ask, stopped: threading.Event) -> Generator[tuple[str, dict[str, Any]]]:
    """The same in events for a page: their names and data. What goes wrong is the last one, ``failed``."""
    try:
        with places().one(), closing(_events(ask, stopped)) as events:
            for event in events:
                if (found := _shown(ask, event)) is not None:
                    yield found
    except Refusal as refusal:
        yield "failed", refusal.to_dict()
    except ShopAssistError as error:
        yield "failed", refusal_of(error).to_dict()


def stop(store: DjangoStore, conversation: str, language: Language) -> dict[str, Any] | None:
    """End what is unanswered with what was shown of its answer; None where nothing is.

    The page first leaves the stream. Raises `Refusal` where a turn goes on that nobody can stop.
    """
    ends = time.monotonic() + STOPPING
    while (claim := store.claim(conversation, lease=15.0)) is None:
        with reading() as db:
            waiting = models.Message.objects.using(db).filter(conversation=conversation, role="customer", turn=None)
            if not waiting.exists():
                return None
        if time.monotonic() > ends:
            raise Refusal("busy")
        time.sleep(LOOK)
    try:
        reply = _as_far_as_shown(claim, language)
        store.commit(claim, state=claim.state, reply=reply)
    except BaseException:
        store.release(claim, tried=False)
        raise
    return wire.reply(owner_view(reply, Vault(claim.vault)), wire.seq_of(conversation, claim.turn))


def _as_far_as_shown(claim: Claim, language: Language) -> Reply:
    with reading() as db:
        rows = models.Message.objects.using(db).filter(conversation=claim.conversation, turn=None).order_by("seq")
        shown = tuple(filter(None, rows.values_list("partial", flat=True)))
    merged = tuple(m.id for m in claim.messages if m.id)
    mode = cast("Mode", claim.handoff.status if claim.handoff else "bot")
    known = claim.state.get("language") or language
    return Reply(uuid.uuid4().hex, claim.turn, "".join(shown), shown, known, mode=mode, merged=merged, superseded=True)


def _events(ask: Ask, stopped: threading.Event) -> Generator[Event]:
    """A turn's events, on one connection that is given back while the model writes."""
    shown: list[str] = []
    done = False
    with held():
        events = ask.assistant.stream(
            ask.message, conversation=ask.conversation, customer=ask.customer, wait=options().wait, stopped=stopped,
            before_model=let_go,
        )  # fmt: skip
        with closing(events):
            try:
                for event in events:
                    if isinstance(event, Sentence) and not stopped.is_set():  # or nobody saw it
                        shown.append(event.text)
                    elif isinstance(event, Stage) and event.name == "reply":
                        take_up()  # what is left is stored and read at once
                    done = done or isinstance(event, Done)
                    yield event
            finally:  # before the turn is given back: whoever stops it then stores what was shown
                if shown and not done and ask.message.id:
                    _keep(ask, "".join(shown))


def _keep(ask: Ask, text: str) -> None:
    store = ask.assistant.store
    if isinstance(store, DjangoStore) and ask.message.id:
        store.keep_partial(ask.conversation, ask.message.id, text, conceal)


def _told(ask: Ask, reply: Reply) -> dict[str, Any]:
    return wire.reply(reply, wire.seq_of(ask.conversation, reply.turn))


def _shown(ask: Ask, event: Event) -> tuple[str, dict[str, Any]] | None:
    """An event as a page gets it; which tools are called is not told."""
    if isinstance(event, Started):
        return "started", {"message": ask.message.id, "turn": event.turn}
    if isinstance(event, Stage):
        return "stage", {"name": event.name}
    if isinstance(event, ToolStarted):
        return "stage", {"name": "changing" if event.effect == "write" else "looking"}
    if isinstance(event, Sentence):
        return "sentence", {"text": event.text}
    if isinstance(event, Done):
        return "done", _told(ask, event.reply)
    if isinstance(event, Failed):
        return "failed", refusal_named(event.error, event.message).to_dict()
    return None
