"""Which model writes the sentences, and why that one."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from shopassist.errors import ConfigurationError, MissingExtra, ModelError, WeightsMissing
from shopassist.models import embedded, ollama, weights
from shopassist.models.door import Door
from shopassist.models.writer import Writer
from shopassist.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to a model and the reason for it. `door` is None where templates answer."""

    kind: str
    name: str | None
    reason: str
    door: Door | None

    @property
    def model(self) -> BaseChatModel | None:
        """The chat model itself."""
        return self.door.model if self.door is not None else None

    def writer(self, settings: Settings) -> Writer | None:
        """The model as the engine calls it."""
        if self.door is None:
            return None
        door = self.door
        return Writer(
            door.model,
            name=self.name or self.kind,
            settings=settings,
            context=door.context,
            counter=door.counter,
            probe=door.probe,
            calls=door.calls,
        )


def choose(settings: Settings) -> Choice:
    """The model that the settings name, or for ``auto`` the first of Ollama, embedded and none that can work.

    Raises `ModelError`, `MissingExtra` or `WeightsMissing` where the settings name one that cannot, and
    `ConfigurationError` for a tokenizer that is not there.
    """
    if settings.tokenizer_file is not None and not settings.tokenizer_file.is_file():
        raise ConfigurationError(f"SHOPASSIST_TOKENIZER_FILE names {settings.tokenizer_file}, which is not there")
    ways = {"ollama": _ollama, "openai": _openai, "embedded": _embedded}
    if settings.model == "none":
        return Choice("none", None, "the setting `model` says none", None)
    if settings.model in ways:
        return ways[settings.model](settings, f"the setting `model` says {settings.model}")
    reasons: list[str] = []
    for attempt, reason in ((_ollama, "an Ollama here has it"), (_embedded, "its weights are here")):
        try:
            return attempt(settings, "; ".join([reason, *reasons]))
        except (ModelError, MissingExtra, WeightsMissing) as error:
            reasons.append(str(error))
    return Choice("none", None, "; ".join(reasons), None)


def _ollama(settings: Settings, reason: str) -> Choice:
    return Choice("ollama", settings.ollama_model, reason, ollama.door(settings))


def _openai(settings: Settings, reason: str) -> Choice:
    try:
        openai = import_module("shopassist.models.openai")
    except ImportError as error:
        raise MissingExtra(
            "a server with OpenAI's interface needs langchain-openai: pip install 'shopassist[openai]'"
        ) from error
    name, door = openai.door(settings)
    return Choice("openai", name, reason, door)


def _embedded(settings: Settings, reason: str) -> Choice:
    file = chat_file(settings)
    if not embedded.available():
        raise MissingExtra("the embedded model needs xllamacpp: pip install 'shopassist[embedded]'")
    return Choice("embedded", file.stem, f"{reason} ({file})", embedded.door(settings, file))


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
