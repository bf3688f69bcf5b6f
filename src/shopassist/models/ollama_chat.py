"""`ChatOllama` whose errors are ours.

ollama-python and httpx raise errors of their own, some of them unwrapped in the middle of a stream; they are
translated here, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import ollama
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_ollama import ChatOllama

from shopassist.errors import ModelTimeout, ModelUnavailable


class OllamaChat(ChatOllama):
    """A `ChatOllama` that raises `ModelUnavailable` and `ModelTimeout`."""

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        done = False
        with translated(self.base_url, self.model):
            for chunk in super()._stream(messages, *args, **kwargs):
                done = done or bool((chunk.generation_info or {}).get("done"))
                yield chunk
        if not done:  # the connection closed in mid-answer, and neither client says so
            raise ModelUnavailable(f"the Ollama at {self.base_url} broke off its answer; its log says why")

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        with translated(self.base_url, self.model):
            return super()._generate(messages, *args, **kwargs)


@contextmanager
def translated(url: str | None, model: str) -> Iterator[None]:
    """Turn what the client libraries raise into a `ModelError` that names the server and the way out."""
    try:
        yield
    except ollama.ResponseError as error:
        if error.status_code == 404:
            way = f"has no {model!r}; run `ollama pull {model}`"
        elif error.status_code == 503:
            way = "is full; raise OLLAMA_MAX_QUEUE or give it more hardware"
        else:  # -1: an error in mid-stream, where the status was sent already
            way = f"failed ({error.status_code}); its log says why"
        raise ModelUnavailable(f"the Ollama at {url} {way}") from error
    except httpx.TimeoutException as error:
        raise ModelTimeout(f"the Ollama at {url} did not answer in time (setting `model_deadline`)") from error
    except (ConnectionError, httpx.TransportError) as error:
        raise ModelUnavailable(
            f"no Ollama answers at {url} ({type(error).__name__}); start it with `ollama serve`"
        ) from error
