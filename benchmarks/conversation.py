"""Turn 1,000 of a conversation against turn 50: time, stored bytes and the prompt's tokens.

    python benchmarks/conversation.py [--turn 1000] [--early 50] [--gguf FILE] [--json FILE]

Medians of 40 turns around each: questions to the pages and to the shop, orders, consents, a yes and a no, in the same
proportion. The long conversation's late turns take turns with the early ones of a second conversation that says the
same in a shop of its own, so that a slow moment of the machine meets both. Shops, ledgers and conversations are SQLite
files; the model says a sentence of its prompt. Tokens are counted with the tokenizer of a GGUF file of Qwen2.5, else
estimated.
"""

import argparse
import gc
import sqlite3
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import options as option
from report import Figure, describe, embeddings, save, show
from sample import CUSTOMER, ROOT, QuotingModel, assistant
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from tokens import counter

SCRIPT = (
    "无线降噪耳机Pro防水吗",
    "我的快递到哪了",
    "把订单ORD20241203003的收货地址改成上海市徐汇区漕溪北路1200弄{house}号502室",
    "退货运费谁出？",
    "好的，改吧",
    "智能手表S2多少钱",
    "帮我取消订单ORD20241201002",
    "算了，不取消了",
)
WINDOW = 40  # turns around each; a multiple of the script, so that all windows hold the same
HOUSES = (3, 5)  # by turns, so that no address is the one in force


@dataclass
class Window:
    """What was measured of each turn."""

    seconds: list[float] = field(default_factory=list)
    state: list[int] = field(default_factory=list)
    prompts: list[int] = field(default_factory=list)
    written: int = 0


class Talk:
    """The one conversation in a shop's files, which goes on with the script."""

    def __init__(self, assistant: Assistant, files: Path, count) -> None:
        self.assistant, self.files, self.count = assistant, files, count
        self.turns = 0

    def turn(self, window: Window | None = None) -> None:
        """The next turn, measured into a window."""
        cycle, place = divmod(self.turns, len(SCRIPT))
        text = SCRIPT[place].format(house=HOUSES[cycle % 2])
        model: QuotingModel = self.assistant.writer.model
        model.calls.clear()
        began = time.perf_counter()
        reply = self.assistant.reply(text, conversation="one", customer=CUSTOMER)
        seconds = time.perf_counter() - began
        self.turns += 1
        if window is not None:
            window.seconds.append(seconds)
            window.prompts += map(self.count, model.calls)
            window.written += sum(o.status == "done" for o in reply.tool_outcomes)
            window.state.append(self._stored())

    def until(self, turn: int) -> None:
        """Go on until so many turns were played."""
        while self.turns < turn:
            self.turn()

    def _stored(self) -> int:
        """Bytes of the conversation's state."""
        with closing(sqlite3.connect(self.files / "conversations.db")) as db:
            return db.execute("SELECT length(CAST(state AS BLOB)) FROM shopassist_conversation").fetchone()[0]


def measure(long: Talk, second: Talk, early: int, late: int) -> tuple[Window, Window, Window]:
    """The windows: late, early in the second conversation beside it, and early in the same one."""
    windows = Window(), Window(), Window()
    long.until(early - WINDOW // 2)
    for _ in range(WINDOW):
        long.turn(windows[2])
    long.until(late - WINDOW // 2)
    second.until(early - WINDOW // 2)
    gc.collect()
    for n in range(WINDOW):
        both = [(long, windows[0]), (second, windows[1])]
        for talk, window in both if n % 2 else reversed(both):
            talk.turn(window)
    return windows


def figures(late: Window, early: Window, before: Window, names: tuple[str, str]) -> list[Figure]:
    middle = statistics.median
    found = [
        Figure(f"time, {names[0]} against {names[1]}", middle(late.seconds) / middle(early.seconds), "", 1.15),
        Figure(f"stored state, {names[0]} against {names[1]}", middle(late.state) / middle(early.state), "", 1.1),
        Figure(f"prompt, {names[0]} against {names[1]}", middle(late.prompts) / middle(early.prompts), "", 1.1),
        Figure(
            f"time, {names[0]} against {names[1]} of the same conversation",
            middle(late.seconds) / middle(before.seconds),
            "",
        ),
    ]
    for name, window in zip(names, (late, early), strict=True):
        found += [
            Figure(f"  {name}: time, median", middle(window.seconds) * 1000, "ms"),
            Figure(f"  {name}: stored state, median", middle(window.state), "bytes"),
            Figure(f"  {name}: prompt, median", middle(window.prompts), "tokens"),
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turn", type=option.count, default=1000)
    parser.add_argument("--early", type=option.count, default=50)
    parser.add_argument("--gguf", type=option.file, help="count tokens with the tokenizer of this model of Qwen2.5")
    parser.add_argument("--threads", type=option.count, default=2, help="of the embedding model")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    if options.early < WINDOW // 2 or options.turn < options.early + WINDOW:
        parser.error(
            f"--early must be {WINDOW // 2} or more, and --turn {WINDOW} more than that: windows have {WINDOW}"
        )
    try:
        count, how = counter(options.gguf)
    except ValueError as error:
        parser.error(f"--gguf: {error}")
    describe()
    vectors, name = embeddings(options.threads)
    print(f"embeddings: {name}; model: says a sentence of its prompt; tokens: {how}")
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        ingest([ROOT / "knowledge"], files / "index", vectors)
        knowledge = ChromaKnowledge(files / "index", vectors)
        with ExitStack() as shops:
            talks = []
            for shop in (files / "long", files / "second"):
                shop.mkdir()
                made = shops.enter_context(assistant(shop, knowledge, vectors, QuotingModel()))
                talks.append(Talk(made, shop, count))
            late, early, before = measure(*talks, options.early, options.turn)
    facts = {
        "turns_in_a_window": WINDOW, "prompts_late_and_early": (len(late.prompts), len(early.prompts)),
        "writes_late_and_early": (late.written, early.written),
    }  # fmt: skip
    print(facts)
    found = figures(late, early, before, (f"turn {options.turn}", f"turn {options.early}"))
    show(f"a conversation at turn {options.turn}", found)
    save(options.json, found, embeddings=name, tokens=how, **facts)


if __name__ == "__main__":
    main()
