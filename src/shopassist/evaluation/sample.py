"""Assistants on the sample shop: the knowledge and the model are opened once, the rest is new for each scenario."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import cast

from shopassist.assistant import Assistant, embedding_folder, knowledge_from
from shopassist.errors import IndexMissing
from shopassist.evaluation.judge import Answer
from shopassist.evaluation.run import Scene
from shopassist.evaluation.scenario import Need
from shopassist.messages import Customer
from shopassist.models import embedded, routing
from shopassist.protocols import Knowledge
from shopassist.settings import Settings
from shopassist.storage.memory import MemoryStore

log = logging.getLogger(__name__)


class SampleAssistants:
    """Makes an assistant for a scene. Raises `ConfigurationError`, `KnowledgeError`, `ModelUnavailable`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._knowledge = _knowledge(settings)
        self._choice = routing.choose(settings)

    @property
    def model_name(self) -> str | None:
        """The model that writes sentences, None where templates do."""
        return self._choice.name

    def __call__(self, scene: Scene) -> SampleTalk:
        """The assistant of one scene."""
        model = self._choice.model if scene.model else None
        return SampleTalk(
            Assistant(
                settings=self.settings.model_copy(update={"clock": scene.clock()}),
                store=MemoryStore(),
                knowledge=self._knowledge,
                model=model,
                model_name=self._choice.name if model is not None else None,
            ),
            scene,
        )

    def close(self) -> None:
        """Stop an embedded model."""
        if isinstance(self._choice.model, embedded.EmbeddedChat):
            self._choice.model.close()


def _knowledge(settings: Settings) -> Knowledge | None:
    try:
        return knowledge_from(settings)
    except IndexMissing as error:
        log.warning("%s; whatever the pages should answer is missed", error)
        return None


class SampleTalk:
    """An assistant whose time is the scene's."""

    def __init__(self, assistant: Assistant, scene: Scene) -> None:
        self._assistant, self._scene = assistant, scene

    def reply(self, messages: str | Sequence[str], *, conversation: str, customer: Customer | None = None) -> Answer:
        """Answer one message, or a burst."""
        self._assistant.settings = self._assistant.settings.model_copy(update={"clock": self._scene.clock()})
        return cast("Answer", self._assistant.reply(messages, conversation=conversation, customer=customer))

    def close(self) -> None:
        """Give the conversation's store back; the model is needed again."""
        self._assistant.store.close()


def has(settings: Settings) -> frozenset[Need]:
    """What of the things that scenarios can need is there."""
    there = settings.embeddings != "none" and embedding_folder(settings) is not None
    return frozenset(("embeddings",)) if there else frozenset()
