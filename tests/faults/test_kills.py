"""Workers that are killed in the middle of a turn with a write: nothing is lost, nothing happens twice."""

import random

import worker
from worker import AFTER, BEFORE, DONE, OPEN

KILLS = 20


def begun(place, talks):
    worker.set_up(place, talks)
    worker.ask(place, talks)
    return talks


def test_twenty_kills_lose_nothing_and_double_nothing(place):
    talks = begun(place, worker.talks(KILLS))
    taken = worker.killed(place, worker.drawn(place, talks, random.Random(20)))
    assert len(taken) == KILLS
    assert len({it.fell for it in taken} & {BEFORE, OPEN, DONE, AFTER}) > 1
    assert +worker.accounted(place, taken) == {}


def test_kills_at_the_worst_moments(place):
    """In the shop's transaction, and on either side of the call: the ledger cannot tell these two apart."""
    moments = [("wrap", "before the commit"), ("engrave", "before the call"), ("engrave", "after the call")]
    talks = begun(place, [worker.Talk(number, kind) for number, (kind, _) in enumerate(moments)])
    taken = worker.killed(place, [(talk, {"last": at}) for talk, (_, at) in zip(talks, moments, strict=True)])
    found = {it.talk: it for it in taken}
    assert [found[talk].fell for talk in talks] == [BEFORE, OPEN, OPEN]
    assert [worker.deeds(place, talk) for talk in talks] == [1, 0, 1]
    assert +worker.accounted(place, taken) == {}
