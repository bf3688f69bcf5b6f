"""The tables of the conversations, and how older ones become these.

They may stand beside the shop's own, hence the prefix. JSON is kept as text: both databases then hold the same, and
PostgreSQL's own JSON would refuse the character 0.
"""

from __future__ import annotations

import sqlalchemy as sa

from shopassist.errors import StorageError

SCHEMA = 4
"""The version of the tables and of the state that this code writes."""

metadata = sa.MetaData()
_versions = sa.Table("shopassist_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))
conversations = sa.Table(
    "shopassist_conversation",
    metadata,
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
    sa.Column("vault", sa.Text),
)
messages = sa.Table(
    "shopassist_message",
    metadata,
    sa.Column("conversation", sa.ForeignKey(conversations.c.id), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("turn", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("items", sa.Text),
    sa.Column("agent", sa.Text),
    sa.UniqueConstraint("conversation", "client_id"),
    sa.Index("shopassist_message_turn", "conversation", "turn"),
)
turns = sa.Table(
    "shopassist_turn",
    metadata,
    sa.Column("conversation", sa.ForeignKey(conversations.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("usage", sa.Text, nullable=False),
    sa.Column("created", sa.Double),
    sa.Index("shopassist_turn_created", "conversation", "created"),
)
handoffs = sa.Table(
    "shopassist_handoff",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation", sa.ForeignKey(conversations.c.id), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("agent", sa.Text),
    sa.UniqueConstraint("conversation", "turn"),
    sa.Index("shopassist_handoff_status", "status", "created"),
)

# To each version from the one before, by the table; tables that are new are made anyway. A new column may be empty:
# processes of the version before go on writing without it until they are restarted.
_UPGRADES = {
    2: (
        (conversations, "ALTER TABLE shopassist_conversation ADD COLUMN vault TEXT"),
        (messages, "ALTER TABLE shopassist_message ADD COLUMN items TEXT"),
    ),
    3: (
        (turns, "ALTER TABLE shopassist_turn ADD COLUMN created DOUBLE PRECISION"),
        (turns, "CREATE INDEX shopassist_turn_created ON shopassist_turn (conversation, created)"),
    ),
    4: (
        (messages, "ALTER TABLE shopassist_message ADD COLUMN agent TEXT"),
        (handoffs, "ALTER TABLE shopassist_handoff ADD COLUMN agent TEXT"),
    ),
}


def set_up(db: sa.Connection) -> None:
    """Make the tables, or bring those of an older version up to this one. Raises `StorageError` for a newer one."""
    there = set(sa.inspect(db).get_table_names())
    metadata.create_all(db)
    version = db.scalar(sa.select(sa.func.max(_versions.c.version)))
    if version is None:
        db.execute(sa.insert(_versions).values(version=SCHEMA))
        return
    check_schema(version)
    for number in range(version + 1, SCHEMA + 1):
        for table, statement in _UPGRADES[number]:
            if table.name in there:
                db.execute(sa.text(statement))
    if version < SCHEMA:
        db.execute(sa.update(_versions).values(version=SCHEMA))


def is_set_up(db: sa.Connection) -> bool:
    """Whether the tables are there, of whatever version."""
    return bool(sa.inspect(db).has_table(_versions.name))


def check_schema(version: int) -> None:
    """Raise `StorageError` for the version of a newer shopassist; older rows stay readable."""
    if version > SCHEMA:
        raise StorageError(
            f"the conversation store was written by a newer shopassist: its schema is version {version}, "
            f"this one knows version {SCHEMA}; upgrade shopassist"
        )
