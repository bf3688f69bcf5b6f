"""What a turn carries from step to step, what it may use, and what the conversation remembers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

from shopassist.dialogue import Focus, Quote
from shopassist.engine.planning.contracts import Dialogue, Heard, Plan, Settled
from shopassist.engine.planning.lookup import Call
from shopassist.engine.planning.returning import rested
from shopassist.engine.versions import Otherwise
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.messages import Customer, Item
from shopassist.prompts.points import Points
from shopassist.protocols import AnswerCache, Claim, Hot, Kept, Knowledge
from shopassist.replies import Citation, Event, Language, Mode, Mood, Passage, Rejection, Reply
from shopassist.settings import Settings
from shopassist.tools.outcome import ToolOutcome
from shopassist.tools.toolbox import Toolbox
from shopassist.vault import Vault

if TYPE_CHECKING:
    from shopassist.engine.compose import Draft
    from shopassist.models.writer import Writer

SCHEMA = 2
REMEMBERED_CHARS = 600
"""How much of a message a conversation's state holds: more than the prompt's history shows of it."""

QUOTES, QUOTED_CHARS = 5, 200
"""How many of the customer's last messages a conversation's state holds in their own words, and how much of each."""

REMEMBERED = 20
"""How many messages a conversation's state holds; the store keeps them all."""


class Superseded(Exception):
    """A newer message has come before anything was shown or done: it is answered together with this turn's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence on its way to the customer; `trusted` where a template or a quotation, `quoted` are a page's words."""

    text: str
    trusted: bool
    quoted: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a question to the pages found: `evidence` may be answered from, `considered` is all that was found.

    `products` are the documents of the products that the question names, `day` is that for which the pages were asked.
    A `silent` one only gives a source, a `quoted` one is answered in the page's own words. `otherwise` is what another
    version of the page says, where no day was named and no order is meant. `kindred` are the tokens of what else the
    shop's customers call what the question names.
    """

    query: str
    evidence: tuple[Passage, ...]
    considered: tuple[Passage, ...]
    products: tuple[str, ...] = ()
    silent: bool = False
    quoted: bool = False
    day: date | None = None
    otherwise: Otherwise | None = None
    kindred: frozenset[str] = frozenset()


class Turn(TypedDict, total=False):
    """The graph's state. `text` has placeholders for personal data. `events` are those of the last step only.

    `page` is a whole page that the model may read where the passages in `evidence` do not suffice.
    `known` is what the shop was asked in this turn, `rounds` how often; `outcomes` are the writes that were tried.
    `hot` is the question where others may get its answer, `recalled` the answer that was kept for it; at `recalled_at`
    (monotonic) it was looked for.
    """

    text: str
    language: Language
    readable: bool
    mood: Mood
    mood_cause: tuple[str, ...]
    heard: Heard
    valid_on: date
    known: Mapping[Call, ToolOutcome | Quote]
    rounds: int
    settled: Settled | None
    reads: tuple[str, ...]
    outcomes: tuple[ToolOutcome, ...]
    plan: Plan
    hot: Hot | None
    recalled: Kept | None
    recalled_at: float
    looked: tuple[Looked, ...]
    evidence: tuple[Passage, ...]
    page: Passage | None
    complete: bool
    sentences: tuple[str, ...]
    citations: tuple[Citation, ...]
    rejected: tuple[Rejection, ...]
    reply: Reply
    memory: Memory
    events: tuple[Event, ...]


@dataclass(slots=True)
class Spent:
    """What calls of the model took that wrote no sentence: their number, and tokens as the server counted them."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class Ports:
    """All that the steps of one turn may use; handed over as LangGraph's runtime context.

    `hand_off` puts the conversation into the desk's queue and gives the number that the customer is told, None where
    the desk cannot be reached; `ahead` says how many wait there before this one, None where that is not known. `who` is
    the customer's pseudonym for log lines, `warm_at` the conversation's, by which a proxy finds the server that has its
    prompt in the cache. `spent` is what understanding took of the turn's calls.
    `newer` says whether the customer has sent another message meanwhile, for which
    the turn may begin anew until `anew_until` (monotonic), `superseded` that what was not shown by then
    is left out. `resumes` says that the customer has come back and said nothing yet. `renew` raises `StaleTurn` or
    `ConversationErased` where this turn has the conversation no longer. `answers` keeps what others may be told too.
    `before_model` is called before each question to the model, which may take long.
    """

    settings: Settings
    now: datetime
    customer: Customer | None
    memory: Memory
    conversation: str
    turn: int
    raw: tuple[str, ...]
    items: tuple[Item, ...]
    vault: Vault
    catalogue: Catalogue
    classifier: Classifier
    texts: Points
    toolbox: Toolbox
    hand_off: Callable[[str, Mapping[str, Any]], str | None]
    knowledge: Knowledge | None
    writer: Writer | None
    who: str
    warm_at: str
    began: float
    deadline: float
    anew_until: float
    newer: Callable[[], bool]
    ahead: Callable[[], int | None] = lambda: None
    renew: Callable[[], None] = lambda: None
    stopped: threading.Event = field(default_factory=threading.Event)
    draft: Draft | None = None
    spent: Spent = field(default_factory=Spent)
    degraded: str | None = None
    superseded: bool = False
    resumes: bool = False
    answers: AnswerCache | None = None
    before_model: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Memory:
    """A conversation's state, one plain JSON value: bounded, and versioned by `schema`.

    `customer` is whose consents and orders it holds; `handoff` is the number of the hand-off that is open. `messages`
    are the last questions to the pages and their answers: the model's history. `told` is what the last reply said
    without its question, for who asks for it again. `at` is the moment of the last turn, `seen` how the orders in focus
    stood then, as far as it was looked up. `quotes` are the customer's last messages, for a person who takes
    over; `angry` counts the turns of the epoch that were, `causes` quotes what showed it.
    """

    schema: int = SCHEMA
    epoch: int = 1
    mode: Mode = "bot"
    handoff: str | None = None
    customer: str | None = None
    language: Language | None = None
    dialogue: Dialogue = field(default_factory=Dialogue)
    last_valid_on: str | None = None
    mood: Mood = "neutral"
    mood_count: int = 0
    messages: tuple[tuple[str, str], ...] = ()
    told: str = ""
    at: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    angry: int = 0
    causes: tuple[str, ...] = ()

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Memory:
        """Read a stored state; an empty one is a new conversation's, and of an older one the messages are kept."""
        if state.get("schema", SCHEMA) < SCHEMA:
            state = {name: state[name] for name in ("language", "mood", "mood_count", "messages") if name in state}
        return _adapter().validate_python(state)  # type: ignore[no-any-return]

    def away(self, now: datetime, hours: float) -> bool:
        """Whether the last turn was at least so long ago."""
        return self.at is not None and now - datetime.fromisoformat(self.at) >= timedelta(hours=hours)

    def after_a_pause(self, now: datetime, hours: float) -> Memory:
        """The memory of a customer who may have been away: after so long a pause nothing is gone on with by itself."""
        return replace(self, dialogue=rested(self.dialogue)) if self.away(now, hours) else self

    def under(self, claim: Claim) -> Memory:
        """The memory as the store knows it: who has the conversation, and in which epoch.

        A new epoch, after a person gave it back, begins with the orders and products in focus alone: what was under
        way is theirs, and what made them come must not call them again.
        """
        memory, open_one = self, claim.handoff
        if self.epoch != claim.epoch:
            focus = replace(self.dialogue.focus, last_question=None, last_write=None)
            kept = Dialogue(focus=focus)
            memory = Memory(epoch=claim.epoch, customer=self.customer, language=self.language, dialogue=kept)
        if open_one is not None and open_one.turn == claim.turn:
            open_one = None  # this very turn made it, and broke: it is done again, under the same number
        handoff = open_one.id if open_one is not None else None
        return replace(memory, mode="waiting" if handoff else "bot", handoff=handoff)

    def of(self, customer: Customer | None) -> Memory:
        """The memory as this customer's.

        One that another left, such as the visitor before the login, loses orders and tasks: what it says about things
        for sale stays.
        """
        caller = customer.id if customer is not None else None
        if caller == self.customer:
            return self
        before = self.dialogue
        focus = Focus(products=before.focus.products, last_question=before.focus.last_question)
        last = tuple(w for w in before.last if not any(w.slots.get(n) for n in ("order_id", "service_id")))
        return replace(self, customer=caller, dialogue=Dialogue(focus=focus, last=last))


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Memory)
