"""The assistant: what an application calls."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing, closing
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from shopassist import settings as settings_module
from shopassist.assembly import (
    answers_from,
    built_in_classifier,
    classifier_from,
    embeddings_from,
    knowledge_from,
    ledger_from,
    store_from,
    texts_from,
    toolbox_from,
)
from shopassist.desk import DeskDoor, history
from shopassist.dialogue import Asked
from shopassist.engine import inbox
from shopassist.engine.hold import take
from shopassist.engine.owner_view import owner_view, revealed
from shopassist.engine.state import Memory, Ports, Superseded
from shopassist.errors import (
    IndexMissing,
    InvalidMessage,
    MessageTooLong,
    NotYourConversation,
    Pending,
    ShopAssistError,
    StaleTurn,
)
from shopassist.in_thread import in_thread
from shopassist.language.answers import read_answer
from shopassist.language.intents import Classifier
from shopassist.messages import Customer, Message, check_id, owner_of
from shopassist.models import routing
from shopassist.models.writer import Writer
from shopassist.prompts.points import Points, points
from shopassist.protocols import AnswerCache, Claim, ConversationStore, Desk, Knowledge, StoredMessage
from shopassist.pseudonyms import Pseudonyms
from shopassist.replies import Done, Event, Failed, Reply, ToolOutcome
from shopassist.settings import Settings
from shopassist.shop import Shop
from shopassist.text import clean
from shopassist.tools import Ledger, Tool, Toolbox
from shopassist.vault import Vault, conceal

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

log = logging.getLogger(__name__)

Said = str | Message | Sequence[str | Message]


class Assistant:
    """Answers customers from the shop's pages and with the shop's tools.

    Build it once for a process with `from_settings`, or from parts of your own; it is safe to use from several threads
    and processes. `model` is any chat model of LangChain, or a `Writer` of it where its context and its tokenizer are
    to be known; None answers from templates. `knowledge` None knows no pages, `toolbox` None has no tools. `desk` is
    the shop's own, which is told of hand-offs; its people work through the attribute `desk`, as they do without one.
    `answers` keeps what others may be told too, in memory by the settings if not given.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: ConversationStore,
        knowledge: Knowledge | None,
        model: BaseChatModel | Writer | None,
        toolbox: Toolbox | None = None,
        classifier: Classifier | None = None,
        texts: Points | None = None,
        desk: Desk | None = None,
        answers: AnswerCache | None = None,
    ) -> None:
        self.settings = settings
        self.toolbox = toolbox or Toolbox(())
        self.classifier = classifier or built_in_classifier()
        self.texts = texts or points()
        self.store = store
        self.desk = DeskDoor(store, self.texts, settings, self.classifier.catalogue, conceal)
        self._own_desk = desk
        self.knowledge = knowledge
        self._closes_writer = not isinstance(model, Writer)  # one that was given may serve others too
        if model is not None and not isinstance(model, Writer):
            model = Writer(model, name=type(model).__name__, settings=settings)
        self.writer = model
        self.answers = answers if answers is not None else answers_from(settings)
        self._pseudonyms = Pseudonyms(settings.pseudonym_key)

    @property
    def model_name(self) -> str | None:
        """The model's name, None where templates answer."""
        return self.writer.name if self.writer is not None else None

    @classmethod
    def from_settings(
        cls,
        settings: Settings | None = None,
        *,
        store: ConversationStore | None = None,
        shop: Shop | None = None,
        tools: Iterable[Tool] = (),
        ledger: Ledger | None = None,
        desk: Desk | None = None,
        texts: Points | None = None,
        **values: Any,
    ) -> Self:
        """Build all parts from the settings; `values` override single ones, `store` takes the place of the SQL store.

        `shop` brings the built-in tools for what it has, `tools` are the shop's own; as soon as one of them writes,
        `ledger` (or the setting) is needed, in the shop's own database where a tool is atomic. `desk` is told of
        hand-offs. `texts` stand in for the built-in words and those of the setting `texts_file`.

        Without an index the assistant works and says that it does not know; a log line and `shopassist doctor` tell.
        Raises `ConfigurationError`, `KnowledgeError` (an index that cannot be used), `ModelUnavailable` (a model that
        the settings name and that cannot be had), `StorageError`.
        """
        settings = settings or settings_module.load(**values)
        toolbox = toolbox_from(settings, shop, tools, ledger or ledger_from(settings))
        words = texts or texts_from(settings)
        embeddings = embeddings_from(settings)
        try:
            knowledge: Knowledge | None = knowledge_from(settings, embeddings)
        except IndexMissing as error:
            log.warning("%s", error)
            knowledge = None
        choice = routing.choose(settings)
        log.info("model: %s %s (%s)", choice.kind, choice.name or "", choice.reason)
        made = cls(
            settings=settings,
            store=store or store_from(settings),
            knowledge=knowledge,
            model=choice.writer(settings),
            toolbox=toolbox,
            classifier=classifier_from(settings, embeddings),
            texts=words,
            desk=desk,
        )
        made._closes_writer = True
        return made

    def warm(self) -> None:
        """Load the models and read the prompt's static front into the cache, so that the first turn need not.

        Raises `ModelError` where the model cannot be warmed; the assistant works all the same.
        """
        from shopassist.engine.prompt import front
        from shopassist.prompts import texts

        language = self.settings.language
        words = texts(language)
        self.classifier.scores(self.settings.shop_name, language)
        for intent in self.classifier.catalogue:  # the words of each deed's yes and no
            if intent.route("request").write:
                read_answer(self.settings.shop_name, language, Asked("consent", intent.name))
        if self.knowledge is not None:
            self.knowledge.search(self.settings.shop_name, language=language, valid_on=self.settings.now().date())
        if self.writer is not None:
            self.writer.warm(front(self.settings, words))

    def reply(
        self,
        messages: Said,
        *,
        conversation: str,
        customer: Customer | None = None,
        message_id: str | None = None,
        wait: float = 30.0,
        deadline: float | None = None,
    ) -> Reply:
        """Answer one message, or several as one.

        `message_id` makes a repeat harmless: it gets the stored reply. `wait` is how many seconds another worker on
        this conversation is waited for, `deadline` how many the model may take: the setting `model_deadline` at most,
        and with 0 templates answer. Messages that come in together, or before anything is answered, get one reply; one
        that comes in while a reply is shown ends it (`Reply.superseded`). While a person has the conversation the reply
        has no text and the mode ``person``; the message is theirs to answer, in `history`. Raises `InvalidMessage`,
        `MessageTooLong`, `NotYourConversation`, `ConversationErased`, `Pending`, `StaleTurn`, `TurnFailed`,
        `KnowledgeError`, `StorageError`.
        """
        events = self._run(
            messages, threading.Event(), conversation=conversation, customer=customer, message_id=message_id, wait=wait,
            deadline=deadline,
        )  # fmt: skip
        with closing(events):
            for event in events:
                if isinstance(event, Done):
                    return event.reply
        raise AssertionError("a turn ended without a reply")

    def stream(
        self,
        messages: Said,
        *,
        conversation: str,
        customer: Customer | None = None,
        message_id: str | None = None,
        wait: float = 30.0,
        deadline: float | None = None,
        stopped: threading.Event | None = None,
        before_model: Callable[[], None] = lambda: None,
    ) -> Generator[Event]:
        """As `reply`, in events; each sentence comes when it is checked. Closing the iterator stops the model.

        `stopped` does the same from another thread, where this one waits for the model: once it is set the iterator
        goes on within 0.2 s, to be closed. `before_model` is called before each question to the model, in the thread
        of the turn: to let go of what should not be held while it writes.

        Where a person takes over in the middle, `Done` has what was shown until then. Bad input raises
        as in `reply`; what goes wrong after `Started` is the event `Failed`, the last one.
        """
        yield from self._stream(
            messages, stopped or threading.Event(), conversation=conversation, customer=customer, message_id=message_id,
            wait=wait, deadline=deadline, before_model=before_model,
        )  # fmt: skip

    async def areply(self, messages: Said, **options: Any) -> Reply:
        """`reply` for asynchronous callers; cancelling it stops the model."""
        events = in_thread(partial(self._run, messages, **options))
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    return event.reply
        raise AssertionError("a turn ended without a reply")

    async def astream(self, messages: Said, **options: Any) -> AsyncGenerator[Event]:
        """`stream` for asynchronous callers."""
        events = in_thread(partial(self._stream, messages, **options))
        async with aclosing(events):
            async for event in events:
                yield event

    def history(
        self, conversation: str, *, customer: Customer | None = None, after: int = 0, limit: int = 100
    ) -> list[StoredMessage]:
        """The messages with a `seq` above `after`, oldest first: the customer's, the assistant's and persons'.

        Asked again with the last `seq` it tells what came since. Raises `NotYourConversation`, `StorageError`.
        """
        self._check_owner(conversation, customer)
        return history(self.store, conversation, after=after, limit=limit)

    async def ahistory(self, conversation: str, **options: Any) -> list[StoredMessage]:
        """`history` for asynchronous callers."""
        return await asyncio.to_thread(self.history, conversation, **options)

    def resume(self, conversation: str, *, customer: Customer | None = None) -> Reply | None:
        """What to tell a customer who has come back and said nothing yet; None where there is nothing to tell.

        That is what has changed with the orders spoken of, and after the setting `resume_after` an offer to go on with
        what was open. It is a turn of its own: call it when the chat is opened again, as often as that happens. While
        a turn is at work, or a person is called or there, there is nothing to tell. No model is called. Raises
        `NotYourConversation`, `StaleTurn`, `TurnFailed`, `StorageError`.
        """
        self._check_owner(conversation, customer)
        found = take(self.store, conversation, idle=True)
        if found is None:
            return None
        if found.handoff is not None:
            self.store.release(found, tried=False)
            return None
        stopped = threading.Event()
        ports = partial(self._ports, found, customer, time.monotonic(), 0.0, stopped)
        for event in inbox.turn(self.store, found, ports, stopped=stopped, life=inbox.LIFE):
            if isinstance(event, Done):
                return event.reply
        return None

    async def aresume(self, conversation: str, *, customer: Customer | None = None) -> Reply | None:
        """`resume` for asynchronous callers."""
        return await asyncio.to_thread(self.resume, conversation, customer=customer)

    def export(self, conversation: str, *, customer: Customer | None = None) -> dict[str, Any]:
        """All that is stored about a conversation, as plain JSON, with the customer's personal data in its place.

        Raises `NotYourConversation`, `StorageError`.
        """
        self._check_owner(conversation, customer)
        return revealed(self.store.export(conversation))

    def adopt(self, conversation: str, *, customer: Customer) -> None:
        """Make a visitor's conversation the customer's, once, when they log in; what waited for a consent is dropped.

        Raises `NotYourConversation` where it is another customer's, `ConversationErased`, `StorageError`.
        """
        owner = owner_of(customer)
        if owner is None:
            raise InvalidMessage("a conversation is adopted by a Customer, not by a visitor")
        self.store.adopt(conversation, owner)

    async def aadopt(self, conversation: str, *, customer: Customer) -> None:
        """`adopt` for asynchronous callers."""
        await asyncio.to_thread(self.adopt, conversation, customer=customer)

    def forget(self, conversation: str, *, customer: Customer | None = None) -> None:
        """Erase a conversation; it takes no more messages. Raises `NotYourConversation`, `StorageError`."""
        self._check_owner(conversation, customer)
        self.store.erase(conversation)

    async def aexport(self, conversation: str, *, customer: Customer | None = None) -> dict[str, Any]:
        """`export` for asynchronous callers."""
        return await asyncio.to_thread(self.export, conversation, customer=customer)

    async def aforget(self, conversation: str, *, customer: Customer | None = None) -> None:
        """`forget` for asynchronous callers."""
        await asyncio.to_thread(self.forget, conversation, customer=customer)

    def close(self) -> None:
        """Stop an embedded model and give the store's connections back. A `Writer` that was passed in stays open."""
        if self.writer is not None and self._closes_writer:
            self.writer.close()
        self.store.close()

    async def aclose(self) -> None:
        """`close` for asynchronous callers."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stream(self, messages: Said, stopped: threading.Event, **options: Any) -> Generator[Event]:
        started = False
        events = self._run(messages, stopped, **options, streams=True)
        with closing(events):
            try:
                for event in events:
                    started = True
                    yield event
            except ShopAssistError as error:
                if not started:
                    raise
                yield Failed(type(error).__name__, str(error))

    def _run(
        self,
        messages: Said,
        stopped: threading.Event,
        *,
        conversation: str,
        customer: Customer | None = None,
        message_id: str | None = None,
        wait: float = 30.0,
        deadline: float | None = None,
        before_model: Callable[[], None] = lambda: None,
        streams: bool = False,
    ) -> Generator[Event]:
        began = time.monotonic()
        incoming = self._incoming(messages, message_id)
        check_id("conversation", conversation)
        longest = self.settings.model_deadline
        seconds = longest if deadline is None else min(deadline, longest)
        taken = self.store.enqueue(conversation, owner_of(customer), incoming, conceal)
        replies = [t.reply for t in taken if t.reply]
        if len(replies) == len(taken):
            yield Done(self._shown(conversation, max(replies, key=lambda r: r.turn)))
            return
        outcomes: tuple[ToolOutcome, ...] = ()
        said: tuple[str, ...] = ()
        while True:
            found = inbox.wait_for(
                self.store, conversation, taken, began=began, quiet=self.settings.burst_quiet, until=began + wait,
                stopped=stopped,
            )  # fmt: skip
            if isinstance(found, Reply):
                yield Done(self._shown(conversation, found))
                return
            if found is None:
                raise Pending(f"the answer is not ready after {wait:g} s; ask again with the same message id")
            ports = partial(self._ports, found, customer, began, seconds, stopped, before_model)
            try:
                if found.handoff is not None and found.handoff.status == "person":
                    language = Memory.load(found.state).language or self.settings.language
                    yield from inbox.quiet(self.store, found, language=language, outcomes=outcomes, said=said)
                else:
                    yield from inbox.turn(self.store, found, ports, stopped=stopped, life=max(inbox.LIFE, 3 * longest))
            except Superseded:
                continue
            except StaleTurn as error:
                if self.store.open_handoff(conversation) == found.handoff:
                    raise
                outcomes += error.outcomes  # a person took over, or let go: what was written stays written
                if streams:
                    said += error.sentences  # the customer has seen them
                elif error.outcomes:
                    said += error.sentences[: -1 if error.asks else None]  # and has to hear of what was done
                stopped.clear()  # the lost lease set it; a caller who has left ends this at the next event
            else:
                return

    def _ports(
        self,
        claim: Claim,
        customer: Customer | None,
        began: float,
        seconds: float,
        stopped: threading.Event,
        before_model: Callable[[], None] = lambda: None,
    ) -> Ports:
        now = self.settings.now()
        messages = claim.messages
        return Ports(
            settings=self.settings,
            now=now,
            customer=customer,
            memory=Memory.load(claim.state).of(customer).under(claim).after_a_pause(now, self.settings.resume_after),
            conversation=claim.conversation,
            turn=claim.turn,
            raw=inbox.recent(claim.messages, self.settings.max_message_chars),
            items=tuple(item for message in claim.messages for item in message.items),
            vault=Vault(claim.vault),
            catalogue=self.classifier.catalogue,
            classifier=self.classifier,
            texts=self.texts,
            toolbox=self.toolbox,
            hand_off=partial(self._hand_off, claim),
            ahead=partial(self._ahead, claim),
            knowledge=self.knowledge,
            writer=self.writer if seconds > 0 else None,
            who=self._pseudonyms.customer(customer.id if customer is not None else None),
            warm_at=self._pseudonyms.conversation(claim.conversation),
            began=began,
            deadline=time.monotonic() + seconds,
            anew_until=began + inbox.BURST,
            newer=partial(inbox.newer, self.store, claim.conversation, messages[-1].seq) if messages else lambda: False,
            stopped=stopped,
            resumes=not messages,
            answers=self.answers,
            before_model=before_model,
        )

    def _hand_off(self, claim: Claim, reason: str, summary: Mapping[str, Any]) -> str | None:
        """Put the conversation into the desk's queue; None where the shop's own desk does not take it in.

        One that waits there already takes the new reason, unless it is there for danger.
        """
        if claim.handoff is not None and claim.handoff.reason in (reason, "danger"):
            return claim.handoff.id
        number = self.store.hand_off(claim, reason=reason, summary=summary)
        if self._own_desk is None:
            return number
        handoff = self.store.handoff(number)
        try:
            self._own_desk.open(handoff, self.desk.text(handoff))
        except Exception as error:  # noqa: BLE001 - any desk may be plugged in; its text may hold the customer's words
            log.error("the desk did not take in the hand-off %s: %s", number, type(error).__name__)
            self.store.withdraw(claim, number)
            return None
        return number

    def _ahead(self, claim: Claim) -> int | None:
        """How many wait before this conversation; None with a desk of the shop's own, which has an order of its own."""
        if self._own_desk is not None or claim.handoff is None:
            return None
        waiting = [handoff.id for handoff in self.store.handoffs()]
        return waiting.index(claim.handoff.id) if claim.handoff.id in waiting else None

    def _incoming(self, messages: Said, message_id: str | None) -> list[Message]:
        several = list(messages) if isinstance(messages, Sequence) and not isinstance(messages, str) else [messages]
        if not several:
            raise InvalidMessage("there is no message")
        if message_id is not None and len(several) != 1:
            raise InvalidMessage("`message_id` goes with one message; give each `Message` its own id")
        incoming = [m if isinstance(m, Message) else Message(m, id=message_id) for m in several]
        length = sum(len(m.text) for m in incoming)
        if length > self.settings.max_message_chars:
            raise MessageTooLong(
                f"the message has {length} characters, {self.settings.max_message_chars} are allowed "
                "(setting `max_message_chars`)"
            )
        return [Message(clean(m.text), m.id, m.items) for m in incoming]

    def _shown(self, conversation: str, reply: Reply) -> Reply:
        return owner_view(reply, Vault(self.store.vault(conversation)))

    def _check_owner(self, conversation: str, customer: Customer | None) -> None:
        caller = owner_of(customer)
        exists, owner = self.store.owner(conversation)
        if exists and owner != caller:
            raise NotYourConversation("the conversation belongs to somebody else")
