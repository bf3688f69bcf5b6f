"""Every extension point, one sentence each.

Two more are LangChain's own: a model is any `BaseChatModel`, embeddings are any `Embeddings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from shopassist.messages import Item, Message
from shopassist.replies import Citation, Passage, Reply, Saved


@dataclass(frozen=True, slots=True)
class Product:
    """A product that the knowledge has a page of: what a customer may call it, in lower case."""

    document: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included, on which one version of a document held."""

    first: date
    last: date
    valid_from: date | None
    valid_to: date | None


class Knowledge(Protocol):
    """Finds passages of the shop's public pages."""

    def search(
        self,
        query: str,
        *,
        language: str,
        valid_on: date,
        limit: int = 4,
        within: frozenset[str] = frozenset(),
        only: frozenset[str] = frozenset(),
    ) -> list[Passage]:
        """The best passages that hold on `valid_on`, best first; `within` names documents to prefer (the focus).

        `only` names the documents that are searched; where it is empty, all are. Raises `KnowledgeError`.
        """
        ...

    def document(self, document: str, *, language: str, valid_on: date) -> Passage | None:
        """A whole document as it holds on `valid_on`, as one passage of no score; None where there is none."""
        ...

    def periods(self, document: str, *, language: str, since: date, until: date) -> Sequence[Period]:
        """Which version of a document held when, from `since` to `until`, in the order of the days."""
        ...

    def products(self, language: str) -> Sequence[Product]:
        """The products that have a page in this language."""
        ...


@runtime_checkable
class Synonymous(Knowledge, Protocol):
    """Knowledge that knows what customers of this shop call things; answers are then quoted by these words, too."""

    def kindred(self, text: str, *, language: str) -> frozenset[str]:
        """The tokens (`text.content`) of what else the expressions of a text are called."""
        ...


@runtime_checkable
class Released(Knowledge, Protocol):
    """Knowledge that can say in which state its pages are; answers are kept only from such."""

    def release(self) -> str:
        """A text that is another one as soon as anything in the pages is."""
        ...

    def vector(self, text: str) -> Sequence[float] | None:
        """A question's vector of length 1, None where there are no embeddings or they fail."""
        ...


@dataclass(frozen=True, slots=True)
class Hot:
    """A question that others may ask too, as digests: nothing of its words is in it.

    `context` is of all that shapes an answer besides the words. `same` is of the question's meaning, `alike` of that
    without its order; `vector` gives what its likeness is told by, a list of floats of length 1, None where there are
    no embeddings.
    """

    context: str
    same: str
    alike: str
    vector: Callable[[], Sequence[float] | None] = field(default=lambda: None, compare=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked answer from the pages with its sources, and what it took to make (`saved`).

    `products` are the documents of the products asked about, `focus` those that the conversation is about from then on.
    """

    sentences: tuple[str, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Passage, ...]
    products: tuple[str, ...]
    focus: tuple[str, ...]
    saved: Saved


class AnswerCache(Protocol):
    """Keeps answers from the shop's pages that hold nothing of any customer's, for whoever asks the same.

    Every method is safe to call from several threads at once and raises nothing: what cannot be had is not there.
    """

    def find(self, question: Hot) -> Kept | None:
        """The answer to this question; `Kept.saved.how` says how it was found.

        One to the `same` meaning comes first, then one that is `alike` and whose vector is near enough.
        """
        ...

    def keep(self, question: Hot, answer: Kept) -> None:
        """Keep an answer, for a time and as long as there is room."""
        ...

    def clear(self) -> None:
        """Forget all answers: something has changed of which neither pages nor settings tell."""
        ...


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text of a source: what becomes a document of the knowledge.

    `fields` are those of front matter; where they name no id, `id` stands. `text` is Markdown. `place` says where in
    the source it is, and must not change while the text stays; where there is no such place, the texts are counted.
    `mark` is what the source wants to be told at the next reading, to see that nothing changed (an ETag, a revision).
    """

    id: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The text at `place` is as its mark says it was."""

    place: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The text at `place` cannot be read now: what is known from there stays, without a place all from the source."""

    place: str
    reason: str


class Source(Protocol):
    """Gives the texts of a place that is no file: a site, a database, a program of the shop's own."""

    @property
    def name(self) -> str:
        """What the index calls the source, for good; one line, and no other source's."""
        ...

    def read(self, marks: Mapping[str, str]) -> Iterable[SourceText | Unchanged | Unreadable]:
        """All texts there are now. `marks` are by place those of texts that the index has as they were marked.

        A text that is not given, in a reading that ends well, leaves the index. Whatever is raised means that the
        source was not read whole, and all that was known from it stays; the text of a `ValueError` is shown.
        """
        ...


NOTHING: Mapping[str, str] = MappingProxyType({})
"""No entries of a vault."""

Conceal = Callable[[Mapping[str, str], str], tuple[str, Mapping[str, str]]]
"""(vault, text) → the text to store, and the vault with what was taken out of it.

It runs within the store's transaction: it must be quick, and must not call the store.
"""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as stored. `seq` counts from 1 without gaps in its conversation.

    `role` is customer, assistant or person; a person's message has no turn, and `agent` says who wrote it.
    """

    seq: int
    role: str
    text: str
    id: str | None
    turn: int | None
    items: tuple[Item, ...] = ()
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """An answered turn: the customer's texts that it answers, as stored and in their order, and the reply.

    `answered` is in seconds since the epoch, None where a version stored it that kept no times.
    """

    conversation: str
    number: int
    texts: tuple[str, ...]
    reply: Reply
    answered: float | None


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a message that was put into the inbox: its place, and the stored reply if it was a repeat."""

    seq: int
    id: str
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class HandOff:
    """A conversation that was handed to a person, and why.

    `id` is made to be read out: an H and eight digits and capitals, none of which looks like another. `turn` is the
    one that handed over, `summary` plain JSON for the desk, `status` is waiting, person or closed, `created` in
    seconds since the epoch. `agent` is the person who has it, or had it last.
    """

    id: str
    conversation: str
    turn: int
    reason: str
    summary: Mapping[str, Any]
    status: str
    created: float
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a conversation until `until` (seconds since the epoch), and all that the work needs.

    `state` is plain JSON (empty for a new conversation), `messages` are those still unanswered, `turn` is the number
    of the turn that answers them. `fence` grows with each claim: a commit with an old one is refused. `vault` is as it
    was at the claim; a message that comes in during the turn may add to the stored one. `handoff` is the one that is
    not closed, if any; `epoch` is 1, and one more for each that was closed.
    """

    conversation: str
    token: str
    fence: int
    until: float
    turn: int
    state: Mapping[str, Any]
    messages: tuple[StoredMessage, ...]
    vault: Mapping[str, str] = field(default_factory=dict)
    handoff: HandOff | None = None
    epoch: int = 1


class Desk(Protocol):
    """The shop's own desk: a mailbox, a ticket system, a chat of its staff.

    Without one the hand-offs wait in the store, where `Assistant.desk` lists them.
    """

    def open(self, handoff: HandOff, text: str) -> None:
        """Take in a new hand-off; only then is the customer told of it. `text` is its summary in words.

        It runs within the turn: it must end within seconds. What it raises means that nobody will come: the hand-off
        is withdrawn, and the customer is told that it could not be done. It may be called again with the same
        `handoff.id`, after a crash. Personal data are placeholders in both.
        """
        ...


class HandOffStore(Protocol):
    """The part of a `ConversationStore` that is about persons. While a person has a conversation, the bot is silent.

    Whatever changes who has a conversation (`take`, `put_back`, `give_back`) ends a turn at work: its commit raises
    `StaleTurn`.
    """

    def hand_off(self, claim: Claim, *, reason: str, summary: Mapping[str, Any]) -> str:
        """Store at once that a person is to take over, and give the hand-off's id, which may be told to the customer.

        A second call of the same turn gives the first one's id, even from another worker, and changes nothing. So does
        any call while a hand-off of an earlier turn is not closed; where that one waits, it takes the new reason and
        summary. Raises what `commit` raises.
        """
        ...

    def withdraw(self, claim: Claim, handoff: str) -> None:
        """Remove a hand-off that this turn made and that nobody has taken. Raises what `commit` raises."""
        ...

    def handoffs(self, status: str = "waiting") -> list[HandOff]:
        """The hand-offs of this status, of all conversations, oldest first."""
        ...

    def handoff(self, handoff: str) -> HandOff:
        """The hand-off with this id. Raises `HandOffUnknown`."""
        ...

    def open_handoff(self, conversation: str) -> HandOff | None:
        """The conversation's hand-off that is not closed, if any."""
        ...

    def take(self, handoff: str, agent: str) -> HandOff:
        """Give a waiting hand-off to a person; of two at once one gets it. Whoever has it already keeps it.

        Raises `HandOffUnknown`, `HandOffTaken`, `HandOffClosed`.
        """
        ...

    def put_back(self, handoff: str, agent: str) -> None:
        """Let a hand-off wait again. Raises what `say` raises."""
        ...

    def say(self, handoff: str, agent: str, text: str, conceal: Conceal | None = None) -> StoredMessage:
        """Store a person's message, with the next number of its conversation; `conceal` is as in `enqueue`.

        Raises `HandOffUnknown`, `HandOffTaken`, `HandOffNotClaimed`, `HandOffClosed`.
        """
        ...

    def give_back(self, handoff: str, agent: str, reply: Reply) -> Reply:
        """Close a hand-off and store the bot's reply to that: a turn that answers what is still unanswered.

        Gives the reply with the turn's number and the ids of the messages that it answers. Raises what `say` raises.
        """
        ...


class ConversationStore(HandOffStore, Protocol):
    """Keeps conversations so that each message is answered once, by one worker, and nothing is lost.

    Every method is safe to call from several threads and processes at once, and raises `StorageError` where the
    storage itself fails. `shopassist.testing.ConversationStoreConformance` tests an implementation.
    """

    def enqueue(
        self, conversation: str, owner: str | None, messages: Sequence[Message], conceal: Conceal | None = None
    ) -> list[Enqueued]:
        """Store messages, all or none, and make the conversation with this owner if it is new.

        A message whose id is known is not stored again; one without an id gets a new one. `conceal` is called once
        for each new one, in their order and one call at a time in a conversation, and what it gives is stored instead
        of the text. Raises `NotYourConversation` and `ConversationErased`, and what `conceal` raises.
        """
        ...

    def claim(self, conversation: str, *, lease: float, idle: bool = False) -> Claim | None:
        """Take the conversation for `lease` seconds; None while another holds it or nothing is unanswered.

        With `idle` it is taken only where nothing is: for a turn that begins without a message.

        A message that was claimed three times without a commit is given up: it is left out from then on, since it
        broke its workers, and `reply_to` says so.
        """
        ...

    def renew(self, claim: Claim, *, lease: float) -> Claim:
        """Prolong the lease. Raises `StaleTurn` if it was lost."""
        ...

    def commit(
        self, claim: Claim, *, state: Mapping[str, Any], reply: Reply, vault: Mapping[str, str] = NOTHING
    ) -> None:
        """Store state, reply and the reply's message in one transaction and give the conversation back.

        A reply without text leaves no message: the bot is silent while a person has the conversation. `vault` are
        entries that the turn adds to the conversation's.

        Raises `StaleTurn` if the lease was lost (nothing is stored then), `ConversationErased` if it is gone.
        """
        ...

    def release(self, claim: Claim, *, tried: bool = True) -> None:
        """Give the conversation back without a reply; its messages stay unanswered. A lost lease is no error.

        Without `tried` this claim does not count towards the three: the messages are not to blame, since the caller
        left or a part of the shop was out.
        """
        ...

    def reply_to(self, conversation: str, message_id: str) -> Reply | None:
        """The stored reply that answers this message, or None while there is none.

        Raises `TurnFailed` for a message that was given up. One whose third try is at work is not given up yet.
        """
        ...

    def latest(self, conversation: str) -> Reply | None:
        """The last stored reply, or None."""
        ...

    def history(self, conversation: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """Messages with a `seq` above `after`, oldest first; empty for an unknown or erased conversation."""
        ...

    def turns(
        self, *, after: tuple[str, int] | None = None, since: float | None = None, limit: int = 100
    ) -> list[StoredTurn]:
        """Answered turns of all conversations, a conversation's together and in their order, `limit` at most.

        `after` is the conversation and the number of the last one that is known: with it all are read, page by page.
        `since` (seconds since the epoch) leaves out conversations without an answer from then on; of the others all
        turns are given. Those of erased conversations are gone.
        """
        ...

    def owner(self, conversation: str) -> tuple[bool, str | None]:
        """Whether the conversation exists (an erased one does not), and its owner."""
        ...

    def adopt(self, conversation: str, owner: str) -> None:
        """Make a visitor's conversation this customer's. One that is already, and an unknown one, are left alone.

        Raises `NotYourConversation` for one that has another owner, `ConversationErased` for an erased one.
        """
        ...

    def vault(self, conversation: str) -> dict[str, str]:
        """What `conceal` took out of the conversation's texts; empty for an unknown or erased conversation."""
        ...

    def export(self, conversation: str) -> dict[str, Any]:
        """Everything stored about a conversation, as plain JSON; empty if there is nothing."""
        ...

    def erase(self, conversation: str) -> None:
        """Remove messages, turns, state, vault and hand-offs; what stays is a tombstone that keeps late commits out."""
        ...

    def close(self) -> None:
        """Give connections back; the store cannot be used afterwards."""
        ...
