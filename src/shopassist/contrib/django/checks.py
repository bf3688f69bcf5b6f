"""System checks. Their ids are stable: silence one with `SILENCED_SYSTEM_CHECKS`.

========================  ==========================================================================
shopassist.E001           SHOPASSIST is no dictionary
shopassist.E002           SHOPASSIST has a key that there is none of
shopassist.E003           a value that is not allowed
shopassist.E004           an import string that cannot be imported, or names what does not fit
shopassist.E005           CsrfViewMiddleware is missing: the views change things for who is logged in
shopassist.E006           sessions or authentication are missing: nobody could be told apart
shopassist.W001           a cache of one process: each would count messages for itself
shopassist.W002           a cache that counts wrongly where requests come in at once
shopassist.W003           ATOMIC_REQUESTS: a request's transaction would be open while a model writes
shopassist.W004           SQLite without what several writers need
========================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache, InvalidCacheBackendError
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured

from shopassist.contrib.django import conf
from shopassist.contrib.django.connection import alias

_IDS = {"shape": "shopassist.E001", "unknown": "shopassist.E002", "value": "shopassist.E003", "path": "shopassist.E004"}
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_WHO = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)


def register_all() -> None:
    """Register the checks; `AppConfig.ready` calls it."""
    for check in (_settings, _middleware, _cache, _databases):
        checks.register(check, "shopassist")


def _settings(**_: Any) -> list[checks.CheckMessage]:
    return [checks.Error(p.text, hint=p.hint, id=_IDS[p.kind]) for p in conf.problems()]


def _middleware(**_: Any) -> Iterable[checks.CheckMessage]:
    found = set(settings.MIDDLEWARE)
    messages: list[checks.CheckMessage] = []
    if _CSRF not in found:
        hint = f"Add '{_CSRF}' to MIDDLEWARE."
        messages.append(checks.Error("The assistant's views need CSRF protection.", hint=hint, id="shopassist.E005"))
    if lacking := [name for name in _WHO if name not in found]:
        text = "The assistant's views tell people apart by session and user."
        hint = f"Add {' and '.join(map(repr, lacking))} to MIDDLEWARE, or a subclass and silence this check."
        messages.append(checks.Error(text, hint=hint, id="shopassist.E006"))
    return messages


def _cache(**_: Any) -> list[checks.CheckMessage]:
    name = _option("cache")
    try:
        cache = caches[name]
    except InvalidCacheBackendError:
        hint = f"CACHES has {', '.join(sorted(settings.CACHES))}."
        return [
            checks.Error(f"SHOPASSIST['CACHE'] names {name!r}, and there is no such cache.", hint, id=_IDS["value"])
        ]
    if isinstance(cache, LocMemCache):
        text = f"The cache {name!r} is one process's own: with several workers each counts messages for itself."
        hint = "Use Redis or Memcached, and name it in SHOPASSIST['CACHE']; one worker alone may do without."
        return [checks.Warning(text, hint=hint, id="shopassist.W001")]
    if isinstance(cache, DummyCache) or type(cache).incr is BaseCache.incr:
        text = f"The cache {name!r} ({type(cache).__name__}) does not count exactly where requests come in at once."
        hint = "Use Redis or Memcached, whose `incr` is atomic, and name it in SHOPASSIST['CACHE']."
        return [checks.Warning(text, hint=hint, id="shopassist.W002")]
    return []


def _databases(**_: Any) -> Iterable[checks.CheckMessage]:
    name = alias()
    own = settings.DATABASES.get(name, {})
    messages: list[checks.CheckMessage] = []
    if own.get("ATOMIC_REQUESTS"):
        text = f"ATOMIC_REQUESTS is set for the database {name!r}."
        hint = (
            "The assistant's own views are exempt. Decorate a view of yours that calls the assistant with "
            "`transaction.non_atomic_requests`."
        )
        messages.append(checks.Warning(text, hint=hint, id="shopassist.W003"))
    given = own.get("OPTIONS", {})
    if str(own.get("ENGINE", "")).endswith("sqlite3") and "journal_mode=wal" not in _squeezed(
        given.get("init_command")
    ):
        text = (
            f"The database {name!r} is SQLite without its write-ahead log: readers and writers keep each other waiting."
        )
        hint = "Set OPTIONS to {'init_command': 'PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;', 'timeout': 20}."
        messages.append(checks.Warning(text, hint=hint, id="shopassist.W004"))
    return messages


def _squeezed(command: object) -> str:
    return str(command or "").replace(" ", "").lower()


def _option(name: str) -> Any:
    try:
        return getattr(conf.options(), name)
    except ImproperlyConfigured:  # another check tells
        return getattr(conf.Options(), name)
