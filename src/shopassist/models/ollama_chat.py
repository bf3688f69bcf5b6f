"""`ChatOllama` whose errors are ours.

ollama-python and httpx raise errors of their own, some of them unwrapped in the middle of a stream; they are
translated here, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import httpx
import ollama
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_ollama import ChatOllama

from shopassist.errors import (
    BrokenAnswer,
    ModelBusy,
    ModelError,
    ModelMissing,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
)
from shopassist.models.tokens import ROLES

WARM_SECONDS = 600.0
"""The longest that `warm` waits: nobody waits with it."""


class OllamaChat(ChatOllama):
    """A `ChatOllama` that raises only `ModelError`, and raises one where an answer has no end."""

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        done = False
        with translated(self.base_url, self.model):
            for chunk in super()._stream(messages, *args, **kwargs):
                done = done or bool((chunk.generation_info or {}).get("done"))
                yield chunk
        if not done:  # the connection closed in mid-answer, and neither client says so
            raise BrokenAnswer(f"the Ollama at {self.base_url} broke off its answer; its log says why")

    def warm(self, messages: list[BaseMessage]) -> None:
        """Have the server load the model and read the front of a prompt; it may take minutes. Raises `ModelError`."""
        patient = {**(self.client_kwargs or {}), "timeout": httpx.Timeout(WARM_SECONDS, connect=5.0)}
        said = [{"role": ROLES[m.type], "content": m.text} for m in messages]
        options = {"num_ctx": self.num_ctx, "num_predict": 1, "temperature": self.temperature}
        with translated(self.base_url, self.model):
            client = ollama.Client(self.base_url, **patient)
            with closing(client._client):  # which has no `close` of its own
                client.chat(self.model, said, options=options, keep_alive=self.keep_alive, stream=False)

    def structured(self, schema: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Options of `stream` for an answer of at most `most` tokens that fits a JSON schema.

        Options replace all others, so the context is among them: another one would have the server load anew.
        """
        options = {"num_ctx": self.num_ctx, "num_predict": most, "temperature": self.temperature}
        return {"format": dict(schema), "options": options}

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        with translated(self.base_url, self.model):
            return super()._generate(messages, *args, **kwargs)


@contextmanager
def translated(url: str | None, model: str) -> Iterator[None]:
    """Turn what the client libraries raise into a `ModelError` that names the server and the way out."""
    try:
        yield
    except ModelError:
        raise
    except ollama.ResponseError as error:
        raise _refusal(error, url, model) from error
    except httpx.ConnectTimeout as error:
        raise ModelUnavailable(
            f"nobody takes up at {url} within the setting `model_connect`; is it the right host and port?"
        ) from error
    except httpx.TimeoutException as error:
        raise ModelTimeout(
            f"the Ollama at {url} was silent for too long (settings `model_first_token`, `model_next_token`)"
        ) from error
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError) as error:
        raise BrokenAnswer(f"the Ollama at {url} broke off ({type(error).__name__}); its log says why") from error
    except (ConnectionError, httpx.TransportError) as error:
        raise ModelUnavailable(
            f"no Ollama answers at {url} ({type(error).__name__}); start it with `ollama serve`"
        ) from error
    except (ValueError, AttributeError, TypeError, KeyError) as error:  # ollama-python takes any line for JSON objects
        raise BrokenAnswer(f"what {url} sent is no answer of an Ollama ({type(error).__name__})") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ollama.RequestError) as error:
        raise ModelUnavailable(f"the request to the Ollama at {url} failed ({type(error).__name__})") from error


def _refusal(error: ollama.ResponseError, url: str | None, model: str) -> ModelError:
    """What a status says. -1 is an error in mid-stream, where the status was sent already."""
    status, text = error.status_code, str(error.error).lower()
    if status == httpx.codes.NOT_FOUND and "model" in text:
        return ModelMissing(f"the Ollama at {url} has no {model!r}; run `ollama pull {model}`")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
        return ModelUnavailable(f"what answers at {url} is no Ollama ({status}); set SHOPASSIST_OLLAMA_URL")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return ModelRefused(
            f"the Ollama at {url} wants another login ({status}); set SHOPASSIST_OLLAMA_URL to http://USER:PASSWORD@HOST"
        )
    if "does not support" in text:
        return ModelRefused(
            f"the model {model!r} at {url} cannot do what it is asked ({text[-60:]}); "
            f"`shopassist model inspect {model}` shows what its template supports"
        )
    if 400 <= status < 500 and status not in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS):
        return ModelRefused(f"the Ollama at {url} refused the request ({status}); its log says why")
    if status in (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS):
        return ModelBusy(f"the Ollama at {url} is full; raise OLLAMA_MAX_QUEUE or give it more hardware")
    if status == -1:
        return BrokenAnswer(f"the Ollama at {url} failed in mid-answer; its log says why")
    return ModelUnavailable(f"the Ollama at {url} failed ({status}); its log says why")
