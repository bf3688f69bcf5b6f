"""What a whole turn costs without the model's own time, and how soon a finished sentence is shown.

    python benchmarks/turn.py [--passages 10000] [--questions 240] [--index FOLDER] [--json FILE]

The index holds pages of a made-up shop (pages.py) and the sample pages; the store is SQLite in a file; the model is a
`ScriptedModel` without a pause that says sentences of the page asked for. A turn is a call of `Assistant.reply` as
the caller sees it, less the time inside the model. Its steps: `inbox` (stored and claimed), the nodes of the graph,
`compose and check` (with the scripted model's pieces), `commit`. The lag of a sentence is the time from the piece
that completes it leaving the model to its event leaving `Assistant.stream`. `--index` keeps the index there and uses
it again.
"""

import argparse
import gc
import re
import tempfile
import time
from pathlib import Path

import yaml
from pydantic import PrivateAttr

import pages
from report import Figure, describe, embeddings, percentiles, save, show
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.replies import Sentence
from shopassist.settings import load
from shopassist.storage.sql import SqlStore
from shopassist.testing.doubles import PIECE, ScriptedModel

ROOT = Path(__file__).parent.parent
EVERY = 4  # questions in one conversation
_END = re.compile(r"[。！？.!?]")


class TimedModel(ScriptedModel):
    """A scripted model that knows when it last completed a sentence, and its own time: what passes inside of it."""

    _finished: float | None = PrivateAttr(default=None)
    _own: float = PrivateAttr(default=0.0)

    @property
    def own(self) -> float:
        return self._own

    @property
    def finished(self) -> float | None:
        return self._finished

    def forget(self) -> None:
        self._finished = None
        self._own = 0.0

    def _stream(self, *arguments, **options):
        chunks = super()._stream(*arguments, **options)
        while True:
            began = time.perf_counter()
            chunk = next(chunks, None)
            ended = time.perf_counter()
            self._own += ended - began
            if chunk is None:
                return
            if _END.search(str(chunk.message.text)):
                self._finished = ended
            yield chunk


def questions(found: list[pages.Page], count: int) -> list[tuple[str, str]]:
    """Questions to the made-up pages, and every third one to the sample pages, with an answer to script."""
    texts = yaml.safe_load((ROOT / "benchmarks/data/questions.yaml").read_text("utf-8"))
    sample = [(q["q"], "可以的，签收后 7 天内可以无理由退货。商品须完好、配件齐全。") for q in texts]
    made = iter(pages.questions(found, count))
    return [sample[n // 3 % len(sample)] if n % 3 == 0 else next(made) for n in range(count)]


def build(folder: Path, count: int, vectors) -> tuple[list[pages.Page], ChromaKnowledge]:
    """The index in a folder, made where it is not there yet."""
    found = list(pages.pages(count))
    pages.write(folder / "pages", found)
    report = ingest([folder / "pages", ROOT / "knowledge"], folder / "index", vectors)
    print(f"index: {report.passages} passages of {len(found)} made-up and the sample pages")
    return found, ChromaKnowledge(folder / "index", vectors)


def turns(assistant: Assistant, asked: list[tuple[str, str]]) -> tuple[list[float], list[float], list]:
    """Seconds of each turn, those of them that passed in the model, and the replies."""
    seconds, own, replies = [], [], []
    for number, (question, answer) in enumerate(asked):
        assistant.writer.model.answers = [answer]
        assistant.writer.model.forget()
        began = time.perf_counter()
        replies.append(assistant.reply(question, conversation=f"turn-{number // EVERY}"))
        seconds.append(time.perf_counter() - began)
        own.append(assistant.writer.model.own)
    return seconds, own, replies


def lags(assistant: Assistant, asked: list[tuple[str, str]]) -> list[float]:
    """Seconds from a sentence's last piece to its event; sentences that come before the model speaks have none."""
    found = []
    for number, (question, answer) in enumerate(asked):
        assistant.writer.model.answers = [answer]
        assistant.writer.model.forget()
        for event in assistant.stream(question, conversation=f"stream-{number // EVERY}"):
            if isinstance(event, Sentence) and assistant.writer.model.finished:
                found.append(time.perf_counter() - assistant.writer.model.finished)
    return found


def steps(seconds: list[float], own: list[float], replies: list) -> dict[str, list[float]]:
    """The seconds of each step, from the times that the reply itself tells."""
    found: dict[str, list[float]] = {}
    for whole, model, reply in zip(seconds, own, replies, strict=True):
        times = reply.usage.times
        marks = [("inbox and receive", times["receive"]), ("understand", times["understand"])]
        if "retrieve" in times:
            marks.append(("retrieve", times["retrieve"]))
        marks += [("compose, check, reply", times["reply"]), ("commit", whole)]
        before = 0.0
        for name, until in marks:
            found.setdefault(name, []).append(until - before - (model if name.startswith("compose") else 0))
            before = until
    return found


def measure(assistant: Assistant, asked: list[tuple[str, str]]) -> tuple[list[Figure], dict[str, object]]:
    turns(assistant, asked[:20])  # first uses: modules, caches, the graph
    gc.collect()
    seconds, own, replies = turns(assistant, asked)
    without = [s - o for s, o in zip(seconds, own, strict=True)]
    figures = percentiles("turn", without, p50=20, p95=50)
    figures.append(Figure("turn, slowest", max(without) * 1000, "ms"))
    for name, values in steps(seconds, own, replies).items():
        figures += percentiles(f"  {name}", values)
    called = sum(r.usage.model_calls for r in replies)
    rejected = sum(len(r.rejected) for r in replies)
    waited = lags(assistant, asked)
    figures += [
        Figure("sentence lag, p95", percentiles("", waited)[1].value, "ms", 60),
        Figure("sentence lag, max", max(waited) * 1000, "ms", 60),
    ]
    return figures, {
        "turns": len(seconds), "with_a_model_call": called, "sentences_rejected": rejected,
        "sentences_timed": len(waited),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=240)
    parser.add_argument("--threads", type=int, default=2, help="of the embedding model")
    parser.add_argument("--index", type=Path, help="keep the index in this folder and use it again")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    vectors, name = embeddings(options.threads)
    print(f"embeddings: {name}; model: ScriptedModel, {PIECE} characters a piece, no pause")
    with tempfile.TemporaryDirectory() as scratch:
        found, knowledge = build(options.index or Path(scratch), options.passages, vectors)
        store = SqlStore(f"sqlite:///{scratch}/conversations.db")
        settings = load(model="none", clock="2024-12-05T10:00:00+08:00")
        with Assistant(
            settings=settings, store=store, knowledge=knowledge, model=TimedModel(answers=[""])
        ) as assistant:
            figures, facts = measure(assistant, questions(found, options.questions))
    print(facts)
    show(f"turn, {options.passages} passages", figures)
    save(options.json, figures, embeddings=name, **facts)


if __name__ == "__main__":
    main()
