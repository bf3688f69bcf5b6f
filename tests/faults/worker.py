"""Workers of one shop in processes of their own, which may be killed at any moment, and what they leave behind.

Each talk has a customer and an order of its own. Three kinds of deed: `cancel` is the shop's own, `wrap` adds a row that
nothing but the ledger keeps from being added twice, `engrave` calls a service outside, a file with a line for each call.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import cycle
from multiprocessing import forkserver
from pathlib import Path

import sqlalchemy as sa

from shopassist import Customer
from shopassist.assembly import toolbox_from
from shopassist.assistant import Assistant
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.prompts.points import Points
from shopassist.replies import Reply
from shopassist.settings import load
from shopassist.storage.sql import SqlStore
from shopassist.testing.seed import sample
from shopassist.testing.sql_shop import SqlShop
from shopassist.tools import SqlLedger, ToolContext, tool

CLOCK = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
KINDS = {"cancel": "帮我取消订单{}", "wrap": "订单{}帮我包成礼物", "engrave": "订单{}帮我刻字"}
YES = "好的"
THREADS = 20
"""How many talks a worker answers at once."""

SLOW = 0.05
"""Seconds that a deed takes in the shop's transaction, and each way to the service outside."""

ASKED_AGAIN = 13.0
"""Seconds after a kill at which the customer asks again; a hold lasts for 15, and who asks early only waits."""

WRAPS = sa.Table("wraps", sa.MetaData(), sa.Column("order_id", sa.Text, nullable=False))

HERE = Path(__file__).parent

processes = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Place:
    """Where a shop's conversations are, and where its tables with the ledger: URLs; and a folder for the rest."""

    store: str
    shop: str
    folder: Path

    @property
    def calls(self):
        """The file in which the service outside has a line for each call, with its key."""
        return self.folder / "calls"


@dataclass(frozen=True)
class Talk:
    """A conversation about a deed, whose yes has the message id `yes`."""

    number: int
    kind: str

    @property
    def name(self):
        return f"talk-{self.number}"

    @property
    def customer(self):
        return Customer(f"u-{self.number}")

    @property
    def order(self):
        return f"ORD20241203{self.number:03}"

    def said(self, assistant, text, message_id, **options):
        return assistant.reply(text, conversation=self.name, customer=self.customer, message_id=message_id, **options)


def set_up(place, talks):
    """Make the shop, with an order for each talk."""
    item = {"product": "P-2001", "variant": "红轴", "quantity": 1}
    order = {
        "placed": "2024-12-03 12:00",
        "status": "paid",
        "total": 399,
        "items": [item],
        "address": "上海市世纪大道1号",
    }
    customer = {"name": "张伟", "phone": "13800000001", "level": "普通", "language": "zh"}
    data = {
        **sample(),
        "customers": [{**customer, "id": talk.customer.id} for talk in talks],
        "orders": [{**order, "id": talk.order, "customer": talk.customer.id} for talk in talks],
    }
    place.calls.touch()
    shop = SqlShop.create(place.shop, lambda: CLOCK, data)
    with shop.transaction() as db:
        WRAPS.create(db)
    shop.close()
    worker(place).close()  # the other tables


def own_tools(place):
    """The shop's own deeds, of both commits."""

    @tool(effect="write", commit="atomic")
    def wrap_gift(context: ToolContext, order_id: str) -> dict:
        """Wrap an order as a gift."""
        context.tx.execute(WRAPS.insert(), {"order_id": order_id})
        crossing("before the commit")
        time.sleep(SLOW)
        return {}

    @tool(effect="write", commit="external")
    def engrave(context: ToolContext, order_id: str) -> dict:
        """Have an order engraved, by another company."""
        file = os.open(place.calls, os.O_WRONLY | os.O_APPEND)
        time.sleep(SLOW)
        crossing("before the call")
        os.write(file, f"{order_id} {context.key}\n".encode())
        os.fsync(file)
        os.close(file)
        crossing("after the call")
        time.sleep(SLOW)
        return {}

    return wrap_gift, engrave


class Worker(Assistant):
    """An assistant that closes its shop too."""

    shop: SqlShop

    def close(self):
        super().close()
        self.shop.close()


@cache
def parts():
    """What does not change with the place: the intents, the texts."""
    return Classifier(Catalogue.load(HERE / "intents.yaml")), Points.load(HERE / "texts.yaml")


def worker(place, model=None, knowledge=None):
    """An assistant as one process of many has it, without a model unless one is given."""
    settings = load(clock=CLOCK, data_dir=place.folder, model="none", embeddings="none", tool_timeout=30.0)
    shop = SqlShop(place.shop, lambda: CLOCK)
    classifier, texts = parts()
    made = Worker(
        settings=settings,
        store=SqlStore(place.store),
        knowledge=knowledge,
        model=model,
        toolbox=toolbox_from(settings, shop, own_tools(place), SqlLedger(shop.engine)),
        classifier=classifier,
        texts=texts,
    )
    made.shop = shop
    return made


def ask(place, talks):
    """Lead the talks to their question for consent."""
    with worker(place) as assistant:
        for talk in talks:
            reply = talk.said(assistant, KINDS[talk.kind].format(talk.order), "ask")
            assert reply.consent is not None, reply.text


# A worker that is killed

BEFORE, OPEN, DONE, AFTER = "before the write is stored", "in an open call", "after the write", "after the turn"
"""Where a kill falls: a write that its transaction has not committed is none, a call of the service outside is open."""

_crossed = 0
_last: int | str = 0


hooks = {}
"""What a test wants done at a crossing, by its name."""


def crossing(point=None):
    """A point at which a worker may die: around each statement, commit and call of the service; some have a name."""
    global _crossed
    _crossed += 1
    if point in hooks:
        hooks[point]()
    if _last in (_crossed, point):
        os.kill(os.getpid(), signal.SIGKILL)


def nursery():
    """Start the process that the workers are forked from, with all that they need loaded: each then starts at once."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *sys.path])
    try:
        processes.set_forkserver_preload(["warmed"])
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def say_yes(place, talk, pipe, last=None):
    """Say yes in a process of its own; with `last` it kills itself at the crossing of that number or name."""
    global _last
    with worker(place) as assistant:
        for event in ("before_cursor_execute", "after_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, lambda *_: crossing())
        sa.event.listen(sa.pool.Pool, "checkin", lambda *_: crossing())
        _last = last or 0
        pipe.send("goes")
        began = time.monotonic()
        talk.said(assistant, YES, "yes")
        pipe.send((time.monotonic() - began, _crossed))


def run(place, talk, *, delay=None, last=None):
    """Say yes, and kill the worker after `delay` seconds or at its crossing `last`.

    The time at which it ended (monotonic), and what it told where it lived: its turn's seconds and crossings.
    """
    ours, theirs = processes.Pipe()
    process = processes.Process(target=say_yes, args=(place, talk, theirs, last))
    process.start()
    theirs.close()
    told = None
    with closing(ours), suppress(EOFError):
        ours.recv()
        if delay is not None:
            time.sleep(delay)
            process.kill()
        told = ours.recv()
    process.join()
    assert told or process.exitcode == -signal.SIGKILL, process.exitcode
    return time.monotonic(), told


def fell(place, store, talk):
    """Where in its turn a worker was killed, by what it left: in the ledger, and in the conversation."""
    if store.reply_to(talk.name, "yes") is not None:
        return AFTER
    return {None: BEFORE, "called": OPEN}.get(state_of(place, talk), DONE)


# Who comes after


def succeed(place, pipe):
    """Answer the yes of each talk that comes by the pipe with the time of the kill; send its reply and how late it is."""
    with worker(place) as assistant, ThreadPoolExecutor(THREADS) as pool:

        def answer(talk, died):
            time.sleep(max(0.0, died + ASKED_AGAIN - time.monotonic()))
            return talk, talk.said(assistant, YES, "yes", wait=60), time.monotonic() - died

        while (job := pipe.recv()) is not None:
            pool.submit(answer, *job).add_done_callback(lambda done: pipe.send(_result(done)))


def _result(done):
    error = done.exception()
    return done.result() if error is None else error


@contextmanager
def successor(place):
    """A pipe to a worker that takes over."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=succeed, args=(place, theirs))
    process.start()
    theirs.close()
    with closing(ours):
        yield ours
        ours.send(None)
        process.join()


@dataclass(frozen=True)
class Taken:
    """A talk whose worker was killed: where that fell, the next worker's reply, and how many seconds after the kill."""

    talk: Talk
    fell: str
    reply: Reply
    seconds: float


def drawn(place, talks, draw):
    """Each talk with the point at which its worker dies, which `draw` (`random.Random`) chooses.

    Half of them die after a time within the turn's usual duration, half at one of its crossings. The first talk of
    each kind is not killed: it tells both.
    """
    usual = {talk.kind: run(place, talk)[1] for talk in talks[: len(KINDS)]}
    for talk in talks[len(KINDS) :]:
        seconds, crossings = usual[talk.kind]
        timed = draw.random() < 0.5
        yield talk, ({"delay": draw.uniform(0, seconds)} if timed else {"last": draw.randint(1, crossings)})


def killed(place, points):
    """Kill the worker of each talk at its point, and have it taken over."""
    where, found = {}, []
    with closing(SqlStore(place.store)) as store, successor(place) as pipe:
        for talk, how in points:
            died, _ = run(place, talk, **how)
            where[talk] = fell(place, store, talk)
            pipe.send((talk, died))
        for _ in where:
            answer = pipe.recv()
            if isinstance(answer, Exception):
                raise answer
            talk, reply, seconds = answer
            found.append(Taken(talk, where[talk], reply, seconds))
    return found


def talks(count):
    """So many talks that may be killed, of all kinds in turn, after those that are only measured."""
    return [Talk(number, kind) for number, kind in zip(range(1, count + len(KINDS) + 1), cycle(KINDS), strict=False)]


# What is there in the end


def state_of(place, talk):
    """The state of the talk's row in the ledger, None where there is none."""
    rows = _rows(place, "SELECT state FROM shopassist_write WHERE subject = :it", talk.customer.id)
    assert len(rows) < 2, f"{talk} has two writes"
    return rows[0].state if rows else None


def deeds(place, talk):
    """How often the deed was done, as the shop or the service outside sees it."""
    if talk.kind == "engrave":
        return sum(line.startswith(talk.order) for line in place.calls.read_text().splitlines())
    if talk.kind == "wrap":
        return len(_rows(place, "SELECT order_id FROM wraps WHERE order_id = :it", talk.order))
    [order] = _rows(place, "SELECT status, version FROM orders WHERE id = :it", talk.order)
    return order.version - 1 if order.status == "cancelled" else 0


def _rows(place, query, it):
    engine = sa.create_engine(place.shop)
    try:
        with engine.connect() as db:
            return db.execute(sa.text(query), {"it": it}).all()
    finally:
        engine.dispose()


def goes_on(place, taken):
    """Say yes once more in each talk, which must do nothing, and count what is wrong then, by its name."""
    wrong = Counter()
    with worker(place) as assistant:
        for it in taken:
            before = deeds(place, it.talk)
            reply = it.talk.said(assistant, YES, "again")
            wrong["done again by a later yes"] += deeds(place, it.talk) != before or bool(reply.tool_outcomes)
            stored = assistant.export(it.talk.name, customer=it.talk.customer)
            turns = [r["turn"] for r in stored["replies"]]
            numbers = [m["seq"] for m in stored["messages"]]
            wrong["gaps in the numbers"] += turns != [1, 2, 3] or numbers != list(range(1, 7))
    return wrong


def accounted(place, taken):
    """What is wrong with the deeds of the talks that were taken over, by its name."""
    wrong = Counter(dict.fromkeys(("lost", "doubled", "open and not unknown", "told otherwise"), 0))
    for it in taken:
        done, state = deeds(place, it.talk), state_of(place, it.talk)
        unknown = it.talk.kind == "engrave" and it.fell == OPEN
        wrong["lost"] += done < 1 and not unknown
        wrong["doubled"] += done > 1
        wrong["open and not unknown"] += unknown and state != "unknown"
        wrong["told otherwise"] += [o.status for o in it.reply.tool_outcomes] != ["unknown" if unknown else "done"]
        wrong["told otherwise"] += ("正在核实" in it.reply.text) != unknown
    wrong.update(goes_on(place, taken))
    return wrong
