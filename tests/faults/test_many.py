"""Many workers at one conversation: every message is answered once, and no one holds the database for a model."""

import many
import pytest
import sqlalchemy as sa
import worker

from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import ScriptedModel

TALK = worker.Talk(1, "cancel")


@pytest.fixture
def shop(place):
    """A place with a shop."""
    worker.set_up(place, [TALK])
    return place


def test_four_processes_with_fifty_messages_each_leave_none_out(shop):
    told = many.together(many.chat, [(shop, TALK, f"p{n}", 50) for n in range(4)])
    turns, numbers, merged = many.numbers(shop, TALK)
    assert turns == list(range(1, len(turns) + 1))
    assert numbers == list(range(1, 200 + len(turns) + 1))
    answered = {message: turn for turn, ids in zip(turns, merged, strict=True) for message in ids}
    assert sum(map(len, merged)) == len(answered) == 200
    assert {message: turn for those in told for message, turn in those.items()} == answered


def test_one_message_sent_twenty_times_at_once_is_one_turn(shop, lexical_index):
    barrier = worker.processes.Manager().Barrier(20)
    told = many.together(many.ask_at_once, [(shop, TALK, lexical_index, 5, barrier) for _ in range(4)])
    replies = [reply for several, _ in told for reply in several]
    assert len(replies) == 20
    assert all(reply == replies[0] for reply in replies)
    assert sum(calls for _, calls in told) == 1
    assert many.numbers(shop, TALK) == ([1], [1, 2], [["m1"]])


class Watched(ScriptedModel):
    """A model that looks, while it writes, at what the process holds of its databases."""

    def _stream(self, messages, *arguments, **options):
        for piece in super()._stream(messages, *arguments, **options):
            seen.append(len(held))
            yield piece


held, seen = set(), []


def test_nothing_of_the_database_is_held_while_the_model_writes(shop, lexical_index):
    def out(_, record, *__):
        held.add(record)

    def back(_, record):
        held.discard(record)

    events = [("checkout", out), ("checkin", back)]
    most = []
    for name, hear in [*events, ("checkout", lambda *_: most.append(len(held)))]:
        sa.event.listen(sa.pool.Pool, name, hear)
    try:
        with worker.worker(shop, Watched(answers=[many.ANSWER]), ChromaKnowledge(lexical_index, None)) as assistant:
            reply = TALK.said(assistant, many.QUESTION, "m1")
    finally:
        for name, hear in events:
            sa.event.remove(sa.pool.Pool, name, hear)
    assert reply.usage.model_calls == 1
    assert max(most) > 0
    assert len(seen) > 3
    assert set(seen) == {0}
