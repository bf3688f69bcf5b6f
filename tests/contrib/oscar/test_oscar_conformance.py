from datetime import datetime

import pytest
from django.db import connections
from yunji.assistant import Shop

from shopassist.testing import ShopConformance


class TestOscarShop(ShopConformance):
    """The sample shop in Oscar's models: no expected day, so no parcel is late, and nothing after the sale."""

    now = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
    stranger = "1003"
    unpaid = ("1001", "ORD20241201002")
    paid = ("1001", "ORD20241203003")
    shipped = ("1001", "ORD20241201001")
    late = fallen = None
    returnable = ("1004", "ORD20241125011")
    address = "杭州市西湖区文三路 1 号"

    @pytest.fixture(autouse=True)
    def _database(self, fresh):
        self.fresh = fresh

    def make_shop(self, clock):
        self.fresh()
        return Shop()

    def transaction(self):
        return _closed_after(self.shop.transaction)


class _closed_after:  # noqa: N801
    """A transaction that leaves no connection behind in the threads of a pool."""

    def __init__(self, begin):
        self.held = begin()

    def __enter__(self):
        return self.held.__enter__()

    def __exit__(self, *error):
        try:
            return self.held.__exit__(*error)
        finally:
            connections["default"].close()
