"""Drafts of answer templates: out of questions that customers ask often, or of a CSV of questions and answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache, partial

from django.utils.translation import gettext as _
from langchain_core.embeddings import Embeddings

from shopassist.assistant import Assistant
from shopassist.contrib.django import models
from shopassist.contrib.django.connection import reading, writing
from shopassist.contrib.django.store import DjangoStore
from shopassist.contrib.django.texts import mistakes
from shopassist.engine.quote import quote
from shopassist.errors import InputError, KnowledgeError
from shopassist.knowledge.sources.encoding import decoded
from shopassist.learning.alike import groups
from shopassist.learning.neutral import neutral, values_of
from shopassist.learning.review import reviewed, said
from shopassist.prompts.points import LANGUAGES
from shopassist.protocols import Released
from shopassist.replies import Language, Passage
from shopassist.text import fold, language_of

MOST = 600
"""Different questions that are grouped, the most frequent; the work grows with their square."""

WORDINGS = 6
LONGEST = 200
"""Characters of a question."""

FILE_BYTES, FILE_ROWS = 1_000_000, 2000
COLUMNS = {
    "question": ("question", "questions", "问题", "问"),
    "answer": ("answer", "答案", "回答", "答"),
    "language": ("language", "语言"),
    "valid_from": ("valid_from", "valid from", "生效日期", "开始日期"),
    "valid_to": ("valid_to", "valid to", "失效日期", "结束日期"),
}
"""A file's columns under the names that they may have."""


@dataclass(frozen=True, slots=True)
class Frequent:
    """Questions that mean the same: how often they were asked, in which wordings, and what a page says to them."""

    language: Language
    count: int
    wordings: tuple[str, ...]
    answer: str = ""
    page: str = ""

    @property
    def question(self) -> str:
        """The wording that is most like the others."""
        return self.wordings[0]


@dataclass(slots=True)
class Imported:
    """What came of an import: how many drafts were made, how many were there already, and which rows were wrong."""

    made: int = 0
    known: int = 0
    wrong: list[str] = field(default_factory=list)


def frequent(assistant: Assistant, *, since: datetime, least: int = 2, limit: int = 50) -> list[Frequent]:
    """What was asked at least so often since then, the most frequent first, without personal data as far as recognised.

    Raises `StorageError`, `KnowledgeError`.
    """
    store = DjangoStore()
    values = lru_cache(maxsize=128)(partial(values_of, store))
    asked: dict[tuple[Language, str], list[str]] = {}
    begin = since.timestamp()
    for one in reviewed(store, assistant.classifier.catalogue, since=begin):
        turn = one.turn
        if turn.reply.query is None or (turn.answered or 0) < begin:
            continue
        text = neutral(said(turn), turn.reply.language, values(turn.conversation)).text
        text = " ".join(text.split())
        if text and len(text) <= LONGEST:
            plain = "".join(c for c in fold(text) if c.isalnum())
            asked.setdefault((turn.reply.language, plain), []).append(text)
    found = [one for language in LANGUAGES for one in _grouped(assistant, language, asked)]
    found = sorted((f for f in found if f.count >= least), key=lambda f: (-f.count, f.question))
    return [_answered(assistant, one) for one in found[:limit]]


def _grouped(assistant: Assistant, language: Language, asked: dict[tuple[Language, str], list[str]]) -> list[Frequent]:
    kinds = sorted((texts for (of, _), texts in asked.items() if of == language), key=lambda t: (-len(t), t[0]))[:MOST]
    found = []
    for group in groups([k[0] for k in kinds], [len(k) for k in kinds], embeddings_of(assistant)):
        wordings = [kinds[n][0] for n in group][:WORDINGS]
        found.append(Frequent(language, sum(len(kinds[n]) for n in group), tuple(wordings)))
    return found


class _OfKnowledge(Embeddings):
    """The index's own embeddings, through the assistant's knowledge: no second model is opened."""

    def __init__(self, vector: Callable[[str], Sequence[float] | None]) -> None:
        self._vector = vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The texts' vectors. Raises `KnowledgeError` where the model fails."""
        found = [self._vector(text) for text in texts]
        if any(vector is None for vector in found):
            raise KnowledgeError("the embedding model gives no vectors; the log says why")
        return [[*map(float, vector)] for vector in found if vector is not None]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]


def embeddings_of(assistant: Assistant) -> Embeddings | None:
    """The embeddings by which the assistant searches; None where it goes by words alone."""
    knowledge = assistant.knowledge
    if not isinstance(knowledge, Released) or knowledge.vector(assistant.settings.shop_name) is None:
        return None
    return _OfKnowledge(knowledge.vector)


def _answered(assistant: Assistant, one: Frequent) -> Frequent:
    """With the page's own sentence as a beginning for the draft, where a page is near enough."""
    passages = relevant(assistant, one.question, one.language)
    best = quote(one.question, passages) if passages else None
    if best is None:
        return one
    return Frequent(one.language, one.count, one.wordings, best[1], best[0].title)


def relevant(assistant: Assistant, question: str, language: str, limit: int = 4) -> list[Passage]:
    """The passages that are near enough to a question to answer it today. Raises `KnowledgeError`."""
    if assistant.knowledge is None or not question.strip():
        return []
    settings = assistant.settings
    found = assistant.knowledge.search(question, language=language, valid_on=settings.now().date(), limit=limit)
    return [p for p in found if p.relevance >= settings.relevance]


def draft(found: Iterable[Frequent], who: str) -> Imported:
    """Make drafts of frequent questions. Raises `StorageError`."""
    rows = [
        models.AnswerTemplate(
            language=one.language, kind="answer", question="\n".join(one.wordings), text=escaped(one.answer),
            asked=one.count, author=who,
        )
        for one in found
    ]  # fmt: skip
    return _stored(rows)


def escaped(text: str) -> str:
    """A page's sentence as a template's text: brackets would be fields."""
    return text.translate(str.maketrans("{}[]", "（）（）"))


def from_csv(data: bytes, who: str) -> Imported:
    """Make drafts of a CSV of questions and answers. Raises `InputError` that says what is wrong with the file."""
    if len(data) > FILE_BYTES:
        raise InputError(_("The file is larger than %(most)d kB.") % {"most": FILE_BYTES // 1000})
    try:
        text, _encoding = decoded(data)
    except ValueError as error:
        raise InputError(_("The file cannot be read: %(why)s.") % {"why": error}) from None
    rows = _table(text)
    if not rows:
        raise InputError(_("The file has no rows."))
    places = _places(rows[0])
    if len(rows) - 1 > FILE_ROWS:
        raise InputError(_("The file has more than %(most)d rows.") % {"most": FILE_ROWS})
    drafts, wrong = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            drafts.append(_row(row, places, who))
        except InputError as error:
            wrong.append(_("Row %(number)d: %(why)s") % {"number": number, "why": error})
    imported = _stored(drafts)
    imported.wrong = wrong
    return imported


def _table(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise InputError(_("The file is no CSV: %(why)s.") % {"why": error}) from None


def _places(head: Sequence[str]) -> dict[str, int]:
    named = {cell.strip().casefold(): n for n, cell in enumerate(head)}
    places = {name: named[s] for name, spellings in COLUMNS.items() for s in spellings if s in named}
    if lacking := [name for name in ("question", "answer") if name not in places]:
        text = _("The first row must name the columns question and answer; %(lacking)s is missing.")
        raise InputError(text % {"lacking": ", ".join(lacking)})
    return places


def _row(row: Sequence[str], places: dict[str, int], who: str) -> models.AnswerTemplate:
    """A draft of one row. Raises `InputError`."""
    cells = {name: row[n].strip() if n < len(row) else "" for name, n in places.items()}
    question = cells["question"]
    if not question:
        raise InputError(_("The question is missing."))
    if any(len(line) > LONGEST for line in question.splitlines()):
        raise InputError(_("The question is longer than %(most)d characters.") % {"most": LONGEST})
    language = cells.get("language") or language_of(question)
    if language not in LANGUAGES:
        raise InputError(_("The language must be zh or en."))
    days = {name: _day(cells.get(name, "")) for name in ("valid_from", "valid_to")}
    made = models.AnswerTemplate(
        language=language, kind="answer", question=question, text=escaped(cells["answer"]), author=who, **days
    )
    if wrong := mistakes(made):
        raise InputError(" ".join(wrong.values()))
    return made


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-")) if text else None
    except ValueError:
        raise InputError(_("%(text)s is no day such as 2025-01-31.") % {"text": text[:40]}) from None


def _stored(rows: Sequence[models.AnswerTemplate]) -> Imported:
    """Store drafts, but for questions that have a template already."""
    with reading() as db:
        texts = models.AnswerTemplate.objects.using(db).filter(kind="answer").values_list("language", "question")
        known = {(language, fold(line)) for language, text in texts for line in text.splitlines()}
    fresh, imported = [], Imported()
    for row in rows:
        own = {(row.language, fold(line)) for line in row.questions}
        if own & known:
            imported.known += 1
        else:
            known |= own
            fresh.append(row)
    with writing() as db:
        models.AnswerTemplate.objects.using(db).bulk_create(fresh)
    imported.made = len(fresh)
    return imported
