"""The ledger in the shop's own database, by SQLAlchemy: any that it speaks to, SQLite and PostgreSQL tested."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from threading import Semaphore
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import Pool, QueuePool, SingletonThreadPool, StaticPool

from shopassist.errors import ConfigurationError, StorageError
from shopassist.tools.ledger import SETTLED, Write, WriteState, unseen

BUSY_SECONDS = 5.0
"""How long a transaction waits for another thread's one on SQLite, which has one writer at a time."""

FULL_SECONDS = 30.0
"""How long one waits elsewhere, where as many are under way as leave a connection of the pool to the shop's reads."""

metadata = sa.MetaData()
"""For the shop's own migrations."""

# JSON is kept as text and times as seconds since the epoch, so that every database holds the same.
_writes = sa.Table(
    "shopassist_write",
    metadata,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("tool", sa.String(255), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("args", sa.Text, nullable=False),
    sa.Column("consent", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("begun", sa.Double, nullable=False),
    sa.Column("settled", sa.Double),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Index("shopassist_write_state", "state", "begun"),
)

# Statements are built once: SQLAlchemy takes longer to build one than SQLite to run it.
_OF: sa.BindParameter[str] = sa.bindparam("of")
_ADD = sa.insert(_writes)
_ROW = sa.select(_writes).where(_writes.c.key == _OF)
_UNSETTLED = (
    sa.select(_writes)
    .where(_writes.c.state.not_in(SETTLED), _writes.c.begun < sa.bindparam("before"))
    .order_by(_writes.c.begun)
)
_SINCE = sa.select(_writes).where(_writes.c.begun >= sa.bindparam("when")).order_by(_writes.c.begun)
_OPEN = sa.update(_writes).where(_writes.c.key == _OF, _writes.c.state.not_in(SETTLED))
_SETTLE = _OPEN.where(_writes.c.fence == sa.bindparam("held"))
_RECONCILE = _OPEN.values(fence=_writes.c.fence + 1)


class SqlLedger:
    """A `Ledger` in the table ``shopassist_write`` of an engine's database; makes the table where it is absent.

    `context.tx` is an SQLAlchemy `Connection` with the transaction open: a tool executes on it, and neither commits
    nor closes it. The engine must give a second connection while one is in use, hence no SQLite in memory. Raises
    `ConfigurationError`, and `StorageError` without quoting any row.
    """

    def __init__(self, engine: sa.Engine | str) -> None:
        self._owns_engine = isinstance(engine, str)
        self._engine = _engine_at(engine) if isinstance(engine, str) else engine
        if isinstance(self._engine.pool, StaticPool | SingletonThreadPool):
            raise ConfigurationError(
                "the ledger needs a database in a file or on a server: in memory there is only one connection, "
                "and a shop's read would end the ledger's transaction"
            )
        # All that waits queues here, before it holds a connection: otherwise those that wait could use up the pool that
        # those at work need for the shop's reads. Reads too: an engine may begin them as writes.
        most = 1 if self._engine.dialect.name == "sqlite" else _most(self._engine.pool)
        self._seconds = BUSY_SECONDS if self._engine.dialect.name == "sqlite" else FULL_SECONDS
        self._queue: Semaphore | None = Semaphore(most) if most else None
        self._make_table()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes; on SQLite it has the write lock from its start (BEGIN IMMEDIATE)."""
        with self._queued(), _translating(), self._engine.begin() as db:
            if self._engine.dialect.name == "sqlite" and not _in_transaction(db):
                db.exec_driver_sql("BEGIN IMMEDIATE")
            yield db

    def begin(self, write: Write, tx: sa.Connection | None = None) -> Write | None:
        """Add the row, or return the one with its key."""
        with self._within(tx) as db:
            try:
                with db.begin_nested():
                    db.execute(_ADD, _values(write))
            except IntegrityError:
                if (found := _found(db, write.key)) is not None:
                    return found
                raise unseen() from None
            return None

    def settle(
        self,
        write: Write,
        state: WriteState,
        outcome: Mapping[str, Any],
        when: datetime,
        tx: sa.Connection | None = None,
    ) -> bool:
        """Say how a write ended."""
        with self._within(tx) as db:
            return _update(db, _SETTLE, state, outcome, when, of=write.key, held=write.fence)

    def find(self, key: str) -> Write | None:
        """The row with this key."""
        with self._queued(), _translating(), self._engine.connect() as db:
            return _found(db, key)

    def unsettled(self, before: datetime) -> list[Write]:
        """The rows that wait for a person, the oldest first."""
        with self._queued(), _translating(), self._engine.connect() as db:
            return [_write(row) for row in db.execute(_UNSETTLED, {"before": before.timestamp()})]

    def since(self, when: datetime) -> list[Write]:
        """All rows begun since then, the oldest first."""
        with self._queued(), _translating(), self._engine.connect() as db:
            return [_write(row) for row in db.execute(_SINCE, {"when": when.timestamp()})]

    def reconcile(
        self, key: str, state: Literal["done", "refused"], outcome: Mapping[str, Any], when: datetime
    ) -> bool:
        """Settle a row by what somebody found out."""
        with self.transaction() as db:
            return _update(db, _RECONCILE, state, outcome, when, of=key)

    def close(self) -> None:
        """Give connections back, where the engine is the ledger's own."""
        if self._owns_engine:
            self._engine.dispose()

    def _within(self, tx: sa.Connection | None) -> AbstractContextManager[sa.Connection]:
        return self.transaction() if tx is None else nullcontext(tx)

    @contextmanager
    def _queued(self) -> Iterator[None]:
        if self._queue is None:
            yield
            return
        if not self._queue.acquire(timeout=self._seconds):
            raise StorageError(f"the ledger stayed locked for {self._seconds:g} s; find out which tool takes that long")
        try:
            yield
        finally:
            self._queue.release()

    def _make_table(self) -> None:
        with _translating():
            try:
                metadata.create_all(self._engine)
            except SQLAlchemyError:  # another process may have made it at the same moment
                if not sa.inspect(self._engine).has_table(_writes.name):
                    raise


def _engine_at(url: str) -> sa.Engine:
    try:
        return sa.create_engine(url, hide_parameters=True)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise ConfigurationError(f"the ledger's URL cannot be used ({type(error).__name__})") from None


def _most(pool: Pool) -> int:
    """How many transactions may be under way at once, 0 for any number: a pool of size 0 has no limit."""
    size = pool.size() if isinstance(pool, QueuePool) else 0
    return max(1, size - 1) if size else 0


def _in_transaction(db: sa.Connection) -> bool:
    """Whether the engine's own set-up has begun one already (SQLAlchemy's recipe for SQLite does)."""
    return bool(getattr(db.connection.dbapi_connection, "in_transaction", False))


@contextmanager
def _translating() -> Iterator[None]:
    """Only what SQLAlchemy raises: a tool's own exception passes, and rolls back."""
    try:
        yield
    except SQLAlchemyError as error:
        # The cause would quote the statement's row.
        raise StorageError(f"the ledger cannot be read or written ({type(error).__name__})") from None


def _values(write: Write) -> dict[str, Any]:
    return {
        "key": write.key,
        "tool": write.tool,
        "subject": write.subject,
        "args": _json(write.args),
        "consent": _json(write.consent),
        "state": write.state,
        "fence": write.fence,
        "begun": write.begun.timestamp(),
        "settled": write.settled.timestamp() if write.settled else None,
        "outcome": _json(write.outcome),
    }


def _update(
    db: sa.Connection, statement: sa.Update, state: str, outcome: Mapping[str, Any], when: datetime, **of: Any
) -> bool:
    values = {"state": state, "outcome": _json(outcome), "settled": when.timestamp()}
    return db.execute(statement, {**values, **of}).rowcount == 1


def _found(db: sa.Connection, key: str) -> Write | None:
    row = db.execute(_ROW, {"of": key}).one_or_none()
    return None if row is None else _write(row)


def _write(row: sa.Row[Any]) -> Write:
    values: dict[str, Any] = row._asdict()
    for name in ("args", "consent", "outcome"):
        values[name] = json.loads(values[name])
    for name in ("begun", "settled"):
        values[name] = None if values[name] is None else datetime.fromtimestamp(values[name], UTC)
    return Write(**values)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, allow_nan=False)
