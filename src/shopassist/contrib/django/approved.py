"""The shop's approved answers to questions (`AnswerTemplate` of the kind ``answer``), before those that were kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from shopassist.contrib.django import models
from shopassist.contrib.django.texts import NAMES, SECONDS, said
from shopassist.engine.recall import digest
from shopassist.engine.sameness import form
from shopassist.errors import ShopAssistError
from shopassist.prompts.template import read
from shopassist.protocols import AnswerCache, Hot, Kept, Product, Released
from shopassist.replies import Citation, Passage, Saved
from shopassist.settings import Settings
from shopassist.storage.memory_answers import MemoryAnswers
from shopassist.text import sentences

if TYPE_CHECKING:
    from shopassist.assistant import Assistant

log = logging.getLogger(__name__)

CONTEXT = "approved"
DOCUMENT = "answer:"
"""What stands before the template's number in the citation of an approved answer."""

MOST = 2000
"""Wordings of questions that are known at once."""


class ApprovedAnswers:
    """An `AnswerCache`: a question that means the same as an approved one gets the shop's own answer, word for word.

    It is asked where another customer could get the answer too: the question stands alone and names nothing of
    theirs. Everything else goes to the cache `below`. Rows are read again after ten seconds, on the shop's day.
    """

    def __init__(self, assistant: Assistant, below: AnswerCache | None) -> None:
        self._assistant, self._below = assistant, below
        self._approved, self._read, self._known = _empty(assistant.settings), float("-inf"), ""

    def find(self, question: Hot) -> Kept | None:
        """The approved answer, else what was kept."""
        try:
            self._refresh()
        except ShopAssistError as error:
            log.error("the approved answers cannot be used: %s", error)
        found = self._approved.find(Hot(CONTEXT, question.same, question.alike, question.vector))
        return found or (self._below.find(question) if self._below is not None else None)

    def keep(self, question: Hot, answer: Kept) -> None:
        """Keep an answer of the pages."""
        if self._below is not None:
            self._below.keep(question, answer)

    def clear(self) -> None:
        """Forget what was kept, and read the approved ones anew."""
        self._read = float("-inf")
        if self._below is not None:
            self._below.clear()

    def _refresh(self) -> None:
        if time.monotonic() - self._read <= SECONDS:
            return
        self._read = time.monotonic()
        settings, knowledge = self._assistant.settings, self._assistant.knowledge
        day = settings.now().date()
        rows = [row for row in said(day) if row.kind == models.TemplateKind.ANSWER]
        release = knowledge.release() if isinstance(knowledge, Released) else ""
        known = repr((release, day, [(row.pk, row.updated, row.approved) for row in rows]))
        if known == self._known:
            return
        fresh = _empty(settings)
        for row in rows:
            for hot in self._asked(row):
                fresh.keep(hot, _kept(row, settings))
        self._approved, self._known = fresh, known

    def _asked(self, row: models.AnswerTemplate) -> Iterator[Hot]:
        """The questions of a template in the forms by which questions are compared."""
        knowledge = self._assistant.knowledge
        products: Iterable[Product] = knowledge.products(row.language) if knowledge is not None else ()
        for question in row.questions:
            meant = form(question, row.language, tuple(products))
            if meant.same:
                vector = partial(knowledge.vector, question) if isinstance(knowledge, Released) else lambda: None
                yield Hot(CONTEXT, digest(meant.same), digest(meant.alike), vector)


def filled(row: models.AnswerTemplate, settings: Settings) -> str:
    """An answer's text with the shop's and the assistant's name in their places."""
    english = row.language == "en"
    names = (
        (settings.shop_name_en, settings.assistant_name_en)
        if english
        else (settings.shop_name, settings.assistant_name)
    )
    return read(row.text).render(dict(zip(NAMES, names, strict=True)), lambda name, value, argument, data: value)


def _kept(row: models.AnswerTemplate, settings: Settings) -> Kept:
    text = filled(row, settings)
    document, title = f"{DOCUMENT}{row.pk}", row.questions[0]
    spoken = tuple(one.strip() for one in sentences(text))
    citation = Citation(document, document, title, text, sentences=tuple(range(len(spoken))))
    passage = Passage(document, document, title, text, 1.0, 1.0, row.language, None, row.valid_from, row.valid_to)
    return Kept(spoken, (citation,), (passage,), (), (), Saved("same"))


def _empty(settings: Settings) -> MemoryAnswers:
    return MemoryAnswers(MOST, float("inf"), cosine=settings.answer_cache_cosine)
