"""Qwen2.5 on the shop's own Ollama, by langchain-ollama."""

from __future__ import annotations

from typing import Any

import httpx

from shopassist.errors import ModelUnavailable
from shopassist.models.bounded import watch
from shopassist.settings import Address

PROBE_SECONDS = 1.0


def models(url: str, *, timeout: float = PROBE_SECONDS) -> list[str]:
    """The names of the models that an Ollama has. Raises `ModelUnavailable` if none answers in `timeout` seconds."""
    address = Address(url)
    try:
        response = httpx.get(f"{address}/api/tags", timeout=timeout, trust_env=False, auth=_login(address))
        response.raise_for_status()
        return [str(m["name"]) for m in response.json()["models"]]
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


def chat(url: str, model: str, *, context: int, max_tokens: int, timeout: float) -> Any:
    """A chat model with a fixed context, a bounded answer and timeouts, none of which is Ollama's default."""
    from shopassist.models.ollama_chat import OllamaChat  # LangChain's client takes half a second to import

    address = Address(url)
    return OllamaChat(
        model=model,
        base_url=str(address),
        num_ctx=context,
        num_predict=max_tokens,
        temperature=0.0,
        keep_alive="30m",
        client_kwargs={"timeout": httpx.Timeout(timeout, connect=5.0), "auth": _login(address)},
        sync_client_kwargs={
            "limits": httpx.Limits(max_keepalive_connections=0),
            "event_hooks": {"request": [watch]},
        },
    )


def _login(address: Address) -> httpx.BasicAuth | None:
    """As an object of httpx, whose `repr` shows nothing; in the address it would stand in httpx's own log lines."""
    return httpx.BasicAuth(address.login[0], address.login[1].get_secret_value()) if address.login else None
