"""Several messages in a row: they are answered together, and a later one ends what is not shown yet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopassist import Customer, Done, Sentence
from shopassist.engine import inbox
from shopassist.testing import ScriptedModel
from shopassist.testing.memory_shop import MemoryShop

QUESTION = "无线降噪耳机Pro续航多久"
ANSWER = "单次续航 8 小时，配合充电盒共 30 小时。"
MORE = "防水等级是 IPX4。"
CANCEL = "帮我把订单ORD20241201002取消了"
LIU = Customer("u-1001")


@pytest.fixture
def shop(settings):
    return MemoryShop.sample(settings.now)


def together(assistant, texts, pause, name="m"):
    """Say each text in a thread of its own, `pause` seconds after the one before; the replies in their order."""
    with ThreadPoolExecutor(len(texts)) as pool:
        waiting = []
        for n, text in enumerate(texts):
            waiting.append(pool.submit(assistant.reply, text, conversation="c", customer=LIU, message_id=f"{name}{n}"))
            time.sleep(pause)
        return [w.result(timeout=30) for w in waiting]


def test_five_messages_in_a_row_get_one_reply(assistant, shop):
    model = ScriptedModel(answers=[ANSWER])
    one = assistant(model, shop=shop, burst_quiet=0.5)
    texts = ["在吗", "问一下哈", "无线降噪耳机Pro", "续航多久", "急"]
    replies = together(one, texts, pause=0.1)
    assert all(reply == replies[0] for reply in replies)
    assert replies[0].merged == ("m0", "m1", "m2", "m3", "m4")
    assert replies[0].text.endswith(ANSWER)
    assert len(model.calls) == 1
    assert [m["role"] for m in one.export("c", customer=LIU)["messages"]] == ["customer"] * 5 + ["assistant"]


def test_two_bursts_get_two_replies(assistant, shop):
    one = assistant(shop=shop, burst_quiet=0.2)
    first = together(one, ["无线降噪耳机Pro", "续航多久"], pause=0.05)
    second = together(one, ["那", "运费谁出"], pause=0.05, name="n")
    assert {r.turn for r in first} == {1}
    assert {r.turn for r in second} == {2}


def test_messages_without_end_are_answered_in_time(assistant, shop, monkeypatch):
    monkeypatch.setattr(inbox, "BURST", 0.6)  # no setting: a shop has no reason to change it, a test cannot wait 5 s
    one = assistant(shop=shop, burst_quiet=0.4)
    replies = together(one, [f"第{n}遍，{QUESTION}" for n in range(12)], pause=0.15)
    assert 1 < len({r.turn for r in replies}) < 12
    assert sorted(m for turn in {r.turn: r for r in replies}.values() for m in turn.merged) == sorted(
        f"m{n}" for n in range(12)
    )


def test_a_message_before_the_first_sentence_is_answered_together_with_the_one_before(assistant, shop):
    model = ScriptedModel(answers=[ANSWER], delay=0.1)
    one = assistant(model, shop=shop)
    first, second = together(one, [QUESTION, "防水吗"], pause=0.3)
    assert first == second
    assert first.merged == ("m0", "m1")
    assert len(model.calls) == 2  # the first was for the first message alone
    assert not first.superseded


def test_a_message_during_the_reply_ends_it_and_is_answered(assistant, shop):
    model = ScriptedModel(answers=[ANSWER + MORE * 30], delay=0.02)
    one = assistant(model, shop=shop)
    events, later = [], None
    with ThreadPoolExecutor(1) as pool:
        for event in one.stream(QUESTION, conversation="c", customer=LIU):
            events.append(event)
            if isinstance(event, Sentence) and later is None:
                later = pool.submit(one.reply, "谢谢，知道了", conversation="c", customer=LIU)
                while len(one.export("c", customer=LIU)["messages"]) < 2:
                    time.sleep(0.01)
        cut, answer = events[-1].reply, later.result(timeout=30)
    assert isinstance(events[-1], Done)
    assert cut.superseded
    assert cut.text == ANSWER
    assert model.closed == 1
    assert (answer.turn, answer.superseded) == (2, False)


def test_a_question_that_was_not_shown_was_not_asked(assistant, shop):
    """A yes behind a reply whose consent question was left out is none."""
    model = ScriptedModel(answers=[ANSWER + MORE * 30], delay=0.02)
    one = assistant(model, shop=shop)
    with ThreadPoolExecutor(1) as pool:
        later = None
        for event in one.stream(f"{QUESTION}？另外{CANCEL}", conversation="c", customer=LIU):
            if isinstance(event, Sentence) and later is None:
                later = pool.submit(one.reply, "好的", conversation="c", customer=LIU)
                while len(one.export("c", customer=LIU)["messages"]) < 2:
                    time.sleep(0.01)
        answer = later.result(timeout=30)
    assert answer.tool_outcomes == ()
    assert answer.consent is not None
    assert "取消" in answer.sentences[-1]
    assert [o.status for o in one.reply("好的", conversation="c", customer=LIU).tool_outcomes] == ["done"]


def test_no_write_begins_while_a_newer_message_waits(assistant, settings, monkeypatch):
    shop = MemoryShop.sample(settings.now)
    one = assistant(shop=shop)
    one.reply(CANCEL, conversation="c", customer=LIU)
    held, go = threading.Event(), threading.Event()
    claim = one.store.claim

    def slowly(conversation, **options):
        found = claim(conversation, **options)
        held.set()
        go.wait(10)
        return found

    monkeypatch.setattr(one.store, "claim", slowly)  # a real claim, held until the next message is in the store
    with ThreadPoolExecutor(2) as pool:
        yes = pool.submit(one.reply, "好的，那取消吧", conversation="c", customer=LIU)
        assert held.wait(10)
        no = pool.submit(one.reply, "等等，先别取消", conversation="c", customer=LIU)
        while len(one.export("c", customer=LIU)["messages"]) < 4:
            time.sleep(0.01)
        go.set()
        replies = yes.result(timeout=30), no.result(timeout=30)
    assert replies[0] == replies[1]
    assert replies[0].tool_outcomes == ()
    assert next(o for o in shop.orders.list("u-1001") if o.id == "ORD20241201002").status == "unpaid"


def test_what_was_done_is_told_whatever_comes_in(assistant, settings):
    """A message that comes in behind the write ends nothing: the customer must hear of it."""
    shop = MemoryShop.sample(settings.now)
    one = assistant(shop=shop)
    one.reply(CANCEL, conversation="c", customer=LIU)
    later = []
    with ThreadPoolExecutor(1) as pool:
        for event in one.stream("好的", conversation="c", customer=LIU):
            if type(event).__name__ == "ToolFinished" and event.effect == "write":
                later.append(pool.submit(one.reply, "还有，运费谁出", conversation="c", customer=LIU))
                while len(one.export("c", customer=LIU)["messages"]) < 4:
                    time.sleep(0.01)
        told = event.reply
        assert later
        later[0].result(timeout=30)
    assert [o.status for o in told.tool_outcomes] == ["done"]
    assert "已" in told.text
    assert not told.superseded
