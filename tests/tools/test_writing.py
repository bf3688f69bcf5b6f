"""Exactly once: in threads, in processes that are killed, and where nobody saw the end."""

import logging
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event, get_ident

import pytest
import sqlalchemy as sa
from tiny_shop import NOW, consent

from shopassist.dialogue import Quote
from shopassist.messages import Customer
from shopassist.shop import Deed
from shopassist.tools import MemoryLedger, Refused, SqlLedger, Toolbox, ToolContext, ToolOutcome, tool

processes = multiprocessing.get_context("spawn")
SECRET = "13800138000"


def context():
    return ToolContext(Customer("u-1"), NOW)


@pytest.fixture
def engine(url):
    made = sa.create_engine(url)
    with made.begin() as db:
        db.exec_driver_sql("CREATE TABLE points (customer TEXT, given INTEGER)")
        db.exec_driver_sql("CREATE TABLE version (version TEXT)")
        db.exec_driver_sql("INSERT INTO version VALUES ('1')")
    yield made
    made.dispose()


def give(context, *, then=dict):
    """Give points, in the ledger's transaction; `then` is what happens between the deed and the commit."""
    context.tx.execute(sa.text("INSERT INTO points VALUES (:c, 1)"), {"c": context.customer_id})
    return then()


def atomic(engine, ledgers=None, then=lambda: {"given": 1}):
    @tool(effect="write", commit="atomic")
    def give_points(context: ToolContext) -> dict:
        return give(context, then=then)

    @give_points.check
    def _(context: ToolContext) -> Quote:
        with engine.connect() as db:
            return Quote(True, "points", version=db.scalar(sa.text("SELECT version FROM version")))

    return Toolbox([give_points], ledger=SqlLedger(ledgers or engine))


def points(engine):
    with engine.connect() as db:
        return db.scalar(sa.text("SELECT count(*) FROM points"))


AGREED = consent("give_points", {}, Quote(True, "points", version="1"))


# Atomic


def test_a_write_runs_once_for_one_key(engine):
    box, together = atomic(engine), Barrier(8)

    def write(_):
        together.wait()
        return box.write("give_points", {}, AGREED, context())

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(8)))
    assert points(engine) == 1
    assert {replace(o, repeated=False) for o in map(hashable, outcomes)} == {
        hashable(ToolOutcome("give_points", {}, "done", {"given": 1}, rule="points"))
    }
    assert sum(not o.repeated for o in outcomes) == 1


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_does_not_see_the_others_does_not_write_twice(postgres_url, isolation):
    make = sa.create_engine(postgres_url)
    with make.begin() as db:
        db.exec_driver_sql("CREATE TABLE points (customer TEXT, given INTEGER)")
    make.dispose()
    strict = sa.create_engine(postgres_url, isolation_level=isolation)
    together = Barrier(2, timeout=20)

    class Together(SqlLedger):
        """Two transactions that have begun before either adds its row."""

        @contextmanager
        def transaction(self):
            with super().transaction() as tx:
                tx.execute(sa.text("SELECT count(*) FROM shopassist_write"))
                together.wait()
                yield tx

    @tool(effect="write", commit="atomic")
    def give_points(context: ToolContext) -> dict:
        return give(context)

    box = Toolbox([give_points], ledger=Together(strict))
    with ThreadPoolExecutor(2) as pool:
        agreed = consent("give_points", {})
        outcomes = list(pool.map(lambda _: box.write("give_points", {}, agreed, context()), range(2)))
    assert sorted((o.status, o.repeated) for o in outcomes) == [("done", False), ("done", True)]
    assert points(strict) == 1
    strict.dispose()


def hashable(outcome):
    return replace(outcome, args=tuple(outcome.args.items()), facts=tuple(outcome.facts.items()))


def test_two_keys_are_two_writes(engine):
    box = atomic(engine)
    for key in ("c-1", "c-2"):
        assert not box.write("give_points", {}, replace(AGREED, id=key), context()).repeated
    assert points(engine) == 2


@pytest.mark.parametrize("result", ["garbage", {"amount": object()}], ids=["text", "object"])
def test_garbage_rolls_the_deed_back(engine, result):
    outcome = atomic(engine, then=lambda: result).write("give_points", {}, AGREED, context())
    assert (outcome.status, outcome.reason, points(engine)) == ("failed", "garbage", 0)


def test_an_exception_rolls_the_deed_back_and_the_key_stays_free(engine, caplog):
    def fall():
        raise LookupError(SECRET)

    with caplog.at_level(logging.DEBUG):
        outcome = atomic(engine, then=fall).write("give_points", {}, AGREED, context())
    assert (outcome.status, points(engine)) == ("failed", 0)
    assert "LookupError" in caplog.text
    assert "c-1" in caplog.text
    assert SECRET not in caplog.text
    assert atomic(engine).write("give_points", {}, AGREED, context()) == ToolOutcome(
        "give_points", {}, "done", {"given": 1}, rule="points"
    )


def test_a_version_that_changed_between_question_and_write_writes_nothing(engine):
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE version SET version = '2'")
    outcome = atomic(engine).write("give_points", {}, AGREED, context())
    assert (outcome.status, points(engine)) == ("changed", 0)


@pytest.mark.parametrize("quote", [Quote(True, version="2"), Quote(True, version="1", amount="5.00")])
def test_a_deed_by_another_quote_than_the_agreed_one_is_rolled_back(engine, quote):
    """The order, or what it costs, changed after the check within the transaction and before the tool's own lock."""
    box = atomic(engine, then=lambda: Deed({"given": 1}, quote=quote))
    assert (box.write("give_points", {}, AGREED, context()).status, points(engine)) == ("changed", 0)
    assert SqlLedger(engine).find("c-1") is None
    agreed = atomic(engine, then=lambda: Deed({"given": 1}, quote=Quote(True, version="1")))
    assert (agreed.write("give_points", {}, AGREED, context()).status, points(engine)) == ("done", 1)


def test_an_atomic_write_runs_in_the_callers_thread(engine):
    outcome = atomic(engine, then=lambda: {"thread": get_ident()}).write("give_points", {}, AGREED, context())
    assert outcome.facts == {"thread": get_ident()}


def killed(url, where):
    engine = sa.create_engine(url)
    die = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
    if where == "tool":
        atomic(engine, then=die).write("give_points", {}, AGREED, context())
    elif where == "committed":
        atomic(engine).write("give_points", {}, AGREED, context())
        die()
    else:
        external(engine, die).write("give_points", {}, AGREED, context())


def kill(engine, where):
    process = processes.Process(target=killed, args=(engine.url.render_as_string(hide_password=False), where))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(("where", "repeated"), [("tool", False), ("committed", True)])
def test_a_killed_process_leaves_the_deed_with_its_row_or_neither(engine, where, repeated):
    kill(engine, where)
    assert points(engine) == (1 if where == "committed" else 0)
    outcome = atomic(engine).write("give_points", {}, AGREED, context())
    assert (outcome.status, outcome.repeated, points(engine)) == ("done", repeated, 1)


class BreaksAtCommit(SqlLedger):
    """A connection that breaks while it commits, before or after the database heard of it."""

    heard, silent = True, False

    @contextmanager
    def transaction(self):
        with super().transaction() as tx:
            yield tx
            if not self.heard:
                raise ConnectionError(SECRET)
        raise ConnectionError(SECRET)

    def find(self, key):
        if self.silent and points(self._engine):
            raise ConnectionError(SECRET)
        return super().find(key)


@pytest.mark.parametrize(
    ("heard", "silent", "status"), [(True, False, "done"), (False, False, "failed"), (True, True, "unknown")]
)
def test_after_a_commit_that_broke_the_ledger_tells_what_happened(engine, heard, silent, status):
    ledger = BreaksAtCommit(engine)
    ledger.heard, ledger.silent = heard, silent
    outcome = atomic(engine).write("give_points", {}, AGREED, context(), ledger)
    assert (outcome.status, points(engine)) == (status, int(heard))


# External


def external(engine, then=lambda: {"given": 1}, **options):
    @tool(effect="write", commit="external", **options)
    def give_points(context: ToolContext) -> dict:
        with engine.begin() as db:
            give(replace(context, tx=db))
        return then()

    return Toolbox([give_points], ledger=SqlLedger(engine))


def test_an_external_write_runs_once_for_one_key(engine):
    box, together = external(engine), Barrier(8)

    def write(_):
        together.wait()
        return box.write("give_points", {}, AGREED, context()).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(8)))
    assert points(engine) == 1
    assert set(statuses) <= {"done", "unknown"}, "the others see it done, or still under way"
    assert box.write("give_points", {}, AGREED, context()) == ToolOutcome(
        "give_points", {}, "done", {"given": 1}, rule="points", repeated=True
    )


def test_an_external_tool_gets_the_consents_id_as_its_key(engine):
    keys = []

    @tool(effect="write", commit="external")
    def order_taxi(context: ToolContext) -> Deed:
        keys.append((context.key, context.tx))
        return Deed(id="T1")

    outcome = Toolbox([order_taxi], ledger=MemoryLedger()).write("order_taxi", {}, consent("order_taxi", {}), context())
    assert (outcome.id, keys) == ("T1", [("c-1", None)])


def test_a_crash_between_called_and_done_is_unknown_and_not_retried(engine):
    kill(engine, "external")
    assert points(engine) == 1
    assert SqlLedger(engine).find("c-1").state == "called"
    box = external(engine)
    for _ in range(2):
        outcome = box.write("give_points", {}, AGREED, context())
        assert (outcome.status, outcome.repeated, points(engine)) == ("unknown", True, 1)
    assert SqlLedger(engine).find("c-1").state == "unknown"


def test_a_deed_in_doubt_is_not_done_again_under_a_new_consent(engine):
    """The customer asks once more and says yes once more: nobody knows yet whether it was done."""
    kill(engine, "external")
    box, again = external(engine), replace(AGREED, id="c-2")
    outcome = box.write("give_points", {}, again, context())
    assert (outcome.status, outcome.reason, points(engine)) == ("unknown", "in_doubt", 1)
    assert SqlLedger(engine).find("c-2") is None
    other = ToolContext(Customer("u-2"), NOW)
    assert box.write("give_points", {}, again, other).status == "done", "another customer's is another deed"
    begun_before = ToolContext(Customer("u-1"), NOW - timedelta(minutes=5))
    assert box.write("give_points", {}, replace(AGREED, id="c-4"), begun_before).reason == "in_doubt", (
        "a turn before it"
    )
    SqlLedger(engine).reconcile("c-1", "refused", {}, NOW)
    assert box.write("give_points", {}, replace(AGREED, id="c-3"), context()).status == "done"


def test_a_deed_that_another_consent_began_after_the_look_is_not_called(engine):
    """The other one begins between this one's look into the ledger and its own row."""

    class Late(SqlLedger):
        looked = False

        def unsettled(self, before):
            found = super().unsettled(before)
            if not self.looked:
                self.looked = True
                kill(engine, "external")
            return found

    box = Toolbox([external(engine).get("give_points")], ledger=Late(engine))
    outcome = box.write("give_points", {}, replace(AGREED, id="c-2"), context())
    assert (outcome.status, outcome.reason, points(engine)) == ("unknown", "in_doubt", 1)
    assert SqlLedger(engine).find("c-2").state == "refused", "nothing was called, so nobody has to look it up"


def test_what_a_person_found_out_is_the_outcome_from_then_on(engine):
    kill(engine, "external")
    ledger = SqlLedger(engine)
    assert [w.key for w in ledger.unsettled(NOW.replace(year=2025))] == ["c-1"]
    assert ledger.reconcile("c-1", "done", {"facts": {"given": 1}, "id": "P7"}, NOW)
    outcome = external(engine).write("give_points", {}, AGREED, context())
    assert outcome == ToolOutcome("give_points", {}, "done", {"given": 1}, id="P7", repeated=True)
    assert points(engine) == 1


@pytest.mark.parametrize("then", [lambda: 1 / 0, lambda: "garbage"], ids=["raises", "garbage"])
def test_an_external_tool_that_fails_leaves_it_unknown(engine, then):
    box = external(engine, then)
    assert box.write("give_points", {}, AGREED, context()).status == "unknown"
    assert box.write("give_points", {}, AGREED, context()).status == "unknown"
    assert (points(engine), SqlLedger(engine).find("c-1").state) == (1, "unknown")


def test_an_external_tool_that_hangs_is_left_and_unknown(engine):
    done = Event()
    box = external(engine, lambda: done.wait(20) and {}, timeout=0.5)
    started = time.monotonic()
    outcome = box.write("give_points", {}, AGREED, context())
    assert time.monotonic() - started < 5
    assert (outcome.status, outcome.reason) == ("unknown", "timeout")
    done.set()


def test_an_external_service_that_refuses_is_settled(engine):
    def refuse():
        raise Refused("too_many", rule="points")

    box = external(engine, refuse)
    first = box.write("give_points", {}, AGREED, context())
    assert (first.status, first.rule) == ("refused", "points")
    assert box.write("give_points", {}, AGREED, context()) == replace(first, repeated=True)
    assert points(engine) == 1


def test_a_ledger_that_is_down_calls_nothing(engine):
    box = external(engine)
    with engine.begin() as db:
        db.exec_driver_sql("DROP TABLE shopassist_write")
    assert box.write("give_points", {}, AGREED, context()).status == "failed"
    assert points(engine) == 0


def test_what_was_done_is_told_although_the_ledger_broke_meanwhile(engine):
    class Breaks(MemoryLedger):
        def settle(self, *args):
            raise ConnectionError(SECRET)

    outcome = external(engine).write("give_points", {}, AGREED, context(), Breaks())
    assert outcome.status == "done"


def test_the_ledger_keeps_placeholders_and_not_personal_data(engine):
    @tool(effect="write", commit="external", personal=("phone",))
    def call_me(context: ToolContext, phone: str) -> dict:
        assert phone == SECRET
        return {"calls": [{"phone": phone, "text": f"{phone} is called today"}]}

    args = {"phone": "<PHONE_1>"}
    ledger = SqlLedger(engine)
    revealing = replace(context(), reveal=lambda text: text.replace("<PHONE_1>", SECRET))
    call_me.check(lambda context, phone: Quote(True, facts={"phone": phone}))
    box = Toolbox([call_me], ledger=ledger)
    quote = box.check("call_me", args, revealing)
    assert quote.facts == {"phone": "<PHONE_1>"}
    outcome = box.write("call_me", args, consent("call_me", args, quote), revealing)
    assert outcome.facts == {"calls": [{"phone": "<PHONE_1>", "text": "<PHONE_1> is called today"}]}
    row = ledger.find("c-1")
    assert (row.state, row.args) == ("done", args)
    assert SECRET not in repr(row)


@pytest.mark.parametrize("begins", ["DEFERRED", "IMMEDIATE"])
def test_more_writers_than_connections_do_not_block_each_other(engine, begins):
    """Each holds the ledger's connection and needs a second one for the shop's check."""

    @sa.event.listens_for(engine, "begin")
    def _(connection):
        if engine.dialect.name == "sqlite" and not connection.get_execution_options().get("shop_reads"):
            connection.exec_driver_sql(f"BEGIN {begins}")

    box, together = atomic(engine.execution_options(shop_reads=True), engine), Barrier(24)

    def write(n):
        together.wait()
        return box.write("give_points", {}, replace(AGREED, id=f"c-{n}"), context()).status

    with ThreadPoolExecutor(24) as pool:
        assert set(pool.map(write, range(24))) == {"done"}
    assert points(engine) == 24
