"""Conversations in SQLite or PostgreSQL, shared by any number of threads and processes.

A writing transaction first locks the conversation: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by the conversation's row.
So reading and writing back is safe, and `seq` and the turns' numbers have no gaps. What a turn comes to is on the disk
when it is told; a message that came in is so with its turn's end at the latest: one that the power took had no reply.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shopassist.messages import Message, items_to_json
from shopassist.protocols import NOTHING, Claim, Conceal, Enqueued, StoredMessage, StoredTurn
from shopassist.replies import Reply
from shopassist.storage import statements
from shopassist.storage.database import Database, insert_new
from shopassist.storage.rules import (
    OPEN,
    adopts,
    check_access,
    concealed,
    exported,
    given_up,
    is_held,
    no_reply,
    plain_json,
    stale,
)
from shopassist.storage.sql_handoffs import (
    SqlHandOffs,
    add_message,
    handoff_of,
    held_by,
    locked,
    message_of,
    update,
    vault_of,
)
from shopassist.storage.tables import SCHEMA, conversations, is_set_up, set_up


class SqlStore(SqlHandOffs):
    """A `ConversationStore` at an SQLAlchemy URL: ``sqlite:///path``, ``sqlite://`` (in memory), ``postgresql+psycopg://…``.

    Makes the tables, and the folder of an SQLite file, where they are absent, unless told not to `create` them; then
    it raises `StorageError`, as it does where the storage fails. `clock` gives seconds since the epoch; several hosts
    need clocks that agree to well under a lease. Raises `MissingExtra` where the driver is not installed.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time, *, create: bool = True) -> None:
        super().__init__(Database(url, create=create), clock)
        if not create:
            with self._database.reading() as db:
                there = is_set_up(db)
            if not there:
                self._database.close()
                raise self._database.absent()
        with self._database.setting_up() as db:
            set_up(db)

    def enqueue(
        self, conversation: str, owner: str | None, messages: Sequence[Message], conceal: Conceal | None = None
    ) -> list[Enqueued]:
        """See `ConversationStore.enqueue`."""
        new = {"id": conversation, "owner": owner, "state": "{}", "schema": SCHEMA, "revision": 0, "fence": 0}
        with self._database.writing(soon=True) as db:
            row = locked(db, conversation)
            if row is None:
                insert_new(db, conversations, new)
                row = locked(db, conversation)
            check_access(conversation, erased=row.erased_at is not None, owner=row.owner, caller=owner)
            result, before = [], row.vault or "{}"
            vault: Mapping[str, str] = json.loads(before)
            for message in messages:
                enqueued, vault = _enqueue_one(db, conversation, message, vault, conceal)
                result.append(enqueued)
            if (after := plain_json(vault)) != before:
                # With the schema: a worker of the version before would take the placeholders for words.
                update(db, conversation, vault=after, schema=SCHEMA)
            return result

    def claim(self, conversation: str, *, lease: float, idle: bool = False) -> Claim | None:
        """See `ConversationStore.claim`."""
        with self._database.writing(soon=True) as db:
            row, now = locked(db, conversation), self._clock()
            if row is None or row.erased_at is not None or is_held(row.lease_token, row.lease_until, now):
                return None
            messages = tuple(message_of(m) for m in db.execute(statements.MESSAGES_UNANSWERED, {"of": conversation}))
            if bool(messages) == idle:
                return None
            token, fence, until = uuid4().hex, row.fence + 1, now + lease
            db.execute(statements.COUNT_TRY, {"of": conversation})
            update(db, conversation, lease_token=token, lease_until=until, fence=fence)
            handed = [handoff_of(h) for h in db.execute(statements.HANDOFFS, {"of": conversation})]
        state, turn = json.loads(row.state), row.revision + 1
        handoff = next((h for h in handed if h.status in OPEN), None)
        epoch = 1 + sum(h.status == "closed" for h in handed)
        return Claim(conversation, token, fence, until, turn, state, messages, vault_of(row), handoff, epoch)

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """See `ConversationStore.renew`."""
        until = self._clock() + lease
        with self._database.writing(soon=True) as db:
            if not db.execute(statements.UPDATE_HELD, {**_held(claim), "lease_until": until}).rowcount:
                raise stale(claim)
        return replace(claim, until=until)

    def commit(
        self, claim: Claim, *, state: Mapping[str, Any], reply: Reply, vault: Mapping[str, str] = NOTHING
    ) -> None:
        """See `ConversationStore.commit`."""
        new: dict[str, Any] = {"revision": claim.turn, "state": plain_json(state), "mode": reply.mode, "schema": SCHEMA}
        new |= {"lease_token": None, "lease_until": None}
        with self._database.writing() as db:
            if vault:
                new["vault"] = plain_json({**vault_of(held_by(db, claim)), **vault})
            if not db.execute(statements.UPDATE_HELD, {**_held(claim), **new}).rowcount:  # which locks the row
                held_by(db, claim)  # says why
                raise stale(claim)
            self._answer(db, claim.conversation, claim.turn, [m.seq for m in claim.messages], reply)

    def release(self, claim: Claim, *, tried: bool = True) -> None:
        """See `ConversationStore.release`."""
        with self._database.writing(soon=True) as db:
            held = db.execute(
                statements.UPDATE_HELD, {**_held(claim), "lease_token": None, "lease_until": None}
            ).rowcount
            if held and not tried:
                db.execute(statements.UNCOUNT_TRY, _these(claim))

    def reply_to(self, conversation: str, message_id: str) -> Reply | None:
        """See `ConversationStore.reply_to`."""
        with self._database.reading() as db:
            if reply := _reply_to(db, conversation, message_id):
                return reply
            tries = db.execute(statements.TRIES, {"of": conversation, "id": message_id}).first()
            held = tries is not None and is_held(tries.lease_token, tries.lease_until, self._clock())
        if tries and given_up(turn=tries.turn, attempts=tries.attempts, held=held):
            raise no_reply(conversation)
        return None

    def latest(self, conversation: str) -> Reply | None:
        """See `ConversationStore.latest`."""
        with self._database.reading() as db:
            row = db.execute(statements.LAST_TURN, {"of": conversation}).first()
        return Reply.from_dict(_answer(row)) if row else None

    def history(self, conversation: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """See `ConversationStore.history`."""
        wanted = {"of": conversation, "after": after, "most": limit}
        with self._database.reading() as db:
            return [message_of(row) for row in db.execute(statements.MESSAGES_AFTER, wanted)]

    def turns(
        self, *, after: tuple[str, int] | None = None, since: float | None = None, limit: int = 100
    ) -> list[StoredTurn]:
        """See `ConversationStore.turns`."""
        of, number = after or ("", 0)
        wanted: dict[str, Any] = {"of": of, "after": number, "most": limit}
        answers, said = statements.TURNS_AFTER, statements.TEXTS_AFTER
        if since is not None:
            answers, said = statements.TURNS_AFTER_SINCE, statements.TEXTS_AFTER_SINCE
            wanted["since"] = since
        texts: dict[tuple[str, int], list[str]] = {}
        with self._database.reading() as db:
            rows = db.execute(answers, wanted).all()
            for message in db.execute(said, wanted):
                texts.setdefault((message.conversation, message.turn), []).append(message.text)
        return [
            StoredTurn(
                row.conversation,
                row.number,
                tuple(texts.get((row.conversation, row.number), ())),
                Reply.from_dict(_answer(row)),
                row.created,
            )
            for row in rows
        ]

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """See `ConversationStore.owner`."""
        with self._database.reading() as db:
            row = db.execute(statements.ROW_ALIVE, {"of": conversation}).first()
        return (True, row.owner) if row else (False, None)

    def adopt(self, conversation: str, owner: str) -> None:
        """See `ConversationStore.adopt`."""
        with self._database.writing() as db:
            row = locked(db, conversation)
            if row is None:
                return
            if adopts(conversation, erased=row.erased_at is not None, owner=row.owner, caller=owner):
                update(db, conversation, owner=owner)

    def vault(self, conversation: str) -> dict[str, str]:
        """See `ConversationStore.vault`."""
        with self._database.reading() as db:
            row = db.execute(statements.ROW_ALIVE, {"of": conversation}).first()
        return vault_of(row) if row else {}

    def export(self, conversation: str) -> dict[str, Any]:
        """See `ConversationStore.export`."""
        with self._database.reading() as db:
            row = db.execute(statements.ROW_ALIVE, {"of": conversation}).first()
            if row is None:
                return {}
            of = {"of": conversation}
            return {
                "conversation": conversation,
                "owner": row.owner,
                "state": json.loads(row.state),
                "vault": vault_of(row),
                "messages": [exported(message_of(m)) for m in db.execute(statements.MESSAGES, of)],
                "replies": [{**_answer(t), "answered": t.created} for t in db.execute(statements.TURNS, of)],
                "handoffs": [asdict(handoff_of(h)) for h in db.execute(statements.HANDOFFS, of)],
            }

    def erase(self, conversation: str) -> None:
        """See `ConversationStore.erase`."""
        gone = {"owner": None, "mode": None, "state": None, "vault": None, "lease_token": None, "lease_until": None}
        with self._database.writing() as db:
            # The row first: it keeps a message out that another process is about to add.
            row = locked(db, conversation)
            if row is not None and row.erased_at is None:
                update(db, conversation, **gone, erased_at=self._clock())
                for statement in statements.ERASE:
                    db.execute(statement, {"of": conversation})
        self._database.scrub()

    def close(self) -> None:
        """See `ConversationStore.close`."""
        self._database.close()


def _enqueue_one(
    db: sa.Connection, conversation: str, message: Message, vault: Mapping[str, str], conceal: Conceal | None
) -> tuple[Enqueued, Mapping[str, str]]:
    message_id = message.id or uuid4().hex
    seq = db.scalar(statements.SEQ_OF_ID, {"of": conversation, "id": message_id})
    if seq is not None:
        return Enqueued(seq, message_id, _reply_to(db, conversation, message_id)), vault
    text, vault = concealed(vault, message.text, conceal)
    items = json.dumps(items_to_json(message.items), ensure_ascii=False) if message.items else None
    seq = add_message(db, conversation, role="customer", text=text, client_id=message_id, items=items)
    return Enqueued(seq, message_id, None), vault


def _reply_to(db: sa.Connection, conversation: str, message_id: str) -> Reply | None:
    row = db.execute(statements.ANSWER_TO, {"of": conversation, "id": message_id}).first()
    return Reply.from_dict(_answer(row)) if row else None


def _held(claim: Claim) -> dict[str, Any]:
    return {"of": claim.conversation, "held": claim.token, "fenced": claim.fence}


def _these(claim: Claim) -> dict[str, Any]:
    return {"of": claim.conversation, "these": [m.seq for m in claim.messages]}


def _answer(row: Any) -> dict[str, Any]:
    return {**json.loads(row.reply), "usage": json.loads(row.usage)}
