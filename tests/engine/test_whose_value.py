"""Whose a value is: the waiting change's, or that of what is asked beside it; one sentence's, or the next one's."""

import pytest
from visits import EMMA, ME, Visit

CHARGERS, PRO_ORDER = "ORD20241203003", "ORD20241201001"


@pytest.mark.parametrize(
    ("customer", "wish", "question", "has"),
    [
        (ME, "取消充电器那单", "对了蓝色耳机什么时候到", "SF123456789CN"),
        (ME, "取消充电器那单", "红轴的键盘多少钱", "399"),
        (ME, "cancel the chargers", "and when do the blue earbuds arrive?", "SF123456789CN"),
        (EMMA, "cancel the band", "how much is the watch in rose gold?", "899"),
        (ME, "Lite耳机左边没声音，换成白色的", "手表有玫瑰金的吗", "899"),
    ],
)
def test_the_colour_of_another_thing_changes_nothing_of_what_waits(assistant, customer, wish, question, has):
    talk = Visit(assistant, customer=customer)
    asked = talk.say(wish)
    reply = talk.say(question)
    assert has in reply.text
    assert reply.consent == asked.consent


@pytest.mark.parametrize("other", ["有黑的吗", "黑色的还有货吗"])
def test_the_colour_of_the_thing_itself_does(assistant, other):
    talk = Visit(assistant)
    assert talk.say("Lite耳机左边没声音，换成白色的").consent.args["variant"] == "珍珠白"
    assert talk.say(other).consent.args["variant"] == "曜石黑"


@pytest.mark.parametrize(
    "text",
    [
        "which one lasts longer, earbuds lite or headphones max? where is my parcel",
        "Lite和头戴耳机Max哪个续航长？顺便查下我的快递到哪了",
        "头戴耳机Max防水吗？我的快递到哪了",
    ],
)
def test_a_thing_stays_in_its_sentence(assistant, text):
    reply = Visit(assistant).say(text)
    assert reply.slots["order_id"] == PRO_ORDER
    assert "SF123456789CN" in reply.text


@pytest.mark.parametrize(
    ("text", "yes"), [("多久到账", "好"), ("那退款几天", "好"), ("when do I get my money back", "yes")]
)
def test_of_an_order_that_was_cancelled_the_rule_for_such_orders_is_told(assistant, text, yes):
    talk = Visit(assistant)
    talk.say("cancel the chargers" if text.isascii() else "取消充电器那单")
    talk.say(yes)
    assert "24" in talk.say(text).text.replace(CHARGERS, "")


@pytest.mark.parametrize(
    ("text", "has"),
    [("手表防水多少米啊 不行我就退了", "5 ATM"), ("充电器多少瓦 不够的话我就取消了", "65")],
)
def test_a_threat_beside_a_question_is_heard_and_the_question_answered(assistant, text, has):
    reply = Visit(assistant).say(text)
    assert has in reply.text
    assert len(reply.intents) == 2
    assert reply.consent is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("未支付那单取消", "002"),
        ("付了款没发货那个 取消", "003"),
        ("沒付款的那筆訂單取消", "002"),
        ("没发货的那单帮我取消", "003"),
    ],
)
def test_a_state_that_tells_the_order_is_no_condition(assistant, text, end):
    consent = Visit(assistant).say(text).consent
    assert consent.args["order_id"].endswith(end)
    assert "reason" not in consent.args


@pytest.mark.parametrize("text", ["没发货就取消了吧", "没付款的那单怎么取消"])
def test_a_condition_or_a_question_is_no_request(assistant, text):
    assert Visit(assistant).say(text).consent is None


@pytest.mark.parametrize(
    ("customer", "text", "amount"),
    [
        (EMMA, "鼠标怎么便宜了 差价退给我", "20"),
        (EMMA, "why did the mouse get cheaper, refund me the difference", "20"),
    ],
)
def test_why_it_is_cheaper_now_is_the_reason_and_the_difference_the_wish(assistant, customer, text, amount):
    reply = Visit(assistant, customer=customer).say(text)
    assert reply.consent.tool == "request_price_protection"
    assert amount in reply.text
