"""A shop of your own behind the built-in tools: python examples/own_shop.py (needs no model).

It has orders alone. A shop with a database passes `SqlLedger(engine)`, and its writes execute on `tx`.
"""

import tempfile
from datetime import date, datetime
from decimal import Decimal

from shopassist import Assistant, Customer, Quote, ShopParts
from shopassist.shop import Deed, OrderLine, OrderView, Tracking
from shopassist.testing import MemoryLedger
from shopassist.tools import Refused

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
ORDERS = {
    "A2024120101": {"owner": "u-7", "status": "shipped", "what": "手冲壶", "price": Decimal(168), "version": 1},
    "A2024120402": {"owner": "u-7", "status": "unpaid", "what": "磨豆机", "price": Decimal(499), "version": 1},
}


class MyOrders:
    def list(self, customer):
        return [view(key, row) for key, row in reversed(ORDERS.items()) if row["owner"] == customer]

    def get(self, customer, order_id):
        return next((order for order in self.list(customer) if order.id == order_id), None)

    def track(self, customer, order_id):
        sent = self.get(customer, order_id).status == "shipped"
        return (
            Tracking(order_id, "中通", "ZT7788", ((NOW, "到达苏州"),), date(2024, 12, 7), late=False) if sent else None
        )

    def check(self, action, customer, order_id, args):
        order = self.get(customer, order_id)
        if action != "cancel_order":
            return Quote(False, reason="no_tool")
        reason = None if order.status == "unpaid" else order.status
        return Quote(reason is None, rule="cancel", reason=reason, version=order.version)

    def cancel(self, tx, customer, order_id, reason):
        row = ORDERS[order_id]
        if row["status"] != "unpaid":
            raise Refused(row["status"], rule="cancel")
        row |= {"status": "cancelled", "version": row["version"] + 1}
        return Deed({"order": order_id})


def view(key, row):
    line = OrderLine(product=row["what"], name=row["what"], variant=None, quantity=1, price=row["price"])
    return OrderView(key, row["status"], NOW, (line,), row["price"], version=str(row["version"]))


with tempfile.TemporaryDirectory() as folder:
    settings = {"data_dir": folder, "model": "none", "embeddings": "none", "clock": NOW}
    with Assistant.from_settings(shop=ShopParts(orders=MyOrders()), ledger=MemoryLedger(), **settings) as assistant:
        for text in ("订单A2024120101到哪了？", "把订单A2024120402取消了", "好的", "A2024120101也取消"):
            reply = assistant.reply(text, conversation="c", customer=Customer("u-7"))
            print(f"客: {text}\n店: {reply.text} {[(o.name, o.status) for o in reply.tool_outcomes]}")
