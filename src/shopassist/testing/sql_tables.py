"""The sample shop's tables, in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa


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

# Whoever changes an order past the shop, an administrator's page say, changes its version too.
_VERSIONS = {
    "sqlite": """
CREATE TRIGGER IF NOT EXISTS order_versions AFTER UPDATE ON orders WHEN NEW.version = OLD.version
BEGIN UPDATE orders SET version = OLD.version + 1 WHERE id = NEW.id; END
""",
    "postgresql": """
CREATE OR REPLACE FUNCTION renew_order_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER order_versions BEFORE UPDATE ON orders
FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION renew_order_version()
""",
}


def create(db: sa.Connection) -> None:
    """Make the tables that are absent, and what keeps an order's version."""
    SCHEMA.create_all(db)
    db.exec_driver_sql(_VERSIONS[db.dialect.name])
