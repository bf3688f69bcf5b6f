"""Qwen2.5 on the shop's own Ollama, by langchain-ollama."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx

from shopassist.errors import ModelMissing, ModelRefused, ModelUnavailable, ShopAssistError
from shopassist.models import gguf_tokenizer
from shopassist.models.bounded import watch
from shopassist.models.door import Door
from shopassist.models.login import login
from shopassist.models.model_facts import facts
from shopassist.models.ollama_server import OllamaServer, Shown
from shopassist.models.requests import named
from shopassist.models.tokens import Counter, Tokenized
from shopassist.settings import Address, Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from shopassist.models.ollama_chat import OllamaChat

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0


BARE = "{{.Prompt}}"
"""The template of a model that was made without one."""


def models(url: str, *, timeout: float = PROBE_SECONDS) -> list[str]:
    """The names of the models that an Ollama has.

    Raises `ModelUnavailable` if none answers in `timeout` seconds, `ModelRefused` for a wrong login.
    """
    address = Address(url)
    try:
        response = httpx.get(f"{address}/api/tags", timeout=timeout, trust_env=False, auth=login(address))
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ModelRefused(
                f"the Ollama at {address} wants another login ({response.status_code}); set SHOPASSIST_OLLAMA_URL to "
                "http://USER:PASSWORD@HOST"
            )
        response.raise_for_status()
        return [str(m["name"]) for m in response.json()["models"]]
    except httpx.HTTPStatusError as error:
        raise ModelUnavailable(
            f"what answers at {address} is no Ollama ({error.response.status_code}); set SHOPASSIST_OLLAMA_URL"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelUnavailable(
            f"no Ollama answers at {address} ({type(error).__name__}); start it with `ollama serve`, or set "
            "SHOPASSIST_OLLAMA_URL"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"what answers at {address} is no Ollama") from error


def has(names: list[str], model: str) -> bool:
    """Whether a model is among the names; Ollama takes a name without a tag as `:latest`."""
    return model in names or (":" not in model and f"{model}:latest" in names)


def check(settings: Settings) -> None:
    """Raise `ModelUnavailable` where no Ollama answers in a second, `ModelMissing` where it lacks the model."""
    names = models(settings.ollama_url)
    if not has(names, settings.ollama_model):
        raise ModelMissing(
            f"the Ollama at {settings.ollama_url} has no {settings.ollama_model!r} "
            f"(it has {', '.join(names) or 'none'}); "
            f"run `ollama pull {settings.ollama_model}`, or set SHOPASSIST_OLLAMA_MODEL"
        )


def door(settings: Settings) -> Door:
    """The model that the settings name, with its real context and its own tokenizer. Raises what `check` does.

    The context is never more than the file's metadata allow, whatever is asked for: Ollama would give less in silence.
    """
    check(settings)
    context = settings.model_context
    try:
        with OllamaServer(settings.ollama_url) as server:
            shown = server.show(settings.ollama_model)
        if shown is not None:
            _reads_messages(settings, shown)
            context = min(context, facts(shown.info, settings.ollama_model).context)
    except ModelRefused:
        raise
    except ShopAssistError as error:
        log.warning(
            "the context of %s cannot be told, %d tokens are assumed: %s", settings.ollama_model, context, error
        )
    if context < settings.model_context:
        log.warning(
            "%s has a context of %d tokens; the setting `model_context` asks for %d (`shopassist model inspect %s`)",
            settings.ollama_model,
            context,
            settings.model_context,
            settings.ollama_model,
        )
    return Door(chat(settings, context=context), context, counter(settings), lambda: check(settings))


def _reads_messages(settings: Settings, shown: Shown) -> None:
    """Raise `ModelRefused` for a model that was made without a template: it would not answer, but go on."""
    if "".join(shown.template.split()) == BARE:
        raise ModelRefused(
            f"{settings.ollama_model} at {settings.ollama_url} has no template: it would go on with "
            "the prompt instead of answering; make it again with a TEMPLATE in its Modelfile (docs/models.md)"
        )


def chat(settings: Settings, *, context: int | None = None) -> OllamaChat:
    """A chat model with a fixed context, a bounded answer and timeouts, none of which is Ollama's default."""
    from shopassist.models.ollama_chat import OllamaChat  # LangChain's client takes half a second to import

    address = Address(settings.ollama_url)
    silence = max(settings.model_first_token, settings.model_next_token)
    return OllamaChat(
        model=settings.ollama_model,
        base_url=str(address),
        num_ctx=context or settings.model_context,
        num_predict=settings.max_tokens,
        temperature=0.0,
        keep_alive=settings.ollama_keep_alive if settings.ollama_keep_alive != "-1" else -1,
        client_kwargs={
            "timeout": httpx.Timeout(silence, connect=settings.model_connect),
            "auth": login(address),
            "trust_env": False,
        },
        sync_client_kwargs={
            "limits": httpx.Limits(max_keepalive_connections=0),
            "event_hooks": {"request": [watch, named]},
        },
    )


def counter(settings: Settings) -> Counter:
    """Counts with the model's own tokenizer: the one that the settings name, else the server's, loaded at first use."""
    return Tokenized(lambda: _tokenizer(settings))


def _tokenizer(settings: Settings) -> Tokenizer:
    if settings.tokenizer_file is not None:
        return gguf_tokenizer.from_file(settings.tokenizer_file)
    with OllamaServer(settings.ollama_url) as server:
        shown = server.show(settings.ollama_model, tokens=True)
    if shown is None:
        raise ModelMissing(f"the Ollama at {settings.ollama_url} has no {settings.ollama_model!r}")
    return gguf_tokenizer.tokenizer_from(shown.info, settings.ollama_model)
