"""What is only remarked, or thanked for, beside a question of ours runs nothing and asks nothing new."""

import pytest
from visits import EMMA, ME, OTHER, Visit

from shopassist import OrderRef, ProductRef

CANCEL, RETURN, ENGLISH = "帮我取消键盘订单", "Lite耳机退了", "return my mouse"
DIGRESSION, ENGLISH_DIGRESSION = "退货运费谁出", "how long does a refund take?"


@pytest.mark.parametrize(
    ("customer", "wish", "remark"),
    [
        *(
            (ME, CANCEL, text)
            for text in ("好麻烦啊", "好烦", "可慢了", "快点啊", "搞快点", "都两天了", "可以吗", "可以不")
        ),
        *((ME, RETURN, text) for text in ("好麻烦啊", "好复杂", "好难啊", "好贵啊", "太慢了吧", "行不行")),
        *((EMMA, ENGLISH, text) for text in ("pretty annoying", "great, another delay", "hurry up", "is that ok?")),
    ],
)
def test_a_remark_keeps_the_consent_and_is_answered_with_the_question_alone(assistant, customer, wish, remark):
    talk = Visit(assistant, customer=customer)
    asked = talk.say(wish)
    reply = talk.say(remark)
    talk.nothing_written()
    assert reply.consent == asked.consent
    assert reply.sentences[-1] == asked.sentences[-1]
    assert reply.wishes == reply.citations == ()


@pytest.mark.parametrize(
    ("wish", "question", "thanks"),
    [
        *((CANCEL, DIGRESSION, t) for t in ("好的谢谢", "好吧谢谢", "行 谢谢", "嗯嗯谢谢", "好的辛苦了", "ok thanks")),
        (RETURN, "充电器发货了吗", "可以，谢谢啊"),
    ],
)
def test_thanks_behind_an_answer_are_for_the_answer(assistant, wish, question, thanks):
    talk = Visit(assistant)
    talk.say(wish)
    talk.say(question)
    assert talk.say(thanks).consent is not None
    talk.nothing_written()
    talk.say("确认")
    assert talk.tables() != talk.before


@pytest.mark.parametrize(
    "texts",
    [("好的谢谢",), ("嗯快点吧",), ("确认取消键盘",), (DIGRESSION, "确认，谢谢"), (DIGRESSION, "好的，取消吧，谢谢")],
)
def test_a_yes_that_answers_or_commands_counts_beside_thanks(assistant, texts):
    talk = Visit(assistant)
    talk.say(CANCEL)
    for text in texts:
        reply = talk.say(text)
    assert [o.status for o in reply.tool_outcomes] == ["done"]


@pytest.mark.parametrize("text", ["都两天了", "已经三天了", "等了好久了", "still waiting"])
def test_impatience_stays_with_what_it_is_about(assistant, text):
    talk = Visit(assistant, customer=OTHER)
    talk.say("充电宝退了咋还没退钱")
    reply = talk.say(text)
    assert reply.reads[-1] == "refund_status"
    assert reply.consent is None
    assert "催" not in reply.text


def test_impatience_alone_brings_an_offer_and_no_consent_question(assistant):
    reply = Visit(assistant, customer=OTHER).say("都两天了")
    assert reply.consent is None
    assert "催" in reply.text


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        *(
            (CANCEL, t)
            for t in ("那我不取消了行不行", "不取消了可以吗", "可以不取消吗", "不取消可以吗", "那就不取消了好吗")
        ),
        *((RETURN, t) for t in ("算了不退了可以吗", "我不退了行吗", "能不退吗")),
    ],
)
def test_to_ask_whether_it_may_stay_undone_takes_it_back(assistant, wish, text):
    talk = Visit(assistant)
    talk.say(wish)
    assert talk.say(text).consent is None
    talk.say("好的")
    talk.nothing_written()


@pytest.mark.parametrize("text", ["那我不退了行不行", "不退了行吗", "不想退了可以不"])
def test_it_takes_back_a_return_that_the_shop_has(assistant, text):
    talk = Visit(assistant, customer=OTHER)
    talk.say("充电宝退了咋还没退钱")
    assert talk.say(text).intents == ("cancel_service",)


@pytest.mark.parametrize(
    ("wish", "act"), [("还能取消吗", "can"), ("取消键盘行不行", "can"), ("我要取消键盘", "request")]
)
def test_to_ask_whether_it_may_be_done_is_a_wish_for_it(assistant, wish, act):
    assert [(w.intent, w.act) for w in Visit(assistant).say(wish).wishes] == [("cancel_order", act)]


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("这个我要退货", OrderRef("ORD20241204010")),
        ("这个退了吧", OrderRef("ORD20241120004")),
        ("好的", OrderRef("ORD20241120004")),
        ("退这个", ProductRef("P-3001")),
    ],
)
def test_a_yes_beside_the_card_of_another_order_or_product_is_none(assistant, text, card):
    talk = Visit(assistant)
    talk.say("订单ORD20241130005我要退货")
    talk.say(text, items=(card,))
    talk.nothing_written()


@pytest.mark.parametrize("card", [OrderRef("ORD20241130005"), ProductRef("P-1002")])
def test_a_yes_beside_the_card_of_what_was_asked_about_counts(assistant, card):
    talk = Visit(assistant)
    talk.say("订单ORD20241130005我要退货")
    assert [o.status for o in talk.say("退这个吧", items=(card,)).tool_outcomes] == ["done"]
