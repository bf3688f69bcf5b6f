"""A tiny shop in a dict, and a consent for it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from shopassist.dialogue import Consent, Quote
from shopassist.shop import (
    Coupon,
    Deed,
    OrderLine,
    OrderView,
    ProductView,
    ReturnView,
    Tracking,
    VariantView,
)

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")


def order(number, status="unpaid", day=1, product="P-2001", name="机械键盘K87"):
    placed = datetime.fromisoformat(f"2024-12-{day:02}T00:30:00+08:00")
    line = OrderLine(product, name, "红轴", 1, Decimal("399.00"))
    return OrderView(number, status, placed, (line,), Decimal("399.00"), version="1", address="世纪大道100号")


class TinyShop:
    """`Orders`, `Catalogue` and `AfterSales` in one. `done` lists what was written; `broken` makes it raise."""

    def __init__(self):
        self.orders = {
            "u-1": [order("A2", "shipped", 3), order("A1", "unpaid", 1, "P-1001", "无线降噪耳机Pro")],
            "u-2": [order("B1")],
        }
        self.done, self.asked, self.broken = [], [], None

    def list(self, customer):
        return self.orders.get(customer, [])

    def get(self, *names):
        if self.broken:
            raise self.broken
        if len(names) == 1:
            earbuds = ProductView(
                "P-1001",
                "无线降噪耳机Pro",
                "Earbuds Pro",
                Decimal("599"),
                (VariantView("曜石黑", 32), VariantView("珍珠白", 0, date(2024, 12, 10))),
            )
            return earbuds if names[0] == "P-1001" else None
        return next((o for o in self.list(names[0]) if o.id == names[1]), None)

    def track(self, customer, order_id):
        found = self.get(customer, order_id)
        if found.status != "shipped":
            return None
        return Tracking(order_id, "顺丰", "SF1", ((NOW, "到达上海"),), date(2024, 12, 6), late=False)

    def check(self, action, customer, order_id, args):
        self.asked.append((action, customer, order_id, dict(args)))
        if order_id is None:
            return Quote(True)
        found = self.get(customer, order_id)
        allowed = found.status == "unpaid"
        return Quote(allowed, "cancel", None if allowed else "shipped", "399.00", {"order": order_id}, found.version)

    def change(self, customer, order_id, **values):
        orders = self.orders[customer]
        place = next(n for n, o in enumerate(orders) if o.id == order_id)
        orders[place] = replace(orders[place], version=str(int(orders[place].version) + 1), **values)

    def search(self, words, least=None, most=None):
        self.asked.append((words, least, most))
        return [self.get("P-1001")]

    def coupons(self, customer):
        return [Coupon("DEC50", "满500减50", Decimal(500), Decimal(50), date(2024, 12, 31))]

    def refund(self, customer, order_id):
        return ReturnView("RET1", "仓库待验收", date(2024, 12, 3), Decimal("159.00")) if order_id == "A2" else None

    def _deed(self, name, *args):
        self.done.append((name, *args))
        return Deed({"done": name}, "2", f"{name}-1")

    def cancel(self, tx, *args):
        self.change(args[0], args[1], status="cancelled")
        return self._deed("cancel", *args)

    def __getattr__(self, name):
        if name in (
            "change_address",
            "change_contact",
            "urge",
            "request_return",
            "cancel_return",
            "request_exchange",
            "request_invoice",
            "request_price_protection",
            "open_ticket",
        ):
            return lambda tx, *args: self._deed(name, *args)
        raise AttributeError(name)


def consent(tool, args, quote=None, key="c-1"):
    return Consent(key, tool, args, quote or Quote(True), NOW + timedelta(minutes=15))
