"""A change of your own: its tool, its intent, its words. python examples/own_tool.py (needs no model)."""

import tempfile
from datetime import datetime
from pathlib import Path

from shopassist import Assistant, Customer, Quote, SqlLedger, ToolContext, tool
from shopassist.testing import SqlShop

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
INTENTS = """
intents:
  gift_wrap:
    description: Have an order wrapped as a gift.
    slots: [order_id, product]
    fits: [unpaid, paid]
    patterns: {zh: {0.95: ['礼品包装|包成礼物']}, en: {0.95: ['gift.?wrap']}}
    examples: {zh: [帮我包成礼物, 这个订单要礼品包装], en: [please gift wrap my order]}
    routes:
      request can blocked: {reads: [list_orders], write: wrap_gift}
"""
TEXTS = """
zh:
  consent: {wrap_gift: "礼品包装收 {amount|money}，会晚 1 天发货。要为订单 {order_id} 加上吗？"}
  done: {wrap_gift: "订单 {order_id} 已加上礼品包装。"}
  refused: {wrap_gift.sent: "订单 {order_id} 已经发出，不能再包装了。"}
  words: {deed: {gift_wrap: 礼品包装}, which: {gift_wrap: 要礼品包装}}
"""

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "intents.yaml").write_text(INTENTS, encoding="utf-8")
    (folder / "texts.yaml").write_text(TEXTS, encoding="utf-8")
    shop = SqlShop.create(f"sqlite:///{folder / 'shop.db'}", lambda: NOW)
    with shop.transaction() as tx:
        tx.exec_driver_sql("CREATE TABLE gift_wraps (order_id TEXT PRIMARY KEY)")

    @tool(effect="write", commit="atomic")  # the row of the ledger and this one are committed together
    def wrap_gift(context: ToolContext, order_id: str) -> dict[str, str]:
        """Wrap an order as a gift."""
        context.tx.exec_driver_sql("INSERT INTO gift_wraps VALUES (?)", (order_id,))
        return {"order_id": order_id}

    @wrap_gift.check  # before the question, and once more before the deed
    def _(context: ToolContext, order_id: str) -> Quote:
        order = shop.orders.get(context.customer_id, order_id)  # it is there: the toolbox has looked whose it is
        sent = order.status not in ("unpaid", "paid")
        return Quote(not sent, reason="sent" if sent else None, amount="6.00", version=order.version)

    files = {"intents_file": folder / "intents.yaml", "texts_file": folder / "texts.yaml"}
    parts = {"shop": shop, "tools": [wrap_gift], "ledger": SqlLedger(shop.engine)}
    settings = {"data_dir": folder, "model": "none", "embeddings": "none", "clock": NOW}
    with Assistant.from_settings(**parts, **files, **settings) as assistant:
        for text in ("订单ORD20241203003帮我包成礼物", "好的", "订单ORD20241201001也包成礼物"):
            reply = assistant.reply(text, conversation="gift", customer=Customer("u-1001"))
            print(f"客: {text}\n店: {reply.text} {[(o.name, o.status) for o in reply.tool_outcomes]}")
    shop.close()
