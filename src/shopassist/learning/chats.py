"""Conversations as fine-tuning data: what the model was asked and answered well, in the form in which it is asked.

Trainers learn every answer of a line, so a line holds none that should not be imitated. The templates' sentences are
code's own: a model that learned to say what was done to an order would say it without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from shopassist.engine.check import between
from shopassist.engine.prompt import front, harmless, last_message
from shopassist.language.catalogue import Catalogue
from shopassist.learning.neutral import Values, neutral, values_of
from shopassist.learning.review import Reviewed, reviewed, said
from shopassist.prompts import texts
from shopassist.protocols import ConversationStore
from shopassist.replies import Reply
from shopassist.settings import Settings

MOST = 8
"""Questions of a line: with their passages they take some 4,000 tokens."""

Message = Mapping[str, str]


def chats(
    store: ConversationStore, catalogue: Catalogue, settings: Settings, *, since: float | None = None
) -> Iterator[dict[str, Any]]:
    """Objects with `messages`: the persona, then questions with the passages for them, each with the model's answer.

    One conversation after the other. An answer that is not worth imitating ends a line, since what comes after it may
    lean on it; so does another language. Lines whose last answer is older than `since` are left out. Raises
    `StorageError`.
    """
    for line in _lines(reviewed(store, catalogue, since=since)):
        if since is None or (line[-1].turn.answered or 0) >= since:
            values, words = values_of(store, line[0].turn.conversation), texts(line[0].turn.reply.language)
            system = {"role": "system", "content": front(settings, words)[0].text}
            yield {"messages": [system, *(message for one in line for message in _exchange(one, values))]}


def _lines(turns: Iterable[Reviewed]) -> Iterator[list[Reviewed]]:
    """What goes into a line each."""
    for _, conversation in groupby(turns, lambda one: one.turn.conversation):
        line: list[Reviewed] = []
        for one in conversation:
            if not one.turn.reply.usage.prompt:
                continue  # the model had no part in it, and does not know of it later either
            worth = worth_imitating(one)
            if line and (not worth or len(line) == MOST or line[0].turn.reply.language != one.turn.reply.language):
                yield line
                line = []
            if worth:
                line.append(one)
        if line:
            yield line


def worth_imitating(one: Reviewed) -> bool:
    """Whether the answer is the model's alone, was understood rightly, and passed the check as a whole.

    Left out is what was corrected, rejected or degraded, stands beside a tool's facts, a deed or a question of code's,
    answers several questions, or is drawn from a whole page, which is too long.
    """
    reply = one.turn.reply
    if one.reasons or reply.rejected or reply.degraded or reply.handoff or not reply.evidence:
        return False
    if reply.reads or reply.tool_outcomes or reply.consent or reply.options or len(reply.wishes) > 1:
        return False
    if any(section.name == "page" and section.tokens for section in reply.usage.prompt):
        return False
    answer = _answer(reply)
    return bool(answer) and not answer.endswith(("?", "？"))


def _exchange(one: Reviewed, values: Values) -> Iterator[Message]:
    """The question as the model got it, and its answer."""
    reply = one.turn.reply
    dropped = sum(section.dropped for section in reply.usage.prompt if section.name == "evidence")
    read = reply.evidence[: max(1, len(reply.evidence) - dropped)]
    question = neutral(said(one.turn), reply.language, values).text
    public = "\n".join(f"{p.title}\n{p.text}" for p in reply.evidence)
    answer = neutral(_answer(reply), reply.language, values, public=public).text
    content = last_message(texts(reply.language), reply.mood, read, harmless(question))
    yield {"role": "user", "content": content}
    yield {"role": "assistant", "content": harmless(answer)}


def _answer(reply: Reply) -> str:
    """The reply's text without the word of sympathy that code puts before it where the mood is negative."""
    sentences = reply.sentences[1:] if reply.mood == "negative" else reply.sentences
    return "".join(s + between(s, reply.language) for s in sentences).strip()
