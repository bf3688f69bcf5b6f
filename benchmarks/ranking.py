"""Fits the constants of knowledge/ranking.py: how much words and vectors count, by the question.

    python benchmarks/ranking.py [--tries 400] [--best 3]

Fitted to: half of AFQMC (every other question), the dev half of questions.yaml, the seen part of shop_questions.yaml,
and keywords drawn from the sample pages (rare words of a passage; what has them all is right). Held out, and printed
beside: the other half of AFQMC, the test half, the unseen part, keywords.yaml. The search is over a grid in random
order, since ranks are not smooth. The aim is the sum of, for AFQMC, hit@10 and MRR@10 relative to the vectors alone,
counted twice; for the shop hit@1, hit@3 and MRR twice; for keywords their MRR.
"""

import argparse
import itertools
import random
import re
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import yaml
from rich.table import Table

from report import console, describe, embedding_folder
from retrieval import DATA, ROOT, TODAY, afqmc, opened, right
from shopassist.knowledge import ranking
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.relevance import relevance
from shopassist.knowledge.slips import mended
from shopassist.text import tokens

GRID = {
    "CROWDED": (0.0, 0.1, 0.2, 0.25, 0.3),
    "COMMON": (0.2, 0.3, 0.35, 0.4, 0.45),
    "STEEP": (1.0, 2.0, 3.0, 5.0, 8.0),
    "LITTLE": (0.0, 0.05, 0.1),
    "MUCH": (0.7, 1.0, 1.5, 2.0),
    "HEADING": (0.0, 0.2, 0.4, 0.6),
    "RELEVANT": (0.0, 0.5, 1.0, 1.25, 1.5, 2.0),
}
FITTED = ("afqmc", "shop", "keywords")
SEED = 7


@dataclass(frozen=True)
class Candidates:
    """A question's candidates, a column each; `right` tells which answer it."""

    group: str
    cosines: np.ndarray
    near: np.ndarray
    words: np.ndarray
    headings: np.ndarray
    relevance: np.ndarray
    telling: float
    right: np.ndarray


def candidates(group, knowledge, vectors, query, language, answers, day=TODAY, own=None) -> Candidates:
    """What a search puts in order for a question. `answers` tells of a document whether it answers."""
    shelf = knowledge.generation.shelves[language]
    holds = shelf.holds(day)
    query = mended(query, shelf.lexical.frequency)
    vector = vectors.encode([query])[0]
    words = shelf.lexical.scores(query) * holds
    found = [n for n in shelf.nearest(vector, 120)[0].tolist() if holds[n]][:60]
    best = [n for n in np.argsort(-words)[:10].tolist() if words[n] > 0]
    rows = np.array(sorted({*found, *best}))
    rows = rows[[shelf.rows[n].document != own for n in rows]]
    taken = shelf.taken(rows)
    beside = taken @ taken.T
    np.fill_diagonal(beside, -1)
    around = min(ranking.AROUND, len(rows) - 1)
    noise = knowledge.generation.meta["calibration"][language]
    question = shelf.lexical.read(query)
    weights = list(question.weights.values()) or [0.5]
    return Candidates(
        group,
        taken @ vector,
        -np.sort(-beside, axis=1)[:, :around].mean(axis=1),
        words[rows],
        ranking.by_headings(question, [shelf.rows[n] for n in rows]) / ranking.HEADING,
        relevance(shelf.lexical.coverages(query, rows), taken @ vector, noise),
        float(np.mean(weights)),
        np.array([answers(shelf.rows[n].document) for n in rows]),
    )


def score(c: Candidates, crowded, common, steep, little, much, heading, relevant) -> np.ndarray:
    """The formula of ranking.py over one question's candidates."""
    weight = min(max(steep * (c.telling - common), little), much)
    spread = c.cosines.std() or 1.0
    meaning = ranking.standard(c.cosines) - crowded * c.near / spread
    return (weight * ranking.standard(c.words) + meaning) / (1 + weight) + heading * c.headings + relevant * c.relevance


def rank(c: Candidates, constants) -> float:
    """The place of the first right candidate, infinite where there is none."""
    scores = score(c, *constants)
    return float(np.sum(scores > scores[c.right].max()) + 1) if c.right.any() else np.inf


def measures(ranks) -> tuple[float, float, float, float]:
    """hit@1, hit@3, hit@10, MRR@10."""
    r = np.array(ranks)
    return (*(float(np.mean(r <= k)) for k in (1, 3, 10)), float(np.mean(np.where(r <= 10, 1 / r, 0))))


def aim(by_group, alone) -> float:
    """What the fit makes large; `alone` are AFQMC's measures by vectors alone."""
    pool, shop, keys = (by_group[g] for g in FITTED)
    return 2 * (pool[2] / alone[2] + pool[3] / alone[3]) + shop[0] + shop[1] + 2 * shop[3] + keys[3]


def keywords(knowledge, language):
    """Rare words of each passage, and the documents that have them all."""
    draw = random.Random(SEED)
    shelf = knowledge.generation.shelves[language]
    holding = np.flatnonzero(shelf.holds(TODAY))
    for n in holding:
        found = re.findall(r"[A-Za-z0-9][A-Za-z0-9.\-×–]*|[\u4e00-\u9fff]{2,5}", shelf.rows[n].text)
        rare = [w for w in found if min(map(shelf.lexical.weight, tokens(w)), default=0) > 0.5]
        if not rare:
            continue
        query = " ".join(dict.fromkeys(draw.sample(rare, min(len(rare), draw.choice([1, 2, 2])))))
        needed = set(tokens(query))
        have = {shelf.rows[m].document for m in holding if needed <= set(tokens(shelf.rows[m].indexed))}
        if 0 < len(have) <= 4:
            yield query, have


def gathered(vectors) -> list[Candidates]:
    """The candidates of every question."""
    found = []
    with ExitStack() as stack:
        pool = stack.enter_context(afqmc(vectors))
        if pool is not None:
            for n, q in enumerate(pool[1]):
                gold = {str(p) for p in q["gold_pids"]}
                name = "afqmc" if n % 2 else "afqmc, held out"
                own = str(q["query_pid"])
                found.append(candidates(name, pool[0], vectors, q["query"], "zh", gold.__contains__, own=own))
        shop = stack.enter_context(opened([ROOT / "knowledge"], vectors))
        for file, part, fitted in (("questions", "split", "dev"), ("shop_questions", "part", "seen")):
            for q in yaml.safe_load((DATA / f"{file}.yaml").read_text("utf-8")):
                if q["expect"]:
                    name = "shop" if q[part] == fitted else f"{file}, {q[part]}"
                    answers = (lambda d, q=q: right(d, q)) if part == "split" else set(q["expect"]).__contains__
                    day = q.get("valid_on") or TODAY
                    found.append(candidates(name, shop, vectors, q["q"], q["language"], answers, day))
        for q in yaml.safe_load((DATA / "keywords.yaml").read_text("utf-8")):
            gold = set(q["expect"])
            found.append(candidates("keywords.yaml", shop, vectors, q["q"], q["language"], gold.__contains__))
        for language in ("zh", "en"):
            for query, have in keywords(shop, language):
                found.append(candidates("keywords", shop, vectors, query, language, have.__contains__))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=400, help="points of the grid that are tried")
    parser.add_argument("--best", type=int, default=3, help="how many of them are printed")
    options = parser.parse_args()
    describe()
    folder = embedding_folder()
    if folder is None:
        print("skipped: no embedding model (set SHOPASSIST_EMBEDDING_MODEL)")
        return
    everything = gathered(OnnxEmbeddings(folder))
    groups = {c.group: [x for x in everything if x.group == c.group] for c in everything}
    now = tuple(getattr(ranking, name) for name in GRID)
    alone = measures([rank(c, (0,) * len(GRID)) for c in groups.get("afqmc", ())] or [1])
    points = list(itertools.product(*GRID.values()))
    random.Random(SEED).shuffle(points)
    tried = []
    for point in (now, *points[: options.tries]):
        by_group = {g: measures([rank(c, point) for c in groups.get(g, ())] or [1]) for g in FITTED}
        tried.append((aim(by_group, alone), point))
    table = Table(title=", ".join(GRID))
    for column in ("constants", "aim", *groups):
        table.add_column(column, overflow="fold")
    for name, (value, point) in [
        ("as it is", tried[0]),
        *(("", t) for t in sorted(tried, reverse=True)[: options.best]),
    ]:
        shown = ("/".join(f"{x:.3f}" for x in measures([rank(c, point) for c in cs])) for cs in groups.values())
        table.add_row(f"{name} {point}", f"{value:.3f}", *shown)
    console().print(table)
    print("each: hit@1/hit@3/hit@10/MRR@10;", {g: len(cs) for g, cs in groups.items()})


if __name__ == "__main__":
    main()
