"""Things that are not wanted any more, another variant, and another deed instead of the one that was asked about."""

import pytest
from visits import EMMA, ME, OTHER, Visit

LITE, MOUSE = "ORD20241130005", "ORD20241125011"


@pytest.mark.parametrize(
    ("customer", "text", "tool", "order"),
    [
        (ME, "那个键盘我还没付钱 先不要了 帮我弄掉", "cancel_order", "ORD20241201002"),
        (ME, "我不要键盘了", "cancel_order", "ORD20241201002"),
        (ME, "不要键盘了，删掉吧", "cancel_order", "ORD20241201002"),
        (ME, "充电器别发了", "cancel_order", "ORD20241203003"),
        (ME, "别发货了 充电器那单", "cancel_order", "ORD20241203003"),
        (ME, "充电器不用寄了", "cancel_order", "ORD20241203003"),
        (ME, "不想要充电器了", "cancel_order", "ORD20241203003"),
        (ME, "我不要Lite了", "request_return", LITE),
        (EMMA, "i don't want the band anymore", "cancel_order", "ORD20241204010"),
        (EMMA, "don't ship the band", "cancel_order", "ORD20241204010"),
        (EMMA, "get rid of my band order", "cancel_order", "ORD20241204010"),
        (EMMA, "please don't send it", "cancel_order", "ORD20241204010"),
        (EMMA, "I no longer need the mouse", "request_return", MOUSE),
    ],
)
def test_what_is_given_up_is_cancelled_or_sent_back_as_its_order_has_it(assistant, customer, text, tool, order):
    talk = Visit(assistant, customer=customer)
    consent = talk.say(text).consent
    assert (consent.tool, consent.args["order_id"]) == (tool, order)
    talk.nothing_written()


@pytest.mark.parametrize("text", ["净化器我不想要了 都没到", "净化器不要了", "I don't need the air purifier any more"])
def test_what_is_on_its_way_may_be_refused_at_the_door(assistant, text):
    reply = Visit(assistant, customer=OTHER).say(text)
    assert reply.consent is None
    assert any(words in reply.text for words in ("拒收", "refuse")), reply.text


@pytest.mark.parametrize(
    ("customer", "text", "intent"),
    [
        (ME, "充电器先别发货，下周再发", "change_delivery_time"),
        (EMMA, "don't ship it until monday", "change_delivery_time"),
        (ME, "不要发票了", "invoice"),
        (ME, "别催了", "urge_delivery"),
        (EMMA, "i don't need an invoice", "invoice"),
        (ME, "不要发顺丰", "policy_question"),
        (ME, "键盘要不要装驱动", "usage_help"),
    ],
)
def test_what_only_sounds_like_it_gives_nothing_up(assistant, customer, text, intent):
    reply = Visit(assistant, customer=customer).say(text)
    assert reply.intents == (intent,)
    assert reply.consent is None or reply.consent.tool == "open_ticket"


@pytest.mark.parametrize("why", ["不想要了", "键盘不要了", "用不上"])
def test_why_a_deed_is_wanted_is_no_second_one(assistant, why):
    talk = Visit(assistant)
    asked = talk.say("取消键盘").consent
    reply = talk.say(why)
    assert reply.consent == asked
    assert "记着" not in reply.text


def test_what_was_never_bought_is_let_be(assistant):
    talk = Visit(assistant)
    talk.say("键盘多少钱")
    reply = talk.say("太贵了 不要了")
    assert reply.consent is None
    assert reply.citations == ()


def test_the_order_just_spoken_of_is_given_up(assistant):
    talk = Visit(assistant)
    talk.say("我的键盘订单怎么样了")
    assert talk.say("我不要了").consent.args["order_id"] == "ORD20241201002"


def test_two_things_are_given_up(assistant):
    talk = Visit(assistant)
    first = talk.say("键盘和充电器取消").consent
    second = talk.say("好的").consent
    assert {first.args["order_id"], second.args["order_id"]} == {"ORD20241201002", "ORD20241203003"}


@pytest.mark.parametrize("text", ["键盘那个订单改成茶轴", "键盘换茶轴可以吗", "键盘那单帮我改为茶轴"])
def test_another_variant_is_no_change_of_address(assistant, text):
    talk = Visit(assistant)
    reply = talk.say(text)
    assert reply.intents == ("exchange",)
    assert "重新下单" in reply.text
    reply = talk.say("那就红轴吧 不改了")
    assert "地址" not in reply.text
    assert reply.consent is None


def test_another_variant_of_an_english_order(assistant):
    reply = Visit(assistant, customer=EMMA).say("change my band order to the black one")
    assert reply.intents == ("exchange",)
    assert "order again" in reply.text


@pytest.mark.parametrize(
    ("customer", "wish", "instead", "tool"),
    [
        (EMMA, "want to return the mouse, scroll wheel is broken", "can I swap it for a new one instead", "exchange"),
        (EMMA, "I want to return the mouse, the wheel is broken", "actually exchange it instead", "exchange"),
        (ME, "我要退Lite，左耳没声音", "算了 还是换一个吧", "exchange"),
        (ME, "我要退Lite，左耳没声音", "能换货吗", "exchange"),
    ],
)
def test_another_deed_takes_the_place_of_the_one_that_waits(assistant, customer, wish, instead, tool):
    talk = Visit(assistant, customer=customer)
    order = talk.say(wish).consent.args["order_id"]
    consent = talk.say(instead).consent
    assert (consent.tool, consent.args["order_id"]) == (f"request_{tool}", order)
    reply = talk.say("好的" if customer is ME else "yes")
    assert [(o.name, o.status) for o in reply.tool_outcomes] == [(f"request_{tool}", "done")]
    assert reply.consent is None


def test_hurrying_takes_the_place_of_cancelling(assistant):
    talk = Visit(assistant)
    talk.say("取消充电器")
    assert talk.say("算了催一下发货吧").consent.tool == "urge_delivery"


def test_a_deed_for_another_order_takes_no_place(assistant):
    talk = Visit(assistant)
    asked = talk.say("退Lite").consent
    assert talk.say("手表换一个").consent == asked


def test_a_deed_that_is_refused_takes_no_place(assistant):
    talk = Visit(assistant)
    asked = talk.say("取消充电器").consent
    talk.say("换货吧，充电器充不进电")
    assert talk.replies[-1].consent == asked
