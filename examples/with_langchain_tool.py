"""A tool written for LangChain, under the same rules: python examples/with_langchain_tool.py (needs no model)."""

import tempfile
from datetime import datetime
from pathlib import Path

from langchain_core.tools import tool as langchain_tool

from shopassist import Assistant, Customer, tool
from shopassist.testing import MemoryLedger, MemoryShop

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
INTENTS = """
intents:
  repair_progress:
    description: How far a repair is.
    slots: [order_id, product]
    patterns: {zh: {0.95: ['修.{0,3}(?:怎么样|到哪|好了)']}}
    routes: {any: {reads: [list_orders, repair_state]}}
"""
TEXTS = 'zh: {fact: {repair_state: "订单 {order|number} 的维修：{result}。"}}'


@langchain_tool
def repair_state(order_id: str, member: str) -> str:
    """How far the repair of an order is."""
    return {"ORD20241130005": "已换新电池，明天寄回"}.get(order_id, "没有送修记录")


with tempfile.TemporaryDirectory() as name:
    (Path(name) / "intents.yaml").write_text(INTENTS, encoding="utf-8")
    (Path(name) / "texts.yaml").write_text(TEXTS, encoding="utf-8")
    files = {"intents_file": f"{name}/intents.yaml", "texts_file": f"{name}/texts.yaml"}
    settings = {"data_dir": name, "model": "none", "embeddings": "none", "clock": NOW}
    # `member` leaves the tool's arguments: it gets the id of the customer who is logged in, and no text can fill it.
    repairs = tool.from_langchain(repair_state, effect="read", customer="member")
    parts = {"shop": MemoryShop.sample(lambda: NOW), "ledger": MemoryLedger(), "tools": [repairs]}
    with Assistant.from_settings(**parts, **files, **settings) as assistant:
        print(assistant.reply("订单ORD20241130005修好了吗？", conversation="c", customer=Customer("u-1001")).text)
