"""Which model writes the sentences, and why that one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shopassist.errors import MissingExtra, ModelUnavailable, WeightsMissing
from shopassist.models import embedded, ollama, weights
from shopassist.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and the reason for it. `model` is None where templates answer."""

    kind: str
    name: str | None
    reason: str
    model: BaseChatModel | None


def choose(settings: Settings) -> Choice:
    """The model that the settings name, or for ``auto`` the first of Ollama, embedded and none that can work.

    Raises `ModelUnavailable`, `MissingExtra` or `WeightsMissing` where the settings name one that cannot.
    """
    match settings.model:
        case "none":
            return Choice("none", None, "the setting `model` says none", None)
        case "ollama":
            return _ollama(settings, "the setting `model` says ollama")
        case "embedded":
            return _embedded(settings, "the setting `model` says embedded")
    reasons = []
    for attempt, reason in ((_ollama, "an Ollama here has it"), (_embedded, "its weights are here")):
        try:
            return attempt(settings, reason)
        except (ModelUnavailable, MissingExtra, WeightsMissing) as error:
            reasons.append(str(error))
    return Choice("none", None, "; ".join(reasons), None)


def _ollama(settings: Settings, reason: str) -> Choice:
    names = ollama.models(settings.ollama_url)
    if not ollama.has(names, settings.ollama_model):
        raise ModelUnavailable(
            f"the Ollama at {settings.ollama_url} has no {settings.ollama_model!r} "
            f"(it has {', '.join(names) or 'none'}); "
            f"run `ollama pull {settings.ollama_model}`, or set SHOPASSIST_OLLAMA_MODEL"
        )
    model = ollama.chat(
        settings.ollama_url,
        settings.ollama_model,
        context=settings.model_context,
        max_tokens=settings.max_tokens,
        timeout=settings.model_deadline,
    )
    return Choice("ollama", settings.ollama_model, reason, model)


def _embedded(settings: Settings, reason: str) -> Choice:
    file = chat_file(settings)
    if not embedded.available():
        raise MissingExtra("the embedded model needs xllamacpp: pip install 'shopassist[embedded]'")
    model = embedded.EmbeddedChat(
        file=file,
        context=settings.model_context,
        max_tokens=settings.max_tokens,
        threads=settings.threads,
        timeout=settings.model_deadline,
    )
    return Choice("embedded", file.stem, f"{reason} ({file})", model)


def chat_file(settings: Settings) -> Path:
    """The GGUF file of the embedded model. Raises `WeightsMissing`."""
    if settings.model_file:
        if not settings.model_file.is_file():
            raise WeightsMissing(f"SHOPASSIST_MODEL_FILE names {settings.model_file}, which is not there")
        return settings.model_file
    found = weights.find("chat", settings.models_dir)
    if found is None:
        raise WeightsMissing(f"{settings.models_dir} has no chat model; run `shopassist pull`")
    return found.path
