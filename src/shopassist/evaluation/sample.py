"""Assistants on the sample shop: the knowledge and the model are opened once, the rest is new for each scenario."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from shopassist.assembly import classifier_from, embedding_folder, embeddings_from, knowledge_from, toolbox_from
from shopassist.assistant import Assistant
from shopassist.errors import IndexMissing, InputError
from shopassist.evaluation.run import Scene
from shopassist.evaluation.scenario import Card, DeskAct, Need
from shopassist.messages import Customer, Image, Item, Message, OrderRef, ProductRef
from shopassist.models import routing
from shopassist.protocols import Knowledge
from shopassist.replies import Reply
from shopassist.settings import Settings
from shopassist.storage.memory import MemoryStore
from shopassist.tools import MemoryLedger

AGENT = "desk"
"""Who does what scenarios have a person do."""

log = logging.getLogger(__name__)


class SampleAssistants:
    """Makes an assistant for a scene. Raises `ConfigurationError`, `KnowledgeError`, `ModelUnavailable`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        embeddings = embeddings_from(settings)
        self._classifier = classifier_from(settings, embeddings)
        try:
            self._knowledge: Knowledge | None = knowledge_from(settings, embeddings)
        except IndexMissing as error:
            log.warning("%s; whatever the pages should answer is missed", error)
            self._knowledge = None
        self._writer = routing.choose(settings).writer(settings)

    @property
    def model_name(self) -> str | None:
        """The model that writes sentences, None where templates do."""
        return self._writer.name if self._writer is not None else None

    def __call__(self, scene: Scene) -> SampleTalk:
        """The assistant of one scene."""
        settings = self.settings.model_copy(update={"clock": scene.clock(), "tool_timeout": None})
        return SampleTalk(
            Assistant(
                settings=settings,
                store=MemoryStore(),
                knowledge=self._knowledge,
                model=self._writer if scene.model else None,
                toolbox=toolbox_from(settings, scene.shop, (), MemoryLedger()),
                classifier=self._classifier,
            ),
            scene,
        )

    def close(self) -> None:
        """Stop an embedded model."""
        if self._writer is not None:
            self._writer.close()


class SampleTalk:
    """An assistant whose time is the scene's."""

    def __init__(self, assistant: Assistant, scene: Scene) -> None:
        self._assistant, self._scene = assistant, scene

    def reply(self, messages: str | Sequence[str], *, conversation: str, customer: Customer | None = None) -> Reply:
        """Answer one message, or a burst."""
        return self.reply_to_cards(messages, (), conversation=conversation, customer=customer)

    def reply_to_cards(
        self,
        messages: str | Sequence[str],
        cards: Sequence[Card],
        *,
        conversation: str,
        customer: Customer | None = None,
    ) -> Reply:
        """Answer messages, the last of which has cards; a visitor who has logged in takes the conversation along."""
        self._assistant.settings = self._assistant.settings.model_copy(update={"clock": self._scene.clock()})
        texts = [messages] if isinstance(messages, str) else list(messages)
        said = [*map(Message, texts[:-1]), Message(texts[-1], items=tuple(map(_item, cards)))]
        if customer is not None:
            self._assistant.adopt(conversation, customer=customer)
        return self._assistant.reply(said, conversation=conversation, customer=customer)

    def desk_act(self, act: DeskAct, *, conversation: str) -> Reply | None:
        """What a person does with the conversation's hand-off; the bot's words where they give it back."""
        handed, desk = self._assistant.store.open_handoff(conversation), self._assistant.desk
        if handed is None:
            raise InputError("the conversation was not handed over")
        if act.kind == "claim":
            desk.claim(handed.id, AGENT)
        elif act.kind == "say":
            desk.say(handed.id, AGENT, act.text or "")
        else:
            return desk.give_back(handed.id, AGENT)
        return None

    def close(self) -> None:
        """Give the conversation's store back; the model is needed again."""
        self._assistant.store.close()


def _item(card: Card) -> Item:
    if card.kind == "image":
        return Image(card.value)
    return OrderRef(card.value) if card.kind == "order" else ProductRef(card.value)


def has(settings: Settings) -> frozenset[Need]:
    """What of the things that scenarios can need is there."""
    there = settings.embeddings != "none" and embedding_folder(settings) is not None
    return frozenset(("embeddings",)) if there else frozenset()
