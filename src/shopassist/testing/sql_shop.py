"""A shop in an SQLite file, with real tables: a write and its ledger row can share one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shopassist.errors import ConfigurationError, StorageError
from shopassist.storage.sqlite import READS, prepare
from shopassist.testing.case import Row
from shopassist.testing.desk import Clock
from shopassist.testing.sample_shop import SampleShop
from shopassist.testing.seed import TABLES, rows_of, sample, terms_of


class Money(sa.types.TypeDecorator[Decimal]):
    """An amount as decimal text: SQLite's own numbers are floats."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """For the database."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """From the database."""
        return None if value is None else Decimal(value)


class Moment(sa.types.TypeDecorator[datetime]):
    """A time with its offset, in ISO form: SQLite's own times forget the offset."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        """For the database."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromisoformat(value)


SCHEMA = sa.MetaData()


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """A table whose rows keep the order in which they came."""
    return sa.Table(name, SCHEMA, sa.Column("row", sa.Integer, primary_key=True), *columns)


def _column(
    name: str, kind: Any = sa.String, *more: Any, optional: bool = False, unique: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=optional, unique=unique, index=bool(more) and not unique)


def _of_order() -> sa.Column[Any]:
    return _column("order_id", sa.String, sa.ForeignKey("orders.id"))


def _of_product() -> sa.Column[Any]:
    return _column("product", sa.String, sa.ForeignKey("products.id"))


_table(
    "customers",
    _column("id", unique=True),
    _column("name"),
    _column("level"),
    _column("phone", optional=True),
    _column("language"),
    _column("gold_since", sa.Date, optional=True),
)
_table(
    "products",
    _column("id", unique=True),
    _column("name"),
    _column("name_en"),
    _column("price", Money),
    _column("search"),
    _column("returnable_once_opened", sa.Boolean),
)
_table(
    "variants",
    _of_product(),
    _column("name"),
    _column("name_en"),
    _column("stock", sa.Integer),
    _column("restock", sa.Date, optional=True),
).append_constraint(sa.UniqueConstraint("product", "name"))
_table("prices", _of_product(), _column("until", sa.Date), _column("price", Money))
_table(
    "orders",
    _column("id", unique=True),
    _column("customer", sa.String, sa.ForeignKey("customers.id")),
    _column("placed", Moment),
    _column("status"),
    _column("total", Money),
    _column("version", sa.Integer),
    _column("carrier", optional=True),
    _column("tracking", optional=True),
    _column("shipped", sa.Date, optional=True),
    _column("delivered", sa.Date, optional=True),
    _column("eta", sa.Date, optional=True),
    _column("address", optional=True),
    _column("recipient", optional=True),
    _column("phone", optional=True),
    _column("cancelled", sa.Date, optional=True),
    _column("cancel_reason", optional=True),
)
_table(
    "order_lines",
    _of_order(),
    _column("position", sa.Integer),
    _of_product(),
    _column("variant", optional=True),
    _column("quantity", sa.Integer),
    _column("price", Money),
)
_table("events", _of_order(), _column("at", Moment), _column("text"))
_table(
    "returns",
    _column("id", unique=True),
    _of_order(),
    _column("state"),
    _column("requested", sa.Date),
    _column("amount", Money),
    _column("reason", optional=True),
)
_table("return_lines", _column("return_id", sa.String, sa.ForeignKey("returns.id")), _of_order(), _of_product())
_table(
    "exchanges",
    _column("id", unique=True),
    _of_order(),
    _of_product(),
    _column("variant"),
    _column("remedy"),
    _column("reason"),
    _column("requested", sa.Date),
)
_table(
    "price_protections",
    _column("id"),
    _of_order(),
    _of_product(),
    _column("variant", optional=True),
    _column("amount", Money),
    _column("requested", sa.Date),
)
_table(
    "invoices",
    _column("id", unique=True),
    _of_order(),
    _column("title"),
    _column("type"),
    _column("tax_no", optional=True),
    _column("email", optional=True),
    _column("amount", Money),
    _column("requested", sa.Date),
)
_table(
    "urges", _of_order(), _column("day", sa.Date), _column("target"), _column("ticket", optional=True)
).append_constraint(sa.UniqueConstraint("order_id", "day"))
_table(
    "tickets",
    _column("id", unique=True),
    _column("customer"),
    _column("order_id", optional=True),
    _column("subject"),
    _column("text"),
    _column("requested", sa.Date),
    _column("opened", Moment),
)
_table(
    "coupons",
    _column("code", unique=True),
    _column("title"),
    _column("least", Money),
    _column("off", Money),
    _column("from", sa.Date, optional=True),
    _column("until", sa.Date, optional=True),
    _column("new_only", sa.Boolean),
)

# Whoever changes an order past this module, an administrator's page say, changes its version too.
_VERSIONS = """
CREATE TRIGGER IF NOT EXISTS order_versions AFTER UPDATE ON orders WHEN NEW.version = OLD.version
BEGIN UPDATE orders SET version = OLD.version + 1 WHERE id = NEW.id; END
"""


class SqlShop(SampleShop):
    """A shop in an SQLite file that `SqlShop.create` has set up.

    Each write takes as `tx` an `sqlalchemy.Connection` in an open transaction on the same file: ``with
    shop.transaction() as tx``, or a ledger's own. Such a transaction begins with BEGIN IMMEDIATE, so that of two
    writes the second waits for the first and then sees what it did. Reads take no lock and see what is committed.
    """

    def __init__(self, url: str, clock: Clock, data: Mapping[str, Any] | None = None) -> None:
        self.engine = _engine(url)
        self._sql = _SqlBook(self.engine)
        super().__init__(self._sql, clock, terms_of(data or {}))

    @classmethod
    def create(cls, url: str, clock: Clock, data: Mapping[str, Any] | None = None) -> SqlShop:
        """Make the tables where there are none, and fill them from a document in the form of ``sample_shop.yaml``.

        Without `data` it is the sample shop. A shop that has products stays as it is. Raises `StorageError` where the
        file cannot be used.
        """
        shop = cls(url, clock, data)
        with shop._setting_up() as db:
            SCHEMA.create_all(db)
            db.exec_driver_sql(_VERSIONS)
            if not shop._sql.rows(db, "products"):
                _fill(db, sample() if data is None else data)
        return shop

    def reset(self, data: Mapping[str, Any] | None = None) -> None:
        """Drop the shop's tables and fill them anew, at once for all who have the file open; other tables stay.

        `data` is as in `create`. Raises `StorageError`.
        """
        with self._setting_up() as db:
            SCHEMA.drop_all(db)
            SCHEMA.create_all(db)
            db.exec_driver_sql(_VERSIONS)
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
        path = Path(str(self.engine.url.database))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.transaction() as db:
                yield db
        except (OSError, sa.exc.SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise StorageError(f"the shop's file {path} cannot be used: {reason}") from None


class _SqlBook:
    def __init__(self, engine: sa.Engine) -> None:
        self._reader = engine.execution_options(**READS)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        return self._reader.begin()

    @contextmanager
    def writing(self, tx: Any) -> Iterator[sa.Connection]:
        if not isinstance(tx, sa.Connection) or not tx.in_transaction():
            raise ConfigurationError("a write of SqlShop needs an open transaction: with shop.transaction() as tx")
        yield tx

    def rows(self, tx: sa.Connection, table: str, **where: Any) -> list[dict[str, Any]]:
        columns = SCHEMA.tables[table].c
        query = sa.select(*(c for c in columns if c.name != "row")).where(*_equal(columns, where)).order_by(columns.row)
        return [dict(row) for row in tx.execute(query).mappings()]

    def insert(self, tx: sa.Connection, table: str, row: Row) -> None:
        tx.execute(SCHEMA.tables[table].insert(), dict(row))

    def update(self, tx: sa.Connection, table: str, where: Row, values: Row) -> int:
        target = SCHEMA.tables[table]
        return tx.execute(target.update().where(*_equal(target.c, where)).values(dict(values))).rowcount


def _fill(db: sa.Connection, document: Mapping[str, Any]) -> None:
    rows = rows_of(document, terms_of(document).timezone)
    for table in filter(rows.get, TABLES):
        db.execute(SCHEMA.tables[table].insert(), rows[table])


def _equal(columns: Any, where: Row) -> list[sa.ColumnElement[bool]]:
    return [
        columns[name].in_(value) if isinstance(value, list) else columns[name] == value for name, value in where.items()
    ]


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        # Reads have connections of their own, which would see another database than the writes.
        raise ConfigurationError("SqlShop needs an SQLite file, sqlite:///shop.db say; MemoryShop needs none")
    engine = sa.create_engine(parsed, hide_parameters=True)
    prepare(engine)
    return engine
