"""Look the question up in the shop's pages, as they hold on the day in question."""

from __future__ import annotations

from dataclasses import replace

from langgraph.runtime import Runtime

from shopassist.engine.state import Ports, Turn
from shopassist.prompts import texts

NEAR = 0.85
"""The share of the best passage's relevance that the others must reach: a small model takes what it is given."""

LIMIT = 4
"""Passages that the answer may draw on: what a small model reads well, and what a person would."""


def retrieve(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Search; what is not relevant enough is kept for the trail (`considered`) and out of the evidence."""
    ports = runtime.context
    query = state["query"] if state["kind"] == "question" else texts(state["language"]).say("person_query")
    if ports.knowledge is None:
        return {"evidence": (), "considered": ()}
    products = state.get("products", ())
    found = ports.knowledge.search(
        query,
        language=state["language"],
        valid_on=state["valid_on"],
        limit=LIMIT,
        within=frozenset(state.get("near", ())),
    )
    # A product's own page is evidence for a question that names it, however little its words resemble the page's.
    least = max(ports.settings.relevance, NEAR * max((p.relevance for p in found), default=0.0))
    evidence = [p for p in found if p.relevance >= least or p.document in products]
    update: Turn = {"evidence": tuple(evidence), "considered": tuple(found)}
    memory = state.get("memory", ports.memory)
    if evidence and not products and "product" in evidence[0].tags and state["kind"] == "question":
        update["memory"] = replace(memory, focus=(evidence[0].document,))
    return update
