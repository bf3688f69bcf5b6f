"""Which order a change is for, where a customer changes their mind, denies, or names several."""

import pytest
from visits import Visit

from shopassist import Customer
from shopassist.testing import ScriptedModel

TO_PAY, PAID, LITE, WATCH = "ORD20241201002", "ORD20241203003", "ORD20241130005", "ORD20241120004"


@pytest.mark.parametrize("other", ["等一下，取消键盘那单", "取消K87那单吧", f"还有{TO_PAY}也取消"])
def test_the_same_deed_for_another_order_is_asked_about_first(assistant, other):
    talk = Visit(assistant)
    assert talk.say(f"取消{PAID}").consent.args["order_id"] == PAID
    assert talk.say(other).consent.args["order_id"] == TO_PAY
    first = talk.say("好的")
    assert [o.args["order_id"] for o in first.tool_outcomes] == [TO_PAY]
    assert first.consent.args["order_id"] == PAID  # it waits for a yes of its own


@pytest.mark.parametrize(
    "denial",
    [
        f"我没有要取消{PAID}",
        f"别把{PAID}取消了",
        f"我不想取消{PAID}了",
        f"don't cancel {PAID}",
        f"I don't want to cancel {PAID}",
    ],
)
def test_a_denial_asks_for_nothing(assistant, denial):
    talk = Visit(assistant)
    assert talk.say(denial).consent is None
    assert talk.say("好的").tool_outcomes == ()
    talk.nothing_written()


def test_two_orders_in_one_wish_are_two_tasks(assistant):
    talk = Visit(assistant)
    asked = talk.say(f"取消{PAID}和{TO_PAY}").consent.args["order_id"]
    second = talk.say("好的")
    assert [o.args["order_id"] for o in second.tool_outcomes] == [asked]
    assert {asked, second.consent.args["order_id"]} == {PAID, TO_PAY}


def test_a_thing_that_was_never_bought_is_no_other_order(assistant):
    talk = Visit(assistant, customer=Customer("u-1004"))
    reply = talk.say("耳机能退吗")
    assert reply.consent is None
    assert "没有找到" in reply.text


def test_a_reason_stays_with_its_thing(assistant):
    talk = Visit(assistant)
    talk.say("手表开不了机")
    consent = talk.say("我想把Lite耳机退了").consent
    assert consent.args["order_id"] == LITE
    assert "reason" not in consent.args


def test_a_wait_is_no_reason(assistant):
    talk = Visit(assistant)
    assert "reason" not in talk.say("等一下，取消键盘那单").consent.args


def test_one_character_is_a_wish(assistant):
    talk = Visit(assistant)
    talk.say("Lite耳机多少钱")
    assert talk.say(f"退{LITE}").consent.tool == "request_return"


def test_a_number_does_not_change_the_language(assistant):
    talk = Visit(assistant)
    talk.say("你好")
    assert talk.say(PAID).language == "zh"
    assert talk.say("ok").language == "zh"
    assert talk.say("where is my parcel").language == "en"


def test_a_rule_beside_an_orders_state_is_quoted_and_no_model_is_asked(assistant):
    model = ScriptedModel(answers=["12月3号买的充电器已经发货了。"])
    reply = Visit(assistant, model).say("充电器那单什么时候发货")
    assert "48 小时" in reply.text
    assert "还没有发货" in reply.text
    assert "已经发货" not in reply.text
    assert model.calls == []


@pytest.mark.parametrize(("text", "choice"), [("红色耳机我要退", "第二个"), ("return my green earbuds", "the lite")])
def test_of_a_colour_that_none_of_several_has_it_is_asked_which(assistant, text, choice):
    talk = Visit(assistant)
    asked = talk.say(text)
    assert asked.consent is None
    assert LITE in asked.text
    assert talk.say(choice).consent.args["order_id"] == LITE


@pytest.mark.parametrize(
    ("text", "order"),
    [("黑色耳机我要退", LITE), ("白色的Lite退了", LITE), ("绿色键盘取消", TO_PAY), ("那退了Lite 我重拍个白的", LITE)],
)
def test_a_colour_of_the_only_such_thing_may_be_wrong(assistant, text, order):
    assert Visit(assistant).say(text).consent.args["order_id"] == order
