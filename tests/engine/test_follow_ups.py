"""What follows up keeps its object; remarks, insults and what a page does not tell."""

import pytest
from visits import EMMA, ME, NOBODY, OTHER, Visit

from shopassist import Customer
from shopassist.testing import ScriptedModel

PURIFIER, MONITOR = "ORD20241202006", "ORD20241110007"
NO_ORDERS = Customer("u-1003")


@pytest.mark.parametrize("money", ["钱多久退", "退款什么时候到", "那退款几天到账"])
def test_money_is_asked_for_the_order_just_spoken_of(assistant, money):
    talk = Visit(assistant, customer=OTHER)
    talk.say("净化器我不想要了 都没到")
    reply = talk.say(money)
    assert reply.slots["order_id"] == PURIFIER
    assert "RET20241203001" not in reply.text


def test_without_such_an_order_the_return_under_way_is_meant(assistant):
    assert "RET20241203001" in Visit(assistant, customer=OTHER).say("我的退款到哪了").text


def test_what_is_on_its_way_may_be_refused_is_that_right(assistant):
    talk = Visit(assistant, customer=OTHER)
    talk.say("净化器我不想要了 都没到")
    reply = talk.say("那我拒收就行了是吧")
    assert [c.document for c in reply.citations] == ["cancel"]


@pytest.mark.parametrize(
    ("customer", "first", "other", "tool"),
    [
        (OTHER, "显示器亮点好几个 我要换货", "那退货呢", "request_return"),
        (OTHER, "显示器亮点好几个 我要换货", "那退货呢 质量问题运费你们出吧", "request_return"),
        (EMMA, "exchange my mouse, it's broken", "what about a refund then", "request_return"),
    ],
)
def test_the_other_deed_is_asked_about_in_the_same_matter(assistant, customer, first, other, tool):
    talk = Visit(assistant, customer=customer)
    talk.say(first)
    assert talk.say(other).consent.tool == tool
    talk.nothing_written()


def test_a_return_that_is_under_way_is_told_and_not_opened_again(assistant):
    talk = Visit(assistant, customer=OTHER)
    talk.say("充电宝我要换货")
    reply = talk.say("那退货呢")
    assert reply.consent is None
    assert "RET20241203001" in reply.text


def test_time_that_is_told_is_answered_by_the_rule_in_question(assistant):
    talk = Visit(assistant, customer=OTHER)
    talk.say("显示器亮点好几个 我要换货")
    assert [c.document for c in talk.say("买了20天了").citations] == ["exchange"]


@pytest.mark.parametrize("text", ["没有吗？那可能是我老公买的，订单号ORD20241201001", "订单号ORD20241201001"])
def test_a_number_that_is_not_ones_own_is_no_order(assistant, text):
    talk = Visit(assistant, customer=NO_ORDERS)
    talk.say("我想查下我的订单")
    assert "没有找到这个订单" in talk.say(text).text


@pytest.mark.parametrize("remark", ["好奇怪", "真奇怪啊", "这也太离奇了", "that's weird", "how strange"])
def test_a_remark_asks_nothing_of_the_pages(assistant, remark):
    talk = Visit(assistant)
    asked = talk.say("取消键盘订单").consent
    reply = talk.say(remark)
    assert reply.consent == asked
    assert reply.citations == ()
    assert reply.intents == ()


@pytest.mark.parametrize(
    "insult", ["u guys suck", "your service sucks", "you are a joke", "你们真垃圾", "你们家太烂了"]
)
def test_an_insult_is_met_with_an_apology(assistant, insult):
    reply = Visit(assistant).say(insult)
    assert reply.intents == ("complaint",)
    assert reply.reads == ()
    assert any(words in reply.text for words in ("抱歉", "对不起", "sorry")), reply.text


@pytest.mark.parametrize(
    "text", ["鼠标有GPS吗", "净化器有遥控器吗", "手环支持NFC吗", "does the mouse have bluetooth", "键盘能防水吗"]
)
def test_a_page_without_a_word_of_it_tells_nothing_of_it(assistant, text):
    assert Visit(assistant, customer=NOBODY).say(text).citations == ()


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("手表有血氧吗", "支持血氧"),
        ("Lite支持双设备吗", "不支持"),
        ("does the band have gps?", "no GPS"),
        ("手表防水吗", "防水"),
    ],
)
def test_what_the_page_tells_is_told(assistant, text, has):
    assert has in Visit(assistant, customer=NOBODY).say(text).text


def test_a_coupon_is_no_help_below_its_threshold(assistant):
    talk = Visit(assistant, customer=ME)
    talk.say("耳机Lite多少钱")
    assert "还没到" in talk.say("重新买用券能减多少").text
    assert "还没到" not in talk.say("手表S2用券能减多少").text


def test_a_heading_in_the_customers_words_is_not_told_as_a_fact(assistant):
    reply = Visit(assistant, customer=EMMA).say("5 days and nothing")
    assert "It has been more than 48 hours" not in reply.text


def test_each_thing_that_is_asked_about_gets_its_own_order(assistant):
    reply = Visit(assistant).say("耳机啥时候到，顺便充电器能不能今天发")
    assert set(reply.slots["order_id"]) == {"ORD20241201001", "ORD20241203003"}
    reply = Visit(assistant, customer=EMMA, conversation="d").say("where are my mouse and band")
    assert set(reply.slots["order_id"]) == {"ORD20241125011", "ORD20241204010"}


@pytest.mark.parametrize(
    "text",
    ["退货和取消都要：Lite退了 键盘取消", "要办退货还有取消：Lite退掉，键盘取消", "两件事：键盘取消，Lite退货"],
)
def test_a_head_that_counts_up_what_follows_is_no_wish(assistant, text):
    reply = Visit(assistant).say(text)
    assert set(reply.intents) == {"return_refund", "cancel_order"}
    assert reply.consent is not None


@pytest.mark.parametrize("text", ["算了，你们卖双开门冰箱吗？", "do you also sell fridges?"])
def test_whether_something_else_is_sold_is_no_question_about_the_product_spoken_of(assistant, text):
    talk = Visit(assistant, customer=OTHER)
    talk.say("净化器说好昨天到的，怎么还没到？")
    assert "product" not in talk.say(text).slots


@pytest.mark.parametrize(
    ("asks", "wish", "intent"),
    [
        ("订单ORD20241130005开发票", "想把Lite耳机退了", "return_refund"),
        ("订单ORD20241130005开发票", "帮我取消订单ORD20241201002", "cancel_order"),
        ("订单ORD20241130005开发票", "退货运费谁出", "policy_question"),
        ("订单ORD20241203003收件人写错了，帮我改", "帮我取消订单ORD20241201002", "cancel_order"),
    ],
)
def test_another_wish_is_no_name_that_was_asked_for(assistant, asks, wish, intent):
    talk = Visit(assistant)
    talk.say(asks)
    assert talk.say(wish).intents == (intent,)
    asked = talk.export()["state"]["dialogue"]["tasks"][0]
    assert asked["status"] == "asking"
    assert asked["slots"].keys() == {"order_id"}


@pytest.mark.parametrize("title", ["张伟", "上海退货侠科技有限公司", "开给李娜"])
def test_a_name_that_was_asked_for_is_taken(assistant, title):
    talk = Visit(assistant)
    talk.say("订单ORD20241130005开发票")
    talk.say(title)
    assert "invoice_title" in talk.export()["state"]["dialogue"]["tasks"][0]["slots"]


@pytest.mark.parametrize(
    ("customer", "wish", "when", "said"),
    [
        (OTHER, "显示器开发票 抬头李娜 发lina@qq.com", "多久能收到", "24 小时内发到您的邮箱"),
        (OTHER, "显示器少发了一根线 帮我登记", "大概多久能有人联系我", "9:00–21:00"),
        (ME, "lite不想要了 退了吧", "多久能到", "还在等您寄回商品"),
        (EMMA, "cancel my order ORD20241204010", "when will i get it", "24 hours"),
    ],
)
def test_a_bare_question_after_the_time_is_about_what_was_done_just_now(assistant, customer, wish, when, said):
    talk = Visit(assistant, customer=customer)
    talk.say(wish)
    talk.say("yes" if customer is EMMA else "是的")
    assert said in talk.say(when).text


@pytest.mark.parametrize("named", ["净化器多久能收到", "快递多久能到"])
def test_a_question_that_names_what_it_waits_for_is_about_that(assistant, named):
    talk = Visit(assistant, customer=OTHER)
    talk.say("显示器开发票 抬头李娜 发lina@qq.com")
    talk.say("是的")
    assert "JD0098765432101" in talk.say(named).text


def test_what_a_visitor_asked_about_is_still_meant_after_the_login(assistant):
    talk = Visit(assistant, customer=None)
    talk.say("has my fitness band shipped")
    talk.assistant.adopt(talk.conversation, customer=EMMA)
    talk.customer = EMMA
    reply = talk.say("ok im logged in. has it shipped?")
    assert "ORD20241204010" in reply.text
    assert "ORD20241125011" not in reply.text


@pytest.mark.parametrize(
    ("customer", "text", "told"),
    [
        (ME, "无线降噪耳机Pro多少钱？顺便看看订单ORD20241203003", "48 小时内发货"),
        (ME, "充电器到哪儿啦", "48 小时内发货"),
        (ME, "where is my order ORD20241203003", "within 48 hours"),
    ],
)
def test_beside_an_order_that_waits_the_page_tells_when_it_ships(assistant, customer, text, told):
    assert told in Visit(assistant, customer=customer).say(text).text


def test_it_is_the_product_that_was_spoken_of_last(assistant):
    talk = Visit(assistant, ScriptedModel(answers=["防水等级 IPX4，跑步出汗没关系。"]), customer=ME)
    talk.say("无线降噪耳机Pro多少钱？")
    talk.say("那Lite呢？")
    reply = talk.say("它防水吗，跑步出汗有没有关系")
    assert reply.query.startswith("无线降噪耳机Lite")
    assert reply.text == "防水等级 IPX4，跑步出汗没关系。", reply.rejected
    assert reply.citations, "that the customer names 跑步 takes the page nothing of what it bears out"
