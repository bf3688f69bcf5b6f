"""Any server with OpenAI's interface (vLLM, llama.cpp, LM Studio, Ollama's /v1), by langchain-openai."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import openai
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from shopassist.errors import (
    BrokenAnswer,
    ModelBusy,
    ModelError,
    ModelMissing,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    PromptTooLong,
)
from shopassist.models import gguf_tokenizer
from shopassist.models.bounded import watch
from shopassist.models.door import Door
from shopassist.models.login import login
from shopassist.models.requests import named
from shopassist.models.response_format import response_format
from shopassist.models.tokens import Counter, Estimate, Tokenized
from shopassist.settings import Address, Settings

PROBE_SECONDS = 2.0


class OpenAIChat(BaseChatOpenAI):
    """Chat completions whose errors are ours, and which raise where an answer has no end."""

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        ended = False
        with translated(self.openai_api_base, self.model_name):
            for chunk in super()._stream(messages, *args, **kwargs):
                ended = ended or bool((chunk.generation_info or {}).get("finish_reason"))
                if chunk.text or ended:  # the first chunk only names the role, before the prompt is read
                    yield chunk
        if not ended:
            raise BrokenAnswer(f"the server at {self.openai_api_base} broke off its answer; its log says why")

    def warm(self, messages: list[BaseMessage]) -> None:
        """Have the server read the front of a prompt. Raises `ModelError`."""
        for _ in self._stream(messages, max_tokens=1):
            pass

    def structured(self, schema: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Options of `stream` for an answer of at most `most` tokens that fits a JSON schema.

        As a part of the body: as an option of its own the client would repeat the whole answer at the end.
        """
        return {"extra_body": {"response_format": response_format(schema)}, "max_tokens": most}

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        with translated(self.openai_api_base, self.model_name):
            return super()._generate(messages, *args, **kwargs)


@contextmanager
def translated(url: str | None, model: str) -> Iterator[None]:
    """Turn what the client libraries raise into a `ModelError` that names the server and the way out."""
    try:
        yield
    except ModelError:
        raise
    except (openai.APITimeoutError, httpx.TimeoutException) as error:
        if isinstance(error.__cause__, httpx.ConnectTimeout) or isinstance(error, httpx.ConnectTimeout):
            raise ModelUnavailable(
                f"nobody takes up at {url} within the setting `model_connect`; is it the right host and port?"
            ) from error
        raise ModelTimeout(
            f"the server at {url} was silent for too long (settings `model_first_token`, `model_next_token`)"
        ) from error
    except openai.APIStatusError as error:
        raise _refusal(error, url, model) from error
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError) as error:
        raise BrokenAnswer(f"the server at {url} broke off ({type(error).__name__}); its log says why") from error
    except (openai.APIConnectionError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise ModelUnavailable(
            f"no server answers at {url} ({type(error).__name__}); start it, or set SHOPASSIST_OPENAI_URL"
        ) from error
    except openai.APIError as error:  # an error in mid-stream
        raise BrokenAnswer(f"the server at {url} failed in mid-answer; its log says why") from error
    except openai.OpenAIError as error:
        raise ModelUnavailable(f"the request to {url} failed ({type(error).__name__})") from error
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise BrokenAnswer(f"what {url} sent is no answer of a chat model ({type(error).__name__})") from error


def door(settings: Settings) -> tuple[str, Door]:
    """The model's name and the way to it. Raises `ModelUnavailable`, `ModelMissing` or `ModelRefused`."""
    name, most = served(settings)
    context = min(settings.model_context, most or settings.model_context)
    return name, Door(chat(settings, name), context, _counter(settings), lambda: served(settings) and None)


def served(settings: Settings) -> tuple[str, int | None]:
    """The name of the model that the settings mean, and its context where the server says it. Raises as `door`."""
    url, key = Address(settings.openai_url), settings.openai_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        response = httpx.get(f"{url}/models", headers=headers, timeout=PROBE_SECONDS, trust_env=False, auth=login(url))
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ModelRefused(
                f"the server at {url} wants another key ({response.status_code}); set SHOPASSIST_OPENAI_KEY"
            )
        response.raise_for_status()
        listed = {str(m["id"]): m for m in response.json()["data"]}
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ModelUnavailable(
            f"no server answers at {url}/models ({type(error).__name__}); start it, or set SHOPASSIST_OPENAI_URL"
        ) from error
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"what answers at {url} has not OpenAI's interface; the address ends in /v1") from error
    name = settings.openai_model or (next(iter(listed)) if len(listed) == 1 else None)
    if name not in listed and f"{name}:latest" in listed:  # an Ollama's, which takes the short name too
        name = f"{name}:latest"
    if name not in listed:
        raise ModelMissing(
            f"the server at {url} has {', '.join(listed) or 'no model'}"
            + (f" and not {name!r}" if name else "")
            + "; set SHOPASSIST_OPENAI_MODEL"
        )
    model = listed[name]
    return name, model.get("max_model_len") or (model.get("meta") or {}).get("n_ctx")


def chat(settings: Settings, name: str) -> OpenAIChat:
    """A chat model with a bounded answer and timeouts, and without repeats of its own."""
    silence = max(settings.model_first_token, settings.model_next_token)
    return OpenAIChat(
        model=name,
        base_url=str(settings.openai_url),
        api_key=settings.openai_key or SecretStr("none"),
        max_tokens=settings.max_tokens,
        temperature=0.0,
        max_retries=0,
        stream_usage=True,
        http_client=httpx.Client(
            timeout=httpx.Timeout(silence, connect=settings.model_connect),
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks={"request": [watch, named]},
            trust_env=False,
            auth=login(Address(settings.openai_url)),
        ),
    )


def _refusal(error: openai.APIStatusError, url: str | None, model: str) -> ModelError:
    status, text = error.status_code, json.dumps(error.body, default=str).lower()
    if status == httpx.codes.NOT_FOUND:
        return ModelMissing(
            f"the server at {url} has no {model!r}, or its address lacks /v1; set SHOPASSIST_OPENAI_MODEL"
        )
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return ModelRefused(f"the server at {url} wants another key ({status}); set SHOPASSIST_OPENAI_KEY")
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return ModelBusy(f"the server at {url} is full ({status})")
    if status < httpx.codes.INTERNAL_SERVER_ERROR and "context" in text and ("length" in text or "size" in text):
        return PromptTooLong(f"the prompt is longer than the server at {url} reads; lower the setting `model_context`")
    if status < httpx.codes.INTERNAL_SERVER_ERROR:
        return ModelRefused(f"the server at {url} refused the request ({status}); its log says why")
    return ModelUnavailable(f"the server at {url} failed ({status}); its log says why")


def _counter(settings: Settings) -> Counter:
    if (kept := settings.tokenizer_file) is None:
        return Estimate()
    return Tokenized(lambda: gguf_tokenizer.from_file(kept))
