"""Hand-offs in SQLite or PostgreSQL: the part of `SqlStore` that is about persons."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from shopassist.messages import items_from_json
from shopassist.protocols import Claim, Conceal, HandOff, StoredMessage
from shopassist.replies import Reply
from shopassist.storage import statements
from shopassist.storage.database import Database, insert_new
from shopassist.storage.rules import (
    MODES,
    check_has,
    check_held,
    check_takes,
    concealed,
    new_handoff_id,
    plain_json,
    stale,
    unknown,
)
from shopassist.storage.tables import SCHEMA, check_schema, handoffs
from shopassist.text import clean


class SqlHandOffs:
    """A database of conversations, and its hand-offs."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def hand_off(self, claim: Claim, *, reason: str, summary: Mapping[str, Any]) -> str:
        """See `ConversationStore.hand_off`."""
        new = {"conversation": claim.conversation, "turn": claim.turn, "reason": clean(reason), "status": "waiting"}
        new |= {"summary": plain_json(summary), "created": self._clock()}
        with self._database.writing() as db:
            held_by(db, claim)
            wanted = {"of": claim.conversation, "now": claim.turn}
            while (known := db.execute(statements.HANDOFF_FOR_TURN, wanted).first()) is None:
                insert_new(db, handoffs, {"id": new_handoff_id(), **new})
            if known.turn != claim.turn and known.status == "waiting":
                anew = {"reason": new["reason"], "summary": new["summary"]}
                db.execute(statements.UPDATE_HANDOFF, {"wanted": known.id, **anew})
        return str(known.id)

    def handoffs(self, status: str = "waiting") -> list[HandOff]:
        """See `ConversationStore.handoffs`."""
        with self._database.reading() as db:
            return [handoff_of(row) for row in db.execute(statements.HANDOFFS_OF_STATUS, {"wanted": status})]

    def withdraw(self, claim: Claim, handoff: str) -> None:
        """See `ConversationStore.withdraw`."""
        with self._database.writing() as db:
            held_by(db, claim)
            db.execute(statements.WITHDRAW, {"wanted": handoff, "of": claim.conversation, "now": claim.turn})

    def handoff(self, handoff: str) -> HandOff:
        """See `ConversationStore.handoff`."""
        with self._database.reading() as db:
            return _known(db, handoff)

    def open_handoff(self, conversation: str) -> HandOff | None:
        """See `ConversationStore.open_handoff`."""
        with self._database.reading() as db:
            row = db.execute(statements.HANDOFF_OPEN, {"of": conversation}).first()
        return handoff_of(row) if row else None

    def take(self, handoff: str, agent: str) -> HandOff:
        """See `ConversationStore.take`."""
        with self._database.writing() as db:
            found, row = _locked_with(db, handoff)
            check_takes(handoff, agent, status=found.status, holder=found.agent)
            return found if found.status == "person" else _change(db, found, row, status="person", agent=agent)

    def put_back(self, handoff: str, agent: str) -> None:
        """See `ConversationStore.put_back`."""
        with self._database.writing() as db:
            found, row = _locked_with(db, handoff, agent)
            _change(db, found, row, status="waiting", agent=None)

    def say(self, handoff: str, agent: str, text: str, conceal: Conceal | None = None) -> StoredMessage:
        """See `ConversationStore.say`."""
        with self._database.writing() as db:
            found, row = _locked_with(db, handoff, agent)
            before = vault_of(row)
            text, vault = concealed(before, text, conceal)
            if vault != before:
                update(db, found.conversation, vault=plain_json(vault))
            seq = add_message(db, found.conversation, role="person", text=text, agent=agent)
        return StoredMessage(seq, "person", text, None, None, (), agent)

    def give_back(self, handoff: str, agent: str, reply: Reply) -> Reply:
        """See `ConversationStore.give_back`."""
        with self._database.writing() as db:
            found, row = _locked_with(db, handoff, agent)
            left = db.execute(statements.MESSAGES_UNANSWERED, {"of": found.conversation}).all()
            merged = tuple(m.client_id for m in left if m.client_id)
            reply = replace(reply, turn=row.revision + 1, merged=merged)
            self._answer(db, found.conversation, reply.turn, [m.seq for m in left], reply)
            update(db, found.conversation, revision=reply.turn)
            _change(db, found, row, status="closed")
        return reply

    def _answer(self, db: sa.Connection, conversation: str, number: int, messages: Sequence[int], reply: Reply) -> None:
        """Store a reply as a turn, with its message if it says anything; the row is the caller's to change."""
        answer = reply.to_dict()
        usage = plain_json(answer.pop("usage"))
        turn = {"number": number, "id": reply.id, "status": "done", "reply": plain_json(answer), "usage": usage}
        db.execute(statements.ADD_TURN, {"conversation": conversation, **turn, "created": self._clock()})
        db.execute(statements.THESE, {"of": conversation, "these": messages, "turn": number})
        if text := clean(reply.text):
            add_message(db, conversation, role="assistant", text=text, turn=number)


def _known(db: sa.Connection, handoff: str) -> HandOff:
    row = db.execute(statements.HANDOFF, {"wanted": handoff}).first()
    if row is None:
        raise unknown(handoff)
    return handoff_of(row)


def _locked_with(db: sa.Connection, handoff: str, agent: str | None = None) -> tuple[HandOff, Any]:
    """The hand-off and its conversation's row, locked; raise unless it is there and, if given, this person's."""
    row = locked(db, _known(db, handoff).conversation)
    found = _known(db, handoff)  # once more: another may have changed it before the lock was had
    if agent is not None:
        check_has(handoff, agent, status=found.status, holder=found.agent)
    return found, row


def _change(db: sa.Connection, handoff: HandOff, row: Any, **values: Any) -> HandOff:
    """Change a hand-off, and end a turn at work."""
    changed = replace(handoff, **values)
    db.execute(statements.UPDATE_HANDOFF, {"wanted": handoff.id, **values})
    # With the schema: a worker of the version before would answer what a person wrote.
    new = {"mode": MODES[changed.status], "schema": SCHEMA, "fence": row.fence + 1}
    update(db, handoff.conversation, **new, lease_token=None, lease_until=None)
    return changed


def locked(db: sa.Connection, conversation: str) -> Any:
    """Read the conversation's row, None if there is none; nobody else writes to it until the transaction ends."""
    row = db.execute(statements.ROW_LOCKED, {"of": conversation}).first()
    if row is not None:
        check_schema(row.schema)
    return row


def held_by(db: sa.Connection, claim: Claim) -> Any:
    """Lock the conversation and read its row; raise unless the claim still holds it."""
    row = locked(db, claim.conversation)
    if row is None:
        raise stale(claim)
    check_held(claim, erased=row.erased_at is not None, token=row.lease_token, fence=row.fence)
    return row


def add_message(db: sa.Connection, conversation: str, **values: Any) -> int:
    """Store a message under the next number, and give that."""
    message = {"client_id": None, "items": None, "turn": None, "agent": None, **values}
    seq: int = db.execute(statements.ADD_MESSAGE, {"of": conversation, **message}).scalar_one()
    return seq


def update(db: sa.Connection, conversation: str, **values: Any) -> None:
    """Change the conversation's row."""
    db.execute(statements.UPDATE_ROW, {"of": conversation, **values})


def message_of(row: Any) -> StoredMessage:
    """A row of the messages."""
    items = items_from_json(json.loads(row.items)) if row.items else ()
    return StoredMessage(row.seq, row.role, row.text, row.client_id, row.turn, items, row.agent)


def vault_of(row: Any) -> dict[str, str]:
    """The vault in a conversation's row."""
    return dict(json.loads(row.vault or "{}"))


def handoff_of(row: Any) -> HandOff:
    """A row of the hand-offs."""
    return HandOff(**{**row._asdict(), "summary": json.loads(row.summary)})
