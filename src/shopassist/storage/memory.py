"""Conversations in the memory of one process: for tests, examples and trials."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import Any
from uuid import uuid4

from shopassist.errors import ConversationErased, NotYourConversation, StaleTurn, StorageError, TurnFailed
from shopassist.messages import Message
from shopassist.protocols import Claim, Enqueued, StoredMessage
from shopassist.replies import Reply
from shopassist.text import clean

MAX_ATTEMPTS = 3
"""How often a message is claimed before it counts as one that breaks its worker.

One more means that this is settled: the last try has ended, since another claim was made after it.
"""


def plain_json(values: Mapping[str, Any]) -> str:
    """Write values as JSON text without lone surrogates, which no database takes.

    Raises `StorageError`, naming the key, where a value is not JSON (NaN and infinity are not).
    """
    for key in values:
        if not isinstance(key, str):
            raise StorageError(f"cannot store the key {key!r}: keys must be texts")
    try:
        text = json.dumps(dict(values), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # The cause may quote the value, which may be a customer's.
        wrong = next((repr(k) for k, v in values.items() if not _is_json(v)), "the values")
        raise StorageError(f"cannot store {wrong}: its value is not plain JSON") from None
    return text.encode("utf-8", "ignore").decode()


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def check_access(conversation: str, *, erased: bool, owner: str | None, caller: str | None) -> None:
    """Raise `ConversationErased` or `NotYourConversation` where the caller may not write to the conversation."""
    if erased:
        raise ConversationErased(f"the conversation {conversation!r} was erased; start a new one")
    if owner != caller:
        raise NotYourConversation(f"the conversation {conversation!r} belongs to somebody else; answer with 404")


def check_held(claim: Claim, *, erased: bool, token: str | None, fence: int) -> None:
    """Raise `ConversationErased` or `StaleTurn` unless the claim is the conversation's last one and still open."""
    if erased:
        raise ConversationErased(f"the conversation {claim.conversation!r} was erased while it was being answered")
    if (token, fence) != (claim.token, claim.fence):
        raise stale(claim)


def stale(claim: Claim) -> StaleTurn:
    """Make the error for a claim that was lost."""
    return StaleTurn(f"turn {claim.turn} of the conversation {claim.conversation!r} lost its lease; nothing was stored")


def given_up(*, turn: int | None, attempts: int, held: bool) -> bool:
    """Whether a message will get no reply; `held`: somebody works on its conversation now, maybe at its last try."""
    return turn is None and (attempts > MAX_ATTEMPTS or (attempts == MAX_ATTEMPTS and not held))


def no_reply(conversation: str) -> TurnFailed:
    """Make the error for a message that was given up."""
    return TurnFailed(
        f"a message of the conversation {conversation!r} was given up after {MAX_ATTEMPTS} turns that broke (the log "
        "says on what); put it differently, under a new message id"
    )


@dataclass(slots=True)
class _Conversation:
    owner: str | None
    state: str = "{}"
    messages: list[StoredMessage] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)
    token: str | None = None
    until: float = 0.0
    fence: int = 0
    erased: bool = False

    def add(self, role: str, text: str, message_id: str | None, turn: int | None) -> StoredMessage:
        message = StoredMessage(len(self.messages) + 1, role, clean(text), message_id, turn)
        self.messages.append(message)
        return message

    def find(self, message_id: str) -> StoredMessage | None:
        return next((m for m in self.messages if m.id == message_id), None)

    def unanswered(self) -> Iterator[StoredMessage]:
        for message in self.messages:
            if message.turn is None and self.attempts.get(message.seq, 0) < MAX_ATTEMPTS:
                yield message

    def held(self, now: float) -> bool:
        return self.token is not None and self.until > now

    def reply(self, turn: int | None) -> Reply | None:
        return Reply.from_dict(json.loads(self.replies[turn - 1])) if turn else None


class MemoryStore:
    """A `ConversationStore` that forgets everything when the process ends. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._conversations: dict[str, _Conversation] = {}

    def enqueue(self, conversation: str, owner: str | None, messages: Sequence[Message]) -> list[Enqueued]:
        """See `ConversationStore.enqueue`."""
        with self._lock:
            kept = self._conversations.setdefault(conversation, _Conversation(owner))
            check_access(conversation, erased=kept.erased, owner=kept.owner, caller=owner)
            result = []
            for message in messages:
                message_id = message.id or uuid4().hex
                stored = kept.find(message_id) or kept.add("customer", message.text, message_id, None)
                result.append(Enqueued(stored.seq, message_id, kept.reply(stored.turn)))
            return result

    def claim(self, conversation: str, *, lease: float) -> Claim | None:
        """See `ConversationStore.claim`."""
        with self._lock:
            kept, now = self._alive(conversation), self._clock()
            if kept is None or kept.held(now):
                return None
            messages = tuple(kept.unanswered())
            if not messages:
                return None
            for message in kept.messages:
                if message.turn is None and kept.attempts.get(message.seq, 0) <= MAX_ATTEMPTS:
                    kept.attempts[message.seq] = kept.attempts.get(message.seq, 0) + 1
            kept.token, kept.until, kept.fence = uuid4().hex, now + lease, kept.fence + 1
            turn, state = len(kept.replies) + 1, json.loads(kept.state)
            return Claim(conversation, kept.token, kept.fence, kept.until, turn, state, messages)

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """See `ConversationStore.renew`."""
        with self._lock:
            kept = self._held(claim)
            if kept is None:
                raise stale(claim)
            kept.until = self._clock() + lease
            return replace(claim, until=kept.until)

    def commit(self, claim: Claim, *, state: Mapping[str, Any], reply: Reply) -> None:
        """See `ConversationStore.commit`."""
        new_state, new_reply = plain_json(state), plain_json(reply.to_dict())
        with self._lock:
            kept = self._conversations.get(claim.conversation)
            if kept is None:
                raise stale(claim)
            check_held(claim, erased=kept.erased, token=kept.token, fence=kept.fence)
            for message in claim.messages:
                kept.messages[message.seq - 1] = replace(message, turn=claim.turn)
            kept.replies.append(new_reply)
            kept.add("assistant", reply.text, None, claim.turn)
            kept.state, kept.token = new_state, None

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

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """See `ConversationStore.owner`."""
        with self._lock:
            kept = self._alive(conversation)
            return (True, kept.owner) if kept else (False, None)

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
                "messages": [asdict(m) for m in kept.messages],
                "replies": [json.loads(r) for r in kept.replies],
            }

    def erase(self, conversation: str) -> None:
        """See `ConversationStore.erase`."""
        with self._lock:
            if conversation in self._conversations:
                self._conversations[conversation] = _Conversation(owner=None, erased=True)

    def close(self) -> None:
        """See `ConversationStore.close`; memory holds no connections."""

    def _alive(self, conversation: str) -> _Conversation | None:
        kept = self._conversations.get(conversation)
        return None if kept is None or kept.erased else kept

    def _held(self, claim: Claim) -> _Conversation | None:
        kept = self._alive(claim.conversation)
        return kept if kept and (kept.token, kept.fence) == (claim.token, claim.fence) else None
