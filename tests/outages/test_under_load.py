"""Many customers and a model that is full, hangs or is down: nobody waits for what does not come."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fault_proxy import cut, held, refused
from langchain_core.messages import HumanMessage
from scripted_ollama import ScriptedOllama
from talks import LIMITS, ME, QUESTION, TWO

from shopassist import Sentence
from shopassist.models.breaker import FAILURES

SLOW = "申请保修需要准备订单号和故障描述或照片。" + "能拍下故障现象的，附一小段视频会更快。" * 40
DOWN = refused(500, "llama runner process has terminated")


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


async def leaving(answer):
    await asyncio.wait_for(answer, 0.3)


def test_a_stream_that_is_closed_frees_the_place_and_stops_the_server(talk, server):
    if not isinstance(server, ScriptedOllama):
        pytest.skip("a real one stops: see the next test")
    talk = talk(model_calls=1, model_waiting=0)
    server.answer, server.pace = SLOW, 0.03
    try:
        events = talk.assistant.stream(QUESTION, conversation="left", customer=ME)
        next(e for e in events if isinstance(e, Sentence))
        assert server.busy == 1
        events.close()
        assert until(lambda: server.busy == 0, 2.0)
    finally:
        server.answer, server.pace = TWO, 0.0
    assert talk.say().degraded is None


def test_a_real_server_stops_where_its_answer_is_closed(talk, server):
    if isinstance(server, ScriptedOllama):
        pytest.skip("a scripted one stops: see the test before")
    writer = talk(whole=False, max_tokens=1000, model_calls=1, model_waiting=0).assistant.writer
    ask = [HumanMessage("从一数到一千，每行一个数。")]
    for _ in range(2):  # the second one would wait for a thousand tokens, or find the place taken
        began = time.monotonic()
        writing = writer.write(ask, deadline=began + 300, stopped=threading.Event())
        assert next(iter(writing))
        writing.close()
    assert time.monotonic() - began < 30


def test_one_too_many_gets_templates_at_once(talk, proxy, patient):
    talk = talk(model_calls=1, model_waiting=1, model_queue=60.0, model_first_token=patient)
    proxy.fault = held(4.0)
    admission = talk.assistant.writer.admission

    def turn(number):
        return talk.assistant.reply(QUESTION, conversation=f"at once {number}", customer=ME)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(turn, 0)
        assert until(lambda: admission.inside == 1)
        second = pool.submit(turn, 1)
        assert until(lambda: admission.in_line == 1)
        third = turn(2)
        assert not first.done(), "it waited for nobody"
        assert [r.degraded for r in (first.result(), second.result(), third)] == [None, None, "ModelBusy"]
    assert "订单号" in third.text


def test_after_three_failures_nobody_waits_until_the_server_is_back(talk, proxy):
    talk = talk()
    proxy.fault = DOWN
    opened = []
    for _ in range(FAILURES):
        assert talk.say().degraded == "ModelUnavailable"
        assert len(talk.lines()) == 1
        opened += talk.lines(breaker=True)
    assert len(opened) == 1, "the breaker says once that it opens"
    proxy.leave()
    try:
        for _ in range(5):
            reply = talk.say()
            assert (reply.degraded, talk.lines(breaker=True)) == ("CircuitOpen", [])
            assert "订单号" in reply.text
            assert reply.usage.model_calls == 0
            assert talk.lines() == []  # one line for each customer would drown the log: it is at INFO
            (line,) = (r.getMessage() for r in talk.records if r.levelname == "INFO")
            assert line.startswith("c-")
            assert "CircuitOpen" in line
    finally:
        proxy.heal()
        proxy.come_back()
    assert talk.recovers() < 10.0
    assert len(talk.lines(breaker=True)) == 1, "and once that the model answers again"


def test_a_trial_that_hangs_holds_up_nobody_else(talk, proxy, patient):
    if patient == LIMITS["real"]:
        pytest.skip("the server has no part in it")
    talk = talk(model_calls=1, model_queue=5.0, model_first_token=1.0)
    breaker = talk.assistant.writer.breaker
    proxy.fault = held(3.0)  # it answers a probe, and no customer
    for _ in range(FAILURES):
        assert talk.say().degraded == "ModelSilent"
    assert until(lambda: not breaker.is_open)
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(talk.assistant.reply, QUESTION, conversation="trial", customer=ME)
        time.sleep(0.2)
        reply = talk.assistant.reply(QUESTION, conversation="beside", customer=ME)
        assert (reply.degraded, reply.usage.model_calls) == ("CircuitOpen", 0)
        assert trial.result().degraded == "ModelSilent"
    proxy.heal()
    assert talk.recovers() < 10.0


def test_the_shops_own_short_deadline_opens_the_circuit_too(talk, proxy, patient):
    if patient == LIMITS["real"]:
        pytest.skip("the server has no part in it")
    talk = talk(model_deadline=0.6, model_first_token=30.0)
    proxy.fault = held(2.0)
    for _ in range(FAILURES):
        assert talk.say().degraded == "ModelTimeout"
    assert talk.assistant.writer.breaker.is_open


def test_failures_between_answers_do_not_open_the_circuit(talk, proxy, server, patient):
    """Also where each answer is closed early, for it says more than is shown."""
    if patient == LIMITS["real"]:
        pytest.skip("the server has no part in it")
    talk = talk()
    server.answer = SLOW
    try:
        for _ in range(FAILURES):
            proxy.fault = DOWN
            assert talk.say().degraded == "ModelUnavailable"
            proxy.fault = None
            assert talk.say().degraded is None
            assert not talk.assistant.writer.breaker.is_open
    finally:
        server.answer = TWO


def test_customers_who_leave_do_not_open_the_circuit(talk, proxy):
    talk = talk()
    proxy.fault = held(5.0)
    for number in range(FAILURES + 1):
        with pytest.raises(TimeoutError):
            asyncio.run(leaving(talk.assistant.areply(QUESTION, conversation=f"left {number}", customer=ME)))
    assert not talk.assistant.writer.breaker.is_open
    proxy.heal()
    assert talk.say().degraded is None


def test_customers_at_once_each_get_an_answer_from_a_server_that_fails_now_and_then(talk, proxy, patient):
    if patient == LIMITS["real"]:
        pytest.skip("the server has no part in it")
    talk = talk(model_calls=2)
    turns = iter(range(10_000))

    def now_and_then(lines):
        return (DOWN, cut(30), cut(600), lambda lines: lines)[next(turns) % 4](lines)

    proxy.fault = now_and_then
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: talk.assistant.reply(QUESTION, conversation=f"n{n}", customer=ME), range(40)))
    assert all("订单号" in r.text for r in replies)
    assert {r.degraded for r in replies} <= {None, "ModelUnavailable", "BrokenAnswer", "CircuitOpen", "ModelBusy"}
    proxy.heal()
    assert talk.recovers() < 10.0
