"""Turn what was found into sentences: the decisive ones by template, the answer by the model, one at a time."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langgraph.runtime import Runtime

from shopassist.dialogue import Asked
from shopassist.engine.check import check
from shopassist.engine.evidence import about, quote, support
from shopassist.engine.figures import asked_for, figures, names_one
from shopassist.engine.planning.points import Point
from shopassist.engine.quote import mentions, spans
from shopassist.engine.state import Candidate, Looked, Ports, Turn
from shopassist.errors import ShopAssistError
from shopassist.models.bounded import bounded
from shopassist.prompts import Texts, names, texts
from shopassist.replies import Passage
from shopassist.settings import Settings
from shopassist.text import content, sentences

log = logging.getLogger(__name__)

MOST_SENTENCES = 5
"""The model's sentences in one reply; what it would say beyond them is repetition (seen with 1.5B)."""

EVIDENCE_CHARS = 640
"""The evidence in a prompt: on two cores a model reads 75 tokens a second, so each passage is waited for."""

SOURCED_BY = 0.4
"""The share of an answer's content that one of the two best passages holds, if it is to the point."""

BARE = 4
"""An answer with fewer tokens of content than this is no answer yet."""

ENDED = re.compile(r"[。！？!?….~～][”’」』）)\"']*$")
"""How a whole sentence ends. One that the token limit cut off may say the opposite of the whole."""

HISTORY = 2
HISTORY_CHARS = 160


class Draft:
    """The sentences of one reply as they come into being. Owns the model's open stream; `close` ends it.

    `asked` is what the draft asks beyond the plan: whether a person shall answer what the pages do not.
    """

    def __init__(self, state: Turn, ports: Ports) -> None:
        self.state, self.ports = state, ports
        self.words = texts(state["language"])
        self.looked = tuple(found for found in state["looked"] if not found.silent)
        self.open = tuple(found for found in self.looked if not found.quoted)
        self.evidence = tuple(dict.fromkeys(p for found in self.open for p in found.evidence))
        self.query = " ".join(found.query for found in self.open or self.looked) or state["text"]
        self.calls = self.input_tokens = self.output_tokens = 0
        self.first_token: float | None = None
        self.asked: Asked | None = None
        self.accepted: list[str] = []
        self.opening = self.begun = self.closing = 0
        self._cut_off = False
        self._tokens: Any = None
        self._candidates = self._write()

    def next(self) -> Candidate | None:
        """The next sentence, or None at the end."""
        return next(self._candidates, None)

    def close(self) -> None:
        """End the model's stream; the model stops within a token."""
        self._candidates.close()
        if self._tokens is not None:
            self._tokens.close()

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
        return Candidate(text, trusted=True)

    def _knowledge(self) -> Iterator[Candidate]:
        if not self.looked:
            return
        self.opening = self.shown
        for found in self.looked:
            if found.quoted and found.evidence:
                yield from self._by_template(found)
        if self.open and not self.evidence:
            yield from self._unknown()
        elif self.open:
            yield from self._answers()
        self.closing = self.shown

    def _answers(self) -> Iterator[Candidate]:
        """What the pages say, by the model; by template where there is none, or where nothing of it could be shown."""
        self.begun = self.shown
        if self.ports.model is not None:
            yield from self._by_model(self.state["mood"])
        if self.shown == self.begun:
            for found in self.open:
                if found.evidence:
                    yield from self._by_template(found)
        elif missing := self._missing():
            yield Candidate(missing, trusted=True)

    @property
    def answered(self) -> tuple[str, ...]:
        """The sentences that answer from the pages: all that a later prompt needs to know of this reply."""
        return tuple(self.accepted[self.opening : self.closing])

    @property
    def shown(self) -> int:
        """How many sentences have passed the check."""
        return len(self.accepted)

    @property
    def question(self) -> str:
        """What the model is asked: the customer's own words, or of several wishes those that the pages answer."""
        alone = len(self.open) == 1 and len(self.state["heard"].wishes) < 2
        return self.state["text"] if alone else "\n".join(found.query for found in self.open)

    def _missing(self) -> str | None:
        """The page's own sentence that the model's answer lacks: it is bare, drawn from elsewhere, or has no figure."""
        found = quote(self.query, self.evidence[:2], used=self.accepted)
        if found is None:
            return None
        said, units = " ".join(self.accepted[self.begun :]), asked_for(self.query)
        owed = names_one(found[1], units) and not names_one(said, units, self.query)
        bare = len(content(said)) < BARE
        return found[1] if owed or bare or not any(support(said, p) >= SOURCED_BY for p in self.evidence[:2]) else None

    def _unknown(self) -> Iterator[Candidate]:
        """Say that no page tells it; where nothing else is asked, offer a person."""
        asked = self.state["plan"].dialogue.asked
        if len(self.state["plan"].points) > (asked is not None):  # something else is said
            return
        yield self._said(Point("knowledge", "unknown"))
        if self.state["plan"].dialogue.asked is None:
            self.asked = Asked("offer", "human", turn=self.ports.turn)
            yield self._said(Point("ask", "offer_human"))

    def _by_template(self, looked: Looked) -> Iterator[Candidate]:
        """The best passage's own words: the sentence nearest to the question, and the next best of the same page.

        Where several products are compared, the best sentence of each one's page.
        """
        if len(looked.products) > 1 and (compared := self._compared(looked)):
            yield from compared
            return
        units = asked_for(looked.query)
        sources = about(looked.evidence, looked.products)
        if (
            looked.products
            and not units
            and not mentions(self.state["text"], about(looked.considered, looked.products))
        ):
            yield from self._unknown()
            return
        found = [f for some in (sources[:1], sources) if (f := quote(looked.query, some))]
        first = next((f for f in found if not units or names_one(f[1], units)), next(iter(found), None))
        if first is None and not self.calls:  # after a model's silence it would be no answer
            first = _opening(looked.evidence[0], units)
        if first is None:
            yield from self._unknown()
            return
        passage, sentence = first
        yield self._said(Point("knowledge", "page", {"title": passage.title, "text": sentence}))
        second = quote(looked.query, [p for p in looked.evidence if p.document == passage.document], used=[sentence])
        if second and len(second[1]) + len(sentence) < 160 and len(content(second[1]) - content(sentence)) >= BARE:
            yield Candidate(second[1], trusted=True)

    def _compared(self, looked: Looked) -> list[Candidate]:
        pages = [[p for p in looked.evidence if p.document.lower() == product] for product in looked.products]
        asked = self.state["heard"].text
        found = [f for page in pages if page and (f := _comparable(asked, page))]
        if len(found) < len(looked.products):
            return []
        return [self._said(Point("knowledge", "page", {"title": p.title, "text": text})) for p, text in found]

    def _by_model(self, mood: str) -> Iterator[Candidate]:
        try:
            self._tokens = self._stream(mood)
            count = 0
            for count, sentence in enumerate(_whole_sentences(self._tokens), start=1):
                if self._cut_off and not ENDED.search(sentence):
                    self.ports.degraded = "CutOff"
                    break
                yield Candidate(sentence, trusted=False)
                if count == MOST_SENTENCES:
                    break
            if not count and not self.ports.stopped.is_set():
                log.warning("the model answered nothing, templates answer")
                self.ports.degraded = "EmptyAnswer"
        except Exception as error:  # noqa: BLE001 - any model may be plugged in; the turn goes on with templates
            reason = type(error).__name__
            log.warning("the model failed, templates answer: %s: %s", reason, _safe(error))
            self.ports.degraded = reason
        finally:
            self._tokens.close()

    def _stream(self, mood: str) -> Iterator[str]:
        assert self.ports.model is not None  # noqa: S101 - the caller's condition
        self.calls += 1
        asked = prompt(self.ports, self.words, mood, self.evidence, self.question)
        with closing(bounded(self.ports.model.stream(asked), self.ports.deadline, self.ports.stopped)) as stream:
            for chunk in stream:
                ended = chunk.response_metadata.get("finish_reason") or chunk.response_metadata.get("done_reason")
                self._cut_off = ended == "length" if ended else self._cut_off
                if usage := getattr(chunk, "usage_metadata", None):
                    self.input_tokens = max(self.input_tokens, usage.get("input_tokens", 0))
                    self.output_tokens += usage.get("output_tokens", 0)
                if text := chunk.text:
                    if self.first_token is None:
                        self.first_token = time.monotonic() - self.ports.began
                    yield str(text)


def compose(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Write the next sentence and have it checked."""
    ports = runtime.context
    if ports.draft is None:
        ports.draft = Draft(state, ports)
    candidate = ports.draft.next()
    if candidate is None:
        return {"complete": True, "events": ()}
    return {**check(candidate, state, ports), "complete": False}


def prompt(ports: Ports, words: Texts, mood: str, evidence: tuple[Passage, ...], question: str) -> list[BaseMessage]:
    """Persona and examples first and always the same, so that the model's prefix cache holds; evidence last.

    The best passage stands last of all, next to the question: a small model reads that most closely.
    """
    messages = front(ports.settings, words)
    for role, text in ports.memory.messages[-HISTORY:]:
        short = text[:HISTORY_CHARS]
        messages.append(HumanMessage(short) if role == "customer" else AIMessage(short))
    pages: list[str] = []
    room = EVIDENCE_CHARS
    for passage in evidence:
        if pages and len(passage.text) > room:
            break
        pages.append(words.evidence.format(title=passage.title, text=passage.text))
        room -= len(passage.text)
    asked = words.question.format(evidence="\n\n".join(reversed(pages)), question=question)
    messages.append(HumanMessage(f"{words.moods[mood]}\n\n{asked}"))
    return messages


def front(settings: Settings, words: Texts) -> list[BaseMessage]:
    """The static front of the prompt, one for each language."""
    messages: list[BaseMessage] = [SystemMessage(words.persona.format(**names(settings, words)))]
    for question, answer in words.examples:
        messages += [HumanMessage(question), AIMessage(answer)]
    return messages


def _comparable(query: str, page: list[Passage]) -> tuple[Passage, str] | None:
    """The page's sentence with a figure that shares most with the question, for figures compare; else the nearest."""
    wanted = content(query)
    found = [
        (p, s.text, len(wanted & content(s.text.replace(p.title, ""))))  # the title is in all of them
        for p in page
        for s in spans(p.text)
        if figures(s.text)
    ]
    best = max(found, key=lambda f: f[2], default=None)
    return best[:2] if best is not None and best[2] else quote(query, page)


def _opening(passage: Passage, units: frozenset[str]) -> tuple[Passage, str] | None:
    """A passage's first sentence, with a figure where one is asked for: the question shares no word with it."""
    whole = [s.strip() for s in sentences(passage.text) if s.strip().endswith(("。", "！", ".", "!"))]
    whole = [s for s in whole if not units or names_one(s, units)]
    return (passage, whole[0]) if whole else None


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
