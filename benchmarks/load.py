"""Many conversations at once, without a language model: how many turns a group of processes answers, and how soon.

    python benchmarks/load.py [--processes 2] [--threads 2] [--seconds 20] [--rate 50] [--open 60]
        [--words] [--json FILE]

Saturation: each thread goes from one conversation to the next without a pause. Open arrivals: turns come at random
(Poisson) at a rate that does not wait for the answers, and count from the moment they were due. All processes share
one SQLite file each for the conversations and for the shop, of which every conversation has a customer and two orders
of its own: questions to the pages and to the shop, a change with its yes, one that is taken back. --words searches the
pages by words alone, else the embedding model is used where it is there.
"""

import argparse
import multiprocessing
import queue
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import options as option
from report import Figure, describe, embeddings, save, show
from sample import CLOCK, ROOT
from shopassist import Customer
from shopassist.assembly import toolbox_from
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.settings import load
from shopassist.storage.sql import SqlStore
from shopassist.testing.seed import sample
from shopassist.testing.sql_shop import SqlShop
from shopassist.tools import SqlLedger

SCRIPT = (
    "无线降噪耳机Pro防水吗",
    "我有哪些订单",
    "把订单{paid}的收货地址改成上海市徐汇区漕溪北路1200弄{house}号502室",
    "退货运费谁出？",
    "好的，改吧",
    "智能手表S2多少钱",
    "帮我取消订单{unpaid}",
    "算了，不取消了",
)
PAID, UNPAID = "ORD20241203003", "ORD20241201002"
WAITS = 6
"""Threads of a process that answer turns as they arrive: as many as asyncio gives `areply` on two cores."""

AT_ONCE = len(SCRIPT)
"""Conversations between which a thread goes to and fro, so that each gets through the script."""

SPELL = 5.0
"""Seconds before a measurement that are not counted."""


@dataclass(frozen=True)
class Plan:
    """What a process does: its conversations, and how long; `rate` None is as fast as it can."""

    files: Path
    words: bool
    talks: range
    threads: int
    seconds: float
    rate: float | None = None


@dataclass
class Seen:
    """What came of it."""

    waited: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    written: int = 0
    late: float = 0.0  # the longest time by which an arrival came late because the machine was busy
    processor: float = 0.0  # seconds of it that the turns took

    def add(self, other: "Seen") -> None:
        self.waited += other.waited
        self.errors += other.errors
        self.written += other.written
        self.late = max(self.late, other.late)
        self.processor += other.processor


class Talk:
    """A customer's conversation, which goes on with the script."""

    def __init__(self, number: int) -> None:
        self.number, self.turns = number, 0
        self.customer = Customer(customer_of(number))
        self.orders = {"paid": order_of(PAID, number), "unpaid": order_of(UNPAID, number)}

    def next(self) -> str:
        cycle, place = divmod(self.turns, len(SCRIPT))
        self.turns += 1
        return SCRIPT[place].format(**self.orders, house=(3, 5)[cycle % 2])


def customer_of(number: int) -> str:
    return f"u-{2000 + number}"


def order_of(base: str, number: int) -> str:
    """An order of its own for each conversation: the month and day of the base, and a number."""
    return f"{base[:7]}{int(base[7:11]) + 1000 * (number // 1000):04d}{number % 1000:03d}"


def document(talks: int) -> dict:
    """The sample shop with a customer and two orders for each conversation."""
    data = dict(sample())
    first = next(c for c in data["customers"] if c["id"] == "u-1001")
    bases = [o for o in data["orders"] if o["id"] in (PAID, UNPAID)]
    data["customers"] = [{**first, "id": customer_of(n)} for n in range(talks)]
    data["orders"] = [
        {**o, "id": order_of(o["id"], n), "customer": customer_of(n)} for n in range(talks) for o in bases
    ]
    return data


class Group:
    """Processes that share the files; each plays its part of the conversations."""

    def __init__(self, options: argparse.Namespace, files: Path) -> None:
        self.options, self.files = options, files

    def play(self, first: int, seconds: float, rate: float | None) -> Seen:
        """All processes together; `first` is the number of the first conversation."""
        each = self.options.conversations // self.options.processes
        context = multiprocessing.get_context("spawn")
        together = context.Barrier(self.options.processes)
        results = context.Queue()
        workers = []
        for n in range(self.options.processes):
            talks = range(first + n * each, first + (n + 1) * each)
            share = rate / self.options.processes if rate else None
            plan = Plan(self.files, self.options.words, talks, self.options.threads, seconds, share)
            workers.append(context.Process(target=work, args=(plan, together, results)))
        for worker in workers:
            worker.start()
        seen = Seen()
        for _ in workers:
            seen.add(results.get(timeout=seconds + 300))
        for worker in workers:
            worker.join()
        return seen


def work(plan: Plan, together, results) -> None:
    """One process: an assistant on the shared files, and its turns."""
    with opened(plan) as assistant:
        assistant.warm()
        talks = [Talk(n) for n in plan.talks]
        for talk in talks[:2]:
            for _ in SCRIPT:
                turn(assistant, talk, time.monotonic(), Seen())
        together.wait()
        began = time.process_time()
        seen = arriving(assistant, talks, plan) if plan.rate else saturated(assistant, talks, plan)
        seen.processor = (time.process_time() - began) * plan.seconds / (SPELL + plan.seconds)
        results.put(seen)


def opened(plan: Plan) -> Assistant:
    settings = load(model="none", clock=CLOCK)
    vectors = None if plan.words else embeddings(1)[0]
    shop = SqlShop(f"sqlite:///{plan.files}/shop.db", settings.now)
    return Assistant(
        settings=settings,
        store=SqlStore(f"sqlite:///{plan.files}/conversations.db"),
        knowledge=ChromaKnowledge(plan.files / "index", vectors),
        model=None,
        toolbox=toolbox_from(settings, shop, (), SqlLedger(shop.engine)),
        classifier=Classifier(Catalogue.load()),
    )


def turn(assistant: Assistant, talk: Talk, due: float, seen: Seen) -> None:
    """The next turn of a conversation, counted from when it was due."""
    try:
        reply = assistant.reply(talk.next(), conversation=f"talk-{talk.number}", customer=talk.customer)
    except Exception as error:  # noqa: BLE001 - every kind is counted
        seen.errors[type(error).__name__] += 1
        return
    seen.waited.append(time.monotonic() - due)
    seen.written += sum(o.status == "done" for o in reply.tool_outcomes)


def saturated(assistant: Assistant, talks: list[Talk], plan: Plan) -> Seen:
    """Threads that go through conversations of their own without a pause."""
    seen, began = [Seen() for _ in range(plan.threads)], time.monotonic()

    def run(number: int) -> None:
        own = talks[number :: plan.threads][:AT_ONCE]
        while (now := time.monotonic()) < began + SPELL + plan.seconds:
            talk = own.pop(0)
            own.append(talk)
            turn(assistant, talk, now, seen[number] if now >= began + SPELL else Seen())

    threads = [threading.Thread(target=run, args=(n,)) for n in range(plan.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return merged(seen)


def arriving(assistant: Assistant, talks: list[Talk], plan: Plan) -> Seen:
    """Turns that come when they come, in any of the conversations."""
    waiting: queue.SimpleQueue[tuple[Talk, float] | None] = queue.SimpleQueue()
    chance, began = random.Random(plan.talks.start), time.monotonic()
    seen = [Seen() for _ in range(WAITS)]

    def run(own: Seen) -> None:
        while (item := waiting.get()) is not None:
            talk, due = item
            turn(assistant, talk, due, own if due >= began + SPELL else Seen())

    threads = [threading.Thread(target=run, args=(own,)) for own in seen]
    for thread in threads:
        thread.start()
    due, late = began, 0.0
    while due < began + SPELL + plan.seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        waiting.put((chance.choice(talks), due))
        due += chance.expovariate(plan.rate)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    found = merged(seen)
    found.late = late
    return found


def merged(parts: list[Seen]) -> Seen:
    whole = Seen()
    for part in parts:
        whole.add(part)
    return whole


def figures(full: Seen, arrived: Seen, options: argparse.Namespace) -> list[Figure]:
    middle, late, latest = np.percentile(np.array(arrived.waited) * 1000, [50, 99, 100])
    open_name = f"{options.rate:g} turns/s for {options.open:g} s"
    return [
        Figure("saturation", len(full.waited) / options.seconds, "turns/s", 100, least=True),
        Figure("  errors", sum(full.errors.values()), "turns", 0),
        Figure("  turn, p50", statistics.median(full.waited) * 1000, "ms"),
        Figure("  turn, processor time, mean", 1000 * full.processor / len(full.waited), "ms"),
        Figure(f"{open_name}: answered", len(arrived.waited), "turns"),
        Figure("  errors", sum(arrived.errors.values()), "turns", 0),
        Figure("  turn, p50", float(middle), "ms"),
        Figure("  turn, p99", float(late), "ms", 500),
        Figure("  turn, slowest", float(latest), "ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=option.count, default=2)
    parser.add_argument("--threads", type=option.count, default=2, help="of a process, for saturation")
    parser.add_argument("--seconds", type=option.count, default=20, help="how long saturation is measured")
    parser.add_argument("--rate", type=option.count, default=50, help="turns that arrive in a second, in all")
    parser.add_argument("--open", type=option.count, default=60, help="for how many seconds they arrive")
    parser.add_argument("--conversations", type=option.count, default=200, help="at once, in all")
    parser.add_argument("--words", action="store_true", help="search the pages by words alone")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    if options.conversations < options.processes * max(options.threads, 2):
        parser.error("--conversations must be two for each process at the least, and one for each thread")
    describe()
    vectors, name = (None, "none, by words alone") if options.words else embeddings(1)
    print(f"embeddings: {name}; model: none; {options.processes} processes, {options.conversations} conversations")
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        ingest([ROOT / "knowledge"], files / "index", vectors)
        settings = load(model="none", clock=CLOCK)
        SqlShop.create(f"sqlite:///{files}/shop.db", settings.now, document(2 * options.conversations)).close()
        group = Group(options, files)
        full = group.play(0, options.seconds, None)
        arrived = group.play(options.conversations, options.open, options.rate)
    facts = {
        "turns": (len(full.waited), len(arrived.waited)), "written": (full.written, arrived.written),
        "errors": {**full.errors, **arrived.errors}, "an_arrival_late_by_ms": round(arrived.late * 1000, 1),
    }  # fmt: skip
    print(facts)
    found = figures(full, arrived, options)
    show("many conversations at once, without a model", found)
    save(options.json, found, embeddings=name, **facts)


if __name__ == "__main__":
    main()
