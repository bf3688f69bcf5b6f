"""Whether the sentence that is shown without a model answers the question: the pages' own words, quoted.

    python benchmarks/answers.py [--split dev|test] [--misses] [--json FILE]

Questions: benchmarks/data/answers.yaml, each with its page and what the answer must hold. They go through the steps
retrieve and compose as a plan hands them over: `routed` with the page of the policy that decides, `open` without, where
nobody knew what the question is about. `first`: the first sentence holds what it must; `shown`: both sentences together
do. `cited`: the page itself is among the citations, not only a FAQ row or a guide that says the same.
"""

import argparse
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import yaml
from rich.table import Table

from report import console, describe, embedding_folder, save
from retrieval import ROOT, TODAY, opened
from shopassist.engine.check import check
from shopassist.engine.compose import Draft
from shopassist.engine.planning.contracts import Heard, Plan
from shopassist.engine.planning.points import Query
from shopassist.engine.retrieve import retrieve
from shopassist.engine.state import Memory
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.language.references import mentioned
from shopassist.settings import load

QUESTIONS = Path(__file__).parent / "data/answers.yaml"


@dataclass(frozen=True)
class Row:
    """A row of the table, shares of its questions."""

    name: str
    questions: int
    first: float
    shown: float
    cited: float


class Texts:
    """The shop's texts without the words around a quoted sentence, so that it is compared alone."""

    def say(self, kind, name, data, language, variant=0):
        return data["text"] if (kind, name) == ("knowledge", "page") else ""


def answer(knowledge, question, *, routed: bool) -> tuple[list[str], list[str]]:
    """The sentences shown for a question, and the documents cited."""
    day = question.get("valid_on") or TODAY
    products = mentioned(question["q"], knowledge.products(question["language"]))
    policy = question["document"] if routed and not question["document"].startswith("p-") else None
    query = Query(question["q"], policy, tuple(p.document.upper() for p in products), day.isoformat())
    ports = SimpleNamespace(
        settings=load(), knowledge=knowledge, memory=Memory(), texts=Texts(), writer=None, draft=None, turn=1
    )
    state = {
        "text": question["q"], "heard": Heard(question["q"]),
        "language": question["language"], "valid_on": date.fromisoformat(day.isoformat()),
        "plan": Plan(queries=(query,)), "mood": "neutral", "sentences": (), "citations": (), "rejected": (),
    }  # fmt: skip
    state |= retrieve(state, SimpleNamespace(context=ports))
    with closing(Draft(state, ports)) as draft:
        while (candidate := draft.next()) is not None:
            if candidate.text:
                state |= check(candidate, state, ports)
    return list(state["sentences"]), [c.document for c in state["citations"]]


def holds(text: str, wanted: list) -> bool:
    """Whether a text holds each entry, of a list any, whatever its case and spaces."""
    plain = "".join(text.casefold().split())
    entries = [w if isinstance(w, list) else [w] for w in wanted]
    return all(any("".join(str(o).casefold().split()) in plain for o in options) for options in entries)


def rows(mode, knowledge, questions, *, misses: bool) -> list[Row]:
    found = []
    for routed in (True, False):
        way = "routed" if routed else "open"
        seen = [(q, *answer(knowledge, q, routed=routed)) for q in questions]
        for language in ("zh", "en"):
            part = [(q, s, c) for q, s, c in seen if q["language"] == language]
            first = [bool(s) and holds(s[0], q["has"]) for q, s, _ in part]
            shown = [holds(" ".join(s), q["has"]) for q, s, _ in part]
            cited = [bool({q["document"], *q.get("also", ())} & set(c)) for q, _, c in part]
            figures = (float(np.mean(f)) for f in (first, shown, cited))
            found.append(Row(f"{way}, {language}, {mode}", len(part), *figures))
        for q, s, c in seen if misses else ():
            if not (s and holds(s[0], q["has"])) or not {q["document"], *q.get("also", ())} & set(c):
                print(mode, way, q["q"], q["document"], q["has"], s, c, sep="\n    ")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "test"], help="one half only")
    parser.add_argument("--misses", action="store_true", help="print the questions that are not answered rightly")
    parser.add_argument("--threads", type=int, default=2, help="of the embedding model")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    questions = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    questions = [q for q in questions if options.split in (None, q["split"])]
    folder = embedding_folder()
    print(f"embeddings: {folder.name}" if folder else "skipped: vectors; no model (set SHOPASSIST_EMBEDDING_MODEL)")
    found: list[Row] = []
    for mode, vectors in (
        ("words", None),
        ("vectors and words", OnnxEmbeddings(folder, threads=options.threads) if folder else None),
    ):
        if mode == "words" or vectors is not None:
            with opened([ROOT / "knowledge"], vectors) as knowledge:
                found += rows(mode, knowledge, questions, misses=options.misses)
    table = Table("way, language, mode", "questions", "first", "shown", "cited", title="quoted without a model")
    for r in found:
        name, count, *values = asdict(r).values()
        table.add_row(name, str(count), *(f"{x:.3f}" for x in values))
    console().print(table)
    save(options.json, [], sample=[asdict(r) for r in found])


if __name__ == "__main__":
    main()
