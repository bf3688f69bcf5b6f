"""A hold is renewed while its turn lasts, and costs a short turn no thread."""

import threading
import time
from types import SimpleNamespace

import pytest

from shopassist.engine import hold
from shopassist.engine.hold import Hold


class Store:
    """Counts renewals; each gives the claim with its number."""

    def __init__(self):
        self.renewed = 0

    def renew(self, claim, *, lease):
        self.renewed += 1
        return SimpleNamespace(turn=claim.turn, number=self.renewed)


@pytest.fixture
def held(monkeypatch):
    monkeypatch.setattr(hold, "RENEW", 0.05)  # 5 s else
    made = []

    def make():
        made.append(Hold(Store(), SimpleNamespace(turn=1, number=0), threading.Event(), 60.0))
        return made[-1]

    yield make
    for one in made:
        one.end()


def renewed(one, times=2):
    ends = time.monotonic() + 20
    while one.store.renewed < times and time.monotonic() < ends:
        time.sleep(0.01)
    return one.store.renewed >= times


def test_a_long_turn_is_renewed_until_it_ends(held):
    one = held()
    assert renewed(one)
    one.end()
    known = one.store.renewed
    assert one.claim.number == known
    time.sleep(0.2)
    assert one.store.renewed == known


def test_a_turn_that_ends_before_has_no_thread_and_is_not_renewed(held):
    one = held()
    one.end()
    other = held()
    assert renewed(other, 1), "the alarm behind it has rung"
    assert (one.store.renewed, one._thread) == (0, None)


def test_a_thread_that_cannot_begin_costs_no_other_hold_its_renewal(held, monkeypatch, caplog):
    def none_left(*given, **named):
        raise RuntimeError("can't start new thread")

    assert renewed(held(), 1)  # the alarms' own thread runs
    with monkeypatch.context() as without:
        without.setattr(threading, "Thread", none_left)
        held()
        ends = time.monotonic() + 20
        while "will not be renewed" not in caplog.text and time.monotonic() < ends:
            time.sleep(0.01)
    assert "RuntimeError" in caplog.text
    assert renewed(held())
