from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from unittest import SkipTest

import pytest

import postgres
from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError
from shopassist.shop import ORDER_ACTIONS
from shopassist.testing.memory_shop import MemoryShop
from shopassist.testing.shops import ShopConformance
from shopassist.testing.sql_shop import SqlShop
from shopassist.tools import builtin

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")


class SampleShopConformance(ShopConformance):
    """The suite, and the sample shop's own rules: other shops may urge twice, without a ticket, and know no tax number."""

    def test_an_order_is_urged_once_a_day(self):
        self._write(("urge_delivery", self.paid, {}))
        self._refused(("urge_delivery", self.paid, {}))
        self.clock.now += timedelta(1)
        assert self._check(("urge_delivery", self.paid, {})).allowed

    def test_a_late_parcel_gets_a_ticket(self):
        assert self._write(("urge_delivery", self.late, {})).id

    def test_a_company_needs_its_tax_number(self):
        title, tax_no = self.company
        assert not self._check(("request_invoice", self.returnable, {"title": title})).allowed
        assert self._check(("request_invoice", self.returnable, {"title": title, "tax_no": tax_no})).allowed

    def test_a_refusal_names_the_page_that_decides(self):
        assert all(self._check(write).rule for write in self._forbidden())


class TestMemoryShop(SampleShopConformance):
    def make_shop(self, clock):
        return MemoryShop.sample(clock)


class TestSqlShop(SampleShopConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder, self.made = tmp_path, 0

    def make_shop(self, clock):
        self.made += 1
        return SqlShop.create(f"sqlite:///{self.folder}/shop{self.made}.db", clock)


class TestSqlShopInPostgreSQL(SampleShopConformance):
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
        except SkipTest as skip:
            skipped.add(str(skip))
    assert held >= 14
    assert skipped == {
        "the shop has none",
        "the shop has no catalogue",
        "the shop has no after-sales",
        "the shop has no transactions",
        "the shop does all",
    }


class Bare:
    """A shop that shows its orders and changes nothing, without a method for what it does not do."""

    catalogue = after_sales = None

    def __init__(self, clock, unsupported):
        self.orders = SimpleNamespace(unsupported=unsupported, check=lambda *_: Quote(False, reason="no_tool"))
        for name in ("list", "get", "track"):
            setattr(self.orders, name, getattr(MemoryShop.sample(clock).orders, name))


def _suite(make):
    class Suite(ShopConformance):
        threads = False

        def make_shop(self, clock):
            return make(clock)

    return Suite()


def test_a_shop_that_changes_nothing_says_so_and_passes():
    for name in [name for name in dir(ShopConformance) if name.startswith("test_")]:
        with suppress(SkipTest):
            getattr(_suite(lambda clock: Bare(clock, set(ORDER_ACTIONS))), name)()


def test_the_suite_finds_an_action_that_is_neither_there_nor_unsupported():
    lacking = _suite(lambda clock: Bare(clock, {"cancel_order", "change_contact"}))
    with pytest.raises(AssertionError, match="lacks change_address, urge"):
        lacking.test_every_method_is_there()


def test_an_unsupported_action_has_no_tool():
    shop = MemoryShop.sample(lambda: NOW)
    shop.after_sales.unsupported = {"request_invoice"}
    names = {tool.name for tool in builtin(Bare(lambda: NOW, {"urge_delivery"}).orders, None, shop.after_sales)}
    assert {"cancel_order", "request_return"} <= names
    assert not names & {"urge_delivery", "request_invoice"}


def test_a_misspelled_action_is_an_error_that_names_them_all():
    with pytest.raises(ConfigurationError, match=r"'urge'; the actions are cancel_order, .*urge_delivery"):
        builtin(Bare(lambda: NOW, {"urge"}).orders)


class ForGuests(MemoryShop):
    """A shop that finds the orders without an owner for a customer without an id."""

    def __init__(self, data, clock):
        super().__init__(data, clock)
        strict = self.orders.list
        self.orders.list = lambda customer: strict(customer or "u-1001")


def test_the_suite_finds_a_shop_that_shows_orders_to_nobody():
    with pytest.raises(AssertionError):
        _suite(ForGuests.sample).test_nobody_has_no_orders()


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
