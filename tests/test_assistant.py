"""The assistant: what it refuses, repeats, stops, stores and keeps to itself."""

import asyncio
import logging
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from langsmith.utils import tracing_is_enabled

from shopassist import Customer, Done, Failed, Message, Reply, Sentence, Started
from shopassist.engine import hold, inbox
from shopassist.errors import (
    ConversationErased,
    InvalidMessage,
    KnowledgeError,
    MessageTooLong,
    MissingExtra,
    ModelUnavailable,
    NotYourConversation,
    Pending,
    ShopAssistError,
    StorageError,
    TurnFailed,
)
from shopassist.testing import ScriptedModel

QUESTION = "无线降噪耳机Pro续航多久"
ANSWER = "单次续航 8 小时，配合充电盒共 30 小时。"
LONG = ANSWER + "防水等级是 IPX4。" + "蓝牙是 5.3。" * 40
MARK = "桂花路十八号暗号"


def until(condition, seconds=1.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


class Observed:
    """Knowledge that calls `seen` in every search."""

    def __init__(self, knowledge, seen):
        self.knowledge, self.seen = knowledge, seen

    def search(self, query, **options):
        self.seen()
        return self.knowledge.search(query, **options)

    def document(self, document, **options):
        return self.knowledge.document(document, **options)

    def products(self, language):
        self.seen()
        return self.knowledge.products(language)


# What comes in


@pytest.mark.parametrize("text", ["", "   \n ", "😀🎉", "？？！", "\x00\x07\u200b", "\ud83d", "\ufeff"])
def test_a_message_without_words_is_answered_kindly(assistant, text, wordings):
    model = ScriptedModel(answers=["不该说的话"])
    reply = assistant(model).reply(text, conversation="c")
    assert reply.text in wordings("fact", "empty")
    assert model.calls == []


@pytest.mark.parametrize(
    "text", ["バッテリーはどのくらいもちますか", "Сколько работает батарея?", "배터리 얼마나 가요", "كم تدوم البطارية"]
)
def test_an_unknown_language_is_named_as_such(assistant, text, wordings):
    reply = assistant(ScriptedModel(answers=["不该说的话"])).reply(text, conversation="c")
    assert reply.text in wordings("fact", "foreign")


@pytest.mark.parametrize("bad", [None, 7, b"bytes", ["ok", None], [], [3.5]])
def test_what_is_no_text_is_refused(assistant, bad):
    shop = assistant()
    with pytest.raises(InvalidMessage):
        shop.reply(bad, conversation="c")
    assert shop.export("c") == {}


def test_too_long_a_message_is_refused_and_the_setting_named(assistant):
    shop = assistant()
    with pytest.raises(MessageTooLong, match=r"20000 .*4000 .*`max_message_chars`"):
        shop.reply("长" * 20_000, conversation="c")
    with pytest.raises(MessageTooLong):
        shop.reply(["长" * 3000, "长" * 3000], conversation="c")
    assert shop.export("c") == {}


@pytest.mark.parametrize("conversation", ["", "  ", "x" * 201, "a\nb", None, 5])
def test_a_bad_conversation_id_is_refused(assistant, conversation):
    with pytest.raises(InvalidMessage):
        assistant().reply("你好", conversation=conversation)


@pytest.mark.parametrize("customer", ["u1", 7, {"id": "u1"}, Customer])
def test_what_is_no_customer_is_refused_and_a_customer_shown(assistant, customer):
    shop = assistant()
    for act in (
        lambda: shop.reply("你好", conversation="c", customer=customer),
        lambda: list(shop.stream("你好", conversation="c", customer=customer)),
        lambda: asyncio.run(shop.areply("你好", conversation="c", customer=customer)),
        lambda: shop.export("c", customer=customer),
        lambda: shop.forget("c", customer=customer),
    ):
        with pytest.raises(InvalidMessage, match=r"Customer\('u-7'\)"):
            act()
    assert shop.export("c") == {}


def test_what_cannot_be_stored_is_taken_out_of_a_message(assistant):
    shop = assistant()
    reply = shop.reply(f"\x00\x1b[31m{QUESTION}\ud800\u202e", conversation="c")
    assert "续航" in reply.text
    assert shop.export("c")["messages"][0]["text"] == f"[31m{QUESTION}"


def test_several_messages_get_one_reply(assistant):
    shop = assistant()
    reply = shop.reply([Message("你好", id="a"), Message(QUESTION, id="b")], conversation="c")
    assert reply.merged == ("a", "b")
    assert reply.turn == 1
    assert shop.reply("你好", conversation="c", message_id="a") == reply


# A repeat


def test_a_repeated_message_gets_the_stored_reply(assistant):
    model = ScriptedModel(answers=[ANSWER])
    shop = assistant(model)
    first = shop.reply(QUESTION, conversation="c", message_id="m1")
    assert shop.reply(QUESTION, conversation="c", message_id="m1") == first
    assert list(shop.stream(QUESTION, conversation="c", message_id="m1"))[-1] == Done(first)
    assert len(model.calls) == 1


def test_a_repeat_from_many_threads_is_answered_once(assistant):
    model = ScriptedModel(answers=[ANSWER], delay=0.01)
    shop = assistant(model)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: shop.reply(QUESTION, conversation="c", message_id="m1"), range(8)))
    assert all(r == replies[0] for r in replies)
    assert len(model.calls) == 1
    assert len(shop.export("c")["replies"]) == 1


def test_a_new_message_is_answered_though_its_neighbour_was_answered_before(assistant):
    shop = assistant()
    old = shop.reply("你好", conversation="c", message_id="a")
    both = [Message(QUESTION, id="b"), Message("你好", id="a")]
    reply = shop.reply(both, conversation="c", wait=2)
    assert (reply.turn, reply.merged) == (2, ("b",))
    assert shop.reply(both, conversation="c") == reply != old
    assert list(shop.stream(both, conversation="c")) == [Done(reply)]


# Whose it is


def test_another_customers_conversation_is_not_told_from(assistant):
    shop = assistant()
    shop.reply("你好", conversation="c", customer=Customer("u1"))
    for other in (Customer("u2"), None):
        for act in (shop.export, shop.forget):
            with pytest.raises(NotYourConversation):
                act("c", customer=other)
        with pytest.raises(NotYourConversation):
            shop.reply("你好", conversation="c", customer=other)
        with pytest.raises(NotYourConversation):
            list(shop.stream("你好", conversation="c", customer=other))
    assert len(shop.export("c", customer=Customer("u1"))["messages"]) == 2


def test_a_conversation_is_exported_whole_and_forgotten_for_good(assistant):
    shop = assistant()
    shop.reply(QUESTION, conversation="c")
    data = shop.export("c")
    assert [m["role"] for m in data["messages"]] == ["customer", "assistant"]
    assert data["replies"][0]["text"] == data["messages"][1]["text"]
    shop.forget("c")
    assert shop.export("c") == {}
    with pytest.raises(ConversationErased):
        shop.reply("你好", conversation="c")


# A stream


def test_a_stream_ends_with_the_reply_and_says_the_same(assistant):
    events = list(assistant(ScriptedModel(answers=[ANSWER + "防水等级是 IPX4。"])).stream(QUESTION, conversation="c"))
    assert events[0] == Started("c", 1)
    assert isinstance(events[-1], Done)
    assert "".join(e.text for e in events if isinstance(e, Sentence)) == events[-1].reply.text


def test_closing_the_stream_stops_the_model_and_loses_nothing(assistant):
    model = ScriptedModel(answers=[LONG, ANSWER], delay=0.02)
    shop = assistant(model)
    events = shop.stream(QUESTION, conversation="c", message_id="m1")
    assert any(isinstance(e, Sentence) for e in events)
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < 4
    assert model.closed == 1
    assert shop.export("c")["replies"] == []

    reply = shop.reply("那防水吗", conversation="c", message_id="m2")
    assert reply.merged == ("m1", "m2")
    assert reply.turn == 1


def test_what_breaks_in_mid_turn_is_the_last_event_and_nothing_is_stored(assistant, lexical):
    def broken():
        raise KnowledgeError("the index is gone")

    shop = assistant(knowledge=Observed(lexical, broken))
    events = list(shop.stream(QUESTION, conversation="c", message_id="m1"))
    assert isinstance(events[0], Started)
    assert events[-1] == Failed("KnowledgeError", "the index is gone")
    assert shop.export("c")["replies"] == []
    with pytest.raises(KnowledgeError):
        shop.reply(QUESTION, conversation="c", message_id="m1")


@pytest.mark.parametrize("error", [ValueError(MARK), KeyError(MARK), RecursionError(MARK)])
def test_an_error_that_nobody_foresaw_is_told_by_its_class_alone(assistant, lexical, caplog, error):
    def broken():
        raise error

    shop = assistant(knowledge=Observed(lexical, broken))
    name = type(error).__name__
    with pytest.raises(TurnFailed, match=name) as raised:
        shop.reply(QUESTION, conversation="c", message_id="m1")
    *_, last = shop.stream(QUESTION, conversation="c", message_id="m1")
    assert (last.error, name in last.message) == ("TurnFailed", True)
    assert shop.export("c")["replies"] == []
    assert name in caplog.text
    assert "broken" in caplog.text  # the place
    assert MARK not in caplog.text + last.message + "".join(traceback.format_exception(raised.value))


def test_a_state_that_cannot_be_read_holds_nothing_up(assistant):
    shop = assistant()
    shop.store.enqueue("c", None, [Message("你好", id="m1")])
    shop.store.commit(shop.store.claim("c", lease=15), state={"messages": 5}, reply=_stored("您好"))
    for _ in range(2):
        with pytest.raises(TurnFailed, match="ValidationError"):
            shop.reply("你好", conversation="c", message_id="m2", wait=1)


def _stored(text):
    return Reply(id="r", turn=1, text=text, sentences=(text,), language="zh")


def test_a_message_that_breaks_three_turns_is_given_up_and_holds_nothing_up(assistant, lexical):
    out = [ValueError()] * 3

    def broken():
        if out:
            raise out.pop()

    shop = assistant(knowledge=Observed(lexical, broken))
    for _ in range(3):
        with pytest.raises(TurnFailed, match="ValueError"):
            shop.reply(QUESTION, conversation="c", message_id="m1")
    began = time.monotonic()
    with pytest.raises(TurnFailed, match="given up"):
        shop.reply(QUESTION, conversation="c", message_id="m1", wait=30)
    with pytest.raises(TurnFailed, match="given up"):
        list(shop.stream(QUESTION, conversation="c", message_id="m1", wait=30))
    assert time.monotonic() - began < 10
    reply = shop.reply([Message(QUESTION, id="m1"), Message("那Lite呢", id="m2")], conversation="c")
    assert (reply.turn, reply.merged) == (1, ("m2",))
    assert shop.reply([Message("那Lite呢", id="m2"), Message(QUESTION, id="m1")], conversation="c") == reply


def test_who_waits_for_a_message_that_is_given_up_is_told_at_once(assistant):
    shop = assistant()
    shop.store.enqueue("c", None, [Message(QUESTION, id="m1")])
    for _ in range(2):
        shop.store.release(shop.store.claim("c", lease=15))
    last = shop.store.claim("c", lease=15)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(shop.reply, QUESTION, conversation="c", message_id="m1", wait=30)
        time.sleep(0.2)
        assert not waiting.done()
        shop.store.release(last)
        with pytest.raises(TurnFailed, match="given up"):
            waiting.result(timeout=10)


@pytest.mark.parametrize("error", [KnowledgeError, StorageError, ModelUnavailable, MissingExtra])
def test_a_part_that_is_out_buries_no_message(assistant, lexical, error):
    out = [error("out")] * 5

    def broken():
        if out:
            raise out.pop()

    shop = assistant(knowledge=Observed(lexical, broken))
    for _ in range(5):
        with pytest.raises(error):
            shop.reply(QUESTION, conversation="c", message_id="m1")
    assert shop.reply(QUESTION, conversation="c", message_id="m1").merged == ("m1",)


# How long it takes, and how much


def test_no_time_for_the_model_is_an_answer_from_templates(assistant):
    model = ScriptedModel(answers=[ANSWER])
    reply = assistant(model).reply(QUESTION, conversation="c", deadline=0)
    assert model.calls == []
    assert "小时" in reply.text


SILENCE = 5.0
"""Seconds for which a silent model says nothing; what ends before them ended without its help."""


def test_a_silent_model_ends_at_the_deadline(assistant):
    model = ScriptedModel(answers=[ANSWER], delay=SILENCE)
    began = time.monotonic()
    reply = assistant(model).reply(QUESTION, conversation="c", deadline=0.5)
    assert time.monotonic() - began < SILENCE / 2
    assert reply.degraded == "ModelTimeout"
    assert "小时" in reply.text


def test_cancelling_does_not_wait_for_a_silent_model(assistant):
    model = ScriptedModel(answers=[ANSWER], delay=SILENCE)
    shop = assistant(model)

    async def talk():
        task = asyncio.create_task(shop.areply(QUESTION, conversation="c", message_id="m1"))
        while not model.calls:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(talk()) < SILENCE / 2
    assert shop.export("c")["replies"] == []
    model.delay = 0.0
    assert shop.reply(QUESTION, conversation="c", message_id="m1").text == ANSWER


def test_messages_that_pile_up_are_answered_together_from_the_latest(assistant, caplog):
    shop = assistant()
    for n in range(5):
        events = shop.stream(f"第{n}次：{QUESTION}" + "，好吗" * 500, conversation="c", message_id=f"m{n}")
        next(events)
        events.close()
    reply = shop.reply(QUESTION, conversation="c", message_id="m5")
    assert reply.merged == ("m0", "m1", "m2", "m3", "m4", "m5")
    assert "the last 3 of 6 messages" in caplog.text
    assert shop.reply(QUESTION, conversation="c", message_id="m0") == reply
    data = shop.export("c")
    assert len(data["messages"]) == 7
    assert data["messages"][0]["text"].startswith("第0次")
    assert all(len(text) <= 4000 + 2 for _, text in data["state"]["messages"])


def test_a_stream_that_is_neither_read_nor_closed_loses_the_conversation(assistant, monkeypatch):
    for module, name, seconds in ((hold, "LEASE", 0.6), (hold, "RENEW", 0.2), (inbox, "LIFE", 1.0)):
        monkeypatch.setattr(module, name, seconds)  # two minutes and a lease of 15 s else
    shop = assistant(model_deadline=0.1)
    left = shop.stream(QUESTION, conversation="c", message_id="m1")
    assert isinstance(next(left), Started)
    began = time.monotonic()
    with pytest.raises(Pending):
        shop.reply(QUESTION, conversation="c", message_id="m1", wait=0.5)  # it may still be read
    assert shop.reply(QUESTION, conversation="c", message_id="m1", wait=20).turn == 1
    assert time.monotonic() - began > 1.0
    *_, last = left
    assert last.error == "StaleTurn"


# Several at once


def test_a_conversation_that_another_holds_is_pending(assistant):
    model = ScriptedModel(answers=[ANSWER])
    shop = assistant(model)
    shop.store.enqueue("c", None, [Message("你好", id="m0")])
    claim = shop.store.claim("c", lease=15)
    with pytest.raises(Pending):
        shop.reply(QUESTION, conversation="c", message_id="m1", wait=0.2)
    shop.store.release(claim)
    assert shop.reply(QUESTION, conversation="c", message_id="m1").merged == ("m0", "m1")


def test_a_claim_without_the_callers_message_is_given_back(assistant, monkeypatch):
    shop = assistant(ScriptedModel(answers=[ANSWER]))
    claim, real = shop.store.claim, []

    def late(conversation, *, lease, idle):
        """Another worker answers this caller's message, and a third caller writes, before this one's first look."""
        if not real:
            real.append(True)
            other.reply(QUESTION, conversation="c", message_id="m1")
            shop.store.enqueue("c", None, [Message("那Lite呢", id="m2")])
        return claim(conversation, lease=lease, idle=idle)

    other = assistant(ScriptedModel(answers=[ANSWER]))
    monkeypatch.setattr(shop.store, "claim", late)
    assert shop.reply(QUESTION, conversation="c", message_id="m1").merged == ("m1",)
    assert other.reply("那Lite呢", conversation="c", message_id="m2").merged == ("m2",)


def test_streams_that_are_closed_bury_no_message(assistant):
    shop = assistant(ScriptedModel(answers=[ANSWER]))
    for _ in range(4):
        events = shop.stream(QUESTION, conversation="c", message_id="m1")
        next(e for e in events if isinstance(e, Sentence))
        events.close()
    assert shop.reply(QUESTION, conversation="c", message_id="m1").merged == ("m1",)


def test_several_assistants_on_one_conversation_leave_no_gap(assistant):
    shops = [assistant(ScriptedModel(answers=[ANSWER], delay=0.002)) for _ in range(4)]

    def talk(number):
        return [shops[number].reply(QUESTION, conversation="c", message_id=f"{number}-{n}") for n in range(4)]

    with ThreadPoolExecutor(4) as pool:
        replies = [r for several in pool.map(talk, range(4)) for r in several]
    data = shops[0].export("c")
    assert [r["turn"] for r in data["replies"]] == list(range(1, len(data["replies"]) + 1))
    assert sorted(i for r in data["replies"] for i in r["merged"]) == sorted(
        f"{a}-{b}" for a in range(4) for b in range(4)
    )
    assert {r.turn for r in replies} == {r["turn"] for r in data["replies"]}
    assert [m["seq"] for m in data["messages"]] == list(range(1, len(data["messages"]) + 1))


KILLED = """
import sys
from pathlib import Path
from shopassist.assistant import Assistant
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.settings import load
from shopassist.storage.sql import SqlStore
from shopassist.testing import ScriptedModel
shop = Assistant(settings=load(data_dir=sys.argv[1], model="none", embeddings="none"), store=SqlStore(sys.argv[2]),
                 knowledge=ChromaKnowledge(Path(sys.argv[3]), None), model=ScriptedModel(answers=["很长。" * 999], delay=0.05))
for event in shop.stream("无线降噪耳机Pro续航多久", conversation="c", message_id="m1"):
    print(type(event).__name__, flush=True)
"""


def test_a_killed_workers_message_is_answered_by_the_next(assistant, tmp_path, lexical_index):
    model = ScriptedModel(answers=[ANSWER])
    shop = assistant(model)
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), url, str(lexical_index)], stdout=subprocess.PIPE, text=True
    )
    assert "Started" in worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    reply = shop.reply(QUESTION, conversation="c", message_id="m1", wait=17)
    assert (reply.turn, reply.text) == (1, ANSWER)
    assert len(shop.export("c")["messages"]) == 2


# The asynchronous door


def test_the_asynchronous_door_says_the_same(assistant):
    async def talk():
        shop = assistant(ScriptedModel(answers=[ANSWER]))
        first = await shop.areply(QUESTION, conversation="c", message_id="m1")
        events = [e async for e in shop.astream(QUESTION, conversation="c", message_id="m1")]
        assert events[-1] == Done(first)
        second = [e async for e in shop.astream("那Lite呢", conversation="c")]
        assert isinstance(second[0], Started)
        assert second[-1].reply.turn == 2
        assert len((await shop.aexport("c"))["replies"]) == 2
        await shop.aforget("c")
        assert await shop.aexport("c") == {}
        await shop.aclose()

    asyncio.run(talk())


def test_errors_come_through_the_asynchronous_door(assistant):
    async def talk():
        with pytest.raises(MessageTooLong):
            await assistant().areply("长" * 5000, conversation="c")
        with pytest.raises(InvalidMessage):
            _ = [e async for e in assistant().astream("你好", conversation="")]

    asyncio.run(talk())


def test_cancelling_stops_the_model_and_frees_the_conversation(assistant):
    model = ScriptedModel(answers=[LONG, ANSWER], delay=0.05)
    shop = assistant(model)

    async def talk():
        task = asyncio.create_task(shop.areply(QUESTION, conversation="c", message_id="m1"))
        while not model.calls:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(talk()) < 1
    assert until(lambda: model.closed == 1)
    model.delay = 0.0
    assert shop.reply(QUESTION, conversation="c", message_id="m1").text == ANSWER


def test_leaving_an_asynchronous_stream_stops_the_model(assistant):
    model = ScriptedModel(answers=[LONG], delay=0.02)

    async def talk():
        events = assistant(model).astream(QUESTION, conversation="c")
        async for event in events:
            if isinstance(event, Sentence):
                break
        await events.aclose()

    asyncio.run(talk())
    assert until(lambda: model.closed == 1)


# What stays where it is


def test_every_step_but_the_models_stream_runs_in_the_callers_thread(assistant, lexical):
    threads = set()
    shop = assistant(
        ScriptedModel(answers=[ANSWER]), knowledge=Observed(lexical, lambda: threads.add(threading.get_ident()))
    )
    shop.reply(QUESTION, conversation="c")
    for _ in shop.stream("那Lite呢", conversation="c"):
        pass
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("answer", [ANSWER, f"您住{MARK}吗？", RuntimeError(MARK), (f"{MARK}。", ValueError(MARK))])
def test_no_log_holds_what_a_customer_wrote(assistant, caplog, answer):
    caplog.set_level(logging.DEBUG, logger="shopassist")
    shop = assistant(ScriptedModel(answers=[answer]))
    shop.reply(f"我住{MARK}，{QUESTION}", conversation="c", message_id="m1")
    shop.reply(f"我住{MARK}，{QUESTION}", conversation="c", message_id="m1")
    list(shop.stream(MARK, conversation="c"))
    shop.forget("c")
    with pytest.raises(ShopAssistError) as error:
        shop.reply(MARK, conversation="c")
    assert MARK not in str(error.value)
    for record in caplog.records:
        assert MARK not in record.getMessage() + str(record.exc_info)


def test_langsmith_is_not_told_even_where_the_environment_says_so(assistant, lexical, monkeypatch):
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    seen = []
    shop = assistant(
        ScriptedModel(answers=[ANSWER]), knowledge=Observed(lexical, lambda: seen.append(tracing_is_enabled()))
    )
    shop.reply(QUESTION, conversation="c")
    asyncio.run(shop.areply("那Lite呢", conversation="c"))
    assert seen
    assert set(seen) == {False}


def test_a_reply_is_plain_data_from_the_store(assistant):
    shop = assistant(ScriptedModel(answers=[ANSWER]))
    reply = shop.reply(QUESTION, conversation="c")
    assert Reply.from_dict({**shop.export("c")["replies"][0]}) == reply


def test_an_assistant_from_settings_works_without_an_index(settings, wordings):
    from shopassist import Assistant

    with Assistant.from_settings(settings) as shop:
        assert shop.knowledge is None
        assert shop.reply("怎么退货", conversation="c").text.startswith(wordings("knowledge", "unknown"))
