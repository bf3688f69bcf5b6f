import json
import logging
import sys
import time
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event, get_ident

import pytest
from tiny_shop import NOW, consent

from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError
from shopassist.shop import Deed
from shopassist.tools import Changed, MemoryLedger, Refused, Toolbox, ToolContext, ToolOutcome, builtin, tool
from shopassist.tools.limit import MAX_HANGING

SECRET = "13800138000"


def read(function, **options):
    return tool(effect="read", **options)(function)


# Who may


def test_a_foreign_order_answers_like_no_order(shop, context):
    box = Toolbox(builtin(shop, shop, shop), shop)
    for name in box.names:
        if "order_id" not in box.get(name).arguments.names:
            continue
        required = box.get(name).arguments.required
        call = dict.fromkeys(required, "x")
        foreign, unknown = ({**call, "order_id": number} for number in ("B1", "Z9"))
        if box.get(name).effect == "read":
            one, other = (box.read(name, args, context) for args in (foreign, unknown))
            assert (one.status, one.reason) == ("not_found", "order")
            assert replace(one, args={}) == replace(other, args={})
        else:
            assert box.check(name, foreign, context) == box.check(name, unknown, context)
            outcomes = [box.write(name, a, consent(name, a), context, MemoryLedger()) for a in (foreign, unknown)]
            assert outcomes[0].status == "not_found"
            assert replace(outcomes[0], args={}) == replace(outcomes[1], args={})
    assert shop.done == []
    assert shop.asked == []


def test_visitors_get_no_order_data(shop, context):
    visitor, box = replace(context, customer=None), Toolbox(builtin(shop, shop, shop), shop)
    for name in box.names:
        args = dict.fromkeys(box.get(name).arguments.required, "A1")
        if box.get(name).effect == "write":
            assert box.check(name, args, visitor) == Quote(False, reason="login")
            assert box.write(name, args, consent(name, args), visitor, MemoryLedger()).reason == "login"
        elif name not in ("get_product", "search_products"):
            outcome = box.read(name, args, visitor)
            assert (outcome.status, outcome.reason, outcome.facts) == ("refused", "login", {})
    assert box.read("get_product", {"product": "P-1001"}, visitor).status == "done"
    assert shop.done == []


def test_several_orders_must_all_be_the_customers(shop, context):
    def compare(context: ToolContext, order_id: list[str]) -> dict:
        return {"orders": order_id}

    box = Toolbox([read(compare)], shop)
    assert box.read("compare", {"order_id": ["A1", "A2"]}, context).status == "done"
    assert box.read("compare", {"order_id": ["A1", "B1"]}, context).status == "not_found"


def test_personal_data_reaches_only_tools_that_declare_it(context):
    seen = []

    def call_back(context: ToolContext, phone: str, note: str) -> dict:
        seen.append((phone, note))
        return {}

    revealing = replace(context, reveal=lambda text: text.replace("<PHONE_1>", SECRET))
    args = {"phone": "<PHONE_1>", "note": "<PHONE_1>"}
    outcome = Toolbox([read(call_back, personal=("phone",))]).read("call_back", args, revealing)
    assert seen == [(SECRET, "<PHONE_1>")]
    assert outcome.args == args


def test_reading_runs_no_write_and_writing_no_read(shop, context):
    box = Toolbox(builtin(shop), shop)
    assert box.read("cancel_order", {"order_id": "A1"}, context).reason == "no_tool"
    assert box.write("get_order", {"order_id": "A1"}, consent("get_order", {}), context).reason == "no_tool"
    assert box.read("drop_tables", {}, context).reason == "no_tool"
    assert box.check("get_order", {"order_id": "A1"}, context) == Quote(False, reason="no_tool")
    assert shop.done == []


# What goes wrong


def raises(context: ToolContext) -> dict:
    raise RuntimeError(f"no row for {SECRET}")


def exits(context: ToolContext) -> dict:
    sys.exit(3)


def times_out(context: ToolContext) -> dict:
    raise TimeoutError(SECRET)


@pytest.mark.parametrize("function", [raises, exits, times_out])
def test_a_tool_that_raises_is_a_failure_without_its_text(function, context, caplog):
    with caplog.at_level(logging.DEBUG):
        outcome = Toolbox([read(function)]).read(function.__name__, {}, context)
    assert outcome == ToolOutcome(function.__name__, {}, "failed", reason="raised")
    assert SECRET not in caplog.text
    assert function.__name__ in caplog.text


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "sold out",
        [1],
        {1: 2},
        {"a": object()},
        {"a": {1, 2}},
        {"a": float("nan")},
        {"a": Decimal("NaN")},
        {"a": b"x"},
        ToolOutcome,
    ],
    ids=lambda garbage: str(garbage).partition(" at 0x")[0],
)
def test_garbage_is_a_failure(garbage, context):
    def answers(context: ToolContext) -> dict:
        return garbage

    assert Toolbox([read(answers)]).read("answers", {}, context).reason == "garbage"


def test_a_circular_answer_is_a_failure(context):
    def answers(context: ToolContext) -> dict:
        facts = {}
        facts["facts"] = facts
        return facts

    assert Toolbox([read(answers)]).read("answers", {}, context).reason == "garbage"


def test_facts_are_plain_json(context):
    def answers(context: ToolContext) -> dict:
        return {
            "amount": Decimal("1E+2"),
            "at": NOW,
            "half": "耳\ud83d机\x00",
            "t": (1, 2.5, True),
            "deed": Deed({"x": 1}),
        }

    facts = Toolbox([read(answers)]).read("answers", {}, context).facts
    assert facts == {
        "amount": "100",
        "at": "2024-12-05T10:00:00+08:00",
        "half": "耳机",
        "t": [1, 2.5, True],
        "deed": {"facts": {"x": 1}, "version": "", "id": None, "quote": None},
    }
    json.dumps(facts, allow_nan=False).encode()


def test_a_shop_that_is_down_is_a_failure(shop, context):
    box = Toolbox(builtin(shop, shop, shop), shop)
    shop.broken = ConnectionError(SECRET)
    assert box.read("get_order", {"order_id": "A1"}, context).status == "failed"
    assert box.check("cancel_order", {"order_id": "A1"}, context) == Quote(False, reason="raised")
    args = {"order_id": "A1"}
    assert box.write("cancel_order", args, consent("cancel_order", args), context, MemoryLedger()).status == "failed"


def test_a_check_that_answers_garbage_allows_nothing(shop, context):
    @tool(effect="write")
    def renew(context: ToolContext) -> dict: ...

    renew.check(lambda context: True)
    assert Toolbox([renew]).check("renew", {}, context) == Quote(False, reason="garbage")


def test_a_tool_may_say_that_it_did_nothing(context):
    def subscribe(context: ToolContext) -> dict:
        raise Refused("sold_out", rule="subscriptions", facts={"from": "2025"})

    outcome = Toolbox([read(subscribe)]).read("subscribe", {}, context)
    assert outcome == ToolOutcome("subscribe", {}, "refused", {"from": "2025"}, "sold_out", "subscriptions")


# Time


def test_a_hanging_read_ends(context):
    done = Event()

    def hangs(context: ToolContext) -> dict:
        done.wait(20)
        return {}

    box = Toolbox([read(hangs, timeout=0.1)])
    started = time.monotonic()
    outcome = box.read("hangs", {}, context)
    assert time.monotonic() - started < 2
    assert (outcome.status, outcome.reason) == ("failed", "timeout")
    done.set()


def test_a_hanging_shop_and_a_hanging_check_end(shop, context):
    done = Event()
    shop.get = lambda *names: done.wait(20)
    box = Toolbox(builtin(shop), shop, time_limit=0.1)
    args = {"order_id": "A1"}
    assert box.read("get_order", args, context).reason == "timeout"
    assert box.check("cancel_order", args, context).reason == "timeout"
    assert box.write("cancel_order", args, consent("cancel_order", args), context, MemoryLedger()).reason == "timeout"
    done.set()


def test_a_tool_that_keeps_hanging_is_not_called_any_more_until_it_ends(context):
    done, calls = Event(), []

    def hangs(context: ToolContext) -> dict:
        calls.append(1)
        done.wait(20)
        return {}

    box = Toolbox([read(hangs, timeout=0.02)])
    for _ in range(MAX_HANGING + 3):
        assert box.read("hangs", {}, context).reason == "timeout"
    assert len(calls) == MAX_HANGING
    done.set()
    deadline = time.monotonic() + 5
    while box.read("hangs", {}, context).status != "done":
        assert time.monotonic() < deadline


def test_a_tool_sees_the_turns_context_variables(context):
    turn = ContextVar("turn", default=None)

    def tells(context: ToolContext) -> dict:
        return {"turn": turn.get()}

    turn.set(7)
    assert Toolbox([read(tells)]).read("tells", {}, context).facts == {"turn": 7}


def test_without_a_time_limit_everything_runs_in_the_callers_thread(context):
    def tells(context: ToolContext) -> dict:
        return {"thread": get_ident()}

    assert Toolbox([read(tells)], time_limit=None).read("tells", {}, context).facts == {"thread": get_ident()}


# Set up


def test_two_tools_of_one_name_are_an_error_at_start_up(shop):
    with pytest.raises(ConfigurationError, match="two tools"):
        Toolbox([*builtin(shop), *builtin(shop)], shop)


def test_a_tool_that_needs_an_order_needs_orders(shop):
    with pytest.raises(ConfigurationError, match="order"):
        Toolbox(builtin(shop))


def test_an_atomic_tool_without_a_transaction_is_an_error_at_start_up(shop):
    class Plain:
        find = begin = settle = unsettled = reconcile = lambda *args: None

    with pytest.raises(ConfigurationError, match="transaction"):
        Toolbox(builtin(shop), shop, Plain())

    @tool(effect="write", commit="external")
    def renew(context: ToolContext) -> dict: ...

    Toolbox([renew], ledger=Plain())


def test_a_write_without_a_ledger_is_a_configuration_error(shop, context):
    args = {"order_id": "A1"}
    with pytest.raises(ConfigurationError, match="ledger"):
        Toolbox(builtin(shop), shop).write("cancel_order", args, consent("cancel_order", args), context)


# Consent


ARGS = {"order_id": "A1"}


def agreed(box, context, key="c-1"):
    return consent("cancel_order", ARGS, box.check("cancel_order", ARGS, context), key)


@pytest.fixture
def box(shop):
    return Toolbox(builtin(shop, shop, shop), shop, MemoryLedger())


def test_a_write_waits_for_consent(box, shop, context):
    fitting = agreed(box, context)
    for wrong in (
        None,
        replace(fitting, tool="urge_delivery"),
        replace(fitting, args={"order_id": "A2"}),
        replace(fitting, args={**ARGS, "reason": "x"}),
        replace(fitting, quote=replace(fitting.quote, allowed=False)),
    ):
        outcome = box.write("cancel_order", ARGS, wrong, context)
        assert (outcome.status, outcome.reason) == ("refused", "consent")
    assert shop.done == []
    assert box.write("cancel_order", ARGS, fitting, context).status == "done"


def test_consent_expires(box, shop, context):
    fitting = agreed(box, context)
    late = replace(context, now=fitting.expires + timedelta(seconds=1))
    assert box.write("cancel_order", ARGS, fitting, late).reason == "expired"
    assert shop.done == []


def test_what_was_done_is_told_again_even_after_the_consent_expired(box, shop, context):
    fitting = agreed(box, context)
    first = box.write("cancel_order", ARGS, fitting, context)
    again = box.write("cancel_order", ARGS, fitting, replace(context, now=NOW + timedelta(days=1)))
    assert again == replace(first, repeated=True)
    assert len(shop.done) == 1


def test_a_key_serves_one_customer_and_one_write(box, shop, context):
    fitting = agreed(box, context)
    box.write("cancel_order", ARGS, fitting, context)
    other = {"order_id": "A2"}
    assert (
        box.write("urge_delivery", other, replace(fitting, tool="urge_delivery", args=other), context).reason
        == "consent"
    )
    assert len(shop.done) == 1


@pytest.mark.parametrize("change", [{"version": "9"}, {"amount": "1.00"}], ids=str)
def test_a_changed_order_is_not_written(box, shop, context, change):
    fitting = agreed(box, context)
    stale = replace(fitting, quote=replace(fitting.quote, **change))
    outcome = box.write("cancel_order", ARGS, stale, context)
    assert outcome.status == "changed"
    assert shop.done == []
    assert box.write("cancel_order", ARGS, fitting, context).status == "done", "the key was not used up"


def test_a_rule_that_came_into_force_meanwhile_refuses(box, shop, context):
    fitting = agreed(box, context)
    shop.orders["u-1"][1] = replace(shop.orders["u-1"][1], status="shipped")
    outcome = box.write("cancel_order", ARGS, fitting, context)
    assert (outcome.status, outcome.rule, outcome.reason) == ("refused", "cancel", "shipped")
    assert shop.done == []


def test_a_shop_that_finds_the_order_changed_says_so(box, shop, context):
    def cancel(*args):
        raise Changed("shipped")

    fitting = agreed(box, context)
    shop.cancel = cancel
    assert box.write("cancel_order", ARGS, fitting, context).status == "changed"
