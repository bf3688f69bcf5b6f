"""Whether an index that was edited step by step equals one that was built anew, and what a large one costs.

    python benchmarks/generations.py [--edits 100] [--passages 1000] [--large 100000] [--memory 10000] [--json FILE]

Edits: each changes, adds or removes a random page and ingests. Afterwards the vectors, the words and the passages are
compared with a rebuilt index byte for byte, the ten passages nearest to 200 questions with comparing every vector.

Large: synthetic vectors (in clusters, as pages of a kind are), real texts, and the real encoder for the question, which
is part of the time. Memory: resident set of a worker of its own that has opened an index and searched.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import date
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

import pages
from report import Figure, describe, embedding_folder, embeddings, percentiles, save, show
from shopassist.knowledge.encoding import encode, fingerprint
from shopassist.knowledge.index import open_current
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge

DAY = date(2024, 12, 5)
SAME = 1e-5  # cosines that differ by less are equal: copies of a page are all as near as it is
QUESTIONS = (
    "怎么申请退货", "运费谁出", "防水等级是多少", "支持快充吗", "保修多久", "能开发票吗", "续航多长时间",
    "这款有几种颜色", "怎么连接手机", "屏幕碎了能修吗",
)  # fmt: skip


class Synthetic(Embeddings):
    """Vectors in clusters, drawn from a text's own hash; the questions' vectors are the real encoder's."""

    def __init__(self, inner: Embeddings, dimension: int, clusters: int = 500) -> None:
        self.inner = inner
        self.fingerprint = fingerprint(inner)
        self.centres = np.random.default_rng(0).normal(size=(clusters, dimension)).astype(np.float32)

    def encode(self, texts):
        found = np.stack([self._one(text) for text in texts])
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def _one(self, text):
        draw = np.random.default_rng(zlib.crc32(text.encode()))
        centre = self.centres[draw.integers(len(self.centres))]
        return centre + 0.7 * draw.normal(size=len(centre)).astype(np.float32)

    def embed_documents(self, texts):
        return self.encode(texts).tolist()

    def embed_query(self, text):
        return self.inner.embed_query(text)


WORKER = """
import sys
from datetime import date
from pathlib import Path
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import HashEmbeddings
folder = sys.argv[2]
vectors = OnnxEmbeddings(Path(folder), threads=2) if folder else HashEmbeddings(512)
knowledge = ChromaKnowledge(Path(sys.argv[1]), vectors)
for question in sys.argv[3:] * 20:
    knowledge.search(question, language="zh", valid_on=date(2024, 12, 5))
for line in open("/proc/self/status"):
    if line.startswith("VmRSS"):
        print(int(line.split()[1]) / 1024)
"""


def edit(folder: Path, draw: random.Random, step: int) -> None:
    """Change, add or remove a page."""
    files = sorted(folder.glob("*.md"))
    page, kind = draw.choice(files), draw.random()
    if kind < 0.15 and len(files) > 5:
        page.unlink()
    elif kind < 0.4:
        (folder / f"new-{step}.md").write_text(page.read_text("utf-8").replace("id:", f"id: new-{step}-", 1), "utf-8")
    else:
        lines = page.read_text("utf-8").split("\n")
        places = [n for n, line in enumerate(lines) if "。" in line]
        place = draw.choice(places)
        lines[place] += f"第 {step} 次修改，{draw.randrange(10**6)}。"
        page.write_text("\n".join(lines), "utf-8")


def edits(scratch: Path, vectors: Embeddings, count: int, passages: int) -> list[Figure]:
    folder, index, anew = scratch / "pages", scratch / "index", scratch / "anew"
    pages.write(folder, list(pages.pages(passages, shortest=120, longest=310)))
    draw = random.Random(1)
    ingest([folder], index, vectors)
    took = []
    for step in range(count):
        edit(folder, draw, step)
        began = time.perf_counter()
        ingest([folder], index, vectors)
        took.append(time.perf_counter() - began)
        print(f"edit {step + 1}", end="\r", file=sys.stderr)
    ingest([folder], anew, vectors)
    one, other = open_current(index).shelves["zh"], open_current(anew).shelves["zh"]
    same = len(one.rows) == len(other.rows) and [r.id for r in one.rows] == [r.id for r in other.rows]
    equal = int((one.vectors == other.vectors).all(axis=1).sum()) if same else 0
    asked = [r.text[:40] for r in draw.sample(list(one.rows), 190)] + list(QUESTIONS)
    found = encode(vectors, asked)
    exact, near = [one.exact(v, 10) for v in found], [one.nearest(v, 10) for v in found]
    alike = sum(list(rows) == list(other.exact(v, 10)[0]) for (rows, _), v in zip(exact, found, strict=True))
    pairs = list(zip(exact, near, strict=True))
    overlap = [len({*map(int, rows)} & {*map(int, seen)}) / 10 for (rows, _), (seen, _) in pairs]
    as_near = [sum(cosines >= tenth[-1] - SAME) / 10 for (_, tenth), (_, cosines) in pairs]
    files = [f for f in ("passages.jsonl", "vectors/zh.npy") if _same(one.opened.path / f, other.opened.path / f)]
    return [
        Figure("edits", count, ""),
        Figure("passages", len(one.rows), ""),
        Figure("vectors equal to the rebuilt index's, bit for bit", equal, "", len(other.rows), True),
        Figure("files equal byte for byte, of 2", len(files), "", 2, True),
        Figure(f"exact top 10 equal, of {len(asked)}", alike, "", len(asked), True),
        Figure("index's overlap with the exact top 10", float(np.mean(overlap)), "", 0.99, True),
        Figure("index's ten that are as near as the exact ones", float(np.mean(as_near)), ""),
        *percentiles("ingestion of an edit", took),
    ]


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def large(scratch: Path, vectors: Embeddings, count: int) -> list[Figure]:
    scratch.mkdir()
    folder, index = scratch / "pages", scratch / "index"
    pages.write(folder, list(pages.pages(count, shortest=200, longest=310)))
    dimension = len(vectors.embed_query("退货"))
    began = time.perf_counter()
    report = ingest([folder], index, Synthetic(vectors, dimension))
    built = time.perf_counter() - began
    began = time.perf_counter()
    knowledge = ChromaKnowledge(index, vectors)
    opened = time.perf_counter() - began
    asked = [f"{question}，{number}" for number in range(30) for question in QUESTIONS]
    for question in asked[:20]:
        knowledge.search(question, language="zh", valid_on=DAY)
    took = []
    for question in asked[20:]:
        began = time.perf_counter()
        knowledge.search(question, language="zh", valid_on=DAY)
        took.append(time.perf_counter() - began)
    return [
        Figure("passages", report.passages, ""),
        Figure("built, without encoding", built, "s"),
        Figure("opened", opened, "s"),
        *percentiles("search with the question's embedding", took, p95=25),
    ]


def memory(scratch: Path, vectors: Embeddings, count: int) -> list[Figure]:
    scratch.mkdir()
    folder, index = scratch / "pages", scratch / "index"
    pages.write(folder, list(pages.pages(count, shortest=200, longest=310)))
    report = ingest([folder], index, Synthetic(vectors, len(vectors.embed_query("退货"))))
    told = subprocess.run(
        [sys.executable, "-c", WORKER, str(index), str(embedding_folder() or ""), *QUESTIONS],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        Figure("passages", report.passages, ""),
        Figure("a worker's memory (resident)", float(told.stdout.split()[-1]), "MiB", 450 * 1e6 / 2**20),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=100, help="0 for none")
    parser.add_argument("--passages", type=int, default=1000, help="of the index that is edited")
    parser.add_argument("--large", type=int, default=100_000, help="passages of the large index; 0 for none")
    parser.add_argument("--memory", type=int, default=10_000, help="passages of the worker's index; 0 for none")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    vectors, name = embeddings(2)
    print(f"embeddings: {name}")
    every: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for title, count, run in (
            ("a worker", options.memory, lambda: memory(scratch / "memory", vectors, options.memory)),
            ("a large index", options.large, lambda: large(scratch / "large", vectors, options.large)),
            ("edited against rebuilt", options.edits, lambda: edits(scratch, vectors, options.edits, options.passages)),
        ):
            if count:
                figures = run()
                show(title, figures)
                every += figures
    save(options.json, every, embeddings=name)


if __name__ == "__main__":
    main()
