"""Look the questions up in the shop's pages, as they hold on the day in question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from langgraph.runtime import Runtime

from shopassist.engine.evidence import quote
from shopassist.engine.planning.points import Query
from shopassist.engine.state import Looked, Ports, Turn
from shopassist.language.references import attached
from shopassist.replies import Citation, Passage
from shopassist.text import sentences

NEAR = 0.85
"""The share of the best passage's relevance that the others must reach: a small model takes what it is given."""

LIMIT = 4
"""Passages that the answer may draw on: what a small model reads well, and what a person would."""


def retrieve(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Search; what is not relevant enough is kept for the trail (`considered`) and out of the evidence."""
    ports = runtime.context
    looked = tuple(_look(query, state, ports) for query in state["plan"].queries)
    evidence = dict.fromkeys(p for found in looked if not found.silent for p in found.evidence)
    sources = (source for found in looked if found.silent and (source := _source(found)))
    citations = tuple(dict.fromkeys(sources))
    update: Turn = {"looked": looked, "evidence": tuple(evidence), "citations": citations, "events": ()}
    first = next((found for found in looked if not found.silent and found.evidence), None)
    if first is not None and not first.products and "product" in first.evidence[0].tags:
        # The page that answers is about a product that nobody named: what follows is about that one.
        made = state["plan"]
        focus = replace(made.dialogue.focus, products=(first.evidence[0].document.upper(),))
        update["plan"] = replace(made, dialogue=replace(made.dialogue, focus=focus))
    return update


def _source(found: Looked) -> Citation | None:
    """The rule by which a template speaks: the sentence of its page that is nearest to what was said."""
    if not found.evidence:
        return None
    passage = found.evidence[0]
    nearest = quote(found.query, [passage])
    text = nearest[1] if nearest else next(iter(sentences(passage.text)), passage.text).strip()
    return Citation(passage.document, passage.version, passage.title, text, passage.url)


def _look(query: Query, state: Turn, ports: Ports) -> Looked:
    if ports.knowledge is None:
        return Looked(query.text, (), (), silent=query.silent)
    products = tuple(p.lower() for p in query.products)
    near = {p.lower() for p in products}
    if not near and attached(state["text"], state["language"]):
        near = {p.lower() for p in ports.memory.dialogue.focus.products}
    near |= {p for p in (query.policy, query.context) if p}
    found = ports.knowledge.search(
        query.text,
        language=state["language"],
        valid_on=date.fromisoformat(query.valid_on) if query.valid_on else state["valid_on"],
        limit=LIMIT,
        within=frozenset(near),
    )
    evidence = _relevant(found, query, products, ports.settings.relevance)
    return Looked(query.text, evidence, tuple(found), products, query.silent)


def _relevant(found: list[Passage], query: Query, products: tuple[str, ...], relevance: float) -> tuple[Passage, ...]:
    """The passages that may be answered from.

    The page of the policy that decides and that of a product that was named are evidence, however little the words of
    the question resemble theirs.
    """
    least = max(relevance, NEAR * max((p.relevance for p in found), default=0.0))
    kept = [p for p in found if p.relevance >= least or p.document.lower() in products or p.document == query.policy]
    if query.silent:
        kept = [p for p in kept if p.document == query.policy]
    return tuple(kept)
