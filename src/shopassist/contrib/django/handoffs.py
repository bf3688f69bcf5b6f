"""Hand-offs in Django's database: the part of `DjangoStore` that is about persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connections
from django.db.models import Case, Count, Max, Q, Value, When

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import moment, reading, seconds, stored, writing
from shopassist.contrib.django.facts import facts_of
from shopassist.messages import items_from_json
from shopassist.protocols import Claim, Conceal, HandOff, StoredMessage
from shopassist.replies import Reply
from shopassist.storage.rules import (
    MAX_ATTEMPTS,
    MODES,
    OPEN,
    check_has,
    check_held,
    check_takes,
    concealed,
    new_handoff_id,
    stale,
    unknown,
)
from shopassist.text import clean


class DjangoHandOffs:
    """The conversations of a database, and their hand-offs. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def hand_off(self, claim: Claim, *, reason: str, summary: Mapping[str, Any]) -> str:
        """See `ConversationStore.hand_off`."""
        new = {"conversation_id": claim.conversation, "turn": claim.turn, "reason": clean(reason)}
        new |= {"summary": stored(summary), "created": moment(self._clock())}
        mine = Case(When(turn=claim.turn, then=Value(0)), default=Value(1))
        with writing() as db:
            held_by(db, claim)
            rows = models.HandOff.objects.using(db)
            wanted = rows.filter(Q(turn=claim.turn) | Q(status__in=OPEN), conversation=claim.conversation)
            while (known := wanted.order_by(mine).first()) is None:
                rows.bulk_create([models.HandOff(id=new_handoff_id(), **new)], ignore_conflicts=True)
            if known.turn != claim.turn and known.status == "waiting":
                rows.filter(id=known.id).update(reason=new["reason"], summary=new["summary"])
        return known.id

    def withdraw(self, claim: Claim, handoff: str) -> None:
        """See `ConversationStore.withdraw`."""
        with writing() as db:
            held_by(db, claim)
            rows = models.HandOff.objects.using(db).filter(id=handoff, conversation=claim.conversation)
            rows.filter(turn=claim.turn, status="waiting").delete()

    def handoffs(self, status: str = "waiting") -> list[HandOff]:
        """See `ConversationStore.handoffs`."""
        with reading() as db:
            rows = models.HandOff.objects.using(db).filter(status=status)
            return [handoff_of(row) for row in rows.order_by("created", "conversation_id", "turn")]

    def handoff(self, handoff: str) -> HandOff:
        """See `ConversationStore.handoff`."""
        with reading() as db:
            return _known(db, handoff)

    def open_handoff(self, conversation: str) -> HandOff | None:
        """See `ConversationStore.open_handoff`."""
        with reading() as db:
            return open_handoff(db, conversation)

    def take(self, handoff: str, agent: str) -> HandOff:
        """See `ConversationStore.take`."""
        with writing() as db:
            found, row = _locked_with(db, handoff)
            check_takes(handoff, agent, status=found.status, holder=found.agent)
            return found if found.status == "person" else _change(db, found, row, status="person", agent=agent)

    def put_back(self, handoff: str, agent: str) -> None:
        """See `ConversationStore.put_back`."""
        with writing() as db:
            found, row = _locked_with(db, handoff, agent)
            _change(db, found, row, status="waiting", agent=None)

    def say(self, handoff: str, agent: str, text: str, conceal: Conceal | None = None) -> StoredMessage:
        """See `ConversationStore.say`."""
        with writing() as db:
            found, row = _locked_with(db, handoff, agent)
            text, vault = concealed(row.vault, text, conceal)
            now = moment(self._clock())
            if vault != row.vault:
                update(db, found.conversation, vault=stored(vault))
            seq = add_message(db, found.conversation, role="person", text=text, agent=agent, created=now)
            update(db, found.conversation, touched=now)
        return StoredMessage(seq, "person", text, None, None, (), agent)

    def give_back(self, handoff: str, agent: str, reply: Reply) -> Reply:
        """See `ConversationStore.give_back`."""
        with writing() as db:
            found, row = _locked_with(db, handoff, agent)
            left = without_turn(db, found.conversation)
            merged = tuple(m.client_id for m in left if m.client_id)
            reply = replace(reply, turn=row.revision + 1, merged=merged)
            self._answer(db, found.conversation, reply.turn, [m.seq for m in left], reply)
            update(db, found.conversation, revision=reply.turn, touched=moment(self._clock()))
            _change(db, found, row, status="closed")
        return reply

    def _answer(self, db: str, conversation: str, number: int, messages: Sequence[int], reply: Reply) -> None:
        """Store a reply as a turn, with its message if it says anything; the conversation's row is the caller's."""
        answer, now = stored(reply.to_dict()), moment(self._clock())
        usage = answer.pop("usage")
        models.Turn.objects.using(db).create(
            conversation_id=conversation, number=number, reply=answer, usage=usage, created=now
        )
        facts = stored(facts_of(reply))
        models.TurnFacts.objects.using(db).create(conversation_id=conversation, number=number, created=now, **facts)
        these = models.Message.objects.using(db).filter(conversation=conversation, seq__in=messages)
        these.update(turn=number, partial="")
        if text := clean(reply.text):
            add_message(db, conversation, role="assistant", text=text, turn=number, created=now)


def _known(db: str, handoff: str) -> HandOff:
    row = models.HandOff.objects.using(db).filter(id=handoff).first()
    if row is None:
        raise unknown(handoff)
    return handoff_of(row)


def _locked_with(db: str, handoff: str, agent: str | None = None) -> tuple[HandOff, models.Conversation]:
    """The hand-off and its conversation's row, locked; raise unless it is there and, if given, this person's."""
    row = locked(db, _known(db, handoff).conversation)
    found = _known(db, handoff)  # once more: another may have changed it before the lock was had
    if row is None:
        raise unknown(handoff)
    if agent is not None:
        check_has(handoff, agent, status=found.status, holder=found.agent)
    return found, row


def _change(db: str, handoff: HandOff, row: models.Conversation, **values: Any) -> HandOff:
    """Change a hand-off, and end a turn at work."""
    changed = replace(handoff, **values)
    models.HandOff.objects.using(db).filter(id=handoff.id).update(**values)
    new = {"mode": MODES[changed.status], "fence": row.fence + 1, "lease_token": None, "lease_until": None}
    update(db, handoff.conversation, **new)
    return changed


def open_handoff(db: str, conversation: str) -> HandOff | None:
    """The conversation's hand-off that is not closed."""
    row = models.HandOff.objects.using(db).filter(conversation=conversation, status__in=OPEN).first()
    return handoff_of(row) if row else None


def handoffs_of(db: str, conversation: str) -> tuple[HandOff | None, int]:
    """The conversation's hand-off that is not closed, and how many are."""
    closed = Count("pk", filter=Q(status="closed"))
    rows = models.HandOff.objects.using(db).filter(conversation=conversation)
    count = rows.aggregate(every=Count("pk"), closed=closed)
    return open_handoff(db, conversation) if count["every"] > count["closed"] else None, count["closed"]


def locked(db: str, conversation: str) -> models.Conversation | None:
    """Read the conversation's row, None if there is none; nobody else writes to it until the transaction ends."""
    rows = models.Conversation.objects.using(db).filter(pk=conversation)
    if connections[db].features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def held_by(db: str, claim: Claim) -> models.Conversation:
    """The conversation's row, locked; raise unless the claim still holds it."""
    row = locked(db, claim.conversation)
    if row is None:
        raise stale(claim)
    check_held(claim, erased=row.erased is not None, token=row.lease_token, fence=row.fence)
    return row


def without_turn(db: str, conversation: str) -> list[models.Message]:
    """The customer's messages that wait for a turn, oldest first."""
    rows = models.Message.objects.using(db).filter(conversation=conversation, turn=None, role="customer")
    # Sorted here, or SQLite walks the whole conversation instead of the few without a turn.
    return sorted(rows.filter(attempts__lt=MAX_ATTEMPTS).order_by(), key=lambda row: row.seq)


def add_message(db: str, conversation: str, **values: Any) -> int:
    """Store a message under the next number, and give that."""
    rows = models.Message.objects.using(db)
    seq: int = (rows.filter(conversation=conversation).aggregate(last=Max("seq"))["last"] or 0) + 1
    rows.create(conversation_id=conversation, seq=seq, **values)
    return seq


def update(db: str, conversation: str, **values: Any) -> None:
    """Change the conversation's row."""
    models.Conversation.objects.using(db).filter(pk=conversation).update(**values)


def message_of(row: models.Message) -> StoredMessage:
    """A row of the messages."""
    items = items_from_json(row.items)
    return StoredMessage(row.seq, row.role, row.text, row.client_id, row.turn, items, row.agent)


def handoff_of(row: models.HandOff) -> HandOff:
    """A row of the hand-offs."""
    created = seconds(row.created)
    return HandOff(row.id, row.conversation_id, row.turn, row.reason, row.summary, row.status, created, row.agent)
