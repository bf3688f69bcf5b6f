"""Ingestions that are killed while customers search, in processes of their own.

All pages carry the number of their edition, and each ingestion brings another: an answer with two numbers in it mixes
generations, and one with a lower number than before goes back in time.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import HashEmbeddings

DAY = date(2024, 12, 5)
PAGES, SECTIONS = 8, 4
EDITION = re.compile(r"第 (\d+) 版")
QUESTIONS = ("退货说明", "运费怎么算", "第3节说明", "发票")
PAUSE = 0.02
"""Seconds between two searches of a reader."""

INGEST = """
import sys
from pathlib import Path
from shopassist.knowledge.ingest import ingest
from shopassist.testing import HashEmbeddings
print("ready", flush=True)
ingest([Path(sys.argv[1])], Path(sys.argv[2]), HashEmbeddings())
"""


@dataclass(frozen=True)
class Seen:
    """What one reader saw."""

    searches: int
    failures: int
    failed: list[str]
    mixed: int
    back: int
    editions: int


def publish(folder, edition):
    """Write all pages anew."""
    folder.mkdir(exist_ok=True)
    for page in range(PAGES):
        sections = "\n\n".join(
            f"## 第{n}节\n\n退货、运费和发票的第{n}节说明，页 {page}，第 {edition} 版。" for n in range(SECTIONS)
        )
        (folder / f"page-{page}.md").write_text(f"# 说明 {page}\n\n{sections}\n", "utf-8")


def take(folder, index):
    """Ingest to the end, in this process; the seconds that it took."""
    began = time.monotonic()
    ingest([folder], index, HashEmbeddings(), wait=30)
    return time.monotonic() - began


def kill(folder, index, delay):
    """An ingestion that is killed `delay` seconds after its imports; whether it was still at work."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    child = subprocess.Popen(
        [sys.executable, "-c", INGEST, str(folder), str(index)],
        stdout=subprocess.PIPE, env=environment, start_new_session=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == b"ready\n"
        time.sleep(delay)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # with the process that looks into the new generation
    return child.returncode == -signal.SIGKILL


@contextmanager
def readers(index, count):
    """So many processes that search as long as the block runs; what they saw is in the list afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    running = [
        subprocess.Popen(
            [sys.executable, __file__, str(index)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        for _ in range(count)
    ]  # fmt: skip
    seen = []
    try:
        for process in running:
            assert process.stdout.readline() == "ready\n"
        yield seen
        for process in running:
            told, _ = process.communicate("stop\n", timeout=60)
            seen.append(Seen(**json.loads(told)))
    finally:
        for process in running:
            process.kill()
            process.communicate()


def read(index):
    """Search until a line comes in, then tell what was seen."""
    stop = threading.Event()
    knowledge = ChromaKnowledge(index, HashEmbeddings())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    searches = mixed = back = latest = 0
    failed, editions = [], set()
    while not stop.is_set():
        try:
            found = knowledge.search(
                QUESTIONS[searches % len(QUESTIONS)], language="zh", valid_on=DAY, limit=PAGES * SECTIONS
            )
        except Exception as error:  # noqa: BLE001 - each is counted, and the first are told
            failed.append(f"{type(error).__name__}: {error}")
            found = []
        else:
            if not found:
                failed.append("nothing found")
        numbers = {int(n) for p in found for n in EDITION.findall(p.text)}
        mixed += len(numbers) > 1
        back += bool(numbers) and max(numbers) < latest
        latest = max(numbers, default=latest)
        editions |= numbers
        searches += 1
        time.sleep(PAUSE)
    told = {
        "searches": searches,
        "failures": len(failed),
        "failed": failed[:5],
        "mixed": mixed,
        "back": back,
        "editions": len(editions),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    read(Path(sys.argv[1]))
