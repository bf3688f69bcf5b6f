"""A model and embeddings that need no weights."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from shopassist.text import tokens

PIECE = 3
"""Characters in a piece of a streamed answer; about a token of Chinese."""


class ScriptedModel(BaseChatModel):
    """A chat model that says given answers, one a call, in small pieces; an exception is raised in its place.

    After the last answer it starts over. An answer that is a tuple of a text and an exception breaks off after the
    text. `delay` is the pause before each piece, in seconds. `calls` are the messages of every call, `closed` counts
    the streams that were left before their end::

        model = ScriptedModel(answers=["防水等级是 IPX4。"])
    """

    answers: list[Any]
    delay: float = 0.0

    _calls: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _closed: int = PrivateAttr(default=0)

    @property
    def calls(self) -> list[list[BaseMessage]]:
        """The messages of every call so far."""
        return self._calls

    @property
    def closed(self) -> int:
        """How many streams were closed before their end."""
        return self._closed

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self._calls.append(messages)
        answer = self.answers[(len(self._calls) - 1) % len(self.answers)]
        text, error = answer if isinstance(answer, tuple) else ("", answer)
        if isinstance(error, str):
            text, error = error, None
        finished = False
        try:
            for start in range(0, len(text), PIECE):
                if self.delay:
                    time.sleep(self.delay)
                yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + PIECE]))
            finished = True
            if error is not None:
                raise error
        finally:
            self._closed += not finished

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(c.text) for c in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])


class HashEmbeddings(Embeddings):
    """Embeddings without a model: tokens hashed into buckets, so that texts that share words are near each other.

    The same in every process. `embedded` counts the documents that were embedded.
    """

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.fingerprint = f"hash:{dimension}"
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of length 1, one a text."""
        self.embedded += len(texts)
        return [self.embed_query(t) for t in texts]

    def embed_query(self, text: str) -> list[float]:
        """A vector of length 1."""
        vector = [0.0] * self.dimension
        for token in tokens(text):
            bucket = int.from_bytes(hashlib.blake2b(token.encode(), digest_size=4).digest(), "big")
            vector[bucket % self.dimension] += 1.0
        length = sum(x * x for x in vector) ** 0.5 or 1.0
        return [x / length for x in vector]
