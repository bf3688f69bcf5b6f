"""Conversations in the shop's own database, by Django's ORM, shared by any number of threads and processes.

The meanings are those of `shopassist.storage.sql.SqlStore`, and the rules that both follow stand in
`shopassist.storage.rules`. A writing transaction first locks the conversation: PostgreSQL its row, SQLite the whole
file. Inside a transaction of the caller's (`ATOMIC_REQUESTS`, a test) what is stored is committed with that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from django.db.models import Exists, F, OuterRef, Q

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import moment, reading, seconds, stored, writing
from shopassist.contrib.django.handoffs import (
    DjangoHandOffs,
    add_message,
    handoff_of,
    handoffs_of,
    held_by,
    locked,
    message_of,
    update,
    without_turn,
)
from shopassist.messages import Message, items_to_json
from shopassist.protocols import NOTHING, Claim, Conceal, Enqueued, StoredMessage, StoredTurn
from shopassist.replies import Reply
from shopassist.storage.rules import (
    MAX_ATTEMPTS,
    adopts,
    check_access,
    concealed,
    exported,
    given_up,
    is_held,
    no_reply,
    stale,
)


class DjangoStore(DjangoHandOffs):
    """A `ConversationStore` in the models of this app. `clock` gives seconds since the epoch.

    Several hosts need clocks that agree to well under a lease. Raises `StorageError` where the database fails, also
    where the migrations have not run.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)

    def enqueue(
        self, conversation: str, owner: str | None, messages: Sequence[Message], conceal: Conceal | None = None
    ) -> list[Enqueued]:
        """See `ConversationStore.enqueue`."""
        with writing(soon=True) as db:
            row = locked(db, conversation)
            while row is None:
                now = moment(self._clock())
                new = models.Conversation(id=conversation, owner=owner, created=now, touched=now)
                models.Conversation.objects.using(db).bulk_create([new], ignore_conflicts=True)
                row = locked(db, conversation)
            check_access(conversation, erased=row.erased is not None, owner=row.owner, caller=owner)
            result: list[Enqueued] = []
            vault: Mapping[str, str] = row.vault
            for message in messages:
                enqueued, vault = self._enqueue_one(db, conversation, message, vault, conceal)
                result.append(enqueued)
            if vault != row.vault:
                update(db, conversation, vault=stored(vault))
            return result

    def _enqueue_one(
        self, db: str, conversation: str, message: Message, vault: Mapping[str, str], conceal: Conceal | None
    ) -> tuple[Enqueued, Mapping[str, str]]:
        message_id = message.id or uuid4().hex
        known = models.Message.objects.using(db).filter(conversation=conversation, client_id=message_id).first()
        if known is not None:
            return Enqueued(known.seq, message_id, _answer_of(db, conversation, known.turn)), vault
        text, vault = concealed(vault, message.text, conceal)
        values = {"client_id": message_id, "items": items_to_json(message.items), "created": moment(self._clock())}
        seq = add_message(db, conversation, role="customer", text=text, **values)
        return Enqueued(seq, message_id, None), vault

    def claim(self, conversation: str, *, lease: float, idle: bool = False) -> Claim | None:
        """See `ConversationStore.claim`."""
        with writing(soon=True) as db:
            row, now = locked(db, conversation), self._clock()
            if row is None or row.erased is not None or is_held(row.lease_token, row.lease_until, now):
                return None
            messages = tuple(map(message_of, without_turn(db, conversation)))
            if bool(messages) == idle:
                return None
            token, fence, until = uuid4().hex, row.fence + 1, now + lease
            _count_try(db, conversation)
            new = {} if idle else {"touched": moment(now)}
            update(db, conversation, lease_token=token, lease_until=until, fence=fence, **new)
            handoff, closed = handoffs_of(db, conversation)
        return Claim(
            conversation, token, fence, until, row.revision + 1, row.state or {}, messages, row.vault, handoff,
            1 + closed,
        )  # fmt: skip

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """See `ConversationStore.renew`."""
        until = self._clock() + lease
        with writing(soon=True) as db:
            if not _held(db, claim).update(lease_until=until):
                raise stale(claim)
        return replace(claim, until=until)

    def commit(
        self, claim: Claim, *, state: Mapping[str, Any], reply: Reply, vault: Mapping[str, str] = NOTHING
    ) -> None:
        """See `ConversationStore.commit`."""
        new: dict[str, Any] = {"state": stored(state), "mode": reply.mode, "lease_token": None, "lease_until": None}
        new |= {"revision": claim.turn, "touched": moment(self._clock())}
        with writing() as db:
            if vault:
                new["vault"] = stored({**held_by(db, claim).vault, **vault})
            if not _held(db, claim).update(**new):  # this locks the row, as reading it first would
                held_by(db, claim)  # says why
                raise stale(claim)
            self._answer(db, claim.conversation, claim.turn, [m.seq for m in claim.messages], reply)

    def release(self, claim: Claim, *, tried: bool = True) -> None:
        """See `ConversationStore.release`."""
        with writing(soon=True) as db:
            free = _held(db, claim).update(lease_token=None, lease_until=None)
            if free and not tried:
                these = models.Message.objects.using(db).filter(conversation=claim.conversation)
                these.filter(seq__in=[m.seq for m in claim.messages]).update(attempts=F("attempts") - 1)

    def reply_to(self, conversation: str, message_id: str) -> Reply | None:
        """See `ConversationStore.reply_to`."""
        with reading() as db:
            rows = models.Message.objects.using(db).select_related("conversation")
            row = rows.filter(conversation=conversation, client_id=message_id).first()
            reply = _answer_of(db, conversation, row.turn) if row else None
        if row is not None:
            held = is_held(row.conversation.lease_token, row.conversation.lease_until, self._clock())
            if given_up(turn=row.turn, attempts=row.attempts, held=held):
                raise no_reply(conversation)
        return reply

    def latest(self, conversation: str) -> Reply | None:
        """See `ConversationStore.latest`."""
        with reading() as db:
            row = models.Turn.objects.using(db).filter(conversation=conversation).order_by("-number").first()
        return Reply.from_dict(_answer(row)) if row else None

    def history(self, conversation: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """See `ConversationStore.history`."""
        with reading() as db:
            rows = models.Message.objects.using(db).filter(conversation=conversation, seq__gt=after)
            return [message_of(row) for row in rows.order_by("seq")[:limit]]

    def turns(
        self, *, after: tuple[str, int] | None = None, since: float | None = None, limit: int = 100
    ) -> list[StoredTurn]:
        """See `ConversationStore.turns`."""
        of, number = after or ("", 0)
        texts: dict[tuple[str, int], list[str]] = {}
        with reading() as db:
            turns = models.Turn.objects.using(db)
            page = turns.filter(Q(conversation__gt=of) | Q(conversation=of, number__gt=number))
            if since is not None:
                recent = turns.filter(conversation=OuterRef("conversation"), created__gte=moment(since))
                page = page.filter(Exists(recent))
            rows = list(page.order_by("conversation_id", "number")[:limit])
            wanted: dict[str, list[int]] = {}
            for row in rows:
                wanted.setdefault(row.conversation_id, []).append(row.number)
            for conversation, numbers in wanted.items():
                said = models.Message.objects.using(db).filter(conversation=conversation, role="customer")
                for m in said.filter(turn__range=(numbers[0], numbers[-1])).order_by("seq").only("turn", "text"):
                    texts.setdefault((conversation, m.turn), []).append(m.text)
        return [
            StoredTurn(
                row.conversation_id,
                row.number,
                tuple(texts.get((row.conversation_id, row.number), ())),
                Reply.from_dict(_answer(row)),
                seconds(row.created),
            )
            for row in rows
        ]

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """See `ConversationStore.owner`."""
        with reading() as db:
            row = _alive(db, conversation)
        return (True, row.owner) if row else (False, None)

    def adopt(self, conversation: str, owner: str) -> None:
        """See `ConversationStore.adopt`."""
        with writing() as db:
            row = locked(db, conversation)
            if row is None:
                return
            if adopts(conversation, erased=row.erased is not None, owner=row.owner, caller=owner):
                update(db, conversation, owner=owner, visitor="")

    def vault(self, conversation: str) -> dict[str, str]:
        """See `ConversationStore.vault`."""
        with reading() as db:
            row = _alive(db, conversation)
        return row.vault if row else {}

    def export(self, conversation: str) -> dict[str, Any]:
        """See `ConversationStore.export`."""
        with reading() as db:
            row = _alive(db, conversation)
            if row is None:
                return {}
            messages, turns = (model.objects.using(db) for model in (models.Message, models.Turn))
            handed = models.HandOff.objects.using(db).filter(conversation=conversation)
            return {
                "conversation": conversation,
                "owner": row.owner,
                "state": row.state,
                "vault": row.vault,
                "messages": [
                    exported(message_of(m)) for m in messages.filter(conversation=conversation).order_by("seq")
                ],
                "replies": [
                    {**_answer(t), "answered": seconds(t.created)}
                    for t in turns.filter(conversation=conversation).order_by("number")
                ],
                "handoffs": [asdict(handoff_of(h)) for h in handed.order_by("created")],
            }

    def erase(self, conversation: str) -> None:
        """See `ConversationStore.erase`; feedback goes too."""
        gone: dict[str, Any] = {"owner": None, "visitor": "", "mode": "bot", "state": {}, "vault": {}}
        gone |= {"lease_token": None, "lease_until": None}
        with writing() as db:
            # The row first: it keeps a message out that another process is about to add.
            row = locked(db, conversation)
            if row is not None and row.erased is None:
                update(db, conversation, **gone, erased=moment(self._clock()))
                for model in (models.Feedback, models.HandOff, models.TurnFacts, models.Turn, models.Message):
                    model.objects.using(db).filter(conversation=conversation).delete()

    def close(self) -> None:
        """Nothing is held: connections are given back after each use."""

    def keep_partial(self, conversation: str, message_id: str, text: str, conceal: Conceal) -> None:
        """Store what was shown of an answer that broke off, beside its message while that is unanswered."""
        with writing() as db:
            row = locked(db, conversation)
            if row is None or row.erased is not None:
                return
            text, vault = concealed(row.vault, text, conceal)
            kept = models.Message.objects.using(db).filter(conversation=conversation, client_id=message_id, turn=None)
            if kept.update(partial=text) and vault != row.vault:
                update(db, conversation, vault=stored(vault))


def _alive(db: str, conversation: str) -> models.Conversation | None:
    return models.Conversation.objects.using(db).filter(pk=conversation, erased=None).first()


def _held(db: str, claim: Claim) -> Any:
    rows = models.Conversation.objects.using(db).filter(pk=claim.conversation, erased=None)
    return rows.filter(lease_token=claim.token, fence=claim.fence)


def _count_try(db: str, conversation: str) -> None:
    """Count a claim, and settle those whose last try has ended: see MAX_ATTEMPTS."""
    rows = models.Message.objects.using(db).filter(conversation=conversation, turn=None, role="customer")
    rows.filter(attempts__lte=MAX_ATTEMPTS).update(attempts=F("attempts") + 1)


def _answer_of(db: str, conversation: str, turn: int | None) -> Reply | None:
    row = models.Turn.objects.using(db).filter(conversation=conversation, number=turn).first() if turn else None
    return Reply.from_dict(_answer(row)) if row else None


def _answer(row: models.Turn) -> dict[str, Any]:
    return {**row.reply, "usage": row.usage}
