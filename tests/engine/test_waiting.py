"""While a person is waited for: where the customer stands, and that impatience calls nobody twice."""

import pytest
from visits import NOW, OTHER, Visit

UNPAID, SHIPPED = "ORD20241201002", "ORD20241201001"
IMPATIENT = [
    "快点",
    "还有多久？",
    "人呢",
    "人工呢，怎么还不来",
    "都等了十分钟了",
    "好烦啊",
    "hurry up",
    "how much longer?",
]


@pytest.fixture
def talk(assistant):
    return Visit(assistant)


def place(wordings, talk, language="zh", **data):
    [number] = [h.id for h in talk.assistant.desk.waiting() if h.conversation == talk.conversation]
    return wordings("handoff", "waiting", language, id=number, hours="09:00-21:00", **data)


@pytest.mark.parametrize("text", IMPATIENT)
def test_impatience_is_told_its_place_in_the_queue_and_that_nothing_is_lost(talk, wordings, text):
    number = talk.say("转人工").handoff
    reply = talk.say(text)
    said = place(wordings, talk, reply.language, ahead=0, desk_open=True)
    assert reply.sentences[-1] in said
    assert number in reply.text
    assert ("留着" in reply.text) or ("Nothing that you wrote is lost" in reply.text)
    assert (reply.handoff, reply.mode, reply.intents, reply.citations) == (None, "waiting", ("human",), ())


def test_those_before_are_counted_until_somebody_takes_them(assistant, talk, wordings):
    first = Visit(assistant, customer=OTHER, conversation="d").say("转人工").handoff
    talk.say("转人工")
    assert "前面还有 1 位" in talk.say("人呢").text
    talk.assistant.desk.claim(first, "anna")
    assert "下一位就是您" in talk.say("还有多久").text


def test_outside_service_hours_it_says_from_when_on(assistant):
    talk = Visit(assistant)
    talk.now = NOW.replace(hour=23)
    talk.later()
    talk.say("转人工")
    assert "12 月 6 日 09:00" in talk.say("人呢").text


def test_with_a_desk_of_the_shops_own_no_place_is_made_up(assistant):
    class Tickets:
        def open(self, handoff, text):
            pass

    talk = Visit(assistant, options={"desk": Tickets()})
    talk.say("转人工")
    text = talk.say("人呢").text
    assert "排队" in text
    assert "下一位" not in text
    assert "前面" not in text


def test_the_open_question_is_asked_again_and_a_hurry_is_no_yes(talk):
    talk.say(f"取消订单{UNPAID}")
    talk.say("转人工")
    reply = talk.say("快点")
    assert "排队" in reply.text
    assert reply.text.endswith("吗？")
    assert reply.consent is not None
    talk.nothing_written()


@pytest.mark.parametrize(
    "text",
    [
        "气死我了，什么垃圾店",
        "你们太差劲了，再不来我投诉了",
        "垃圾客服，骗子",
        "我要打12315",
        "转人工！！",
        "充电器漏电了",
    ],
)
def test_angry_words_open_no_second_hand_off(talk, text):
    first = talk.say("转人工").handoff
    for _ in range(3):
        assert talk.say(text).handoff is None
    assert [h.id for h in talk.assistant.desk.waiting()] == [first]


@pytest.mark.parametrize(
    "text", ["快递还有多久到", "退款要多久", "你们有人工客服吗", "订单怎么还没发货", "取消订单ORD20241201002"]
)
def test_what_asks_for_something_else_is_answered_as_that(talk, text):
    talk.say("转人工")
    assert "排队" not in talk.say(text).text


def test_where_nobody_is_waited_for_the_words_mean_what_they_meant(talk):
    assert "排队" not in talk.say("人呢").text
    assert "排队" not in talk.say("还有多久").text
