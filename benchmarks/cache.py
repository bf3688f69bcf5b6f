"""What kept answers are worth: how fast a hit is, which questions are the same, and which must not be.

    python benchmarks/cache.py [--rounds N] [--fit] [--json FILE]

`find` is the look into the cache alone, with 1,000 answers in it; `turn` a whole turn that is answered from it, stored
in memory or in an SQLite file, from the call to the reply. `alike` includes the question's vector. Near misses are
tests/data/near_misses.yaml, each asked of a cache that holds the other: wrong is a hit by form alone, whatever the
cosine; `cosine alone` is what the vectors alone would let in at the setting's value. Paraphrases are
tests/data/paraphrases.yaml: `fit` chose the words and the cosine, `held` only measures.

`--fit` gives the cosine to set: what keeps 19 of 20 of the paraphrases (fit) that are alike in form.
"""

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import yaml
from rich.table import Table

from report import console, describe, embedding_folder, save
from shopassist.assistant import Assistant
from shopassist.engine.sameness import form
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.encoding import encode
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.protocols import Hot, Kept
from shopassist.replies import Saved
from shopassist.settings import load
from shopassist.storage.memory import MemoryStore
from shopassist.storage.memory_answers import MemoryAnswers
from shopassist.storage.sql import SqlStore
from shopassist.text import language_of

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests/data"
CLOCK = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
ASKED = ("退货运费谁出", "请问退货的运费由谁承担？"), ("怎么取消订单", "订单怎么取消")
"""A question and the same one; one and the same in another order."""

KEPT_SHARE = 0.95


def percentiles(seconds) -> dict[str, float]:
    """Milliseconds."""
    return {f"p{p}": round(float(np.percentile(seconds, p)) * 1000, 3) for p in (50, 99)}


def finding(rounds: int, vectors) -> dict[str, dict[str, float]]:
    """The look into a cache of 1,000 answers: same, alike with the question's vector, and nothing there."""
    answers = MemoryAnswers(1000, 3600, cosine=0.01)
    seed = np.random.default_rng(1)
    for n in range(1000):
        vector = seed.normal(size=512)
        vector /= np.linalg.norm(vector)
        kept = Kept(("无理由退货的运费由买家承担。",), (), (), (), (), Saved("same"))
        answers.keep(Hot("c", f"s{n}", f"a{n}", lambda v=vector: v), kept)

    def timed(question) -> float:
        began = time.perf_counter()
        answers.find(question)
        return time.perf_counter() - began

    found = {"same": [], "nothing": []} | ({"alike": []} if vectors else {})
    for n in range(rounds):
        found["same"].append(timed(Hot("c", f"s{n % 1000}", "")))
        found["nothing"].append(timed(Hot("c", "no", "no")))
        if vectors:
            text = f"{ASKED[1][1]}{n}"
            found["alike"].append(
                timed(Hot("c", "no", f"a{n % 1000}", lambda t=text: encode(vectors, [t])[0].tolist()))
            )
    return {name: percentiles(values) for name, values in found.items()}


def turns(rounds: int, vectors) -> dict[str, dict[str, float]]:
    """Whole turns answered from the cache, each in a conversation of its own."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = load(clock=CLOCK, model="none", data_dir=Path(folder), answer_cache_cosine=0.01)
        ingest([ROOT / "knowledge"], settings.index_dir, vectors)
        for name, store in (("memory", MemoryStore()), ("sqlite", SqlStore(f"sqlite:///{folder}/conversations.db"))):
            with Assistant(
                settings=settings,
                store=store,
                knowledge=ChromaKnowledge(settings.index_dir, vectors),
                model=None,
            ) as assistant:
                assistant.warm()
                for (first, again), how in zip(ASKED, ("same", "alike"), strict=True):
                    if how == "alike" and vectors is None:
                        continue
                    assistant.reply(first, conversation=f"{how}-first")
                    seconds = []
                    for n in range(rounds):
                        began = time.perf_counter()
                        reply = assistant.reply(again, conversation=f"{how}-{n}")
                        seconds.append(time.perf_counter() - began)
                        assert reply.usage.saved, "the turn was not answered from the cache"
                        assert reply.usage.saved.how == how
                    found[f"{how}, {name}"] = percentiles(seconds[5:])
    return found


def pairs(products, vectors, cosine: float) -> tuple[dict, list[float]]:
    """Near misses and paraphrases by form, and the cosines of the `fit` pairs that are alike."""
    near = [p for some in yaml.safe_load((DATA / "near_misses.yaml").read_text("utf-8")).values() for p in some]
    alike = yaml.safe_load((DATA / "paraphrases.yaml").read_text("utf-8"))

    def forms(pair):
        return [form(t, language_of(t), products(language_of(t))) for t in pair]

    def cosines(some) -> list[float]:
        return [float(np.dot(*encode(vectors, [a, b]))) for a, b in some] if vectors else []

    rows = {"near misses": (near, 0)} | {f"paraphrases, {part}": (some, 1) for part, some in alike.items()}
    found, fitting = {}, []
    for name, (some, _) in rows.items():
        made = [forms(pair) for pair in some]
        same = sum(a.same == b.same for a, b in made)
        other = [p for p, (a, b) in zip(some, made, strict=True) if a.same != b.same and a.alike == b.alike]
        near_enough = cosines(other)
        if name.endswith("fit"):
            fitting = near_enough
        found[name] = {
            "pairs": len(some),
            "same": same,
            "alike": len(other),
            "of those near enough": sum(c >= cosine for c in near_enough) if vectors else None,
            "by cosine alone": sum(c >= cosine for c in cosines(some)) if vectors else None,
        }
    return found, fitting


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500, help="hits that are timed")
    parser.add_argument("--fit", action="store_true", help="only the cosine to set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    folder = embedding_folder()
    vectors = OnnxEmbeddings(folder, threads=2) if folder else None
    describe()
    print(f"embeddings: {folder.name}" if folder else "skipped: vectors; no model (set SHOPASSIST_EMBEDDING_MODEL)")
    cosine = load().answer_cache_cosine
    with tempfile.TemporaryDirectory() as place:
        ingest([ROOT / "knowledge"], Path(place), None)
        found, fitting = pairs(ChromaKnowledge(Path(place), None).products, vectors, cosine)
    if options.fit:
        if not fitting:
            raise SystemExit("no cosine can be fitted without an embedding model")
        print(f"answer_cache_cosine: {np.quantile(fitting, 1 - KEPT_SHARE):.3f} (of {len(fitting)} pairs)")
        return
    table = Table("pairs", *next(iter(found.values())), title=f"the same question? (cosine {cosine})")
    for name, row in found.items():
        table.add_row(name, *("–" if v is None else str(v) for v in row.values()))
    console().print(table)
    times = {f"find: {k}": v for k, v in finding(options.rounds, vectors).items()}
    times |= {f"turn: {k}": v for k, v in turns(options.rounds, vectors).items()}
    table = Table("a hit, ms", "p50", "p99")
    for name, row in times.items():
        table.add_row(name, f"{row['p50']:.3f}", f"{row['p99']:.3f}")
    console().print(table)
    save(options.json, [], pairs=found, times=times)


if __name__ == "__main__":
    main()
