from contextlib import ExitStack
from datetime import datetime

import pytest

import postgres
from shopassist.errors import ConfigurationError
from shopassist.testing.memory_shop import MemoryShop
from shopassist.testing.shops import ShopConformance
from shopassist.testing.sql_shop import SqlShop

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")


class TestMemoryShop(ShopConformance):
    def make_shop(self, clock):
        return MemoryShop.sample(clock)


class TestSqlShop(ShopConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder, self.made = tmp_path, 0

    def make_shop(self, clock):
        self.made += 1
        return SqlShop.create(f"sqlite:///{self.folder}/shop{self.made}.db", clock)


class TestSqlShopInPostgreSQL(ShopConformance):
    @pytest.fixture(autouse=True)
    def _schemas(self, postgres_server):
        with ExitStack() as self.held:
            self.server = postgres_server
            yield

    def make_shop(self, clock):
        shop = SqlShop.create(self.held.enter_context(postgres.schema(self.server)), clock)
        self.held.callback(shop.close)
        return shop


class OrdersOnly:
    """A shop that takes orders and does nothing afterwards."""

    catalogue = after_sales = None

    def __init__(self, clock):
        self.orders = MemoryShop.sample(clock).orders


def test_a_shop_with_orders_alone_can_use_the_suite():
    class Suite(ShopConformance):
        late = None

        def make_shop(self, clock):
            return OrdersOnly(clock)

    held, skipped = 0, set()
    for name in [name for name in dir(Suite) if name.startswith("test_")]:
        try:
            getattr(Suite(), name)()
            held += 1
        except pytest.skip.Exception as skip:
            skipped.add(str(skip))
    assert held >= 14
    assert skipped == {
        "the shop has none",
        "the shop has no catalogue",
        "the shop has no after-sales",
        "the shop has no transactions",
    }


class Careless(MemoryShop):
    """A shop that shows everybody's orders to everybody."""

    def __init__(self, data, clock):
        super().__init__(data, clock)
        strict = self.orders.get
        self.orders.get = lambda customer, order_id: next(
            (found for c in self.customers if (found := strict(c, order_id))), None
        )


def test_the_suite_finds_a_shop_that_shows_other_peoples_orders():
    class Suite(ShopConformance):
        def make_shop(self, clock):
            return Careless.sample(clock)

    with pytest.raises(AssertionError):
        Suite().test_somebody_elses_order_is_no_order()


def test_a_write_of_the_sql_shop_needs_a_transaction(tmp_path):
    shop = SqlShop.create(f"sqlite:///{tmp_path}/shop.db", lambda: NOW)
    with pytest.raises(ConfigurationError, match="transaction"):
        shop.orders.cancel(None, "u-1001", "ORD20241201002", None)


def test_the_sql_shop_needs_a_file_or_a_server():
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://localhost/shop"):
        with pytest.raises(ConfigurationError, match="MemoryShop"):
            SqlShop.create(url, lambda: NOW)
