"""Bound the text, clean it, and tell its language."""

from __future__ import annotations

from typing import cast

from langgraph.runtime import Runtime

from shopassist.engine.state import Kind, Ports, Turn
from shopassist.language.foreign import foreign
from shopassist.replies import Language
from shopassist.text import clean, language_of


def receive(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Join the messages of the burst; nothing is dropped but what cannot be shown."""
    ports = runtime.context
    text = "\n".join(filter(None, (clean(t).strip() for t in ports.raw)))
    told = language_of(text)
    language: Language = ports.memory.language or ports.settings.language
    if told in ("zh", "en"):
        language = cast("Language", told)
    kind: Kind = (
        "foreign"
        if told == "other" or (told == "en" and foreign(text))
        else "question"
        if told or any(c.isdigit() for c in text)
        else "empty"
    )
    return {"text": text, "language": language, "kind": kind, "sentences": (), "citations": (), "rejected": ()}
