"""What another version of the page says, where nothing tells which order is meant: 30 days for those of 双十一."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from shopassist.engine.figures import asked_for, figures, names_one
from shopassist.engine.quote import leads, quote
from shopassist.protocols import Knowledge
from shopassist.replies import Passage

AGO = timedelta(days=60)
"""How long ago an order may have been placed that is still asked about without a word of when."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A sentence of another version, and the days of the orders that it is for, both included."""

    passage: Passage
    text: str
    first: date
    last: date


def otherwise(
    text: str,
    evidence: tuple[Passage, ...],
    knowledge: Knowledge,
    language: str,
    day: date,
    search: Callable[[str, date], list[Passage]],
) -> Otherwise | None:
    """The latest other version whose answer has other figures than the one that holds; None where there is none.

    `search` gives a document's passages for the question as they held on a day.
    """
    if not evidence or "product" in evidence[0].tags:
        return None
    document = evidence[0].document
    said = quote(text, [p for p in evidence if p.document == document])
    if said is None:
        return None
    units = asked_for(text)
    for period in reversed(knowledge.periods(document, language=language, since=day - AGO, until=day)):
        if (period.valid_from, period.valid_to) == (evidence[0].valid_from, evidence[0].valid_to):
            continue
        passages = search(document, period.first)
        if leads(said[0]):  # what begins the one page stands against what begins the other
            passages = [p for p in passages if leads(p)] or _under_the_title(passages)
        found = quote(f"{text} {said[1]}", passages)
        if found is None or (units and not names_one(found[1], units, text)):
            continue
        if {*figures(found[1])} - {*figures(said[1])}:
            return Otherwise(*found, period.first, period.last)
    return None


def _under_the_title(passages: list[Passage]) -> list[Passage]:
    """The passages with the shortest way of headings: a page whose title and first heading differ has one over all."""
    depths = [p.text.partition("\n")[0].count(" › ") for p in passages]
    return [p for p, depth in zip(passages, depths, strict=True) if depth == min(depths)]
