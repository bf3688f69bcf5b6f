"""What a turn costs that asks the shop, waits for a consent, or changes something; no model.

    python benchmarks/tools.py [--passages 10000] [--turns 300] [--index FOLDER] [--json FILE]

The shop, its ledger and the conversations are SQLite files. The questions are asked in fresh conversations, each its
own, and in running ones, where a page is asked about before. The change is an order's address, another one each time.
All kinds of turns take turns, so that a slow moment of the machine meets all of them. The index is turn.py's, kept and
used again with `--index`.
"""

import argparse
import gc
import tempfile
import time
from collections import Counter
from pathlib import Path

import options as option
from report import Figure, describe, embeddings, percentiles, save, show
from sample import CUSTOMER, assistant
from shopassist.assistant import Assistant
from shopassist.replies import Reply
from turn import build

QUESTIONS = {
    "where is my parcel": ("我的快递到哪了", {"list_orders", "track_delivery"}),
    "price and parcel": (
        "无线降噪耳机Pro多少钱？还有我的快递到哪了", {"get_product", "list_orders", "track_delivery"}
    ),
}  # fmt: skip
BETWEEN = "退货运费谁出？"
CHANGE = "把订单ORD20241203003的收货地址改成上海市徐汇区漕溪北路1200弄{}号502室"
RUNNING = 20  # rounds of questions in one running conversation


class Watch:
    """Seconds and replies by the kind of turn."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.seconds: dict[str, list[float]] = {}
        self.replies: dict[str, list[Reply]] = {}

    def turn(self, kind: str, text: str, conversation: str) -> None:
        began = time.perf_counter()
        reply = self.assistant.reply(text, conversation=conversation, customer=CUSTOMER)
        self.seconds.setdefault(kind, []).append(time.perf_counter() - began)
        self.replies.setdefault(kind, []).append(reply)


def play(assistant: Assistant, turns: int, name: str) -> Watch:
    """So many turns of each kind, in conversations of this name."""
    watch = Watch(assistant)
    for n in range(turns):
        for number, (kind, (text, _)) in enumerate(QUESTIONS.items()):
            watch.turn(f"{kind}, fresh", text, f"{name}-fresh-{number}-{n}")
        running = f"{name}-running-{n // RUNNING}"
        assistant.reply(BETWEEN, conversation=running, customer=CUSTOMER)
        for kind, (text, _) in QUESTIONS.items():
            watch.turn(f"{kind}, running", text, running)
        watch.turn("asks for a consent", CHANGE.format(n + 1), f"{name}-change-{n}")
        watch.turn("writes", "好的", f"{name}-change-{n}")
    return watch


def steps(seconds: list[float], replies: list[Reply]) -> dict[str, list[float]]:
    """Seconds of each step, from the times that the reply tells; a step that runs twice counts to its last end."""
    found: dict[str, list[float]] = {}
    for whole, reply in zip(seconds, replies, strict=True):
        before = 0.0
        for name, until in [*sorted(reply.usage.times.items(), key=lambda kv: kv[1]), ("commit", whole)]:
            found.setdefault(name, []).append(until - before)
            before = until
    return found


def facts(watch: Watch) -> dict[str, object]:
    """Whether the turns were what they are called."""
    strayed = Counter(
        f"{kind}: {', '.join(sorted(reply.reads)) or 'nothing'}"
        for kind, replies in watch.replies.items()
        for reply in replies
        if (wanted := QUESTIONS.get(kind.split(",")[0])) and set(reply.reads) != wanted[1]
    )
    return {
        "turns_of_each_kind": len(watch.replies["writes"]),
        "other_reads": dict(strayed),
        "consents": sum(r.consent is not None for r in watch.replies["asks for a consent"]),
        "written": sum(o.status == "done" for r in watch.replies["writes"] for o in r.tool_outcomes),
    }


def figures(watch: Watch) -> list[Figure]:
    """Each kind's median and 95th percentile, and of the first kind the steps."""
    found: list[Figure] = []
    for kind, seconds in watch.seconds.items():
        targets = {"p50": 25, "p95": 60} if kind.split(",")[0] in QUESTIONS else {}
        found += percentiles(kind, seconds, **targets)
    for kind in ("where is my parcel, fresh", "writes"):
        for name, values in steps(watch.seconds[kind], watch.replies[kind]).items():
            found.append(percentiles(f"  {kind.split(',')[0]}: {name}", values)[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=option.count, default=10_000)
    parser.add_argument("--turns", type=option.count, default=300, help="of each kind")
    parser.add_argument("--threads", type=option.count, default=2, help="of the embedding model")
    parser.add_argument("--index", type=option.folder, help="keep the index in this folder and use it again")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    vectors, name = embeddings(options.threads)
    print(f"embeddings: {name}; model: none; shop, ledger and conversations: SQLite files")
    with tempfile.TemporaryDirectory() as scratch:
        _, knowledge = build(options.index or Path(scratch), options.passages, vectors)
        with assistant(Path(scratch), knowledge, vectors) as made:
            play(made, 3, "first")  # first uses: modules, caches, the graph
            gc.collect()
            watch = play(made, options.turns, "timed")
    print(facts(watch))
    show(f"turns with the shop, {options.passages} passages", figures(watch))
    save(options.json, figures(watch), embeddings=name, **facts(watch))


if __name__ == "__main__":
    main()
