"""How well the sample shop's pages are found, and how well an answer is told from none.

    python benchmarks/retrieval.py [--split test] [--fit] [--misses]

Questions: benchmarks/data/questions.yaml, written apart from the pages. `hit@k`: a right document is among the first k.
`answered`: of the questions that the pages answer, those whose first relevant passage is right and stands above the
setting `relevance`. `refused`: of those that they do not answer, those with no passage above it. `--fit` fits the
constants of relevance.py on the chosen split by logistic regression (plain gradient descent in numpy).
"""

import argparse
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from shopassist.assistant import embeddings_from
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.settings import load

ROOT = Path(__file__).parent.parent
TODAY = date(2024, 12, 5)


def results(knowledge, questions):
    for q in questions:
        found = knowledge.search(q["q"], language=q["language"], valid_on=q.get("valid_on") or TODAY, limit=5)
        yield q, found


def row(name, pairs, threshold):
    answerable = [(q, f) for q, f in pairs if q["expect"]]
    others = [(q, f) for q, f in pairs if not q["expect"]]

    def hit(k):
        return np.mean([any(p.document in q["expect"] for p in f[:k]) for q, f in answerable])

    good = [f and f[0].relevance >= threshold and f[0].document in q["expect"] for q, f in answerable]
    kept = [f and max(p.relevance for p in f[:3]) >= threshold for q, f in answerable]
    refused = [not f or max(p.relevance for p in f[:3]) < threshold for q, f in others]
    figures = [hit(1), hit(3), np.mean(good), np.mean(kept), np.mean(refused) if refused else float("nan")]
    return [name, str(len(answerable)), *(f"{x:.3f}" for x in figures)]


def fit(knowledge, pairs, dense):
    x, y = [], []
    for q, found in pairs:
        for p in found[:3]:
            shelf = knowledge.generation.shelves[p.language]
            place = shelf.place[p.id]
            coverage = shelf.lexical.coverage(q["q"], shelf.rows[place].indexed)
            noise = knowledge.generation.meta["calibration"].get(p.language)
            x.append([1, (p.dense - noise["mean"]) / noise["std"], coverage] if dense else [1, coverage])
            y.append(p.document in q["expect"] or (bool(q["expect"]) and p.document.startswith("faq")))
    x, y, w = np.array(x), np.array(y, float), np.zeros(len(x[0]))
    for _ in range(20000):
        w -= 0.5 * (x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(y) + 1e-3 * w)
    return w.round(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="test")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    settings = load()
    everything = yaml.safe_load((ROOT / "benchmarks/data/questions.yaml").read_text("utf-8"))
    questions = [q for q in everything if q["split"] == options.split]
    table = Table("mode", "questions", "hit@1", "hit@3", "answered", "kept", "refused", title=f"split {options.split}")
    for mode, embeddings in (("words", None), ("vectors and words", embeddings_from(settings))):
        if mode != "words" and embeddings is None:
            print(
                "no embedding model: `shopassist pull`, or set SHOPASSIST_EMBEDDING_MODEL; the second mode is skipped"
            )
            continue
        with tempfile.TemporaryDirectory() as folder:
            ingest([ROOT / "knowledge"], Path(folder), embeddings)
            knowledge = ChromaKnowledge(Path(folder), embeddings)
            pairs = list(results(knowledge, questions))
            for language in ("zh", "en"):
                part = [(q, f) for q, f in pairs if q["language"] == language]
                table.add_row(*row(f"{mode}, {language}", part, settings.relevance))
            if options.misses:
                for q, f in pairs:
                    if not (f and f[0].document in q["expect"]) and (q["expect"] or (f and f[0].relevance > 0.5)):
                        print(mode, q["q"], q["expect"], [(p.document, p.score, p.relevance, p.dense) for p in f[:3]])
            if options.fit:
                print(mode, fit(knowledge, pairs, embeddings is not None))
    Console().print(table)


if __name__ == "__main__":
    main()
