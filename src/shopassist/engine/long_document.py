"""A whole page as evidence, where the passages that were found do not hold the answer."""

from __future__ import annotations

import time

from shopassist.engine.figures import asked_for, names_one
from shopassist.engine.quote import held, whole
from shopassist.engine.state import Looked, Ports
from shopassist.replies import Passage

COVERED = 0.6
"""The share of the question's words, the page's title left out, from which on its passages are about what is asked."""

PATIENCE = 0.5
"""The share of a turn's time that reading a page may take; the answer needs the rest."""


def page_for(looked: tuple[Looked, ...], ports: Ports, language: str) -> Passage | None:
    """The page to read as a whole, or None: passages suffice, no page is meant, or there is no model to read it.

    Only a question by itself is answered so, and only from the page that its best passage is of.
    """
    writer, knowledge = ports.writer, ports.knowledge
    if not ports.settings.long_documents or writer is None or knowledge is None or not room(ports):
        return None
    opened = [found for found in looked if not found.quoted and not found.silent]
    if len(opened) != 1 or len(opened[0].products) > 1 or not opened[0].evidence or opened[0].day is None:
        return None
    found, day = opened[0], opened[0].day
    document = found.products[0] if found.products else found.evidence[0].document
    passages = [p for p in found.evidence if p.document == document]
    if not passages or not (whole(found.query) or not _suffice(found.query, list(found.evidence))):
        return None
    page = knowledge.document(document, language=language, valid_on=day)
    known = sum(len(p.text) for p in passages)
    return page if page is not None and len(page.text) > known else None


def room(ports: Ports) -> int:
    """The tokens of a page that the model can read in this turn's time; 0 where that is not known."""
    writer = ports.writer
    if writer is None or writer.pace is None:
        return 0
    patience = PATIENCE * min(ports.deadline - time.monotonic(), ports.settings.model_first_token)
    return max(0, int(writer.pace * patience))


def _suffice(question: str, passages: list[Passage]) -> bool:
    """Whether the passages hold the figure that is asked for, and most of the question's words."""
    units = asked_for(question)
    if units and not any(names_one(p.text, units, question) for p in passages):
        return False
    return held(question, passages) >= COVERED
