"""Several orders in one wish, each told by a state, a colour, a kind or a name."""

import pytest
from visits import Visit

KEYBOARD, CHARGERS, PRO = "ORD20241201002", "ORD20241203003", "ORD20241201001"


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("未付款那单跟充电器都取消", KEYBOARD, CHARGERS),
        ("充电器还有没付钱的那个都取消掉", CHARGERS, KEYBOARD),
        ("没付款的、没发货的都帮我取消", KEYBOARD, CHARGERS),
        ("cancel the unpaid order and the chargers please", KEYBOARD, CHARGERS),
        ("please cancel the chargers and the one I haven't paid for", CHARGERS, KEYBOARD),
    ],
)
def test_each_gets_a_question_of_its_own(assistant, text, first, second):
    talk = Visit(assistant)
    asked = talk.say(text)
    assert asked.consent.args["order_id"] == first
    assert second in asked.text  # what waits is named
    done = talk.say("yes" if text.isascii() else "好")
    assert [o.args["order_id"] for o in done.tool_outcomes] == [first]
    assert done.consent.args["order_id"] == second
    last = talk.say("yes" if text.isascii() else "嗯 也取消")
    assert [o.args["order_id"] for o in last.tool_outcomes] == [second]


@pytest.mark.parametrize(
    "text", ["蓝色耳机取消掉，键盘也取消掉", "星空蓝的耳机和键盘都帮我取消", "cancel the blue earbuds and the keyboard"]
)
def test_one_that_cannot_be_had_is_refused_beside_the_other(assistant, text):
    reply = Visit(assistant).say(text)
    assert reply.consent.args["order_id"] == KEYBOARD
    assert PRO in reply.text


@pytest.mark.parametrize(
    "text",
    ["没付款的那个键盘取消", "取消没付款的键盘", "蓝色耳机很好用，键盘那单取消", "cancel the unpaid keyboard order"],
)
def test_words_that_describe_one_order_are_one_wish(assistant, text):
    reply = Visit(assistant).say(text)
    assert reply.consent.args["order_id"] == KEYBOARD
    assert CHARGERS not in reply.text
    assert PRO not in reply.text


def test_a_state_joined_to_a_thing_is_asked_about_as_well(assistant):
    reply = Visit(assistant).say("在路上的那个和充电器分别到哪了")
    assert PRO in reply.text
    assert CHARGERS in reply.text
