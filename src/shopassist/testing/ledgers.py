"""The claims that every ledger of writes must hold to."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Barrier

from shopassist.tools.ledger import Ledger, Write, WriteState

NOW = datetime(2024, 12, 5, 2, 0, tzinfo=UTC)
OUTCOME = {
    "status": "done",
    "facts": {"order": "ORD1", "地址": "桂花路 18 号"},
    "id": "T1",
    "rule": None,
    "reason": None,
}


class LedgerConformance:
    """The claims that every `Ledger` must hold to, for pytest.

    Inherit it where pytest collects tests, and make a fresh ledger::

        from shopassist.testing.ledgers import LedgerConformance

        class TestMyLedger(LedgerConformance):
            def make_ledger(self):
                return MyLedger()

    `make_ledger` is called once in a test, after its fixtures.
    """

    def make_ledger(self) -> Ledger:
        raise NotImplementedError("make_ledger(self) must return a fresh ledger")

    @cached_property
    def ledger(self) -> Ledger:
        return self.make_ledger()

    # A row

    def test_a_row_comes_back_as_it_was_written(self) -> None:
        assert self.ledger.begin(_write("k", "called")) is None
        assert self.ledger.find("k") == _write("k", "called")

    def test_an_unknown_key_has_no_row(self) -> None:
        assert self.ledger.find("k") is None

    def test_a_key_is_begun_once(self) -> None:
        self.ledger.begin(_write("k", "called"))
        other = replace(_write("k", "called"), tool="change_address", args={})
        assert self.ledger.begin(other) == _write("k", "called")
        assert self.ledger.find("k") == _write("k", "called")

    def test_of_eight_threads_one_begins(self) -> None:
        ledger, together = self.ledger, Barrier(8)

        def begin(_: int) -> bool:
            together.wait()
            return ledger.begin(_write("k", "called")) is None

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(begin, range(8))) == 1

    def test_of_eight_transactions_one_begins(self) -> None:
        ledger, together = self.ledger, Barrier(8)

        def begin(_: int) -> bool:
            together.wait()
            with ledger.transaction() as tx:
                if ledger.begin(_write("k", "reserved"), tx) is not None:
                    return False
                return ledger.settle(_write("k", "reserved"), "done", OUTCOME, NOW, tx)

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(begin, range(8))) == 1
        self._state_is("k", "done")

    # How it ends

    def test_a_settled_row_keeps_its_outcome(self) -> None:
        later = NOW + timedelta(seconds=3)
        self.ledger.begin(_write("k", "called"))
        assert self.ledger.settle(_write("k", "called"), "done", OUTCOME, later)
        assert self.ledger.find("k") == replace(_write("k", "called"), state="done", outcome=OUTCOME, settled=later)

    def test_a_settled_row_is_settled_once(self) -> None:
        self.ledger.begin(_write("k", "called"))
        self.ledger.settle(_write("k", "called"), "done", OUTCOME, NOW)
        assert not self.ledger.settle(_write("k", "called"), "refused", {}, NOW)
        assert not self.ledger.reconcile("k", "refused", {}, NOW)
        self._state_is("k", "done")

    def test_an_unknown_row_can_still_be_settled(self) -> None:
        self.ledger.begin(_write("k", "called"))
        assert self.ledger.settle(_write("k", "called"), "unknown", {}, NOW)
        assert self.ledger.settle(_write("k", "called"), "done", OUTCOME, NOW)
        self._state_is("k", "done")

    def test_no_row_is_not_settled(self) -> None:
        assert not self.ledger.settle(_write("k", "called"), "done", OUTCOME, NOW)
        assert not self.ledger.reconcile("k", "done", OUTCOME, NOW)
        assert self.ledger.find("k") is None

    # Transactions

    def test_a_transaction_commits_row_and_outcome(self) -> None:
        with self.ledger.transaction() as tx:
            self.ledger.begin(_write("k", "reserved"), tx)
            self.ledger.settle(_write("k", "reserved"), "done", OUTCOME, NOW, tx)
        self._state_is("k", "done")

    def test_an_exception_rolls_the_row_back(self) -> None:
        try:
            with self.ledger.transaction() as tx:
                self.ledger.begin(_write("k", "reserved"), tx)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert self.ledger.find("k") is None
        assert self.ledger.begin(_write("k", "called")) is None

    def test_a_key_is_begun_once_within_a_transaction(self) -> None:
        with self.ledger.transaction() as tx:
            self.ledger.begin(_write("k", "reserved"), tx)
            again = self.ledger.begin(_write("k", "reserved"), tx)
            assert again is not None
            assert self.ledger.begin(_write("other", "reserved"), tx) is None

    # What nobody saw the end of

    def test_unsettled_rows_are_listed_the_oldest_first(self) -> None:
        for minutes, key in enumerate(("a", "b", "c", "d")):
            self.ledger.begin(replace(_write(key, "called"), begun=NOW - timedelta(minutes=minutes)))
        self.ledger.settle(_write("b", "called"), "done", OUTCOME, NOW)
        self.ledger.settle(_write("c", "called"), "unknown", {}, NOW)
        assert [w.key for w in self.ledger.unsettled(NOW)] == ["d", "c"]

    def test_rows_since_a_moment_are_listed_the_oldest_first(self) -> None:
        """Settled ones too, where the ledger has the method."""
        import pytest

        listed = getattr(self.ledger, "since", None)
        if listed is None:
            pytest.skip("the ledger has no method since(when): `shopassist writes` lists what is unsettled")
        for minutes, key in enumerate(("a", "b", "c")):
            self.ledger.begin(replace(_write(key, "called"), begun=NOW - timedelta(minutes=minutes)))
        self.ledger.settle(_write("a", "called"), "done", OUTCOME, NOW)
        assert [w.key for w in listed(NOW - timedelta(minutes=1))] == ["b", "a"]

    def test_a_reconciled_row_is_settled(self) -> None:
        for key, state in (("a", "called"), ("b", "unknown")):
            self.ledger.begin(_write(key, "called"))
            self.ledger.settle(_write(key, "called"), state, {}, NOW)  # type: ignore[arg-type]
            assert self.ledger.reconcile(key, "refused", {"reason": "looked"}, NOW)
            self._state_is(key, "refused")
        assert self.ledger.unsettled(NOW + timedelta(days=1)) == []

    def test_an_answer_after_the_reconciliation_comes_too_late(self) -> None:
        self.ledger.begin(_write("k", "called"))
        self.ledger.reconcile("k", "refused", {}, NOW)
        assert not self.ledger.settle(_write("k", "called"), "done", OUTCOME, NOW)
        row = self.ledger.find("k")
        assert row is not None
        assert (row.state, row.fence) == ("refused", 2)

    def _state_is(self, key: str, state: WriteState) -> None:
        row = self.ledger.find(key)
        assert row is not None
        assert row.state == state


def _write(key: str, state: WriteState) -> Write:
    return Write(
        key=key,
        tool="cancel_order",
        subject="u-1",
        args={"order_id": "ORD1", "reason": "不想要了🎧"},
        consent={"id": key, "quote": {"amount": "399"}},
        state=state,
        begun=NOW,
    )
