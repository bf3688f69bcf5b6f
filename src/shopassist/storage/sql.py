"""Conversations in SQLite or PostgreSQL, shared by any number of threads and processes.

A writing transaction first locks the conversation: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by the conversation's row.
So reading and writing back is safe, and `seq` and the turns' numbers have no gaps.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shopassist.errors import StorageError
from shopassist.messages import Message
from shopassist.protocols import Claim, Enqueued, StoredMessage
from shopassist.replies import Reply
from shopassist.storage.database import Database, insert_new
from shopassist.storage.memory import MAX_ATTEMPTS, check_access, check_held, given_up, no_reply, plain_json, stale
from shopassist.text import clean

SCHEMA = 1
"""The version of the tables and of the state that this code writes."""

# The tables may stand beside the shop's own, hence the prefix. JSON is kept as text: both databases then hold the
# same, and PostgreSQL's own JSON would refuse a \u0000.
_metadata = sa.MetaData()
_versions = sa.Table("shopassist_schema", _metadata, sa.Column("version", sa.Integer, primary_key=True))
_conversations = sa.Table(
    "shopassist_conversation",
    _metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text),
    sa.Column("mode", sa.Text),
    sa.Column("state", sa.Text),
    sa.Column("schema", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("lease_token", sa.Text),
    sa.Column("lease_until", sa.Double),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("erased_at", sa.Double),
)
_messages = sa.Table(
    "shopassist_message",
    _metadata,
    sa.Column("conversation", sa.ForeignKey(_conversations.c.id), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("turn", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.UniqueConstraint("conversation", "client_id"),
    sa.Index("shopassist_message_turn", "conversation", "turn"),
)
_turns = sa.Table(
    "shopassist_turn",
    _metadata,
    sa.Column("conversation", sa.ForeignKey(_conversations.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("usage", sa.Text, nullable=False),
)

# Statements are built once: SQLAlchemy takes longer to build one than SQLite to run it. What an update sets are the
# parameters that are columns.
_OF: sa.BindParameter[str] = sa.bindparam("of")
_ROW = sa.select(_conversations).where(_conversations.c.id == _OF)
_ROW_LOCKED = _ROW.with_for_update()
_ROW_ALIVE = _ROW.where(_conversations.c.erased_at.is_(None))
_UPDATE_ROW = sa.update(_conversations).where(_conversations.c.id == _OF)
_UPDATE_HELD = _UPDATE_ROW.where(
    _conversations.c.lease_token == sa.bindparam("held"), _conversations.c.fence == sa.bindparam("fenced")
)
_MESSAGES = sa.select(_messages).where(_messages.c.conversation == _OF).order_by(_messages.c.seq)
_MESSAGES_AFTER = _MESSAGES.where(_messages.c.seq > sa.bindparam("after")).limit(sa.bindparam("most"))
_MESSAGES_UNANSWERED = _MESSAGES.where(_messages.c.turn.is_(None), _messages.c.attempts < MAX_ATTEMPTS)
_COUNT_TRY = (  # and settle those whose last try has ended: see MAX_ATTEMPTS
    sa.update(_messages)
    .where(_messages.c.conversation == _OF, _messages.c.turn.is_(None), _messages.c.attempts <= MAX_ATTEMPTS)
    .values(attempts=_messages.c.attempts + 1)
)
_TRIES = (
    sa.select(_messages.c.turn, _messages.c.attempts, _conversations.c.lease_token, _conversations.c.lease_until)
    .join(_conversations, _conversations.c.id == _messages.c.conversation)
    .where(_messages.c.conversation == _OF, _messages.c.client_id == sa.bindparam("id"))
)
_THESE = (
    sa.update(_messages)
    .where(_messages.c.conversation == _OF)
    .where(_messages.c.seq.in_(sa.bindparam("these", expanding=True)))
)
_UNCOUNT_TRY = _THESE.values(attempts=_messages.c.attempts - 1)
_LAST_SEQ = sa.select(sa.func.max(_messages.c.seq)).where(_messages.c.conversation == _OF)
_SEQ_OF_ID = sa.select(_messages.c.seq).where(
    _messages.c.conversation == _OF, _messages.c.client_id == sa.bindparam("id")
)
_ADD_MESSAGE = sa.insert(_messages)
_ADD_TURN = sa.insert(_turns)
_TURNS = sa.select(_turns).where(_turns.c.conversation == _OF).order_by(_turns.c.number)
_LAST_TURN = sa.select(_turns).where(_turns.c.conversation == _OF).order_by(_turns.c.number.desc()).limit(1)
_ANSWER_TO = _TURNS.join(
    _messages, (_messages.c.conversation == _turns.c.conversation) & (_messages.c.turn == _turns.c.number)
).where(_messages.c.client_id == sa.bindparam("id"))


class SqlStore:
    """A `ConversationStore` at an SQLAlchemy URL: ``sqlite:///path``, ``sqlite://`` (in memory), ``postgresql+psycopg://…``.

    Makes the tables, and the folder of an SQLite file, where they are absent. `clock` gives seconds since the epoch;
    several hosts need clocks that agree to well under a lease. Raises `StorageError`, and `MissingExtra` where the
    driver is not installed.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._database = Database(url)
        with self._database.setting_up() as db:
            _metadata.create_all(db)
            version = db.scalar(sa.select(sa.func.max(_versions.c.version)))
            if version is None:
                db.execute(sa.insert(_versions).values(version=SCHEMA))
            else:
                _check_schema(version)

    def enqueue(self, conversation: str, owner: str | None, messages: Sequence[Message]) -> list[Enqueued]:
        """See `ConversationStore.enqueue`."""
        new = {"id": conversation, "owner": owner, "state": "{}", "schema": SCHEMA, "revision": 0, "fence": 0}
        with self._database.writing() as db:
            row = _locked(db, conversation)
            if row is None:
                insert_new(db, _conversations, new)
                row = _locked(db, conversation)
            check_access(conversation, erased=row.erased_at is not None, owner=row.owner, caller=owner)
            return [_enqueue_one(db, conversation, message) for message in messages]

    def claim(self, conversation: str, *, lease: float) -> Claim | None:
        """See `ConversationStore.claim`."""
        with self._database.writing() as db:
            row, now = _locked(db, conversation), self._clock()
            if row is None or row.erased_at is not None or _is_held(row, now):
                return None
            messages = tuple(_message(m) for m in db.execute(_MESSAGES_UNANSWERED, {"of": conversation}))
            if not messages:
                return None
            token, fence, until = uuid4().hex, row.fence + 1, now + lease
            db.execute(_COUNT_TRY, {"of": conversation})
            _update(db, conversation, lease_token=token, lease_until=until, fence=fence)
        return Claim(conversation, token, fence, until, row.revision + 1, json.loads(row.state), messages)

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """See `ConversationStore.renew`."""
        until = self._clock() + lease
        with self._database.writing() as db:
            if not db.execute(_UPDATE_HELD, {**_held(claim), "lease_until": until}).rowcount:
                raise stale(claim)
        return replace(claim, until=until)

    def commit(self, claim: Claim, *, state: Mapping[str, Any], reply: Reply) -> None:
        """See `ConversationStore.commit`."""
        answer = reply.to_dict()
        usage, new_state = plain_json(answer.pop("usage")), plain_json(state)
        turn = {"number": claim.turn, "id": reply.id, "status": "done", "reply": plain_json(answer), "usage": usage}
        with self._database.writing() as db:
            row = _locked(db, claim.conversation)
            if row is None:
                raise stale(claim)
            check_held(claim, erased=row.erased_at is not None, token=row.lease_token, fence=row.fence)
            db.execute(_ADD_TURN, {"conversation": claim.conversation, **turn})
            db.execute(_THESE, {**_these(claim), "turn": claim.turn})
            _add(db, claim.conversation, role="assistant", text=clean(reply.text), turn=claim.turn)
            new = {"state": new_state, "mode": reply.mode, "schema": SCHEMA, "revision": claim.turn}
            _update(db, claim.conversation, **new, lease_token=None, lease_until=None)

    def release(self, claim: Claim, *, tried: bool = True) -> None:
        """See `ConversationStore.release`."""
        with self._database.writing() as db:
            held = db.execute(_UPDATE_HELD, {**_held(claim), "lease_token": None, "lease_until": None}).rowcount
            if held and not tried:
                db.execute(_UNCOUNT_TRY, _these(claim))

    def reply_to(self, conversation: str, message_id: str) -> Reply | None:
        """See `ConversationStore.reply_to`."""
        with self._database.reading() as db:
            if reply := _reply_to(db, conversation, message_id):
                return reply
            tries = db.execute(_TRIES, {"of": conversation, "id": message_id}).first()
        if tries and given_up(turn=tries.turn, attempts=tries.attempts, held=_is_held(tries, self._clock())):
            raise no_reply(conversation)
        return None

    def latest(self, conversation: str) -> Reply | None:
        """See `ConversationStore.latest`."""
        with self._database.reading() as db:
            row = db.execute(_LAST_TURN, {"of": conversation}).first()
        return Reply.from_dict(_answer(row)) if row else None

    def history(self, conversation: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """See `ConversationStore.history`."""
        wanted = {"of": conversation, "after": after, "most": limit}
        with self._database.reading() as db:
            return [_message(row) for row in db.execute(_MESSAGES_AFTER, wanted)]

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """See `ConversationStore.owner`."""
        with self._database.reading() as db:
            row = db.execute(_ROW_ALIVE, {"of": conversation}).first()
        return (True, row.owner) if row else (False, None)

    def export(self, conversation: str) -> dict[str, Any]:
        """See `ConversationStore.export`."""
        with self._database.reading() as db:
            row = db.execute(_ROW_ALIVE, {"of": conversation}).first()
            if row is None:
                return {}
            messages = db.execute(_MESSAGES, {"of": conversation})
            turns = db.execute(_TURNS, {"of": conversation})
            return {
                "conversation": conversation,
                "owner": row.owner,
                "state": json.loads(row.state),
                "messages": [asdict(_message(m)) for m in messages],
                "replies": [_answer(t) for t in turns],
            }

    def erase(self, conversation: str) -> None:
        """See `ConversationStore.erase`."""
        gone = {"owner": None, "mode": None, "state": None, "lease_token": None, "lease_until": None}
        with self._database.writing() as db:
            # The row first: it keeps a message out that another process is about to add.
            row = _locked(db, conversation)
            if row is not None and row.erased_at is None:
                _update(db, conversation, **gone, erased_at=self._clock())
                db.execute(sa.delete(_messages).where(_messages.c.conversation == conversation))
                db.execute(sa.delete(_turns).where(_turns.c.conversation == conversation))
        self._database.scrub()

    def close(self) -> None:
        """See `ConversationStore.close`."""
        self._database.close()


def _check_schema(version: int) -> None:
    if version > SCHEMA:
        raise StorageError(
            f"the conversation store was written by a newer shopassist: its schema is version {version}, "
            f"this one knows version {SCHEMA}; upgrade shopassist"
        )


def _locked(db: sa.Connection, conversation: str) -> Any:
    """Read the conversation's row, None if there is none; nobody else writes to it until the transaction ends."""
    row = db.execute(_ROW_LOCKED, {"of": conversation}).first()
    if row is not None:
        _check_schema(row.schema)
    return row


def _enqueue_one(db: sa.Connection, conversation: str, message: Message) -> Enqueued:
    message_id = message.id or uuid4().hex
    seq = db.scalar(_SEQ_OF_ID, {"of": conversation, "id": message_id})
    if seq is not None:
        return Enqueued(seq, message_id, _reply_to(db, conversation, message_id))
    seq = _add(db, conversation, role="customer", text=clean(message.text), client_id=message_id)
    return Enqueued(seq, message_id, None)


def _add(db: sa.Connection, conversation: str, **values: Any) -> int:
    seq: int = (db.scalar(_LAST_SEQ, {"of": conversation}) or 0) + 1
    db.execute(_ADD_MESSAGE, {"conversation": conversation, "seq": seq, "attempts": 0, **values})
    return seq


def _reply_to(db: sa.Connection, conversation: str, message_id: str) -> Reply | None:
    row = db.execute(_ANSWER_TO, {"of": conversation, "id": message_id}).first()
    return Reply.from_dict(_answer(row)) if row else None


def _update(db: sa.Connection, conversation: str, **values: Any) -> None:
    db.execute(_UPDATE_ROW, {"of": conversation, **values})


def _is_held(row: Any, now: float) -> bool:
    return row.lease_token is not None and row.lease_until > now


def _held(claim: Claim) -> dict[str, Any]:
    return {"of": claim.conversation, "held": claim.token, "fenced": claim.fence}


def _these(claim: Claim) -> dict[str, Any]:
    return {"of": claim.conversation, "these": [m.seq for m in claim.messages]}


def _message(row: Any) -> StoredMessage:
    return StoredMessage(row.seq, row.role, row.text, row.client_id, row.turn)


def _answer(row: Any) -> dict[str, Any]:
    return {**json.loads(row.reply), "usage": json.loads(row.usage)}
