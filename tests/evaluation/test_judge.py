"""What each expectation means, as a table of what is expected, what the reply is, and what is missed."""

from datetime import date

import pytest
from stand_in import Outcome, Said, cited

from shopassist.evaluation.judge import judge
from shopassist.evaluation.scenario import Expect, Write
from shopassist.evaluation.values import Values
from shopassist.protocols import Product

VALUES = Values(date(2024, 12, 5), (Product("p-2002", "无线鼠标M3", ("无线鼠标m3", "wireless mouse m3")),))
CANCEL = Outcome("cancel_order", {"order_id": "ORD20241201002", "reason": None})
INVOICE = Outcome("request_invoice", {"order_id": "ORD1", "title": "云集公司", "email": "a@b.cn", "amount": "399.00"})


def tools(*writes):
    return Expect(tools=tuple(Write(name, args) for name, args in writes))


@pytest.mark.parametrize(
    ("expect", "reply", "missed"),
    [
        (Expect(), Said(), []),
        # intents
        (Expect(intents=("invoice", "exchange")), Said(intents=("exchange", "invoice")), []),
        (Expect(intents=("invoice",)), Said(intents=("exchange", "invoice")), ["intents"]),
        (Expect(intents=()), Said(intents=("invoice",)), ["intents"]),
        (Expect(intents_include=("invoice",)), Said(intents=("exchange", "invoice")), []),
        (Expect(intents_include=("invoice",)), Said(intents=("exchange",)), ["intents_include"]),
        # slots: the named ones only, by what they mean
        (Expect(slots={"order_id": ("003",)}), Said(slots={"order_id": "ORD20241203003", "quantity": "2"}), []),
        (Expect(slots={"order_id": ("ord20241203003",)}), Said(slots={"order_id": "ORD20241203003"}), []),
        (Expect(slots={"order_id": ("004",)}), Said(slots={"order_id": "ORD20241203003"}), ["slots.order_id"]),
        (Expect(slots={"product": ("无线鼠标M3",)}), Said(slots={"product": "P-2002"}), []),
        (Expect(slots={"product": ("p-2002",)}), Said(slots={"product": ("P-1001", "P-2002")}), []),
        (Expect(slots={"product": ("P-1001", "P-2002")}), Said(slots={"product": "P-2002"}), ["slots.product"]),
        (Expect(slots={"date": ("明天",)}), Said(slots={"date": "2024-12-06"}), []),
        (Expect(slots={"phone": ("１３８００１３８０００",)}), Said(slots={"phone": "13800138000"}), []),
        (Expect(slots={"variant": ("白",)}), Said(), ["slots.variant"]),
        # tools: those that ran in this turn, in order
        (tools(), Said(), []),
        (tools(), Said(tool_outcomes=(CANCEL,)), ["tools"]),
        (tools(("cancel_order", {})), Said(tool_outcomes=(CANCEL,)), []),
        (tools(("cancel_order", {"order_id": "尾号002"})), Said(tool_outcomes=(CANCEL,)), []),
        (tools(("cancel_order", {"reason": None})), Said(tool_outcomes=(CANCEL,)), []),
        (tools(("cancel_order", {"order_id": "ORD20241203003"})), Said(tool_outcomes=(CANCEL,)), ["tools"]),
        (tools(("cancel_order", {"note": "x"})), Said(tool_outcomes=(CANCEL,)), ["tools"]),
        (tools(("request_invoice", {"title": "云集公司", "email": "A@B.cn", "amount": "399.0"})),
         Said(tool_outcomes=(INVOICE,)), []),
        (tools(("request_invoice", {"amount": "398"})), Said(tool_outcomes=(INVOICE,)), ["tools"]),
        (tools(("cancel_order", {}), ("request_invoice", {})), Said(tool_outcomes=(CANCEL, INVOICE)), []),
        (tools(("request_invoice", {}), ("cancel_order", {})), Said(tool_outcomes=(CANCEL, INVOICE)), ["tools"]),
        (tools(("cancel_order", {})), Said(tool_outcomes=(CANCEL, INVOICE)), ["tools"]),
        (tools(), Said(tool_outcomes=(Outcome("cancel_order", {}, "refused"),)), []),
        (tools(), Said(tool_outcomes=(Outcome("cancel_order", {}, "changed"),)), []),
        (tools(), Said(tool_outcomes=(Outcome("cancel_order", {}, "done", True),)), []),
        (tools(("cancel_order", {})), Said(tool_outcomes=(Outcome("cancel_order", {}, "unknown"),)), []),
        (Expect(reads_include=("get_order",)), Said(reads=("list_orders", "get_order")), []),
        (Expect(reads_include=("get_order",)), Said(reads=("list_orders",)), ["reads_include"]),
        # consent, hand-off, sources
        (Expect(consent="pending"), Said(consent=object()), []),
        (Expect(consent="none"), Said(consent=object()), ["consent"]),
        (Expect(consent="pending"), Said(), ["consent"]),
        (Expect(handoff=True), Said(handoff="T-1"), []),
        (Expect(handoff=False), Said(handoff="T-1"), ["handoff"]),
        (Expect(cites=(("returns",),)), Said(citations=(cited("returns", "returns@2024-01-01"), cited("cancel"))), []),
        (Expect(cites=(("returns@2024-01-01",),)), Said(citations=(cited("returns", "returns@2024-01-01"),)), []),
        (Expect(cites=(("returns@2024-11-01..2024-11-12",),)), Said(citations=(cited("returns"),)), ["cites"]),
        (Expect(cites=(("faq", "returns"), ("P-1001",))), Said(citations=(cited("returns"), cited("p-1001"))), []),
        (Expect(cites=()), Said(citations=(cited("returns"),)), ["cites"]),
        # words
        (Expect(reply_has=(("已取消",), ("好", "行"))), Said("行，已取消。"), []),
        (Expect(reply_has=(("7天",), ("SF123",))), Said("签收后 ７ 天内；sf123"), []),
        (Expect(reply_has=(("has shipped",),)), Said("hasshipped", language="en"), ["reply_has"]),
        (Expect(reply_has=(("好", "行"), ("吗",))), Said("可以。"), ["reply_has", "reply_has"]),
        (Expect(reply_lacks=(("已退款",), ("到账", "退回"))), Said("已取消，稍后退回。"), ["reply_lacks"]),
        (Expect(reply_lacks=(("已退款",),)), Said("已取消。"), []),
        (Expect(mood="negative", language="en", mode="bot"), Said(), ["mood", "language"]),
        (Expect(mode="person"), Said(mode="person"), []),
    ],
)  # fmt: skip
def test_an_expectation_holds_or_is_missed(expect, reply, missed):
    assert [m.key for m in judge(expect, reply, VALUES)] == missed


def test_a_miss_tells_both_sides_as_plain_json():
    expect = Expect(intents=("invoice",), tools=(Write("cancel_order", {"order_id": "1"}),), slots={"variant": ("白",)})
    intents, slots, writes = judge(expect, Said(intents=("thanks",), slots={"variant": "黑"}), VALUES)
    assert (intents.expected, intents.seen) == (["invoice"], ["thanks"])
    assert (slots.expected, slots.seen) == ("白", "黑")
    assert (writes.expected, writes.seen) == ([{"name": "cancel_order", "args": {"order_id": "1"}}], [])
