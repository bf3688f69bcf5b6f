from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connections, transaction
from smallshop.shop import TeaShop

from shopassist.testing import ShopConformance


class TestTeaShop(ShopConformance):
    """String keys with a slash, states that are numbers, net prices, nothing counted, two writes of four."""

    now = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
    stranger = "K-WU"
    unpaid, paid, shipped = ("K-LI", "T/1"), ("K-LI", "T/2"), ("K-LI", "T/3")
    late = fallen = None
    returnable, last_day = ("K-LI", "T/4"), date(2024, 12, 5)
    product, words = "oolong-50", "乌龙茶"

    @pytest.fixture(autouse=True)
    def _database(self, fill):
        self.fill = fill

    def make_shop(self, clock):
        self.fill()
        return TeaShop(clock)

    def transaction(self):
        return _Closed()


class _Closed:
    """A transaction that writes from its start, and leaves no connection behind in the threads of a pool."""

    def __enter__(self):
        from smallshop.models import Purchase

        self.held = transaction.atomic()
        self.held.__enter__()
        Purchase.objects.filter(ref="").update(revision=0)  # SQLite's lock
        return "default"

    def __exit__(self, *error):
        try:
            self.held.__exit__(*error)
        finally:
            connections["default"].close()


def test_what_a_customer_pays_has_the_tax_in_it(fill):
    fill()
    shop = TeaShop()
    assert shop.catalogue.get("OOLONG-50").price == Decimal("80.00")
    assert shop.orders.get("K-LI", "T/1").total == Decimal("160.00")


def test_a_state_of_the_shops_own_is_told_in_its_words(fill):
    fill()
    held = TeaShop().orders.get("K-LI", "T/5")
    assert (held.status, held.state) == ("other", "品鉴中")
