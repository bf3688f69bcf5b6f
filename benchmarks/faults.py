"""What is left of turns whose workers are killed, of many workers at one conversation, and of killed ingestions.

    python benchmarks/faults.py [--kills 200] [--database sqlite|postgres|both|none] [--ingestions 50] [--seed 1]
        [--json FILE]

Each kill is a SIGKILL to a process of its own in the middle of a customer's yes: after a random time within the turn's
usual duration, or at a random statement, commit or call. The next worker gets the same message again. Two deeds
of three are the shop's own, in one transaction with the ledger's row; the third calls a service outside (a file with a
line for each call) that takes 0.1 s. Afterwards four processes send 50 messages each to one conversation. PostgreSQL is
SHOPASSIST_TEST_POSTGRES's, else one that is started for this.

Each killed ingestion is a SIGKILL at a random time within its usual duration, while four processes search; the next
ingestion must succeed each time, no search may fail, and no answer may hold pages of two editions.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

import options as read
from report import Figure, describe, save, show
from sample import ROOT

sys.path += [str(ROOT / "tests"), str(ROOT / "tests/faults")]  # the workers are those of the tests

BATCH = 20
"""So many talks wait for the end of their dead workers' holds at once."""


@contextmanager
def server(folder: Path):
    """The URL of a PostgreSQL."""
    import postgres

    if named := os.environ.get("SHOPASSIST_TEST_POSTGRES"):
        yield named
        return
    url, leave = postgres.serve(folder / "postgres")
    try:
        yield url
    finally:
        leave()


@contextmanager
def place(database: str, url: str | None, folder: Path):
    """Empty databases of a kind; `url` is PostgreSQL's."""
    from worker import Place

    import postgres

    folder.mkdir()
    if database == "sqlite":
        yield Place(f"sqlite:///{folder}/conversations.db", f"sqlite:///{folder}/shop.db", folder)
        return
    with postgres.schema(url) as own:
        yield Place(own, own, folder)


def kills(database: str, url: str | None, folder: Path, count: int, draw: random.Random) -> list[Figure]:
    import worker

    taken, wrong = [], Counter()
    for start in range(0, count, BATCH):
        talks = worker.talks(min(BATCH, count - start))
        with place(database, url, folder / f"{database}-{start}") as here:
            worker.set_up(here, talks)
            worker.ask(here, talks)
            found = worker.killed(here, worker.drawn(here, talks, draw))
            wrong.update(worker.accounted(here, found))
        taken += found
        print(f"{database}: {len(taken)} kills, {dict(+wrong) or 'nothing wrong'}", file=sys.stderr)
    fell = Counter((it.talk.kind == "engrave", it.fell) for it in taken)
    facts = [
        Figure(f"{'outside' if outside else 'atomic'}, killed {where}", number, "kills")
        for (outside, where), number in sorted(fell.items())
    ]
    late = [it.seconds for it in taken]
    return [
        Figure("kills", len(taken), "turns"),
        *facts,
        *(Figure(name, number, "writes", 0) for name, number in wrong.items()),
        Figure("answered by the next worker after, p50", float(np.median(late)), "s"),
        Figure("answered by the next worker after, slowest", max(late), "s", 17),
    ]


def crowd(database: str, url: str | None, folder: Path, processes: int = 4, each: int = 50) -> list[Figure]:
    """Several processes at one conversation, each with its messages one after the other."""
    import many
    import worker

    talk = worker.Talk(1, "cancel")
    with place(database, url, folder / f"{database}-crowd") as here:
        worker.set_up(here, [talk])
        began = time.monotonic()
        told = many.together(many.chat, [(here, talk, f"p{n}", each) for n in range(processes)])
        seconds = time.monotonic() - began
        turns, numbers, merged = many.numbers(here, talk)
    answered = {message: turn for turn, ids in zip(turns, merged, strict=True) for message in ids}
    right = sum(answered.get(message) == turn for those in told for message, turn in those.items())
    gaps = (turns != list(range(1, len(turns) + 1))) + (numbers != list(range(1, len(numbers) + 1)))
    return [
        Figure(
            f"{processes} x {each} messages, told the turn that answers them", right, "messages", processes * each, True
        ),
        Figure("turns for them", len(turns), "turns"),
        Figure("gaps in the numbers", gaps, "", 0),
        Figure("time for all", seconds, "s"),
    ]


def ingestions(folder: Path, count: int, draw: random.Random, readers: int = 4) -> list[Figure]:
    import ingesting

    pages, index = folder / "pages", folder / "index"
    for edition in (1, 2):
        ingesting.publish(pages, edition)
        usual = ingesting.take(pages, index)
    at_work, after = 0, []
    with ingesting.readers(index, readers) as seen:
        for edition in range(3, 3 + count):
            ingesting.publish(pages, edition)
            at_work += ingesting.kill(pages, index, draw.uniform(0, usual))
            after.append(ingesting.take(pages, index))
            print(f"ingestion: {len(after)} kills", file=sys.stderr)
    for failure in [f for s in seen for f in s.failed]:
        print(f"  failed: {failure}", file=sys.stderr)
    return [
        Figure("ingestions killed", count, ""),
        Figure("of them still at work", at_work, ""),
        Figure("next ingestions that succeeded", len(after), "", count, True),
        Figure("next ingestion, p50", float(np.median(after)), "s"),
        Figure(f"searches by {readers} readers", sum(s.searches for s in seen), ""),
        Figure("failed searches", sum(s.failures for s in seen), "", 0),
        Figure("answers of two generations", sum(s.mixed for s in seen), "", 0),
        Figure("answers older than the one before", sum(s.back for s in seen), "", 0),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=read.count, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both", "none"), default="both")
    parser.add_argument("--ingestions", type=int, default=50, help="how many ingestions are killed; 0 for none")
    parser.add_argument("--seed", type=int, default=1, help="of the points at which workers die")
    parser.add_argument("--json", type=read.output, help="write the figures to this file")
    options = parser.parse_args()
    import worker

    describe()
    if options.database != "none":
        worker.nursery()
    every: list[Figure] = []
    with tempfile.TemporaryDirectory() as scratch:
        if options.ingestions:
            every = ingestions(Path(scratch), options.ingestions, random.Random(options.seed))
            show("ingestions killed while others search", every)
        named = {"both": ("sqlite", "postgres"), "none": ()}.get(options.database, (options.database,))
        for database in named:
            with server(Path(scratch)) if database == "postgres" else nullcontext() as url:
                figures = kills(database, url, Path(scratch), options.kills, random.Random(options.seed))
                show(f"workers killed in a turn with a write, {database}", figures)
                at_once = crowd(database, url, Path(scratch))
                show(f"many workers at one conversation, {database}", at_once)
            every += figures + at_once
    save(options.json, every)


if __name__ == "__main__":
    main()
