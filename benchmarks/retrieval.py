"""How well the sample shop's pages are found, and how well an answer is told from none.

    python benchmarks/retrieval.py [--split dev|test] [--misses] [--fit] [--no-afqmc] [--json FILE]

Questions: benchmarks/data/questions.yaml, written apart from the pages; both halves are printed unless `--split` names
one. `hit@k`: a right document is among the first k, where a FAQ row or a guide that says the same counts as well
(benchmarks/data/equivalent.yaml); `page@1` is without these. `answered`: of the questions that the pages answer, those
whose first passage is right and stands above the setting `relevance`. `kept`: those with any passage above it, among
the four that a turn looks at. `refused`: of the questions that the pages do not answer, those with none.

One table tells what the figure `SURE` of learning/gaps.py rests on: for each threshold, of the questions whose best
passage lies above it, and of those whose best lies between the setting `relevance` and it, how many found their page.

The last table is over AFQMC (1,000 customers' questions, each with its paraphrases among 8,611): the pool is ingested
as a CSV and searched by words only, by vectors only, and by both as a turn does. Its labels are incomplete.

Two tables over the sample shop: benchmarks/data/shop_questions.yaml, as customers ask (hit@k by the documents that it
names, FAQ rows and guides among them), and benchmarks/data/keywords.yaml. The constants of ranking.py come from
ranking.py beside this file. `--fit` prints constants for relevance.py from the dev half and the seen part: the mix of
cosine and coverage that best separates answerable questions from others (area under the curve), its scale by logistic
regression, the intercept so that 95 % of the answerable ones are kept; and what other shares would give.
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
from shopassist.knowledge import ranking
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.slips import mended
from shopassist.settings import load

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks/data"
TODAY = date(2024, 12, 5)
LOOKED_AT = 4  # passages of a turn (engine/retrieve.py)
KEEP = 0.95
SURE_FROM = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Thresholds among which `SURE` of learning/gaps.py is chosen."""

WAYS = {
    "words only": {"LITTLE": 1e9, "MUCH": 1e9, "RELEVANT": 0},
    "vectors only": {"LITTLE": 0, "MUCH": 0, "CROWDED": 0, "RELEVANT": 0},
    "both": {},
}
"""Rankings that are compared, by the constants of ranking.py in which they differ from what a turn does."""


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
    query = mended(question["q"], shelf.lexical.frequency)
    coverage = float(shelf.lexical.coverages(query, np.array([shelf.place[passage.id]]))[0])
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
    for keep in (0.8, 0.85, 0.9, 0.95):
        silent = s < np.quantile(s[y], 1 - keep, method="lower")
        f1 = 2 * np.sum(silent & ~y) / (silent.sum() + (~y).sum())
        print(f"kept {keep:g}: don't know F1 {f1:.3f}, intercept {-np.quantile(s[y], 1 - keep, method='lower'):.2f}")
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
def ranked(way):
    """The ranking by words alone, by vectors alone (their headings too, as in a turn), or by both."""
    before = {name: getattr(ranking, name) for name in way}
    for name, value in way.items():
        setattr(ranking, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(ranking, name, value)


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


def paraphrase_table(vectors) -> list[dict[str, object]]:
    """AFQMC by words, by vectors and by both; its other half was fitted to (ranking.py)."""
    found: list[dict[str, object]] = []
    with afqmc(None) as pool:
        if pool is None:
            return found
        found.append({"mode": "an index without vectors", "figures": paraphrases(*pool)})
    if vectors is not None:
        with afqmc(vectors) as (knowledge, queries):
            for name, way in WAYS.items():
                with ranked(way):
                    found.append({"mode": name, "figures": paraphrases(knowledge, queries)})
                    found.append({"mode": f"{name}, held out", "figures": paraphrases(knowledge, queries[::2])})
    table = Table("ranking", "hit@1", "hit@5", "hit@10", "MRR@10", title="AFQMC, 1,000 questions among 8,611")
    for r in found:
        table.add_row(r["mode"], *(f"{x:.3f}" for x in r["figures"]))
    console().print(table)
    return found


def keyword_table(knowledge) -> list[dict[str, object]]:
    """The 50 keyword questions by words, by vectors and by both."""
    questions = yaml.safe_load((DATA / "keywords.yaml").read_text("utf-8"))
    table = Table("ranking", "hit@1", "hit@3", "MRR@4", title=f"sample shop, {len(questions)} keyword questions")
    found: list[dict[str, object]] = []
    for name, way in WAYS.items():
        with ranked(way):
            pairs = results(knowledge, questions)
        first = np.array([next((n for n, p in enumerate(f, 1) if p.document in q["expect"]), np.inf) for q, f in pairs])
        figures = [float(np.mean(first <= 1)), float(np.mean(first <= 3)), float(np.mean(1 / first))]
        found.append({"mode": name, "figures": figures})
        table.add_row(name, *(f"{x:.3f}" for x in figures))
    console().print(table)
    return found


def customers_table(mode, knowledge, threshold) -> list[dict[str, object]]:
    """The questions as customers ask them: the part that constants were fitted to, the unseen part, and all."""
    questions = yaml.safe_load((DATA / "shop_questions.yaml").read_text("utf-8"))
    names = ("part", "questions", "hit@1", "hit@3", "precision", "recall", "F1")
    table = Table(*names, title=f"sample shop as customers ask, {mode}; right of it: don't know at {threshold:g}")
    pairs, found = results(knowledge, questions), []
    for part in ("seen", "unseen", "all"):
        own = [(q, f) for q, f in pairs if part in ("all", q["part"])]
        hits = [[p.document in q["expect"] for p in f] for q, f in own if q["expect"]]
        figures = [float(np.mean([any(h[:k]) for h in hits])) for k in (1, 3)] + dont_know(own, threshold)
        found.append({"mode": mode, "part": part, "figures": figures})
        table.add_row(part, str(len(own)), *(f"{x:.3f}" for x in figures))
    console().print(table)
    return found


def sure_table(mode, knowledge, everything, threshold) -> list[dict[str, object]]:
    """By threshold: how many questions' best passage lies above it, or between `threshold` and it, and is right."""
    asked = yaml.safe_load((DATA / "shop_questions.yaml").read_text("utf-8"))
    names = ("sure from", "above", "right page", "below", "right page")
    table = Table(*names, title=f"best passages, {mode}; from {threshold:g} on they are answered from")
    best = []
    for q, f in [*everything, *results(knowledge, asked)]:
        if f:
            first = max(f, key=lambda p: p.relevance)
            best.append((first.relevance, right(first.document, q)))
    found: list[dict[str, object]] = []
    for sure in SURE_FROM:
        above = [ok for r, ok in best if r >= sure]
        below = [ok for r, ok in best if threshold <= r < sure]
        shares = [float(np.mean(part)) if part else 0.0 for part in (above, below)]
        found.append({"mode": mode, "sure": sure, "above": len(above), "below": len(below), "right": shares})
        table.add_row(f"{sure:g}", str(len(above)), f"{shares[0]:.3f}", str(len(below)), f"{shares[1]:.3f}")
    console().print(table)
    return found


def dont_know(pairs, threshold) -> list[float]:
    """Precision, recall and F1 of saying that the pages do not tell."""
    said = np.array([max((p.relevance for p in f), default=0.0) < threshold for _, f in pairs])
    none = np.array([not q["expect"] for q, _ in pairs])
    right = float(np.sum(said & none))
    return [right / max(said.sum(), 1), right / max(none.sum(), 1), 2 * right / max(said.sum() + none.sum(), 1)]


def sample_shop(vectors, options) -> tuple[list[Row], dict[str, list[dict[str, object]]]]:
    """Both modes over the sample pages; by name the customers' questions, the keywords, and what is sure."""
    everything = yaml.safe_load((DATA / "questions.yaml").read_text("utf-8"))
    splits = [options.split] if options.split else ["dev", "test"]
    found: list[Row] = []
    tables: dict[str, list[dict[str, object]]] = {"asked": [], "keywords": [], "sure": []}
    for mode, used in (("words", None), ("vectors and words", vectors)):
        if mode != "words" and used is None:
            continue
        with opened([ROOT / "knowledge"], used) as knowledge:
            pairs = results(knowledge, everything)
            found += rows(mode, pairs, splits, load().relevance)
            if options.misses:
                misses(mode, [(q, f) for q, f in pairs if q["split"] in splits])
            if options.fit:
                seen = [
                    q for q in yaml.safe_load((DATA / "shop_questions.yaml").read_text("utf-8")) if q["part"] == "seen"
                ]
                fitted = [(q, f) for q, f in pairs if q["split"] == "dev"] + results(knowledge, seen)
                print("fit,", mode, *fit(knowledge, fitted, used is not None))
            tables["asked"] += customers_table(mode, knowledge, load().relevance)
            tables["sure"] += sure_table(mode, knowledge, pairs, load().relevance)
            if used is not None:
                tables["keywords"] += keyword_table(knowledge)
    return found, tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "test"], help="one half only")
    parser.add_argument("--misses", action="store_true", help="print the questions whose first passage is wrong")
    parser.add_argument("--fit", action="store_true", help="print constants for relevance.py, from the dev half")
    parser.add_argument("--no-afqmc", action="store_true", help="leave the second table out")
    parser.add_argument("--threads", type=int, default=2, help="of the embedding model")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    folder = embedding_folder()
    vectors = OnnxEmbeddings(folder, threads=options.threads) if folder else None
    print(f"embeddings: {folder.name}" if folder else "skipped: vectors; no model (set SHOPASSIST_EMBEDDING_MODEL)")
    found, tables = sample_shop(vectors, options)
    names = ("half, language, mode", "questions", "page@1", "hit@1", "hit@3", "answered", "kept", "refused")
    table = Table(*names, title=f"sample shop, threshold {load().relevance:g}")
    for r in found:
        name, count, *values = asdict(r).values()
        table.add_row(name, str(count), *(f"{x:.3f}" for x in values))
    console().print(table)
    pairs = [] if options.no_afqmc else paraphrase_table(vectors)
    save(options.json, [], sample=[asdict(r) for r in found], afqmc=pairs, **tables)


if __name__ == "__main__":
    main()
