"""How fast pages are ingested, against what the encoder alone can do.

    python benchmarks/ingestion.py [--passages 5000] [--characters 300] [--json FILE]

The encoder's own rate is `encode` on the passages as they are indexed, nothing else, one half before and one after the
ingestion, so that a machine that grows slower in between does not decide. Then a rerun over the unchanged pages, and
one after a single file was changed, each with the number of texts that were embedded.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

import pages
from report import Figure, describe, embeddings, save, show
from shopassist.knowledge.encoding import encode, fingerprint
from shopassist.knowledge.ingest import Report, ingest
from shopassist.knowledge.sources import read
from shopassist.knowledge.split import split


class Counting(Embeddings):
    """Other embeddings, with the number of texts that they were given."""

    def __init__(self, inner: Embeddings) -> None:
        self.inner = inner
        self.fingerprint = fingerprint(inner)
        self.count = 0

    def encode(self, texts):
        self.count += len(texts)
        return encode(self.inner, texts)

    def embed_documents(self, texts):
        return self.encode(texts).tolist()

    def embed_query(self, text):
        return self.encode([text])[0].tolist()


def encoding(vectors: Embeddings, texts: list[str]) -> float:
    """Seconds."""
    began = time.perf_counter()
    encode(vectors, texts)
    return time.perf_counter() - began


def ingestion(folder: Path, vectors: Counting) -> tuple[float, int, Report]:
    """Seconds, texts embedded, and the report."""
    before, began = vectors.count, time.perf_counter()
    report = ingest([folder / "pages"], folder / "index", vectors)
    return time.perf_counter() - began, vectors.count - before, report


def change_one(folder: Path) -> None:
    """Another sentence in one passage of one page."""
    path = sorted((folder / "pages").glob("*.md"))[7]
    path.write_text(path.read_text("utf-8").replace("## 产品概述\n\n", "## 产品概述\n\n新品。", 1), encoding="utf-8")


def measure(folder: Path, vectors: Counting) -> tuple[list[Figure], dict[str, object]]:
    texts = [p.indexed for path in sorted((folder / "pages").iterdir()) for d in read(path) for p in split(d)]
    encode(vectors, texts[:50])
    alone = encoding(vectors, texts[::2])
    whole, _, report = ingestion(folder, vectors)
    alone += encoding(vectors, texts[1::2])
    again, embedded, _ = ingestion(folder, vectors)
    change_one(folder)
    changed, embedded_changed, after = ingestion(folder, vectors)
    figures = [
        Figure("encoder alone", len(texts) / alone, "passages/s"),
        Figure("whole ingestion", report.passages / whole, "passages/s"),
        Figure("ingestion against the encoder", 100 * (report.passages / whole) / (len(texts) / alone), "%", 80, True),
        Figure("whole ingestion, time", whole, "s"),
        Figure("unchanged rerun", again, "s", 2),
        Figure("unchanged rerun, texts embedded", embedded, "", 0),
        Figure("one changed file", changed, "s"),
        Figure("one changed file, passages embedded", after.embedded, "", 1),
    ]
    facts = {
        "passages": report.passages, "documents": len(report.added), "embedded_with_calibration": embedded_changed,
        "mean_characters": round(float(np.mean([len(t.split("\n", 2)[2]) for t in texts])), 1),
    }  # fmt: skip
    return figures, facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--characters", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2, help="of the embedding model")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    vectors, name = embeddings(options.threads)
    print(f"embeddings: {name}")
    most = options.characters + 10
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pages.write(folder / "pages", list(pages.pages(options.passages, shortest=most, longest=most)))
        figures, facts = measure(folder, Counting(vectors))
    print(facts)
    show(f"ingestion, {facts['passages']} passages of {facts['mean_characters']:g} characters", figures)
    save(options.json, figures, embeddings=name, **facts)


if __name__ == "__main__":
    main()
