"""Turn what was found into sentences: the decisive ones by template, the answer by the model, one at a time."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator, Iterator, Sequence

from langgraph.runtime import Runtime

from shopassist.dialogue import Asked
from shopassist.engine.check import check
from shopassist.engine.evidence import quote, support
from shopassist.engine.figures import asked_for, names_one
from shopassist.engine.pages_words import BARE, PagesWords
from shopassist.engine.planning.points import Point
from shopassist.engine.prompt import prompt
from shopassist.engine.state import Candidate, Looked, Ports, Superseded, Turn
from shopassist.errors import CircuitOpen, EmptyAnswer, ShopAssistError
from shopassist.models.writer import Writing
from shopassist.prompts import names, texts
from shopassist.replies import Passage, Section
from shopassist.text import content, fold, sentences

log = logging.getLogger(__name__)

MOST_SENTENCES = 5
"""The model's sentences in one reply; what it would say beyond them is repetition (seen with 1.5B)."""

MOST_CALLS = 2
"""The model's calls in one turn, the one that understands among them."""

UNFIT = {"language": "WrongLanguage", "echo": "Echo"}
"""What the check may find wrong with a whole answer, and how `degraded` calls it."""

SOURCED_BY = 0.4
"""The share of an answer's content that one of the two best passages holds, if it is to the point."""

ENDED = re.compile(r"[。！？!?….~～][”’」』）)\"']*$")
"""How a whole sentence ends. One that the token limit cut off may say the opposite of the whole."""


class Draft:
    """The sentences of one reply as they come into being. Owns the model's open stream; `close` ends it.

    `asked` is what the draft asks beyond the plan: whether a person shall answer what the pages do not. `objections`
    are the check's, to sentences of the model; `read` is what the model was given of the pages.
    """

    def __init__(self, state: Turn, ports: Ports) -> None:
        self.state, self.ports = state, ports
        self.words = texts(state["language"])
        self.looked = tuple(found for found in state["looked"] if not found.silent)
        self.open = tuple(found for found in self.looked if not found.quoted)
        self.evidence = tuple(dict.fromkeys(p for found in self.open for p in found.evidence))
        self.query = " ".join(found.query for found in self.open or self.looked) or state["text"]
        self.calls = self.input_tokens = self.output_tokens = 0
        self.sections: tuple[Section, ...] = ()
        self.read: tuple[Passage, ...] = ()
        self.objections: list[str] = []
        self.first_token: float | None = None
        self.asked: Asked | None = None
        self.accepted: list[str] = []
        self.pages = PagesWords(state, ports, self.looked, self.query, self._said)
        self.opening = self.begun = self.closing = 0
        self._writing: Writing | None = None
        self._candidates = self._write()

    def next(self) -> Candidate | None:
        """The next sentence, or None at the end."""
        return next(self._candidates, None)

    def close(self) -> None:
        """End the model's stream; the model stops within a token."""
        self._candidates.close()
        if self._writing is not None:
            self._writing.close()

    def _write(self) -> Generator[Candidate]:
        """Sympathy, what was done and what is so, what the pages say, and the one question."""
        points = self.state["plan"].points
        asked = self.state["plan"].dialogue.asked
        last = points[-1:] if asked is not None else ()  # the question, in whatever words it is asked
        points = points[: len(points) - len(last)]
        if self.state["mood"] == "negative":
            yield self._said(Point("sympathy", "any"), self.ports.memory.mood_count)
        for point in points:
            yield self._said(point)
        yield from self._knowledge()
        for point in last:
            yield self._said(point)

    def _said(self, point: Point, variant: int | None = None) -> Candidate:
        data = {**names(self.ports.settings, self.words), **point.data}
        turn = self.ports.turn if variant is None else variant
        text = self.ports.texts.say(point.kind, point.name, data, self.state["language"], variant=turn)
        return Candidate(text, trusted=True, quoted=point.data.get("text") if point.kind == "knowledge" else None)

    def _knowledge(self) -> Iterator[Candidate]:
        if not self.looked:
            return
        self.opening = self.shown
        if (recalled := self.state.get("recalled")) is not None:
            yield from (Candidate(sentence, trusted=True) for sentence in recalled.sentences)
            self.closing = self.shown
            return
        for found in self.looked:
            if found.quoted and found.evidence:
                yield from self._from_pages(found)
        if self.open and not self.evidence:
            yield from self._unknown()
        elif self.open:
            yield from self._answers()
        self.closing = self.shown

    def _answers(self) -> Iterator[Candidate]:
        """What the pages say, by the model; by template where there is none, or where nothing of it could be shown."""
        self.begun = self.shown
        if self.ports.writer is not None:
            yield from self._by_model()
        if self.shown == self.begun:
            for found in self.open:
                if found.evidence:
                    yield from self._from_pages(found)
        elif self.ports.degraded:  # it broke off: what it did not come to is told from the pages
            for found in self.open:
                if found.evidence and not self._told(found):
                    yield from self._from_pages(found)
        elif missing := self._missing():
            yield Candidate(missing, trusted=True)
        if self.shown > self.begun:
            yield from self._otherwise()

    def _otherwise(self) -> Iterator[Candidate]:
        """What other versions of the pages say, each with the days of its orders."""
        for other in dict.fromkeys(found.otherwise for found in self.open if found.otherwise is not None):
            days = {"first": other.first.isoformat(), "last": other.last.isoformat()}
            yield self._said(Point("knowledge", "otherwise", {"text": other.text, **days}))

    @property
    def answered(self) -> tuple[str, ...]:
        """The sentences that answer from the pages: all that a later prompt needs to know of this reply."""
        return tuple(self.accepted[self.opening : self.closing])

    @property
    def left(self) -> int:
        """How many calls the turn has left."""
        return MOST_CALLS - self.calls - self.ports.spent.calls

    @property
    def shown(self) -> int:
        """How many sentences have passed the check."""
        return len(self.accepted)

    @property
    def question(self) -> str:
        """What the model is asked: the customer's own words, or of several wishes those that the pages answer."""
        alone = len(self.open) == 1 and len(self.state["heard"].wishes) < 2
        return self.state["text"] if alone else "\n".join(found.query for found in self.open)

    def _told(self, found: Looked) -> bool:
        """Whether a sentence of the model's answers from what was found for this question."""
        return any(_sourced(sentence, found.evidence) for sentence in self.accepted[self.begun :])

    def _missing(self) -> str | None:
        """The page's own sentence that the model's answer lacks: it is bare, drawn from elsewhere, or has no figure."""
        found = quote(self.query, self.evidence[:2], used=self.accepted)
        if found is None:
            return None
        said, units = " ".join(self.accepted[self.begun :]), asked_for(self.query)
        owed = names_one(found[1], units) and not names_one(said, units, self.query)
        bare = len(content(said)) < BARE
        return found[1] if owed or bare or not _sourced(said, self.evidence) else None

    def _unknown(self) -> Iterator[Candidate]:
        """Say that no page tells it; where nothing else is asked, offer a person."""
        asked = self.state["plan"].dialogue.asked
        if len(self.state["plan"].points) > (asked is not None):  # something else is said
            return
        yield self._said(Point("knowledge", "unknown"))
        if self.state["plan"].dialogue.asked is None and self.ports.memory.handoff is None:
            self.asked = Asked("offer", "human", turn=self.ports.turn)
            yield self._said(Point("ask", "offer_human"))

    def _from_pages(self, found: Looked) -> Iterator[Candidate]:
        """The pages' own words, or that they do not say it."""
        yield from self.pages.answer(found, alone=not self.calls) or self._unknown()

    def _by_model(self) -> Iterator[Candidate]:
        """The model's sentences; once more where a first answer could not be shown for its language or as an echo.

        What goes wrong is told in `degraded` and in one line of the log.
        """
        again = ""
        try:
            while True:
                yield from self._call(again)
                reason = self._unfit()
                again = self.words.again[reason] if reason else ""
                if not again or self.left < 1:
                    break
        except Exception as error:  # noqa: BLE001 - any model may be plugged in; the turn goes on with templates
            reason = self.ports.degraded = type(error).__name__
            level = logging.INFO if isinstance(error, CircuitOpen) else logging.WARNING  # the breaker has said it
            log.log(level, "%s: the model failed, templates answer: %s: %s", self.ports.who, reason, _safe(error))
        else:
            if reason:
                self.ports.degraded = UNFIT[reason]
                log.warning("%s: nothing of the model's answer could be shown: %s", self.ports.who, self.ports.degraded)

    def _call(self, again: str) -> Iterator[Candidate]:
        """One answer of the model, sentence by sentence."""
        ports, writer = self.ports, self.ports.writer
        assert writer is not None  # noqa: S101 - the caller's condition
        made = prompt(
            ports,
            self.words,
            self.state["mood"],
            self.evidence,
            self.question,
            page=self.state["page"],
            known=self._known(),
            again=again,
        )
        self.sections, self.read = made.sections, made.evidence
        ports.before_model()
        self._writing = writing = writer.write(
            made.messages, deadline=ports.deadline, stopped=ports.stopped, conversation=ports.warm_at, tries=self.left
        )
        count = 0
        try:
            for count, sentence in enumerate(_whole_sentences(self._timed(writing)), start=1):
                if ports.stopped.is_set() and not ENDED.search(sentence):
                    break  # half a sentence: it was stopped within
                if writing.ended == "length" and not ENDED.search(sentence):
                    ports.degraded = "CutOff"
                    log.warning("%s: the model's answer was cut off at `max_tokens`", ports.who)
                    break
                yield Candidate(sentence, trusted=False)
                if count == MOST_SENTENCES or self._unfit() == "language":
                    break
            if not count and not ports.stopped.is_set():
                raise EmptyAnswer(f"{writer.name} wrote no word")
        finally:
            writing.close()
            self.calls += writing.calls
            self.input_tokens += writing.input_tokens
            self.output_tokens += writing.output_tokens

    def _timed(self, writing: Writing) -> Iterator[str]:
        for text in writing:
            if self.first_token is None:
                self.first_token = time.monotonic() - self.ports.began
            yield text

    def _unfit(self) -> str | None:
        """Why nothing of the model's answer could be shown so far, where asking once more may help."""
        if self.shown > self.begun or not self.objections or self.ports.degraded:
            return None
        return self.objections[-1] if self.objections[-1] in UNFIT else None

    def _known(self) -> tuple[str, ...]:
        """The products that are meant and that the question does not name."""
        products = {p for found in self.open for p in found.products}
        titles = dict.fromkeys(p.title for p in self.evidence if p.document in products)
        return tuple(t for t in titles if fold(t) not in fold(self.question))


def compose(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Write the next sentence and have it checked.

    Where a newer message has come nothing more is shown: what this turn did not come to is left, and where it showed
    nothing yet it begins anew with both (`Superseded`). What was done in this turn is told all the same.
    """
    ports = runtime.context
    if ports.draft is None:
        ports.draft = Draft(state, ports)
    candidate = ports.draft.next()
    if candidate is None:
        return {"complete": True, "events": ()}
    if state["settled"] is None and ports.newer():
        if ports.draft.shown:
            ports.superseded = True
            return {"complete": True, "events": ()}
        if time.monotonic() < ports.anew_until:
            raise Superseded
    added = tuple(p for p in ports.draft.read if p not in state["evidence"])
    if added:  # a whole page, which the sentence may draw on
        state = {**state, "evidence": (*state["evidence"], *added)}
    return {**check(candidate, state, ports), "evidence": state["evidence"], "complete": False}


def _sourced(said: str, evidence: Sequence[Passage]) -> bool:
    """Whether one of the two best passages says what was said."""
    return any(support(said, p) >= SOURCED_BY for p in evidence[:2])


def _whole_sentences(chunks: Iterator[str]) -> Iterator[str]:
    """Sentences as soon as they are complete: an end mark counts when something follows it, or at the end.

    What has no end mark when the stream ends comes last; the caller knows whether the model had finished.
    """
    waiting = ""
    for chunk in chunks:
        waiting += chunk
        parts = sentences(waiting)
        while len(parts) > 1 or (parts and parts[0].rstrip().endswith(("。", "！", "？"))):
            if any(map(str.isalpha, parts[0])):  # a list's "1." is no sentence
                yield parts[0].strip()
            _, _, waiting = waiting.partition(parts[0])
            waiting, parts = waiting.lstrip(), parts[1:]
    if any(map(str.isalpha, waiting)):
        yield waiting.strip()


def _safe(error: Exception) -> str:
    """An error's text where it is ours and so holds nothing of the customer's."""
    return str(error) if isinstance(error, ShopAssistError) else "(text withheld)"
