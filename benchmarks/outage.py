"""What customers see while the model's server is dead, and how soon it is used again.

    python benchmarks/outage.py [--seconds 60] [--how refuse|silent] [--customers 4] [--json FILE]
    python benchmarks/outage.py --ollama http://127.0.0.1:11434 --model qwen2.5:7b

Customers ask questions to the sample shop's pages, each with a pause of half a second between two turns: first of a
server that works, then of one that is dead for `--seconds`, then of one that is back. Dead is a port that refuses
connections, or with `silent` a server that takes requests and never answers. The server is a scripted one, or an
Ollama behind a proxy. `open` are the turns that the circuit breaker answered from templates without asking the server;
`before it opens` are those that found out. Recovery is the time from the server's return to the moment at which the
first customer asked who got the model's answer.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import yaml

import options as read
from report import Figure, describe, embeddings, percentiles, save, show
from sample import CLOCK, CUSTOMER, ROOT, assistant
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.models.routing import choose
from shopassist.settings import load

sys.path.append(str(ROOT / "tests/outages"))  # the server and the proxy are those of the tests

ANSWER = "可以的，请在签收后 7 天内申请，商品须完好、配件齐全。申请时准备好订单号。"
PAUSE = 0.5
PATIENCE = 120.0
"""Seconds after which a server that is back and not used counts as not recovered."""


@dataclass(frozen=True)
class Asked:
    """A turn: when it was asked, how long it took, and how its answer was degraded."""

    at: float
    seconds: float
    degraded: str | None
    answered: bool


class Customers:
    """Ask until they are stopped."""

    def __init__(self, shop: Assistant, count: int) -> None:
        texts = yaml.safe_load((ROOT / "benchmarks/data/questions.yaml").read_text("utf-8"))
        self.turns: list[Asked] = []
        self._shop, self._questions, self._over = shop, [t["q"] for t in texts], threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self, number: int) -> None:
        for turn, question in enumerate(cycle(self._questions[number:] + self._questions[:number])):
            began = time.monotonic()
            reply = self._shop.reply(question, conversation=f"{number}-{turn // 4}", customer=CUSTOMER)
            if reply.usage.prompt or reply.degraded:  # the others need no model
                taken = time.monotonic() - began
                self.turns.append(Asked(began, taken, reply.degraded, bool(reply.text.strip())))
            if self._over.wait(PAUSE):
                return

    def until_whole(self, since: float) -> float | None:
        """When the first turn was asked, from a moment on, that the model answered; None if it takes too long."""
        while time.monotonic() < since + PATIENCE:
            if found := [t.at for t in list(self.turns) if t.at >= since and t.degraded is None]:
                return min(found)
            time.sleep(0.05)
        return None

    def leave(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def die(proxy, how: str) -> None:
    if how == "silent":
        proxy.silent = True
    else:
        proxy.leave()


def live(proxy, how: str) -> None:
    if how == "silent":
        proxy.silent = False
    else:
        proxy.come_back()


def measure(shop: Assistant, proxy, how: str, seconds: float, count: int) -> tuple[list[Figure], dict[str, object]]:
    shop.warm()
    customers = Customers(shop, count)
    try:
        customers.until_whole(time.monotonic())
        time.sleep(3.0)
        died = time.monotonic()
        die(proxy, how)
        time.sleep(seconds)
        back = time.monotonic()
        live(proxy, how)
        whole = customers.until_whole(back)
    finally:
        customers.leave()
    dead = [t for t in customers.turns if died <= t.at and t.at + t.seconds <= back]
    opened = [t.seconds for t in dead if t.degraded == "CircuitOpen"]
    others = [t.seconds for t in dead if t.degraded != "CircuitOpen"]
    if not opened:
        raise SystemExit("the circuit did not open: give more --seconds than the setting `model_first_token`")
    figures = [
        Figure("answered while it is dead", 100 * sum(t.answered for t in dead) / len(dead), "%", 100, least=True),
        Figure("of them from templates", 100 * sum(bool(t.degraded) for t in dead) / len(dead), "%", 100, least=True),
        *percentiles("turn, open", opened, p95=300),
        Figure("turn before it opens, slowest", max(others, default=0.0) * 1000, "ms"),
        Figure("recovery", PATIENCE if whole is None else whole - back, "s", 10),
    ]
    return figures, {"how": how, "turns_while_dead": len(dead), "degraded": dict(Counter(t.degraded for t in dead))}


def main() -> None:
    from fault_proxy import FaultProxy
    from scripted_ollama import ScriptedOllama

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=read.count, default=60, help="how long the server is dead")
    parser.add_argument("--how", choices=("refuse", "silent"), default="refuse")
    parser.add_argument("--customers", type=read.count, default=4)
    parser.add_argument("--threads", type=read.count, default=2, help="of the embedding model")
    parser.add_argument("--ollama", help="the address of a real server")
    parser.add_argument("--model", default="qwen2.5:7b", help="its model")
    parser.add_argument("--json", type=read.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    vectors, name = embeddings(options.threads)
    server = None if options.ollama else ScriptedOllama(options.model, ANSWER)
    proxy = FaultProxy(options.ollama or server.url)
    print(f"embeddings: {name}; server: {options.ollama or 'scripted'}, {options.customers} customers")
    settings = load(model="ollama", ollama_url=proxy.url, ollama_model=options.model, clock=CLOCK)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            ingest([ROOT / "knowledge"], Path(scratch) / "index", vectors)
            knowledge = ChromaKnowledge(Path(scratch) / "index", vectors)
            with assistant(Path(scratch), knowledge, vectors, choose(settings).writer(settings)) as shop:
                figures, facts = measure(shop, proxy, options.how, options.seconds, options.customers)
    finally:
        proxy.close()
        if server is not None:
            server.stop()
    print(facts)
    show(f"a model that is dead for {options.seconds} s", figures)
    save(options.json, figures, embeddings=name, **facts)


if __name__ == "__main__":
    main()
