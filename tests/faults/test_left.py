"""Callers who leave in the middle of a write, and workers who lose their conversation in it: it is done once, and told."""

import asyncio
import threading
import time
from contextlib import closing

import pytest
import worker
from worker import YES

from shopassist import Failed
from shopassist.replies import ToolFinished, ToolStarted
from shopassist.storage.sql import SqlStore
from shopassist.tools import SqlLedger

DURING = {"wrap": "before the commit", "engrave": "before the call"}
"""A point in the middle of each kind of write."""


@pytest.fixture(params=DURING)
def talk(request, place):
    """A talk that waits for its yes."""
    made = worker.Talk(1, request.param)
    worker.set_up(place, [made])
    worker.ask(place, [made])
    return made


@pytest.fixture
def assistant(talk, place):
    with worker.worker(place) as made:
        yield made
    worker.hooks.clear()


def told_once(assistant, place, talk):
    """The turn was stored, with what it did, and neither its message nor another yes does it again."""
    reply = talk.said(assistant, YES, "yes")
    [outcome] = reply.tool_outcomes
    assert (reply.turn, outcome.status, outcome.repeated) == (2, "done", False)
    assert talk.said(assistant, YES, "again").tool_outcomes == ()
    assert (worker.deeds(place, talk), worker.state_of(place, talk)) == (1, "done")


def options(talk):
    return {"conversation": talk.name, "customer": talk.customer, "message_id": "yes"}


def test_cancelling_in_a_write_lets_it_end_and_stores_its_turn(assistant, place, talk):
    reached, free = threading.Event(), threading.Event()
    worker.hooks[DURING[talk.kind]] = lambda: (reached.set(), free.wait(20))

    async def leave():
        task = asyncio.create_task(assistant.areply(YES, **options(talk)))
        assert await asyncio.to_thread(reached.wait, 20)
        task.cancel()
        asyncio.get_running_loop().call_later(0.1, free.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert worker.deeds(place, talk) == 1
    told_once(assistant, place, talk)


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_a_stream_that_is_closed_after_a_write_stores_its_turn(assistant, place, talk, way):
    def is_written(event):
        return isinstance(event, ToolFinished) and event.effect == "write"

    async def leave():
        events = assistant.astream(YES, **options(talk))
        assert [event async for event in _until(events, is_written)]
        await events.aclose()

    if way == "astream":
        asyncio.run(leave())
    else:
        with closing(assistant.stream(YES, **options(talk))) as events:
            assert next(event for event in events if is_written(event))
    told_once(assistant, place, talk)


async def _until(events, found):
    async for event in events:
        if found(event):
            yield event
            return


def test_a_stream_that_is_closed_before_the_write_does_nothing_until_the_next_yes(assistant, place, talk):
    with closing(assistant.stream(YES, **options(talk))) as events:
        assert next(e for e in events if isinstance(e, ToolStarted) and e.effect == "write")
    assert (worker.deeds(place, talk), worker.state_of(place, talk)) == (0, None)
    told_once(assistant, place, talk)


def steal(place, talk):
    """Take the conversation from its worker, as another one does that finds its hold run out, and give it free."""
    with closing(SqlStore(place.store, lambda: time.time() + 60)) as other:
        other.release(other.claim(talk.name, lease=15), tried=False)


@pytest.mark.parametrize("says", [YES, "算了，不要了", "你好"])
def test_what_a_worker_did_that_lost_the_conversation_is_told_whatever_is_said_next(assistant, place, talk, says):
    worker.hooks[DURING[talk.kind]] = lambda: steal(place, talk)
    *_, last = assistant.stream(YES, **options(talk))
    assert isinstance(last, Failed)
    assert last.error == "StaleTurn"
    assert (worker.deeds(place, talk), worker.state_of(place, talk)) == (1, "done")
    reply = talk.said(assistant, says, "next")
    [outcome] = reply.tool_outcomes
    assert (reply.turn, outcome.status, outcome.repeated, reply.consent) == (2, "done", True, None)
    assert "已经为您办好了" in reply.text
    assert talk.said(assistant, YES, "again").tool_outcomes == ()
    assert worker.deeds(place, talk) == 1


def test_closing_a_stream_whose_turn_cannot_be_stored_raises_nothing(assistant, place, talk):
    worker.hooks[DURING[talk.kind]] = lambda: steal(place, talk)
    with closing(assistant.stream(YES, **options(talk))) as events:
        assert next(e for e in events if isinstance(e, ToolFinished) and e.effect == "write")
    [outcome] = talk.said(assistant, "不要了", "next").tool_outcomes
    assert (outcome.status, outcome.repeated, worker.deeds(place, talk)) == ("done", True, 1)


@pytest.mark.parametrize(
    ("asks", "yes", "says"),
    [("订单{}帮我刻字", "好的", "正在核实"), ("Please engrave order {}", "yes please", "still being verified")],
)
def test_a_service_that_breaks_is_being_verified_until_somebody_settles_it(place, asks, yes, says):
    talk = worker.Talk(1, "engrave")
    worker.set_up(place, [talk])
    keys = []

    def broken():
        keys.append(True)
        raise ConnectionError

    with worker.worker(place) as assistant, closing(SqlLedger(place.shop)) as ledger:
        worker.hooks["before the call"] = broken
        asked = talk.said(assistant, asks.format(talk.order), "ask")
        reply = talk.said(assistant, yes, "yes")
        worker.hooks.clear()
        assert says in reply.text
        assert [o.status for o in reply.tool_outcomes] == ["unknown"]
        assert talk.said(assistant, yes, "again").tool_outcomes == ()
        [row] = ledger.unsettled(worker.CLOCK.replace(year=2025))
        assert (row.key, row.state, len(keys)) == (asked.consent.id, "unknown", 1)
        assert ledger.reconcile(row.key, "done", {"id": "E7"}, worker.CLOCK)
        assert ledger.unsettled(worker.CLOCK.replace(year=2025)) == []


def test_the_service_outside_gets_the_consents_id(place):
    talk = worker.Talk(1, "engrave")
    worker.set_up(place, [talk])
    with worker.worker(place) as assistant:
        asked = talk.said(assistant, worker.KINDS["engrave"].format(talk.order), "ask")
        talk.said(assistant, YES, "yes")
    assert place.calls.read_text() == f"{talk.order} {asked.consent.id}\n"
