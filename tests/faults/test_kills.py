"""Workers that are killed in the middle of a turn with a write: nothing is lost, nothing happens twice."""

import random

import worker

KILLS = 20


def test_twenty_kills_lose_nothing_and_double_nothing(place):
    talks = worker.talks(KILLS)
    worker.set_up(place, talks)
    worker.ask(place, talks)
    taken = worker.killed(place, talks, random.Random(20))
    assert len(taken) == KILLS
    assert {it.fell for it in taken} > {worker.BEFORE}
    assert +worker.accounted(place, taken) == {}


def test_a_worker_that_dies_at_the_service_outside_leaves_the_write_unknown(place):
    """Killed at every crossing from the one before the call to the ledger's answer."""
    [*measured, _] = talks = worker.talks(1)
    worker.set_up(place, talks)
    worker.ask(place, talks)
    _, crossings = worker.run(place, measured[2])[1]
    assert crossings > 10
