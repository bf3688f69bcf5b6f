"""What the SQL store says to its database, but for the insert of a row that may be there already.

Statements are built once: SQLAlchemy takes longer to build one than SQLite to run it. What an update sets are the
parameters that are columns.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shopassist.storage.rules import MAX_ATTEMPTS, OPEN
from shopassist.storage.tables import conversations, handoffs, messages, turns

OF: sa.BindParameter[str] = sa.bindparam("of", type_=sa.Text())
ROW = sa.select(conversations).where(conversations.c.id == OF)
ROW_LOCKED = ROW.with_for_update()
ROW_ALIVE = ROW.where(conversations.c.erased_at.is_(None))
UPDATE_ROW = sa.update(conversations).where(conversations.c.id == OF)
UPDATE_HELD = UPDATE_ROW.where(
    conversations.c.lease_token == sa.bindparam("held"), conversations.c.fence == sa.bindparam("fenced")
)
MESSAGES = sa.select(messages).where(messages.c.conversation == OF).order_by(messages.c.seq)
MESSAGES_AFTER = MESSAGES.where(messages.c.seq > sa.bindparam("after")).limit(sa.bindparam("most"))
MESSAGES_UNANSWERED = (  # by `seq + 0`, or SQLite walks the whole conversation instead of the few without a turn
    sa.select(messages)
    .where(messages.c.conversation == OF, messages.c.turn.is_(None), messages.c.attempts < MAX_ATTEMPTS)
    .where(messages.c.role == "customer")
    .order_by(messages.c.seq + 0)
)
COUNT_TRY = (  # and settle those whose last try has ended: see MAX_ATTEMPTS
    sa.update(messages)
    .where(messages.c.conversation == OF, messages.c.turn.is_(None), messages.c.attempts <= MAX_ATTEMPTS)
    .where(messages.c.role == "customer")
    .values(attempts=messages.c.attempts + 1)
)
TRIES = (
    sa.select(messages.c.turn, messages.c.attempts, conversations.c.lease_token, conversations.c.lease_until)
    .join(conversations, conversations.c.id == messages.c.conversation)
    .where(messages.c.conversation == OF, messages.c.client_id == sa.bindparam("id"))
)
THESE = (
    sa.update(messages)
    .where(messages.c.conversation == OF)
    .where(messages.c.seq.in_(sa.bindparam("these", expanding=True)))
)
UNCOUNT_TRY = THESE.values(attempts=messages.c.attempts - 1)
SEQ_OF_ID = sa.select(messages.c.seq).where(messages.c.conversation == OF, messages.c.client_id == sa.bindparam("id"))
_NEW = {
    name: sa.bindparam(name, type_=messages.c[name].type)
    for name in ("role", "client_id", "text", "turn", "items", "agent")
}
ADD_MESSAGE = (  # under the next number, which it gives
    sa.insert(messages)
    .from_select(
        ["conversation", "seq", "attempts", *_NEW],
        sa.select(OF, sa.func.coalesce(sa.func.max(messages.c.seq), 0) + 1, sa.literal(0), *_NEW.values()).where(
            messages.c.conversation == OF
        ),
    )
    .returning(messages.c.seq)
)
ADD_TURN = sa.insert(turns)
TURNS = sa.select(turns).where(turns.c.conversation == OF).order_by(turns.c.number)
_ANSWERED = turns.alias()
TURNS_AFTER = (
    sa.select(turns)
    .where(sa.tuple_(turns.c.conversation, turns.c.number) > sa.tuple_(OF, sa.bindparam("after")))
    .order_by(turns.c.conversation, turns.c.number)
    .limit(sa.bindparam("most"))
)
TURNS_AFTER_SINCE = TURNS_AFTER.where(
    sa.exists().where(_ANSWERED.c.conversation == turns.c.conversation, _ANSWERED.c.created >= sa.bindparam("since"))
)


def _texts(page: sa.Select[Any]) -> sa.Select[Any]:
    """The customers' texts of a page of turns; for a list of pairs SQLite would walk through all messages."""
    these = page.with_only_columns(turns.c.conversation, turns.c.number).subquery()
    return (
        sa.select(messages.c.conversation, messages.c.turn, messages.c.text)
        .join(these, (messages.c.conversation == these.c.conversation) & (messages.c.turn == these.c.number))
        .where(messages.c.role == "customer")
        .order_by(messages.c.seq)
    )


TEXTS_AFTER, TEXTS_AFTER_SINCE = _texts(TURNS_AFTER), _texts(TURNS_AFTER_SINCE)
LAST_TURN = sa.select(turns).where(turns.c.conversation == OF).order_by(turns.c.number.desc()).limit(1)
ERASE = tuple(sa.delete(table).where(table.c.conversation == OF) for table in (messages, turns, handoffs))
HANDOFFS = sa.select(handoffs).where(handoffs.c.conversation == OF).order_by(handoffs.c.created)
HANDOFFS_OF_STATUS = (
    sa.select(handoffs)
    .where(handoffs.c.status == sa.bindparam("wanted"))
    .order_by(handoffs.c.created, handoffs.c.conversation, handoffs.c.turn)
)
HANDOFF = sa.select(handoffs).where(handoffs.c.id == sa.bindparam("wanted"))
HANDOFF_OPEN = sa.select(handoffs).where(handoffs.c.conversation == OF, handoffs.c.status.in_(OPEN)).limit(1)
UPDATE_HANDOFF = sa.update(handoffs).where(handoffs.c.id == sa.bindparam("wanted"))
WITHDRAW = sa.delete(handoffs).where(
    handoffs.c.id == sa.bindparam("wanted"),
    handoffs.c.conversation == OF,
    handoffs.c.turn == sa.bindparam("now"),
    handoffs.c.status == "waiting",
)
HANDOFF_FOR_TURN = (  # its own, or else the one that is not closed
    sa.select(handoffs.c.id, handoffs.c.turn, handoffs.c.status)
    .where(handoffs.c.conversation == OF, (handoffs.c.turn == sa.bindparam("now")) | handoffs.c.status.in_(OPEN))
    .order_by((handoffs.c.turn == sa.bindparam("now")).desc())
    .limit(1)
)
ANSWER_TO = TURNS.join(
    messages, (messages.c.conversation == turns.c.conversation) & (messages.c.turn == turns.c.number)
).where(messages.c.client_id == sa.bindparam("id"))
