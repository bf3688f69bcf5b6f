"""The table of triggers: what calls a person, what only offers one, and what calls nobody."""

import json

import pytest
from visits import ME, Visit

from shopassist.dialogue import Task
from shopassist.engine.planning.triggers import TRIGGERS
from shopassist.engine.state import Memory
from shopassist.replies import plain

SHIPPED, PAID, UNPAID = "ORD20241201001", "ORD20241203003", "ORD20241201002"
QUESTION = "退货的运费谁来承担？"


@pytest.fixture
def talk(assistant):
    return Visit(assistant)


def say(talk, *texts):
    for text in texts:
        reply = talk.say(text)
    return reply


def offered(talk, wordings, why, **data):
    asked = talk.export()["state"]["dialogue"]["asked"]
    said = any(text in talk.replies[-1].text for text in wordings("ask", "offer_person", why=why, **data))
    assert said == (asked is not None and asked["why"] == why)
    return said


def reasons(talk):
    return [h.reason for h in talk.assistant.desk.waiting()]


def test_the_table_says_what_hands_over_and_what_only_offers():
    assert {t.reason: t.does for t in TRIGGERS} == {
        "danger": "hands over",
        "legal": "hands over",
        "asked": "hands over",
        "failed": "offers",
        "refused": "offers",
        "angry": "offers",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("充电宝起火了", "danger"),
        ("我被烫伤了，受伤了", "danger"),
        ("我要打12315", "legal"),
        ("我的律师会联系你们", "legal"),
        ("转人工", "asked"),
    ],
)
def test_words_that_hand_over_at_once(talk, text, reason):
    assert talk.say(text).handoff is not None
    assert reasons(talk) == [reason]


@pytest.mark.parametrize(
    "text", ["那就转人工吧，我电话13800138000", "转人工，我电话13800138000", "a human please, 13800138000"]
)
def test_a_person_is_asked_for_where_an_address_is_waited_for(talk, text):
    reply = say(talk, f"帮我改一下{PAID}的收货地址", text)
    assert reply.consent is None
    assert reasons(talk) == ["asked"]


@pytest.mark.parametrize("text", ["退款", "我要退款", "refund", "退款退款退款", "充电会不会漏电"])
def test_words_that_hand_nobody_over(talk, text):
    assert talk.say(text).handoff is None
    assert reasons(talk) == []


@pytest.mark.parametrize(
    ("why", "texts"),
    [
        ("refused", (f"取消订单{SHIPPED}", f"就要取消订单{SHIPPED}")),
        ("angry", (f"取消订单{SHIPPED}", "什么破店，太垃圾了", "气死我了，真恶心")),
        ("failed", (f"帮我改一下{PAID}的收货地址", "就是原来那个嘛", "你懂的啊")),
    ],
)
def test_a_count_offers_a_person_who_comes_after_a_yes(assistant, wordings, why, texts):
    talk = Visit(assistant)
    for text in texts[:-1]:
        talk.say(text)
        assert not offered(talk, wordings, why)
    last = talk.say(texts[-1])
    assert offered(talk, wordings, why)
    assert (last.handoff, last.mode) == (None, "bot")
    yes = talk.say("好的")
    assert yes.handoff is not None
    assert reasons(talk) == [why]


def test_who_declines_has_the_count_begin_anew(talk, wordings):
    say(talk, f"取消订单{SHIPPED}", f"取消订单{SHIPPED}")
    assert offered(talk, wordings, "refused")
    assert talk.say("不用了").handoff is None
    talk.say(f"取消订单{SHIPPED}")
    assert not offered(talk, wordings, "refused")
    talk.say(f"取消订单{SHIPPED}")
    assert offered(talk, wordings, "refused")


def test_two_orders_that_are_refused_are_two_matters(assistant, wordings):
    talk = Visit(assistant)
    say(talk, f"取消订单{SHIPPED}", "取消订单ORD20241130005")
    assert not offered(talk, wordings, "refused")


def test_no_person_is_offered_while_a_change_waits_for_its_yes(talk, wordings):
    reply = say(talk, f"取消订单{UNPAID}", "什么破店，太垃圾了", "气死我了，真恶心")
    assert reply.consent is not None
    assert not offered(talk, wordings, "angry")


def test_a_question_in_between_is_no_failed_answer(talk, wordings):
    say(talk, f"帮我改一下{PAID}的收货地址", QUESTION, "发票怎么开？", QUESTION)
    assert not offered(talk, wordings, "failed")


def test_the_value_that_was_asked_for_still_counts_beside_the_offer(talk, wordings):
    say(talk, f"帮我改一下{PAID}的收货地址", "就是原来那个嘛", "你懂的啊")
    assert offered(talk, wordings, "failed")
    assert talk.say("上海市浦东新区世纪大道100号5号楼301").consent.args["address"].endswith("301")


def test_nobody_is_offered_who_is_waited_for_already(talk, wordings):
    reply = say(talk, "转人工", f"取消订单{SHIPPED}", f"取消订单{SHIPPED}")
    assert not offered(talk, wordings, "refused")
    assert reply.mode == "waiting"


def test_after_the_return_the_counts_are_zero(talk, wordings):
    talk.say(f"取消订单{SHIPPED}")
    handoff = talk.say("转人工").handoff
    talk.assistant.desk.claim(handoff, "anna")
    talk.assistant.desk.give_back(handoff, "anna")
    talk.say(f"取消订单{SHIPPED}")
    assert not offered(talk, wordings, "refused")


def test_outside_service_hours_a_message_is_offered(talk, wordings):
    talk.later(hours=12, minutes=30)
    say(talk, f"取消订单{SHIPPED}", f"取消订单{SHIPPED}")
    assert offered(talk, wordings, "refused", desk_open=False, answered_from="2024-12-06T09:00:00+08:00")
    assert "留言" in talk.say("可以").text


def test_counts_are_kept_and_rows_without_them_are_read():
    task = Task("t1-0", "cancel_order", "refused", {}, 1, 1, refused=1, angry=2, reason="cancel_order.shipped")
    memory = Memory()
    memory = Memory(dialogue=type(memory.dialogue)(tasks=(task,)), quotes=("取消",), angry=2, causes=("垃圾",))
    stored = json.loads(json.dumps(plain(memory)))
    assert Memory.load(stored) == memory
    for name in ("failed", "refused", "angry", "reason", "number"):
        del stored["dialogue"]["tasks"][0][name]
    for name in ("quotes", "angry", "causes"):
        del stored[name]
    [old] = Memory.load(stored).dialogue.tasks
    assert (old.failed, old.refused, old.angry, old.reason) == (0, 0, 0, None)


def test_a_failing_tool_counts_as_failed(assistant, wordings):
    class Broken:
        """The shop, whose pre-checks are out."""

        def __init__(self, orders):
            self._orders = orders

        def __getattr__(self, name):
            return getattr(self._orders, name)

        def check(self, *_):
            raise ConnectionError

    from shopassist.shop import ShopParts

    talk = Visit(assistant)
    shop = talk.shop
    talk.parts = ShopParts(orders=Broken(shop.orders), catalogue=shop.catalogue, after_sales=shop.after_sales)
    talk._open()
    say(talk, f"取消订单{UNPAID}", f"取消订单{UNPAID}")
    assert offered(talk, wordings, "failed")
    assert talk.customer == ME
