"""What `shopassist doctor` says of the model: which one, what its server does with it, and how fast it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shopassist.cli.finding import Finding

if TYPE_CHECKING:
    from shopassist.models.routing import Choice
    from shopassist.models.writer import Writing
    from shopassist.settings import Settings

SHORT = 16
"""Tokens of the short call."""

SLOW = 10.0
"""Tokens a second below which a customer reads faster than the model writes."""

GIB = 1024**3

CALLER = "doctor"
"""The conversation for which it asks: behind a proxy all its requests must reach one server."""


def model(settings: Settings) -> Iterator[Finding]:
    """Which model writes; of a server also what it is and has, and a first short call."""
    from shopassist.models.requests import asked_for

    with asked_for(CALLER):
        yield from _of(settings)


def _of(settings: Settings) -> Iterator[Finding]:
    from shopassist.errors import MissingExtra, ModelError, WeightsMissing
    from shopassist.models.routing import choose

    try:
        choice = choose(settings)
    except MissingExtra as error:
        yield Finding("model", "broken", str(error), _install(settings))
    except WeightsMissing as error:
        yield Finding("model", "broken", str(error), "shopassist pull --only chat")
    except ModelError as error:
        yield Finding("model", "broken", str(error), _mend(settings, error))
    else:
        if choice.model is None and settings.model != "none":
            mend = "shopassist pull --only chat && pip install 'shopassist[embedded]'"
            yield Finding("model", "lacking", f"templates answer: {choice.reason}", mend)
            return
        yield Finding("model", "ok", f"{choice.kind} {choice.name or '(templates)'}: {choice.reason}")
        if choice.kind == "ollama":
            yield from _ollama(settings)
        if choice.kind in ("ollama", "openai"):
            yield from _first_call(settings, choice)
        if choice.kind == "ollama":
            yield from _loaded(settings)


def _install(settings: Settings) -> str:
    return f"pip install 'shopassist[{settings.model if settings.model == 'openai' else 'embedded'}]'"


def _mend(settings: Settings, error: Exception) -> str | None:
    from shopassist.errors import ModelMissing

    if isinstance(error, ModelMissing) and settings.model == "ollama":
        return f"ollama pull {settings.ollama_model}"
    return "ollama serve" if settings.model == "ollama" else None


def _ollama(settings: Settings) -> Iterator[Finding]:
    """The server's version, the model's template and its context."""
    from shopassist.models.inspection import of_server
    from shopassist.models.ollama_server import OllamaServer

    name = settings.ollama_model
    with OllamaServer(settings.ollama_url) as server:
        found = of_server(server, name, asked=settings.model_context, answer=settings.max_tokens)
    yield Finding("server", "ok", f"Ollama {found.version} at {found.server}")
    if found.template:
        tools = "with" if found.tools else "without"
        yield Finding("template", "ok", f"{name} knows messages, {tools} tools; {found.quantisation}")
    else:
        text = f"{name} was imported without a template: it reads no messages, and answers wildly"
        yield Finding("template", "broken", text, f"shopassist model inspect {name}")
    facts = found.facts
    told = f"{found.usable:,} tokens are used, {facts.context:,} possible, {facts.trained:,} trained"
    short = found.asked > facts.context
    more = f"; the setting `model_context` asks for {found.asked:,}" if short else ""
    mend = f"shopassist model inspect {name}" if short else None
    yield Finding("context", "lacking" if short else "ok", told + more, mend)


def _first_call(settings: Settings, choice: Choice) -> Iterator[Finding]:
    """How long a short call takes, the loading of the model included, and how its tokens are counted."""
    from langchain_core.messages import HumanMessage

    from shopassist.errors import ShopAssistError

    writer = choice.writer(settings)
    assert writer is not None  # noqa: S101 - the caller's condition
    began = time.monotonic()
    writing = writer.write(
        [HumanMessage("一到十，用汉字数。")],
        deadline=began + settings.model_deadline,
        stopped=threading.Event(),
        conversation=CALLER,
        tries=1,
    )
    try:
        said = "".join(writing)
    except ShopAssistError as error:
        yield Finding("first call", "broken", str(error), None)
        return
    finally:
        writing.close()
        writer.close()
    yield _speed(writing, said, time.monotonic() - began)
    yield _tokens(writer.counter.exact)


def _tokens(exact: bool) -> Finding:
    """Whether prompts are counted with the model's own tokenizer."""
    if exact:
        return Finding("tokens", "ok", "counted with the model's own tokenizer")
    text = "estimated, never too low: a prompt holds fewer pages and turns than it could"
    return Finding("tokens", "lacking", text, "set SHOPASSIST_TOKENIZER_FILE to the model's tokenizer.json or GGUF")


def _speed(writing: Writing, said: str, seconds: float) -> Finding:
    first = writing.first or seconds
    rest = seconds - first
    told = f"first word after {first:.1f} s"
    if writing.output_tokens < SHORT or rest <= 0:
        return Finding("first call", "ok", f"{told}; {len(said)} characters in {seconds:.1f} s")
    rate = writing.output_tokens / rest
    text = f"{told}, then {rate:.0f} tokens a second"
    return Finding("first call", "ok" if rate >= SLOW else "lacking", text)


def _loaded(settings: Settings) -> Iterator[Finding]:
    """Where the model lies, and until when."""
    from datetime import datetime

    from shopassist.models.ollama_server import OllamaServer

    with OllamaServer(settings.ollama_url) as server:
        loaded = server.loaded(settings.ollama_model)
    if loaded is None:
        text = "the model is unloaded after each call: the next customer waits for it"
        yield Finding("keep-alive", "lacking", text, "set SHOPASSIST_OLLAMA_KEEP_ALIVE to 30m or -1")
        return
    share = loaded.vram / loaded.size if loaded.size else 0.0
    size = f"{loaded.size / GIB:.1f} GiB"
    if share >= 1:
        yield Finding("memory", "ok", f"{size}, all on the GPU")
    else:
        where = "on the CPU" if not loaded.vram else f"{share:.0%} on the GPU, the rest on the CPU"
        yield Finding("memory", "lacking", f"{size}, {where}: slow", "a smaller model, or a GPU with more memory")
    if loaded.until is None:
        return
    left = loaded.until - datetime.now(loaded.until.tzinfo)
    hours = left.total_seconds() / 3600
    until = "for ever" if hours > 24 * 365 else f"{left.total_seconds() / 60:.0f} minutes after the last call"
    yield Finding("keep-alive", "ok", f"stays loaded {until} (setting `ollama_keep_alive`)")
