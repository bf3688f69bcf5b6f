"""How well the sample shop's pages are found, and how well an answer is told from none.

    python benchmarks/retrieval.py [--split dev|test] [--misses] [--fit] [--weights] [--json FILE]

Questions: benchmarks/data/questions.yaml, written apart from the pages; both halves are printed unless `--split` names
one. `hit@k`: a right document is among the first k, where a FAQ row or a guide that says the same counts as well
(benchmarks/data/equivalent.yaml); `page@1` is without these. `answered`: of the questions that the pages answer, those
whose first passage is right and stands above the setting `relevance`. `kept`: those with any passage above it, among
the four that a turn looks at. `refused`: of the questions that the pages do not answer, those with none.

The second table is over AFQMC (1,000 customers' questions, each with its paraphrases among 8,611): the pool is ingested
as a CSV and searched by words only, by vectors only, and by both as a turn does. Its labels are incomplete.

`--weights` prints the ranking for other shares of the words, on the dev half and AFQMC. `--fit` prints constants for
relevance.py from the dev half: the mix of cosine and coverage that best separates answerable questions from others
(area under the curve), its scale by logistic regression, the intercept so that 95 % of the answerable ones are kept.
"""

import argparse
import csv
import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from rich.table import Table

from report import console, describe, embedding_folder, save, shared
from shopassist.knowledge import search as ranking
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.settings import load

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks/data"
TODAY = date(2024, 12, 5)
LOOKED_AT = 4  # passages of a turn (engine/retrieve.py)
KEEP = 0.95
SHARES = [(0.0, 0.0), (0.25, 0.5), (0.4, 0.6), (0.5, 0.5), (0.5, 0.7), (0.6, 0.7), (0.75, 0.75), (1.0, 1.0)]


@dataclass(frozen=True)
class Row:
    """A row of the first table."""

    name: str
    questions: int
    page1: float
    hit1: float
    hit3: float
    answered: float
    kept: float
    refused: float


@cache
def equivalent() -> dict[str, list[str]]:
    return yaml.safe_load((DATA / "equivalent.yaml").read_text("utf-8"))


def right(document: str, question: dict) -> bool:
    """Whether a document answers a question."""
    return bool({document, *equivalent().get(document, ())} & set(question["expect"]))


def results(knowledge, questions, limit=LOOKED_AT):
    return [
        (q, knowledge.search(q["q"], language=q["language"], valid_on=q.get("valid_on") or TODAY, limit=limit))
        for q in questions
    ]


def row(name, pairs, threshold) -> Row:
    answerable = [(q, f) for q, f in pairs if q["expect"]]
    best = [max((p.relevance for p in f), default=0.0) >= threshold for _, f in pairs]

    def hit(k):
        return float(np.mean([any(right(p.document, q) for p in f[:k]) for q, f in answerable]))

    return Row(
        name=name,
        questions=len(pairs),
        page1=float(np.mean([any(p.document in q["expect"] for p in f[:1]) for q, f in answerable])),
        hit1=hit(1),
        hit3=hit(3),
        answered=float(
            np.mean([any(p.relevance >= threshold and right(p.document, q) for p in f[:1]) for q, f in answerable])
        ),
        kept=float(np.mean([b for b, (q, _) in zip(best, pairs, strict=True) if q["expect"]])),
        refused=float(np.mean([not b for b, (q, _) in zip(best, pairs, strict=True) if not q["expect"]])),
    )


def rows(mode, pairs, splits, threshold) -> list[Row]:
    found = []
    for split in splits:
        for language in ("zh", "en"):
            part = [(q, f) for q, f in pairs if (q["split"], q["language"]) == (split, language)]
            found.append(row(f"{split}, {language}, {mode}", part, threshold))
    return found


def misses(mode, pairs) -> None:
    for q, f in pairs:
        if not (f and right(f[0].document, q)) and (q["expect"] or (f and f[0].relevance > load().relevance)):
            print(mode, q["split"], q["q"], q["expect"], [(p.document, p.score, p.relevance, p.dense) for p in f[:3]])


def features(knowledge, question, passage) -> tuple[float, float]:
    """The cosine above the noise, in its standard deviations (0 without vectors), and the coverage."""
    shelf = knowledge.generation.shelves[passage.language]
    coverage = shelf.lexical.coverage(question["q"], shelf.rows[shelf.place[passage.id]].indexed)
    if passage.dense is None:
        return 0.0, coverage
    noise = knowledge.generation.meta["calibration"][passage.language]
    return (passage.dense - noise["mean"]) / noise["std"], coverage


def fit(knowledge, pairs, dense):
    """Constants in the order of relevance.py: intercept, cosine (with vectors), coverage."""
    y = np.array([bool(q["expect"]) for q, _ in pairs])
    x = [np.array([features(knowledge, q, p) for p in f] or [(-9.0, 0.0)]) for q, f in pairs]

    def best(mix):
        return np.array([np.max(v @ mix) for v in x])

    def area(mix):
        s = best(mix)
        return np.mean((s[y][:, None] > s[~y]) + 0.5 * (s[y][:, None] == s[~y]))

    mixes = [np.array([1.0, c]) for c in np.arange(0, 15.1, 0.5)] if dense else [np.array([0.0, 1.0])]
    mix = max(mixes, key=area)
    s = best(mix)
    scale = logistic(s, y)
    weights = (scale * (mix if dense else mix[1:])).round(2)
    mix, scale = (weights if dense else np.array([0.0, *weights])), 1.0  # what two decimals leave
    s = best(mix)
    intercept = np.ceil(-100 * np.quantile(s[y], 1 - KEEP, method="lower")) / 100
    return [float(v) for v in (intercept, *weights)], {
        "area": round(float(area(mix)), 3),
        "kept": round(float(np.mean(intercept + scale * s[y] >= -1e-9)), 3),
        "refused": round(float(np.mean(intercept + scale * s[~y] < -1e-9)), 3),
    }


def logistic(s, y) -> float:
    """The slope of a logistic regression on one figure, both classes with the same weight."""
    z, w = np.stack([np.ones_like(s), s - s.mean()], 1), np.zeros(2)
    weight = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
    for _ in range(20000):
        w -= 0.5 * (z.T @ ((1 / (1 + np.exp(-z @ w)) - y) * weight) + 1e-3 * w)
    return w[1]


@contextmanager
def shares(words, rare):
    """Other shares of the words in the ranking."""
    before = ranking.WORDS, ranking.WORDS_RARE
    ranking.WORDS, ranking.WORDS_RARE = words, rare
    try:
        yield
    finally:
        ranking.WORDS, ranking.WORDS_RARE = before


@contextmanager
def opened(paths, vectors):
    with tempfile.TemporaryDirectory() as folder:
        ingest(paths, Path(folder), vectors)
        yield ChromaKnowledge(Path(folder), vectors)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@contextmanager
def afqmc(vectors):
    """AFQMC's pool as an index, and its queries; None where the files are missing."""
    source = shared() / "data/afqmc_faq_retrieval"
    if not (source / "pool.jsonl").is_file():
        print(f"skipped: AFQMC; {source} is not there")
        yield None
        return
    pool, queries = (lines(source / name) for name in ("pool.jsonl", "queries.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["pid", "text"], *([p["pid"], p["text"]] for p in pool)])
        side = {"id": "{pid}", "title": "{text}", "text": "{text}", "language": "zh"}
        path.with_name("pool.csv.yaml").write_text(yaml.safe_dump(side), encoding="utf-8")
        with opened([path], vectors) as knowledge:
            yield knowledge, queries


def paraphrases(knowledge, queries) -> list[float]:
    """hit@1, hit@5, hit@10 and MRR@10; the query itself is no find."""
    first = []
    for q in queries:
        found = knowledge.search(q["query"], language="zh", valid_on=TODAY, limit=11)
        ids = [int(p.document) for p in found if int(p.document) != q["query_pid"]][:10]
        first.append(next((n for n, i in enumerate(ids, start=1) if i in q["gold_pids"]), np.inf))
    ranks = np.array(first)
    return [float(np.mean(ranks <= k)) for k in (1, 5, 10)] + [float(np.mean(1 / ranks))]


def paraphrase_table(vectors, *, sweep: bool) -> list[dict[str, object]]:
    """AFQMC by words, by vectors and by both."""
    ways = [(f"words {w:g}, rare {r:g}", w, r) for w, r in SHARES] if sweep else [("vectors only", 0.0, 0.0)]
    ways.append(("both, as a turn does", ranking.WORDS, ranking.WORDS_RARE))
    found: list[dict[str, object]] = []
    with afqmc(None) as pool:
        if pool is None:
            return found
        found.append({"mode": "words only", "figures": paraphrases(*pool)})
    if vectors is not None:
        with afqmc(vectors) as pool:
            for name, words, rare in ways:
                with shares(words, rare):
                    found.append({"mode": name, "figures": paraphrases(*pool)})
    table = Table("ranking", "hit@1", "hit@5", "hit@10", "MRR@10", title="AFQMC, 1,000 questions among 8,611")
    for r in found:
        table.add_row(r["mode"], *(f"{x:.3f}" for x in r["figures"]))
    console().print(table)
    return found


def sweep(knowledge, questions) -> None:
    """The dev half under other shares."""
    table = Table("words", "rare", "zh hit@1", "zh hit@3", "en hit@1", "en hit@3", title="dev half, other shares")
    for words, rare in SHARES:
        with shares(words, rare):
            pairs = results(knowledge, questions)
        found = rows("", pairs, ["dev"], 0.5)
        table.add_row(f"{words:g}", f"{rare:g}", *(f"{v:.3f}" for r in found for v in (r.hit1, r.hit3)))
    console().print(table)


def sample_shop(vectors, options) -> list[Row]:
    """Both modes over the sample pages."""
    everything = yaml.safe_load((DATA / "questions.yaml").read_text("utf-8"))
    splits = [options.split] if options.split else ["dev", "test"]
    found: list[Row] = []
    for mode, used in (("words", None), ("vectors and words", vectors)):
        if mode != "words" and used is None:
            continue
        with opened([ROOT / "knowledge"], used) as knowledge:
            pairs = results(knowledge, everything)
            found += rows(mode, pairs, splits, load().relevance)
            if options.misses:
                misses(mode, [(q, f) for q, f in pairs if q["split"] in splits])
            if options.fit:
                print(
                    "fit,", mode, *fit(knowledge, [(q, f) for q, f in pairs if q["split"] == "dev"], used is not None)
                )
            if options.weights and used is not None:
                sweep(knowledge, [q for q in everything if q["split"] == "dev"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "test"], help="one half only")
    parser.add_argument("--misses", action="store_true", help="print the questions whose first passage is wrong")
    parser.add_argument("--fit", action="store_true", help="print constants for relevance.py, from the dev half")
    parser.add_argument("--weights", action="store_true", help="print the ranking under other shares of the words")
    parser.add_argument("--no-afqmc", action="store_true", help="leave the second table out")
    parser.add_argument("--threads", type=int, default=2, help="of the embedding model")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    folder = embedding_folder()
    vectors = OnnxEmbeddings(folder, threads=options.threads) if folder else None
    print(f"embeddings: {folder.name}" if folder else "skipped: vectors; no model (set SHOPASSIST_EMBEDDING_MODEL)")
    found = sample_shop(vectors, options)
    names = ("half, language, mode", "questions", "page@1", "hit@1", "hit@3", "answered", "kept", "refused")
    table = Table(*names, title=f"sample shop, threshold {load().relevance:g}")
    for r in found:
        name, count, *values = asdict(r).values()
        table.add_row(name, str(count), *(f"{x:.3f}" for x in values))
    console().print(table)
    pairs = [] if options.no_afqmc else paraphrase_table(vectors, sweep=options.weights)
    save(options.json, [], sample=[asdict(r) for r in found], afqmc=pairs)


if __name__ == "__main__":
    main()
