"""What is wanted of a part of an order only, and a yes that hangs on a condition."""

import pytest
from visits import EMMA, ME, Visit

BAND, CHARGERS, KEYBOARD = "ORD20241204010", "ORD20241203003", "ORD20241201002"
WHOLE = ("整单", "as a whole")


def says_whole_only(reply):
    return any(words in reply.text for words in WHOLE)


@pytest.mark.parametrize(
    ("customer", "order", "text"),
    [
        (EMMA, BAND, "cancel just the ear tips, keep the band"),
        (EMMA, BAND, "cancel the band but not the ear tips"),
        (EMMA, BAND, "please cancel only the fitness band"),
        (EMMA, BAND, "cancel everything except the ear tips"),
        (EMMA, BAND, "cancel one of the two items"),
        (EMMA, BAND, "手环取消，耳塞套留着"),
        (EMMA, BAND, "除了手环都取消"),
        (EMMA, BAND, "耳塞套取消掉，手环别取消"),
        (ME, CHARGERS, "充电器买了两个，取消一个"),
        (ME, CHARGERS, "取消其中一件充电器"),
        (ME, CHARGERS, "充电器只要一个，另一个取消"),
    ],
)
def test_a_part_of_an_order_is_never_cancelled_as_the_whole_in_silence(assistant, customer, order, text):
    talk = Visit(assistant, customer=customer)
    reply = talk.say(text)
    assert says_whole_only(reply), reply.text
    assert reply.consent.args["order_id"] == order
    assert len(reply.wishes) == 1
    talk.nothing_written()


@pytest.mark.parametrize(
    ("customer", "order", "text"),
    [
        (EMMA, BAND, "cancel my order"),
        (EMMA, BAND, "cancel my order, the band and the ear tips"),
        (EMMA, BAND, "cancel one of my orders"),
        (ME, CHARGERS, "充电器那单全部取消"),
        (ME, CHARGERS, "取消充电器订单"),
        (ME, CHARGERS, "我要充电器那单取消"),
        (ME, KEYBOARD, "只取消键盘"),
        (ME, KEYBOARD, "取消键盘订单，充电器别取消"),
        (ME, KEYBOARD, "把键盘取消了，充电器照常发"),
    ],
)
def test_all_that_an_order_holds_is_no_part(assistant, customer, order, text):
    reply = Visit(assistant, customer=customer).say(text)
    assert not says_whole_only(reply), reply.text
    assert reply.consent.args["order_id"] == order
    assert "记着" not in reply.text
    assert "noted" not in reply.text


@pytest.mark.parametrize(
    ("customer", "wish", "text"),
    [
        (ME, "取消充电器", "只取消一个行吗"),
        (EMMA, "取消订单", "取消耳塞套"),
        (EMMA, "cancel my order", "wait, keep the band"),
        (EMMA, "cancel my order", "just the ear tips please"),
        (EMMA, "cancel my order", "yes, cancel the ear tips"),
    ],
)
def test_a_part_is_no_yes_to_the_whole(assistant, customer, wish, text):
    talk = Visit(assistant, customer=customer)
    asked = talk.say(wish).consent
    reply = talk.say(text)
    assert says_whole_only(reply), reply.text
    assert reply.consent == asked
    talk.nothing_written()


@pytest.mark.parametrize(
    ("customer", "wish", "text"),
    [
        (EMMA, "cancel my order", "yes but only if i get my money back within a day"),
        (EMMA, "cancel my order", "fine, provided that there's no fee"),
        (EMMA, "return the mouse", "ok if you pay the postage"),
        (EMMA, "return the mouse", "sure, as long as it's free"),
        (EMMA, "return the mouse", "only if i don't have to pay"),
        (ME, "取消充电器", "嗯 不过要是两天内能退款才取消"),
        (ME, "取消充电器", "可以，前提是今天就退钱"),
        (ME, "取消充电器", "要今天能退款才行"),
        (ME, "取消键盘", "好，只要不收手续费"),
        (ME, "退Lite", "好的，如果运费你们出的话"),
    ],
)
def test_a_yes_on_a_condition_is_no_yes_and_no_new_wish(assistant, customer, wish, text):
    talk = Visit(assistant, customer=customer)
    asked = talk.say(wish).consent
    reply = talk.say(text)
    assert reply.consent == asked
    assert reply.wishes == ()
    assert "记着" not in reply.text
    assert "noted" not in reply.text
    talk.nothing_written()
    assert [o.status for o in talk.say("好的" if customer is ME else "yes").tool_outcomes] == ["done"]


def test_what_is_wanted_beside_a_consent_is_no_condition(assistant):
    talk = Visit(assistant)
    talk.say("取消键盘")
    reply = talk.say("可以的话顺便帮我查下耳机到哪了")
    assert reply.intents == ("track_delivery",)
    assert reply.consent is not None
