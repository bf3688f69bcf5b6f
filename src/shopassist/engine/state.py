"""What a turn carries from step to step, what it may use, and what the conversation remembers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from shopassist.messages import Customer
from shopassist.protocols import Knowledge
from shopassist.replies import Citation, Event, Language, Mood, Passage, Rejection, Reply
from shopassist.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from shopassist.engine.compose import Draft

SCHEMA = 1
REMEMBERED_CHARS = 600
"""How much of a message a conversation's state holds: more than the prompt's history shows of it."""

REMEMBERED = 20
"""How many messages a conversation's state holds; the store keeps them all."""

Kind = Literal[
    "question", "human", "decline", "thanks", "goodbye", "greeting", "identity", "acknowledge", "empty", "foreign"
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence on its way to the customer. `trusted` ones are templates or quotations."""

    text: str
    trusted: bool


class Turn(TypedDict, total=False):
    """The graph's state.

    `products` are the documents of the products that the question is about, `near` those that it may be about without
    saying so. `events` are those of the last step only.
    """

    text: str
    language: Language
    kind: Kind
    intents: tuple[str, ...]
    mood: Mood
    mood_cause: tuple[str, ...]
    query: str
    valid_on: date
    products: tuple[str, ...]
    near: tuple[str, ...]
    evidence: tuple[Passage, ...]
    considered: tuple[Passage, ...]
    complete: bool
    sentences: tuple[str, ...]
    citations: tuple[Citation, ...]
    rejected: tuple[Rejection, ...]
    reply: Reply
    memory: Memory
    events: tuple[Event, ...]


@dataclass(slots=True)
class Ports:
    """All that the steps of one turn may use; handed over as LangGraph's runtime context."""

    settings: Settings
    now: datetime
    customer: Customer | None
    memory: Memory
    turn: int
    raw: tuple[str, ...]
    knowledge: Knowledge | None
    model: BaseChatModel | None
    model_name: str | None
    began: float
    deadline: float
    stopped: threading.Event = field(default_factory=threading.Event)
    draft: Draft | None = None
    degraded: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """A conversation's state, one plain JSON value: bounded, and versioned by `schema`."""

    schema: int = SCHEMA
    epoch: int = 1
    mode: Literal["bot", "waiting", "person"] = "bot"
    language: Language | None = None
    focus: tuple[str, ...] = ()
    last_question: str | None = None
    last_valid_on: str | None = None
    asked: str | None = None
    mood: Mood = "neutral"
    mood_count: int = 0
    messages: tuple[tuple[str, str], ...] = ()

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Memory:
        """Read a stored state; an empty one is a new conversation's."""
        known = {k: v for k, v in state.items() if k in cls.__dataclass_fields__}
        if "messages" in known:
            known["messages"] = tuple((role, text) for role, text in known["messages"])
        if "focus" in known:
            known["focus"] = tuple(known["focus"])
        return cls(**known)
