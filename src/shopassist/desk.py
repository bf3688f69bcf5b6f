"""What people at the desk do: see who waits, take a conversation, write in it, give it back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from shopassist.engine.owner_view import mapped
from shopassist.engine.state import Memory
from shopassist.engine.summary import since
from shopassist.errors import HandOffUnknown, InvalidMessage, MessageTooLong
from shopassist.language.catalogue import Catalogue
from shopassist.messages import check_id
from shopassist.prompts.points import Points
from shopassist.protocols import Conceal, ConversationStore, HandOff, StoredMessage
from shopassist.replies import Language, Reply
from shopassist.settings import Settings
from shopassist.storage.rules import check_has
from shopassist.text import clean
from shopassist.vault import Vault

HandOffStatus = Literal["waiting", "person", "closed", "gone"]


class DeskDoor:
    """The desk's side of the conversations, `Assistant.desk`; safe to use from several threads and processes.

    `agent` is the shop's own id of a person, from the desk's login. All raise `StorageError`, and what needs the
    hand-off raises `HandOffUnknown`, `HandOffTaken`, `HandOffNotClaimed`, `HandOffClosed`.
    """

    def __init__(
        self, store: ConversationStore, texts: Points, settings: Settings, catalogue: Catalogue, conceal: Conceal
    ) -> None:
        self._store, self._texts, self._settings, self._catalogue = store, texts, settings, catalogue
        self._conceal = conceal

    def waiting(self) -> list[HandOff]:
        """The hand-offs that nobody has claimed, oldest first; summaries are of then, personal data placeholders."""
        return self._store.handoffs()

    def claimed(self, agent: str) -> list[HandOff]:
        """The hand-offs that this person has, as `waiting` gives them: for a page that is opened again."""
        return [handoff for handoff in self._store.handoffs("person") if handoff.agent == agent]

    def status(self, handoff: str) -> HandOffStatus:
        """``waiting``, ``person`` or ``closed``; ``gone`` where no hand-off has this id (any more).

        The shop's own desk asks it for what it took in and then failed to say so: that was withdrawn, and is gone, as
        is what a customer had erased.
        """
        try:
            return cast("HandOffStatus", self._store.handoff(handoff).status)
        except HandOffUnknown:
            return "gone"

    def claim(self, handoff: str, agent: str) -> HandOff:
        """Take a conversation: from now on the bot is silent.

        The summary is of this moment, with the customer's personal data. Of two at once one gets it; `HandOffTaken`
        tells the other who did. Whoever has it may claim it again, for the summary.
        """
        _check(agent)
        taken = self._store.take(handoff, agent)
        stored = self._store.export(taken.conversation)  # nothing changes the state now but this person
        memory, summary = Memory.load(stored.get("state", {})), taken.summary
        if memory.handoff == taken.id:
            summary = since(summary, memory, self._catalogue)
        return replace(taken, summary=mapped(dict(summary), Vault(stored.get("vault", {})).reveal))

    def history(self, handoff: str, agent: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """The messages of a conversation that one has claimed, those with a `seq` above `after`, oldest first."""
        found = self._store.handoff(handoff)
        check_has(handoff, agent, status=found.status, holder=found.agent)
        return history(self._store, found.conversation, after=after, limit=limit)

    def say(self, handoff: str, agent: str, text: str) -> StoredMessage:
        """Write to the customer, who sees it in `Assistant.history`.

        Raises `InvalidMessage` for a text without words, `MessageTooLong`.
        """
        _check(agent)
        text, longest = clean(text).strip(), self._settings.max_message_chars
        if not text:
            raise InvalidMessage("a person's message needs a text")
        if len(text) > longest:
            raise MessageTooLong(f"the message has {len(text)} characters, {longest} are allowed")
        return self._store.say(handoff, agent, text, self._conceal)

    def release(self, handoff: str, agent: str) -> None:
        """Let a claimed conversation wait for somebody else; the bot answers meanwhile."""
        self._store.put_back(handoff, agent)

    def give_back(self, handoff: str, agent: str) -> Reply:
        """End the hand-off: the bot goes on, says so, and begins anew; nothing that was said before calls anybody."""
        language = self._language(self._store.handoff(handoff).conversation)
        text = self._texts.say("handoff", "returned", {}, language)
        return self._store.give_back(handoff, agent, _reply(text, language))

    def close(self, handoff: str, agent: str) -> None:
        """End a hand-off without a word to the customer, claimed or not: it was settled elsewhere."""
        _check(agent)
        language = self._language(self._store.take(handoff, agent).conversation)
        self._store.give_back(handoff, agent, _reply("", language))

    def text(self, handoff: HandOff, language: Language | None = None) -> str:
        """The summary in words; in the shop's language if none is given."""
        language = language or self._settings.language
        told = dict(handoff.summary)
        told["refused"] = [{**one, "why": self._why(one, language)} for one in told.get("refused", ())]
        data = {**told, "who": told.get("who") or "visitor", "id": handoff.id, "reason": handoff.reason}
        return self._texts.say("handoff", "summary", data, language)

    async def aclaimed(self, agent: str) -> list[HandOff]:
        """`claimed` for asynchronous callers."""
        return await asyncio.to_thread(self.claimed, agent)

    async def astatus(self, handoff: str) -> HandOffStatus:
        """`status` for asynchronous callers."""
        return await asyncio.to_thread(self.status, handoff)

    async def awaiting(self) -> list[HandOff]:
        """`waiting` for asynchronous callers."""
        return await asyncio.to_thread(self.waiting)

    async def aclaim(self, handoff: str, agent: str) -> HandOff:
        """`claim` for asynchronous callers."""
        return await asyncio.to_thread(self.claim, handoff, agent)

    async def ahistory(self, handoff: str, agent: str, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """`history` for asynchronous callers."""
        return await asyncio.to_thread(self.history, handoff, agent, after=after, limit=limit)

    async def asay(self, handoff: str, agent: str, text: str) -> StoredMessage:
        """`say` for asynchronous callers."""
        return await asyncio.to_thread(self.say, handoff, agent, text)

    async def arelease(self, handoff: str, agent: str) -> None:
        """`release` for asynchronous callers."""
        await asyncio.to_thread(self.release, handoff, agent)

    async def agive_back(self, handoff: str, agent: str) -> Reply:
        """`give_back` for asynchronous callers."""
        return await asyncio.to_thread(self.give_back, handoff, agent)

    async def aclose(self, handoff: str, agent: str) -> None:
        """`close` for asynchronous callers."""
        await asyncio.to_thread(self.close, handoff, agent)

    def _why(self, refused: Mapping[str, Any], language: Language) -> str:
        """The refusal in the words that a customer hears."""
        data = {"intent": refused["intent"], **({"order_id": refused["order"]} if refused["order"] else {})}
        return self._texts.say("refused", refused["reason"] or "any", data, language)

    def _language(self, conversation: str) -> Language:
        last = self._store.latest(conversation)
        return last.language if last is not None else self._settings.language


def history(store: ConversationStore, conversation: str, *, after: int, limit: int) -> list[StoredMessage]:
    """Messages as they were written, personal data in their place."""
    vault = Vault(store.vault(conversation))
    return [replace(m, text=vault.reveal(m.text)) for m in store.history(conversation, after=after, limit=limit)]


def _check(agent: str) -> None:
    check_id("person at the desk", agent)


def _reply(text: str, language: Language) -> Reply:
    """The bot's reply to getting a conversation back; the store numbers it."""
    return Reply(id=uuid.uuid4().hex, turn=0, text=text, sentences=(text,) if text else (), language=language)
