"""The prompt: what is always the same first, so that the model's prefix cache holds, and the question last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from shopassist.engine.state import Ports
from shopassist.errors import PromptTooLong
from shopassist.models.budget import Budget, Item
from shopassist.models.tokens import Counter, Estimate
from shopassist.prompts import Texts, names
from shopassist.replies import Passage, Section
from shopassist.settings import Settings
from shopassist.text import sentences

JOIN = "\n\n"


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
    known: Sequence[str] = (),
    again: str = "",
) -> Prompt:
    """The prompt for one question.

    The best passage stands last of all, next to the question: a small model reads that most closely.
    `evidence` comes best first, `known` are titles of products that the customer means and does not name, `again` is
    what the first answer did wrong. Raises `PromptTooLong`.
    """
    settings = ports.settings
    counter, context = _reader(ports)
    budget = Budget(counter, context, settings.max_tokens)
    system, *examples = front(settings, words)
    budget.must("persona", [Item(system.text, 1)])
    frame = [words.moods[mood], again, words.question.format(evidence="", question="")]
    asked = _fitting(question, budget.left - budget.cost(Item(JOIN.join(frame), 1)), counter)
    budget.must("question", [Item(JOIN.join([*frame, asked]), 1)])
    if not budget.may("examples", [Item("".join(m.text for m in examples), len(examples))]):
        examples = []
    told = words.known.format(products=words.comma.join(known)) if known else ""
    if told and not budget.may("slots", [Item(told)]):
        told = ""
    pages = [words.evidence.format(title=p.title, text=p.text) for p in evidence]
    taken = budget.may("evidence", [Item(page + JOIN) for page in pages], settings.evidence_tokens, first=True)
    if pages and not taken:
        raise PromptTooLong(f"not even the best passage fits into the model's context of {context} tokens")
    history = _turns(ports.memory.messages)
    recent = budget.may("history", [Item(a + b, 2) for a, b in reversed(history)], settings.history_tokens)
    messages: list[BaseMessage] = [system, *examples]
    for said, answered in history[len(history) - recent :]:
        messages += [HumanMessage(said), AIMessage(answered)]
    body = words.question.format(evidence=JOIN.join(reversed(pages[:taken])), question=asked)
    messages.append(HumanMessage(JOIN.join(filter(None, [words.moods[mood], told, again, body]))))
    return Prompt(tuple(messages), tuple(budget.sections), tuple(evidence[:taken]))


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
    texts = [text for _, text in messages]
    return list(zip(texts[0::2], texts[1::2], strict=False))


def _fitting(question: str, room: int, counter: Counter) -> str:
    """The question, or as many of its last sentences as there is room for: what is asked comes last, mostly."""
    parts = sentences(question)
    while len(parts) > 1 and counter.count("".join(parts)) > room:
        parts = parts[1:]
    return "".join(parts).strip() if len(parts) < len(sentences(question)) else question
