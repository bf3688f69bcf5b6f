"""Conversations in the memory of one process: for tests, examples and trials."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import islice
from typing import Any
from uuid import uuid4

from shopassist.messages import Message
from shopassist.protocols import NOTHING, Claim, Conceal, Enqueued, StoredMessage, StoredTurn
from shopassist.replies import Reply
from shopassist.storage.memory_handoffs import Conversation, MemoryHandOffs
from shopassist.storage.rules import (
    adopts,
    check_access,
    concealed,
    exported,
    given_up,
    no_reply,
    plain_json,
    stale,
)
from shopassist.text import clean


class MemoryStore(MemoryHandOffs):
    """A `ConversationStore` that forgets everything when the process ends. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)

    def enqueue(
        self, conversation: str, owner: str | None, messages: Sequence[Message], conceal: Conceal | None = None
    ) -> list[Enqueued]:
        """See `ConversationStore.enqueue`."""
        ids = [m.id or uuid4().hex for m in messages]
        with self._lock:
            kept = self._conversations.get(conversation, Conversation(owner))
            check_access(conversation, erased=kept.erased, owner=kept.owner, caller=owner)
            vault: Mapping[str, str] = json.loads(kept.vault)
            new: dict[str, StoredMessage] = {}
            for message_id, message in zip(ids, messages, strict=True):
                if message_id not in new and kept.find(message_id) is None:
                    text, vault = concealed(vault, message.text, conceal)
                    seq = len(kept.messages) + len(new) + 1
                    new[message_id] = StoredMessage(seq, "customer", text, message_id, None, message.items)
            kept.vault = plain_json(vault)  # the last that may raise: all is stored, or nothing
            kept.messages += new.values()
            self._conversations[conversation] = kept
            stored = [kept.find(message_id) for message_id in ids]
            return [Enqueued(m.seq, i, kept.reply(m.turn)) for i, m in zip(ids, stored, strict=True) if m]

    def claim(self, conversation: str, *, lease: float, idle: bool = False) -> Claim | None:
        """See `ConversationStore.claim`."""
        with self._lock:
            kept, now = self._alive(conversation), self._clock()
            if kept is None or kept.held(now):
                return None
            messages = tuple(kept.unanswered())
            if bool(messages) == idle:
                return None
            kept.count_try()
            kept.token, kept.until, kept.fence = uuid4().hex, now + lease, kept.fence + 1
            turn, state = len(kept.replies) + 1, json.loads(kept.state)
            vault = json.loads(kept.vault)
            handoff, epoch = deepcopy(kept.open_handoff()), kept.epoch
            return Claim(conversation, kept.token, kept.fence, kept.until, turn, state, messages, vault, handoff, epoch)

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """See `ConversationStore.renew`."""
        with self._lock:
            kept = self._held(claim)
            if kept is None:
                raise stale(claim)
            kept.until = self._clock() + lease
            return replace(claim, until=kept.until)

    def commit(
        self, claim: Claim, *, state: Mapping[str, Any], reply: Reply, vault: Mapping[str, str] = NOTHING
    ) -> None:
        """See `ConversationStore.commit`."""
        new_state, new_reply = plain_json(state), plain_json(reply.to_dict())
        with self._lock:
            kept = self._checked(claim)
            kept.answer(claim.messages, claim.turn, new_reply, clean(reply.text), self._clock())
            kept.state, kept.token = new_state, None
            kept.vault = plain_json({**json.loads(kept.vault), **vault})

    def release(self, claim: Claim, *, tried: bool = True) -> None:
        """See `ConversationStore.release`."""
        with self._lock:
            kept = self._held(claim)
            if kept is not None:
                kept.token = None
                for message in claim.messages if not tried else ():
                    kept.attempts[message.seq] -= 1

    def reply_to(self, conversation: str, message_id: str) -> Reply | None:
        """See `ConversationStore.reply_to`."""
        with self._lock:
            kept = self._alive(conversation)
            message = kept.find(message_id) if kept else None
            if kept is None or message is None:
                return None
            attempts = kept.attempts.get(message.seq, 0)
            if given_up(turn=message.turn, attempts=attempts, held=kept.held(self._clock())):
                raise no_reply(conversation)
            return kept.reply(message.turn)

    def latest(self, conversation: str) -> Reply | None:
        """See `ConversationStore.latest`."""
        with self._lock:
            kept = self._alive(conversation)
            return kept.reply(len(kept.replies)) if kept else None

    def history(self, conversation: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """See `ConversationStore.history`."""
        with self._lock:
            kept = self._alive(conversation)
            return kept.messages[after : after + limit] if kept else []

    def turns(
        self, *, after: tuple[str, int] | None = None, since: float | None = None, limit: int = 100
    ) -> list[StoredTurn]:
        """See `ConversationStore.turns`."""
        with self._lock:
            places = (
                (name, number)
                for name, kept in sorted(self._conversations.items())
                if since is None or max(kept.answered, default=0) >= since
                for number in range(1, len(kept.replies) + 1)
                if after is None or (name, number) > after
            )
            return [self._conversations[name].turn(name, number) for name, number in islice(places, limit)]

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """See `ConversationStore.owner`."""
        with self._lock:
            kept = self._alive(conversation)
            return (True, kept.owner) if kept else (False, None)

    def adopt(self, conversation: str, owner: str) -> None:
        """See `ConversationStore.adopt`."""
        with self._lock:
            kept = self._conversations.get(conversation)
            if kept is not None and adopts(conversation, erased=kept.erased, owner=kept.owner, caller=owner):
                kept.owner = owner

    def vault(self, conversation: str) -> dict[str, str]:
        """See `ConversationStore.vault`."""
        with self._lock:
            kept = self._alive(conversation)
            return dict(json.loads(kept.vault)) if kept else {}

    def export(self, conversation: str) -> dict[str, Any]:
        """See `ConversationStore.export`."""
        with self._lock:
            kept = self._alive(conversation)
            if kept is None:
                return {}
            return {
                "conversation": conversation,
                "owner": kept.owner,
                "state": json.loads(kept.state),
                "vault": json.loads(kept.vault),
                "messages": [exported(m) for m in kept.messages],
                "replies": [
                    {**json.loads(r), "answered": at} for r, at in zip(kept.replies, kept.answered, strict=True)
                ],
                "handoffs": [asdict(h) for h in kept.handoffs],
            }

    def erase(self, conversation: str) -> None:
        """See `ConversationStore.erase`."""
        with self._lock:
            if conversation in self._conversations:
                self._conversations[conversation] = Conversation(owner=None, erased=True)

    def close(self) -> None:
        """See `ConversationStore.close`; memory holds no connections."""
