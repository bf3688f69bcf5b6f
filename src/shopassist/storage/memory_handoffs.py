"""Hand-offs in the memory of one process: the part of `MemoryStore` that is about persons."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from shopassist.protocols import Claim, Conceal, HandOff, StoredMessage, StoredTurn
from shopassist.replies import Reply
from shopassist.storage.rules import (
    MAX_ATTEMPTS,
    OPEN,
    check_has,
    check_held,
    check_takes,
    concealed,
    is_held,
    new_handoff_id,
    plain_json,
    stale,
    unanswered,
    unknown,
)
from shopassist.text import clean


@dataclass(slots=True)
class Conversation:
    """One conversation; `replies` and `answered` are by turn, from 1."""

    owner: str | None
    state: str = "{}"
    vault: str = "{}"
    messages: list[StoredMessage] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    handoffs: list[HandOff] = field(default_factory=list)
    token: str | None = None
    until: float = 0.0
    fence: int = 0
    erased: bool = False

    def find(self, message_id: str) -> StoredMessage | None:
        """The message with this id."""
        return next((m for m in self.messages if m.id == message_id), None)

    def unanswered(self) -> list[StoredMessage]:
        """The customer's messages that wait for a turn."""
        return [m for m in self._without_turn() if unanswered(self.attempts.get(m.seq, 0))]

    def count_try(self) -> None:
        """Count a claim, and settle those whose last try has ended: see MAX_ATTEMPTS."""
        for message in self._without_turn():
            if (tries := self.attempts.get(message.seq, 0)) <= MAX_ATTEMPTS:
                self.attempts[message.seq] = tries + 1

    def _without_turn(self) -> list[StoredMessage]:
        return [m for m in self.messages if m.role == "customer" and m.turn is None]

    def held(self, now: float) -> bool:
        """Whether somebody works on it."""
        return is_held(self.token, self.until, now)

    def reply(self, turn: int | None) -> Reply | None:
        """The reply of a turn."""
        return Reply.from_dict(json.loads(self.replies[turn - 1])) if turn else None

    def turn(self, name: str, number: int) -> StoredTurn:
        """A turn of the conversation, which has this name."""
        texts = tuple(m.text for m in self.messages if m.turn == number and m.role == "customer")
        reply = Reply.from_dict(json.loads(self.replies[number - 1]))
        return StoredTurn(name, number, texts, reply, self.answered[number - 1])

    @property
    def epoch(self) -> int:
        """See `Claim.epoch`."""
        return 1 + sum(h.status == "closed" for h in self.handoffs)

    def open_handoff(self) -> HandOff | None:
        """The hand-off that is not closed."""
        return next((h for h in self.handoffs if h.status in OPEN), None)

    def answer(self, messages: Iterable[StoredMessage], turn: int, reply: str, text: str, now: float) -> None:
        """Keep the reply, as JSON, to these messages, and its text, unless it is empty, as a message."""
        for message in messages:
            self.messages[message.seq - 1] = replace(message, turn=turn)
        self.replies.append(reply)
        self.answered.append(now)
        if text:
            self.messages.append(StoredMessage(len(self.messages) + 1, "assistant", text, None, turn))


class MemoryHandOffs:
    """What `MemoryStore` keeps, and its hand-offs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._conversations: dict[str, Conversation] = {}

    def hand_off(self, claim: Claim, *, reason: str, summary: Mapping[str, Any]) -> str:
        """See `ConversationStore.hand_off`."""
        new_summary = json.loads(plain_json(summary))
        with self._lock:
            kept = self._checked(claim)
            for known in sorted(kept.handoffs, key=lambda h: h.turn != claim.turn):
                if known.turn != claim.turn and known.status == "waiting":
                    anew = replace(known, reason=clean(reason), summary=new_summary)
                    kept.handoffs[kept.handoffs.index(known)] = anew
                if known.turn == claim.turn or known.status in OPEN:
                    return known.id
            handoff_id, taken = new_handoff_id(), {h.id for h in self._all_handoffs()}
            while handoff_id in taken:
                handoff_id = new_handoff_id()
            kept.handoffs.append(
                HandOff(
                    handoff_id, claim.conversation, claim.turn, clean(reason), new_summary, "waiting", self._clock()
                )
            )
            return handoff_id

    def handoffs(self, status: str = "waiting") -> list[HandOff]:
        """See `ConversationStore.handoffs`."""
        with self._lock:
            found = [deepcopy(h) for h in self._all_handoffs() if h.status == status]
        return sorted(found, key=lambda h: (h.created, h.conversation, h.turn))

    def withdraw(self, claim: Claim, handoff: str) -> None:
        """See `ConversationStore.withdraw`."""
        with self._lock:
            kept = self._checked(claim)
            kept.handoffs = [h for h in kept.handoffs if (h.id, h.turn, h.status) != (handoff, claim.turn, "waiting")]

    def handoff(self, handoff: str) -> HandOff:
        """See `ConversationStore.handoff`."""
        with self._lock:
            return deepcopy(self._known(handoff)[1])

    def open_handoff(self, conversation: str) -> HandOff | None:
        """See `ConversationStore.open_handoff`."""
        with self._lock:
            kept = self._alive(conversation)
            return deepcopy(kept.open_handoff()) if kept else None

    def take(self, handoff: str, agent: str) -> HandOff:
        """See `ConversationStore.take`."""
        with self._lock:
            kept, found = self._known(handoff)
            check_takes(handoff, agent, status=found.status, holder=found.agent)
            if found.status == "waiting":
                found = self._change(kept, found, status="person", agent=agent)
            return deepcopy(found)

    def put_back(self, handoff: str, agent: str) -> None:
        """See `ConversationStore.put_back`."""
        with self._lock:
            kept, found = self._known(handoff, agent)
            self._change(kept, found, status="waiting", agent=None)

    def say(self, handoff: str, agent: str, text: str, conceal: Conceal | None = None) -> StoredMessage:
        """See `ConversationStore.say`."""
        with self._lock:
            kept, _ = self._known(handoff, agent)
            text, vault = concealed(json.loads(kept.vault), text, conceal)
            kept.vault = plain_json(vault)
            message = StoredMessage(len(kept.messages) + 1, "person", text, None, None, (), agent)
            kept.messages.append(message)
            return message

    def give_back(self, handoff: str, agent: str, reply: Reply) -> Reply:
        """See `ConversationStore.give_back`."""
        with self._lock:
            kept, found = self._known(handoff, agent)
            left, turn = tuple(kept.unanswered()), len(kept.replies) + 1
            reply = replace(reply, turn=turn, merged=tuple(m.id for m in left if m.id))
            kept.answer(left, turn, plain_json(reply.to_dict()), clean(reply.text), self._clock())
            self._change(kept, found, status="closed")
            return reply

    def _change(self, kept: Conversation, handoff: HandOff, **values: Any) -> HandOff:
        """Change a hand-off, and end a turn at work."""
        changed = replace(handoff, **values)
        kept.handoffs[kept.handoffs.index(handoff)] = changed
        kept.token, kept.fence = None, kept.fence + 1
        return changed

    def _known(self, handoff: str, agent: str | None = None) -> tuple[Conversation, HandOff]:
        """The hand-off, and its conversation; raise unless it is there and, if given, this person's."""
        for kept in self._conversations.values():
            for found in kept.handoffs:
                if found.id == handoff:
                    if agent is not None:
                        check_has(handoff, agent, status=found.status, holder=found.agent)
                    return kept, found
        raise unknown(handoff)

    def _alive(self, conversation: str) -> Conversation | None:
        kept = self._conversations.get(conversation)
        return None if kept is None or kept.erased else kept

    def _all_handoffs(self) -> Iterator[HandOff]:
        for kept in self._conversations.values():
            yield from kept.handoffs

    def _checked(self, claim: Claim) -> Conversation:
        """The conversation that the claim holds; raise where it holds it no longer."""
        kept = self._conversations.get(claim.conversation)
        if kept is None:
            raise stale(claim)
        check_held(claim, erased=kept.erased, token=kept.token, fence=kept.fence)
        return kept

    def _held(self, claim: Claim) -> Conversation | None:
        kept = self._alive(claim.conversation)
        return kept if kept and (kept.token, kept.fence) == (claim.token, claim.fence) else None
