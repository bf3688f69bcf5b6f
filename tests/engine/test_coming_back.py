"""A customer who comes back hears what has changed, and is asked before anything is gone on with."""

import threading

import pytest
from visits import ME, NOBODY, OTHER, Visit

from shopassist.errors import ConversationErased, NotYourConversation
from shopassist.testing import ScriptedModel
from shopassist.tools import ToolContext

PAID, UNPAID = "ORD20241203003", "ORD20241201002"


@pytest.fixture
def talk(assistant):
    talk = Visit(assistant)
    talk.say("充电器那单发货了没")
    return talk


def back(talk, **away):
    talk.later(**away)
    return talk.assistant.resume("c", customer=talk.customer)


def test_what_has_changed_since_is_told_once(talk):
    assert back(talk, hours=1) is None
    talk.shop.change_order(PAID, status="shipped")
    reply = back(talk, hours=2)
    assert PAID in reply.text
    assert "已发货" in reply.text
    assert (reply.merged, reply.usage.model_calls) == ((), 0)
    assert back(talk, hours=1) is None
    assert [m["role"] for m in talk.export()["messages"]] == ["customer", "assistant", "assistant"]


def test_what_a_worker_did_and_could_not_tell_is_told_as_done(talk):
    """It died behind the write, and its message was given up: the ledger knows."""
    consent = talk.say("键盘那单取消").consent
    box = talk.assistant.toolbox
    assert box.write(consent.tool, consent.args, consent, ToolContext(ME, talk.now)).status == "done"
    reply = back(talk, minutes=2)
    assert reply.text.count("已取消") == 1
    assert [(o.name, o.status) for o in reply.tool_outcomes] == [("cancel_order", "done")]
    assert "接着办" not in reply.text
    assert back(talk, hours=30) is None


def test_what_the_customer_changed_himself_is_no_news(talk):
    talk.say("取消吧")
    assert talk.say("好的").tool_outcomes[0].status == "done"
    assert back(talk, hours=2) is None


def test_a_return_that_went_on_is_told(assistant):
    talk = Visit(assistant, customer=OTHER)
    reply = talk.say("我的充电宝退款到哪一步了")
    number = next(o for o in talk.shop.orders.list("u-1002") if o.returned).returned.id
    assert number in reply.text
    talk.shop.change_return(number, "已退款")
    assert f"{number} 已经退款" in back(talk, days=1).text


def test_an_open_question_is_asked_again_behind_the_news(talk):
    talk.say("顺便把键盘那单取消了")
    talk.shop.change_order(PAID, status="shipped")
    reply = back(talk, minutes=5)
    assert "已发货" in reply.text
    assert reply.sentences[-1].endswith("吗？")
    assert talk.say("好的").tool_outcomes[0].args["order_id"] == UNPAID


@pytest.mark.parametrize("away", [{"minutes": 20}, {"hours": 30}])
def test_what_was_open_is_offered_and_not_done_by_a_yes_to_the_offer(talk, away):
    talk.say("键盘那单取消")
    reply = back(talk, **away)
    assert UNPAID in reply.text
    assert reply.consent is None
    assert back(talk, minutes=1) is None
    again = talk.say("好的")
    assert (again.tool_outcomes, again.consent.args["order_id"]) == ((), UNPAID)
    assert talk.say("好的").tool_outcomes[0].status == "done"


def test_who_declines_the_offer_is_left_alone(talk):
    talk.say("键盘那单取消")
    back(talk, hours=30)
    assert "不取消" in talk.say("不用了").text
    assert back(talk, hours=30) is None
    talk.nothing_written()


def test_a_change_whose_order_is_another_now_is_not_asked_for_a_yes_as_it_was(talk):
    talk.say("取消这单吧")
    talk.shop.change_order(PAID, status="shipped")
    assert back(talk, minutes=5).consent is None
    assert talk.say("好的").tool_outcomes == ()
    assert not talk.ledger.rows


def test_after_a_long_pause_a_message_goes_on_with_nothing_by_itself(talk):
    talk.say("键盘那单取消")
    talk.later(hours=30)
    assert "取消" not in talk.say("好的").text
    reply = talk.say("还是把键盘那单取消吧")
    assert reply.consent.args["order_id"] == UNPAID


def test_nothing_is_told_where_there_is_nobody_to_tell_or_a_person_answers(talk):
    assert talk.assistant.resume("never", customer=ME) is None
    with pytest.raises(NotYourConversation):
        talk.assistant.resume("c", customer=NOBODY)
    talk.say("转人工")
    talk.shop.change_order(PAID, status="shipped")
    assert back(talk, hours=30) is None
    talk.assistant.forget("c", customer=ME)
    assert talk.assistant.resume("c", customer=ME) is None


def test_of_eight_doors_that_open_at_once_one_tells(talk):
    talk.shop.change_order(PAID, status="shipped")
    talk.later(hours=1)
    told, together = [], threading.Barrier(8)

    def open_door():
        together.wait()
        told.append(talk.assistant.resume("c", customer=ME))

    doors = [threading.Thread(target=open_door) for _ in range(8)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    assert len([r for r in told if r is not None]) == 1


def test_who_is_forgotten_during_a_turn_leaves_nothing_and_nothing_comes_back(assistant, settings):
    """The turn at work cannot store what it makes, and says so."""
    model = ScriptedModel(answers=["单次续航 8 小时。" * 20], delay=0.01)
    one = assistant(model)
    events = one.stream("无线降噪耳机Pro续航多久", conversation="c", customer=ME)
    for event in events:
        if type(event).__name__ == "Sentence":
            one.forget("c", customer=ME)
            break
    rest = list(events)
    assert type(rest[-1]).__name__ == "Failed"
    assert rest[-1].error == "ConversationErased"
    assert one.export("c", customer=ME) == {}
    assert one.store.history("c") == []
    with pytest.raises(ConversationErased):
        one.reply("还在吗", conversation="c", customer=ME)
