"""The assistant on Oscar's models, without a language model: what it changes, and what it leaves to a person."""

import pytest
from django.test import override_settings
from oscar.core.loading import get_model

from shopassist import Customer
from shopassist.contrib.django import assistant as process

ZHANG = Customer("1001")
PAID = "ORD20241203003"


@pytest.fixture
def say(fresh, tmp_path):
    from django.conf import settings

    with override_settings(SHOPASSIST={**settings.SHOPASSIST, "DATA_DIR": tmp_path}):
        assistant = process.get_assistant()
        yield lambda text, customer=ZHANG: assistant.reply(text, conversation=str(customer), customer=customer)
        process.reset()


def status(number=PAID):
    return get_model("order", "Order").objects.get(number=number).status


def test_an_order_is_cancelled_after_a_yes(say):
    assert say(f"帮我取消订单{PAID}").consent.tool == "cancel_order"
    assert status() == "Pending"
    done = say("好的")
    assert [(o.name, o.status) for o in done.tool_outcomes] == [("cancel_order", "done")]
    assert status() == "Cancelled"
    assert "退款" not in done.text


def test_an_order_that_ships_meanwhile_is_not_cancelled(say):
    say(f"帮我取消订单{PAID}")
    order = get_model("order", "Order").objects.get(number=PAID)
    order.shipping_events.create(event_type=get_model("order", "ShippingEventType").objects.get(name="Shipped"))
    assert [o.status for o in say("好的").tool_outcomes] == ["changed"]
    assert status() == "Pending"


def test_somebody_elses_order_is_not_found(say):
    other = Customer("1003")
    theirs, none = say(f"帮我取消订单{PAID}", other), say("帮我取消订单ORD20990101001", Customer("1004"))
    assert theirs.consent is None
    assert theirs.text == none.text
    assert status() == "Pending"


@pytest.mark.parametrize("wish", ["我要退货，订单ORD20241125011", "帮我催一下订单ORD20241203003发货"])
def test_what_oscar_lacks_is_offered_to_a_person_and_not_pretended(say, wish):
    reply = say(wish, Customer("1004") if "退货" in wish else ZHANG)
    assert reply.consent is None
    assert reply.tool_outcomes == ()
    assert "人工" in reply.text


def test_an_order_whose_money_was_taken_is_offered_to_a_person(say):
    kind = get_model("payment", "SourceType").objects.create(name="card")
    order = get_model("order", "Order").objects.get(number=PAID)
    order.sources.create(source_type=kind, currency="CNY", amount_debited=100)
    reply = say(f"帮我取消订单{PAID}")
    assert reply.consent is None
    assert reply.options or "人工" in reply.text
    assert say("好的").handoff is not None
    assert status() == "Pending"


def test_a_visitor_hears_prices_and_no_order(say):
    assert "599 元" in say("无线降噪耳机Pro多少钱？", None).text
    assert "登录" in say(f"订单{PAID}到哪了？", None).text
