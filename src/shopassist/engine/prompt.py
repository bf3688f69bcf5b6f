"""The prompt: what is always the same first, so that the model's prefix cache holds, and the question last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from shopassist.engine.long_document import room
from shopassist.engine.state import Ports
from shopassist.errors import PromptTooLong
from shopassist.models.budget import Budget, Item
from shopassist.models.tokens import Counter, Estimate
from shopassist.prompts import Texts, names
from shopassist.replies import Passage, Section
from shopassist.settings import Settings
from shopassist.text import sentences

JOIN = "\n\n"

_MARKS = re.compile(r"<(?=[|｜]|/?s>|(?:start|end)_of_turn|(?:begin|end)_of)|\[(?=/?(?:INST|SYS))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages for the model, and the ledger of what they are made of: each section's tokens, and what was left out."""

    messages: tuple[BaseMessage, ...]
    sections: tuple[Section, ...]
    evidence: tuple[Passage, ...]


def prompt(
    ports: Ports,
    words: Texts,
    mood: str,
    evidence: Sequence[Passage],
    question: str,
    *,
    page: Passage | None = None,
    known: Sequence[str] = (),
    again: str = "",
) -> Prompt:
    """The prompt for one question.

    `evidence` comes best first; the best passage stands last of all, next to the question: a small model reads that
    most closely. `page` takes the place of its own passages where the whole of it can be read. `known` are titles of
    products that are meant and not named, `again` is what the first answer did wrong. Raises `PromptTooLong`.
    """
    counter, context = _reader(ports)
    budget = Budget(counter, context, ports.settings.max_tokens)
    system, *examples = front(ports.settings, words)
    budget.must("persona", [Item((system.text,), framed=True)])
    frame = JOIN.join([words.moods[mood], again, words.question.format(evidence="", question="")])
    best = _item(words, evidence[0]) if evidence else Item(())
    room_left = budget.left - budget.cost(Item((frame,), framed=True)) - budget.cost(best)
    asked = _fitting(harmless(question), room_left, counter)
    budget.must("question", [Item((frame,), framed=True), Item((asked,))])
    if not budget.may(
        "examples", [Item(tuple(m.text for m in examples), framed=True)], budget.left - budget.cost(best)
    ):
        examples = []
    told = words.known.format(products=words.comma.join(known)) if known else ""
    if not budget.may("slots", [Item((told, JOIN))] if told else [], budget.left - budget.cost(best)):
        told = ""
    read = _evidence(budget, ports, words, evidence, page)
    said = HumanMessage(last_message(words, mood, read, asked, known=told, again=again))
    messages = (system, *examples, *_history(budget, ports), said)
    return Prompt(messages, tuple(budget.sections), tuple(read))


def last_message(
    words: Texts, mood: str, evidence: Sequence[Passage], question: str, *, known: str = "", again: str = ""
) -> str:
    """What the model is told of one question: the line on the mood, the passages, the best one last, the question."""
    body = words.question.format(evidence=JOIN.join(_shown(words, p) for p in reversed(evidence)), question=question)
    return JOIN.join(filter(None, [words.moods[mood], known, again, body]))


def _evidence(
    budget: Budget, ports: Ports, words: Texts, evidence: Sequence[Passage], page: Passage | None
) -> list[Passage]:
    """What the model reads of the pages, best first: whole passages, or a whole page before those of other pages."""
    first: list[Passage] = []
    if page is not None and budget.may("page", [_item(words, page)], room(ports)):
        first, evidence = [page], [p for p in evidence if p.document != page.document]
    taken = budget.may("evidence", [_item(words, p) for p in evidence], ports.settings.evidence_tokens, first=not first)
    if evidence and not taken and not first:
        raise PromptTooLong("not even the best passage fits into the model's context (setting `model_context`)")
    return [*first, *evidence[:taken]]


def _history(budget: Budget, ports: Ports) -> list[BaseMessage]:
    """The last turns that there is room for, oldest first."""
    turns = _turns(ports.memory.messages)
    recent = budget.may("history", [Item(pair, framed=True) for pair in reversed(turns)], ports.settings.history_tokens)
    kept = turns[len(turns) - recent :]
    return [message for said, told in kept for message in (HumanMessage(said), AIMessage(told))]


def _item(words: Texts, passage: Passage) -> Item:
    return Item((_shown(words, passage), JOIN))


def _shown(words: Texts, passage: Passage) -> str:
    return words.evidence.format(title=passage.title, text=passage.text)


def front(settings: Settings, words: Texts) -> list[BaseMessage]:
    """The static front of the prompt, one for each language."""
    messages: list[BaseMessage] = [SystemMessage(words.persona.format(**names(settings, words)))]
    for question, answer in words.examples:
        messages += [HumanMessage(question), AIMessage(answer)]
    return messages


def _reader(ports: Ports) -> tuple[Counter, int]:
    """What counts the tokens, and how many the model reads."""
    if ports.writer is None:
        return Estimate(), ports.settings.model_context
    return ports.writer.counter, ports.writer.context


def _turns(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The history as turns: a question to the pages and its answer."""
    texts = [harmless(text) for _, text in messages]
    return list(zip(texts[0::2], texts[1::2], strict=False))


def harmless(text: str) -> str:
    """A text without marks such as <|im_end|>, which a server would take for its own."""
    return _MARKS.sub(r"\g<0> ", text)


def _fitting(question: str, room: int, counter: Counter) -> str:
    """The question, or as many of its last sentences as there is room for: what is asked comes last, mostly."""
    parts = sentences(question)
    while len(parts) > 1 and counter.count("".join(parts)) > room:
        parts = parts[1:]
    return "".join(parts).strip() if len(parts) < len(sentences(question)) else question
