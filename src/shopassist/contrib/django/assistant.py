"""The process's assistant, built when it is first needed."""

from __future__ import annotations

import atexit
from threading import Lock
from typing import TYPE_CHECKING, Any

from shopassist.contrib.django.conf import engine_values, load, made, on_reset, options

if TYPE_CHECKING:
    from shopassist.assistant import Assistant
    from shopassist.settings import Settings

_lock = Lock()
_made: Assistant | None = None


def get_assistant() -> Assistant:
    """The assistant by the settings; one for the process, and a new one after `override_settings`.

    Raises what `Assistant.from_settings` raises, and `ImproperlyConfigured`.
    """
    global _made
    with _lock:
        if _made is None:
            _made = _build()
        return _made


def engine_settings() -> Settings:
    """The engine's settings. Raises `SettingError`."""
    from shopassist.settings import load as load_settings

    # Django's connections belong to threads: a tool in a thread of its own would not see the caller's transaction.
    return load_settings(**{"tool_timeout": None, **engine_values()})


def reset() -> None:
    """Close the assistant; the next use builds another."""
    global _made
    with _lock:
        before, _made = _made, None
    if before is not None:
        before.close()


def _build() -> Assistant:
    from shopassist.assembly import texts_from
    from shopassist.assistant import Assistant
    from shopassist.contrib.django.approved import ApprovedAnswers
    from shopassist.contrib.django.ledger import DjangoLedger
    from shopassist.contrib.django.store import DjangoStore
    from shopassist.contrib.django.texts import with_templates

    own, settings = options(), engine_settings()
    parts: dict[str, Any] = {
        "settings": settings,
        "store": DjangoStore(),
        "shop": made(own.shop),
        "tools": [load(path) for path in own.tools],
        "ledger": DjangoLedger(),
        "desk": made(own.desk),
        "texts": with_templates(texts_from(settings), lambda: settings.now().date()),
    }
    make = load(own.assistant) if own.assistant else Assistant.from_settings
    built: Assistant = make(**parts)
    built.answers = ApprovedAnswers(built, built.answers)
    return built


on_reset.append(reset)
atexit.register(reset)
