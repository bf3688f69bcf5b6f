"""Memory, SQLite and PostgreSQL."""

import pytest
import sqlalchemy as sa

from shopassist.errors import ConfigurationError, StorageError
from shopassist.testing.ledgers import NOW, LedgerConformance
from shopassist.tools import MemoryLedger, SqlLedger, Write


class TestMemoryLedger(LedgerConformance):
    def make_ledger(self):
        return MemoryLedger()


class TestSqlLedgerAtAUrl(LedgerConformance):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path):
        self.path = tmp_path / "shop.db"

    def make_ledger(self):
        return SqlLedger(f"sqlite:///{self.path}")


class TestSqlLedgerOnAnEngineThatBeginsItself(TestSqlLedgerAtAUrl):
    """SQLAlchemy's recipe for SQLite, as a shop may use it: the driver's own BEGIN off, an event emits it."""

    def make_ledger(self):
        engine = sa.create_engine(f"sqlite:///{self.path}")
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return SqlLedger(engine)


class TestSqlLedgerOnPostgreSQL(LedgerConformance):
    @pytest.fixture(autouse=True)
    def _place(self, postgres_url):
        self.engine = sa.create_engine(postgres_url)
        yield
        self.engine.dispose()

    def make_ledger(self):
        return SqlLedger(self.engine)


def test_a_database_in_memory_is_refused():
    with pytest.raises(ConfigurationError, match="in memory"):
        SqlLedger("sqlite://")
    with pytest.raises(ConfigurationError, match="in memory"):
        SqlLedger(sa.create_engine("sqlite://", poolclass=sa.StaticPool))


def test_a_wrong_url_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="URL"):
        SqlLedger("no url")


def test_two_ledgers_on_one_database_share_rows(tmp_path):
    one, other = (SqlLedger(f"sqlite:///{tmp_path}/shop.db") for _ in range(2))
    row = Write("k", "t", "u", {}, {}, "called", NOW)
    assert one.begin(row) is None
    assert other.begin(row) == row


def test_a_refused_statement_quotes_no_row(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    ledger = SqlLedger(engine)
    with engine.begin() as db:
        db.exec_driver_sql("DROP TABLE shopassist_write")
    with pytest.raises(StorageError) as caught:
        ledger.begin(Write("k", "t", "u", {"address": "桂花路"}, {}, "called", NOW))
    assert "桂花路" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_readers_do_not_wait_for_a_write(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    ledger = SqlLedger(engine)
    with ledger.transaction() as tx:
        ledger.begin(Write("k", "t", "u", {}, {}, "reserved", NOW), tx)
        with engine.connect() as other:
            assert other.scalar(sa.text("SELECT count(*) FROM shopassist_write")) == 0
    assert ledger.find("k") is not None
