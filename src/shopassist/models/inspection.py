"""What a model can do here: its context, its memory, its template, and what of that the shop's settings use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopassist.errors import ModelUnavailable
from shopassist.models import gguf_file
from shopassist.models.model_facts import BYTES, ModelFacts, facts
from shopassist.models.ollama_server import OllamaServer
from shopassist.models.yarn import ARCHITECTURE, FACTOR

LENGTHS = (4096, 32768, 131072)
"""Tokens for which the memory is told."""

ADVISED = 7e9
"""The parameters from which on Qwen advises YaRN."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model, looked at from the shop's side. `asked` and `answer` are what the settings say, in tokens.

    `allocated` is what a server gave the model that is loaded now, else None. `template` and `tools` say whether the
    template knows messages and tools. `server` is None for a file.
    """

    name: str
    server: str | None
    version: str | None
    parameters: int
    quantisation: str
    facts: ModelFacts
    template: bool
    tools: bool
    asked: int
    answer: int
    allocated: int | None = None

    @property
    def usable(self) -> int:
        """The tokens that the shop's next prompt and its answer have together."""
        return min(self.asked, self.facts.context)

    def notes(self) -> Iterator[str]:
        """What somebody who sets this model up must know."""
        yield from self.yarn_notes() if self.facts.yarn else self._limit()
        yield from self._settings()
        if self.server:
            yield "Ollama cuts a longer prompt in silence: the oldest messages first, then the system prompt."
        if not self.template:
            yield "Its template knows no messages: it was imported without one, and chats with it go wrong."

    def yarn_notes(self) -> Iterator[str]:
        """What a file with YaRN costs."""
        known = self.facts
        yield (
            f"The weights are trained for {known.trained:,} tokens; the rest is YaRN × {known.yarn or 1:g}, which is "
            "always on in this file: short prompts lose a little. Two names, one for each use."
        )
        if self.parameters < ADVISED:
            yield "Qwen's advice of YaRN is for its models of 7B and larger; try this one before you trust it."

    def _limit(self) -> Iterator[str]:
        known = self.facts
        if known.context >= LENGTHS[-1]:
            return
        way = ""
        if known.architecture == ARCHITECTURE:
            far = int(min(LENGTHS[-1], FACTOR * known.trained))
            name = self.name if self.server else f"NAME --gguf {self.name}"
            way = f" A copy for {far:,} by YaRN: shopassist model extend {name} --context {far}"
        yield f"This is a model for {known.context:,} tokens; no setting makes it one for more.{way}"

    def _settings(self) -> Iterator[str]:
        known = self.facts
        if self.asked > known.context:
            yield (
                f"The setting `model_context` asks for {self.asked:,} tokens and this model has {known.context:,}: "
                "the lesser is allocated, without a word."
            )
        elif known.yarn and self.asked <= known.trained:
            yield (
                f"The setting `model_context` asks for {self.asked:,} tokens, for which the original is better; "
                f"ask for up to {known.context:,} to use this copy."
            )
        if self.allocated is not None and self.allocated != self.usable:
            yield (
                f"It is loaded with {self.allocated:,} tokens at this moment, by somebody else or by other settings; "
                f"the shop's next request loads it again with {self.usable:,}. Use one number everywhere."
            )

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data; memory in bytes."""
        known = self.facts
        return {
            "name": self.name,
            "server": self.server,
            "version": self.version,
            "architecture": known.architecture,
            "parameters": self.parameters,
            "quantisation": self.quantisation,
            "context": {
                "trained": known.trained,
                "file": known.context,
                "yarn": known.yarn,
                "asked": self.asked,
                "allocated": self.allocated,
                "usable": self.usable,
                "answer": self.answer,
            },
            "template": self.template,
            "tools": self.tools,
            "kv_bytes": {
                str(tokens): {kind: known.cache_bytes(tokens, kind) for kind in BYTES} for tokens in (1, *LENGTHS)
            },
            "notes": list(self.notes()),
        }


def of_server(server: OllamaServer, name: str, *, asked: int, answer: int) -> Inspection:
    """A model at an Ollama. Raises a `ModelError`, `WeightsUnfit`, or `InputError` for what can be no name."""
    version = server.version()
    shown = server.show(name)
    if shown is None:
        raise ModelUnavailable(f"the Ollama at {server.url} has no {name!r}; run `ollama pull {name}`")
    loaded = server.loaded(name)
    return Inspection(
        name=name,
        server=server.url,
        version=version,
        parameters=int(shown.info.get("general.parameter_count", 0)),
        quantisation=str(shown.details.get("quantization_level", "unknown")),
        facts=facts(shown.info, name),
        template=".Messages" in shown.template,
        tools="tools" in shown.capabilities or ".Tools" in shown.template,
        asked=asked,
        answer=answer,
        allocated=loaded.context if loaded is not None else None,
    )


def of_file(path: Path, *, asked: int, answer: int) -> Inspection:
    """A GGUF file. Raises `WeightsMissing` or `WeightsUnfit`."""
    front = gguf_file.read(path)
    template = str(front.metadata.get("tokenizer.chat_template", ""))
    return Inspection(
        name=str(path),
        server=None,
        version=None,
        parameters=front.parameters,
        quantisation=front.quantisation,
        facts=facts(front.metadata, str(path)),
        template="messages" in template,
        tools="tools" in template,
        asked=asked,
        answer=answer,
    )
