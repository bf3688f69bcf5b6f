"""A shop in SQLite or PostgreSQL, with real tables: a write and its ledger row can share one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shopassist.errors import ConfigurationError, StorageError
from shopassist.storage.database import POSTGRESQL_READS
from shopassist.storage.sqlite import READS, prepare
from shopassist.testing.case import Row
from shopassist.testing.desk import Clock
from shopassist.testing.sample_shop import SampleShop
from shopassist.testing.seed import TABLES, rows_of, sample, terms_of
from shopassist.testing.sql_tables import SCHEMA, create

_SETTING_UP = 0x73686F71  # the number of PostgreSQL's advisory lock: "shoq", beside the store's own "shop"
_LOCK = sa.text("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE")


class SqlShop(SampleShop):
    """A shop in an SQLite file or in PostgreSQL that `SqlShop.create` has set up.

    Each write takes as `tx` an `sqlalchemy.Connection` in an open transaction on the same database: ``with
    shop.transaction() as tx``, or a ledger's own. Of two writes the second waits for the first and then sees what it
    did: in SQLite such a transaction begins with BEGIN IMMEDIATE, in PostgreSQL a write locks the table of orders
    against other writes. Reads take no lock and see what is committed.
    """

    def __init__(self, url: str, clock: Clock, data: Mapping[str, Any] | None = None) -> None:
        self.engine = _engine(url)
        self._sql = _SqlBook(self.engine)
        super().__init__(self._sql, clock, terms_of(data or {}))

    @classmethod
    def create(cls, url: str, clock: Clock, data: Mapping[str, Any] | None = None) -> SqlShop:
        """Make the tables where there are none, and fill them from a document in the form of ``sample_shop.yaml``.

        Without `data` it is the sample shop. A shop that has products stays as it is. Raises `StorageError` where the
        database cannot be used.
        """
        shop = cls(url, clock, data)
        with shop._setting_up() as db:
            create(db)
            if not shop._sql.rows(db, "products"):
                _fill(db, sample() if data is None else data)
        return shop

    def reset(self, data: Mapping[str, Any] | None = None) -> None:
        """Drop the shop's tables and fill them anew, at once for all who have it open; other tables stay.

        `data` is as in `create`. Raises `StorageError`.
        """
        with self._setting_up() as db:
            SCHEMA.drop_all(db)
            create(db)
            _fill(db, sample() if data is None else data)

    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """All or nothing; other writers wait until it ends."""
        return self.engine.begin()

    def change_order(self, order_id: str, **values: Any) -> None:
        """A change from outside the conversation, as the warehouse makes one: ``status="shipped"``."""
        with self.transaction() as tx:
            self._change_order(tx, order_id, values)

    def change_return(self, return_id: str, state: str) -> None:
        """A return's next state."""
        with self.transaction() as tx:
            self._change_return(tx, return_id, state)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def _setting_up(self) -> Iterator[sa.Connection]:
        place = self.engine.url.database
        try:
            if self.engine.dialect.name == "sqlite":
                Path(str(place)).parent.mkdir(parents=True, exist_ok=True)
            with self.transaction() as db:
                if self.engine.dialect.name != "sqlite":  # others may set up at the same moment
                    db.execute(sa.select(sa.func.pg_advisory_xact_lock(_SETTING_UP)))
                yield db
        except (OSError, sa.exc.SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise StorageError(f"the shop's database {place} cannot be used: {reason}") from None


class _SqlBook:
    rolls_back = True

    def __init__(self, engine: sa.Engine) -> None:
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine.execution_options(**(READS if self._is_sqlite else POSTGRESQL_READS))

    def reading(self) -> AbstractContextManager[sa.Connection]:
        return self._reader.begin()

    @contextmanager
    def writing(self, tx: Any) -> Iterator[sa.Connection]:
        if not isinstance(tx, sa.Connection) or not tx.in_transaction():
            raise ConfigurationError("a write of SqlShop needs an open transaction: with shop.transaction() as tx")
        if not self._is_sqlite:
            tx.execute(_LOCK)
        yield tx

    def rows(self, tx: sa.Connection, table: str, **where: Any) -> list[dict[str, Any]]:
        query = _rows(table, tuple((name, isinstance(value, list)) for name, value in where.items()))
        return [dict(row) for row in tx.execute(query, where).mappings()]

    def insert(self, tx: sa.Connection, table: str, row: Row) -> None:
        tx.execute(SCHEMA.tables[table].insert(), dict(row))

    def update(self, tx: sa.Connection, table: str, where: Row, values: Row) -> int:
        target = SCHEMA.tables[table]
        equal = [target.c[name] == value for name, value in where.items()]
        return tx.execute(target.update().where(*equal).values(dict(values))).rowcount


def _fill(db: sa.Connection, document: Mapping[str, Any]) -> None:
    rows = rows_of(document, terms_of(document).timezone)
    for table in filter(rows.get, TABLES):
        db.execute(SCHEMA.tables[table].insert(), rows[table])


@lru_cache(maxsize=64)
def _rows(table: str, where: tuple[tuple[str, bool], ...]) -> sa.Select[Any]:
    """The rows whose columns equal a parameter, or one of a list. Built once: building takes longer than reading."""
    columns = SCHEMA.tables[table].c
    equal = (
        columns[name].in_(sa.bindparam(name, expanding=True)) if several else columns[name] == sa.bindparam(name)
        for name, several in where
    )
    return sa.select(*(c for c in columns if c.name != "row")).where(*equal).order_by(columns.row)


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    kind = parsed.get_backend_name()
    if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and parsed.database in (None, "", ":memory:")):
        # Reads have connections of their own, which would see another database in memory than the writes.
        raise ConfigurationError(
            "SqlShop needs an SQLite file, sqlite:///shop.db say, or postgresql+psycopg://…; MemoryShop needs none"
        )
    options = {} if kind == "sqlite" else {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
    engine = sa.create_engine(parsed, hide_parameters=True, **options)
    if kind == "sqlite":
        prepare(engine)
    return engine
