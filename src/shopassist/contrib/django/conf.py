"""The settings: one dictionary ``SHOPASSIST`` in the project's settings.

Its keys are those of `Options` and the engine's own (docs/settings.md), both in capitals::

    SHOPASSIST = {
        "SHOP": "shop.assistant.Shop",
        "MODEL": "ollama",
        "OLLAMA_URL": "http://10.0.0.5:11434",
    }

It is read when it is first needed, and again after `override_settings`.
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

NAME = "SHOPASSIST"

on_reset: list[Callable[[], None]] = []
"""What drops something that was made by the settings."""

OURS = {"database_url": "the conversations are in Django's database; DATABASES and DATABASE_ROUTERS say which"}
"""Settings of the engine that have no meaning here, with the reason."""

_RATE = re.compile(r"([1-9][0-9]{0,5})/(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Options:
    """The app's own keys. Those that end in a path are import strings."""

    shop: str | None = None
    """The shop's side: an object with `orders`, `catalogue` and `after_sales`, or what makes one without arguments."""
    tools: tuple[str, ...] = ()
    """The shop's own tools, each made by `shopassist.tool`."""
    desk: str | None = None
    """The shop's own desk (`shopassist.protocols.Desk`), or what makes one; it is told of hand-offs."""
    assistant: str | None = None
    """What makes the whole assistant, given the keyword arguments of `Assistant.from_settings`; instead of that."""
    pages: tuple[str, ...] = ()
    """Files and folders of pages that `shopassist_index` reads beside the models that are registered."""
    customer_id: str = "shopassist.contrib.django.identity.user_key"
    """Gives a user's id as the shop's protocols know it, None for one who is no customer."""
    visitors: bool = True
    """Whether people who are not logged in may talk to the assistant."""
    visitor_days: int = 14
    """For how many days a visitor's cookie opens their conversations."""
    cache: str = "default"
    """The cache in which messages are counted; all processes must share it."""
    throttle_user: str = "20/m"
    """Messages of one customer or visitor: a number and s, m, h or d. Empty: no limit."""
    throttle_ip: str = "60/m"
    """Messages from one address, an IPv6 /64 counting as one. Empty: no limit."""
    trusted_proxies: int = 0
    """How many proxies stand before Django and append to X-Forwarded-For; 0: the header is not looked at."""
    max_body_bytes: int = 65_536
    """The longest body of a request."""
    turns: int = 64
    """How many turns a process works on at once; the next one gets 503."""
    wait: float = 30.0
    """Seconds that a message waits while another one of its conversation is answered."""
    keep_alive: float = 15.0
    """Seconds of silence after which a stream sends a comment, so that proxies keep it open."""
    retention_days: int | None = None
    """Days after its last message at which `shopassist_purge` erases a conversation; None: only with `--days`."""

    @property
    def rates(self) -> dict[str, tuple[int, int] | None]:
        """The limits of `throttle_user` and `throttle_ip`: (messages, seconds)."""
        return {"user": _rate(self.throttle_user), "ip": _rate(self.throttle_ip)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a key, and what to do. `kind` is shape, unknown, value or path."""

    kind: str
    text: str
    hint: str | None = None


PATHS = ("shop", "desk", "assistant", "customer_id")
"""Options that hold an import string; `tools` holds several."""

LISTS = {"tools": "import strings", "pages": "paths"}

_LEAST = {
    "visitor_days": 1,
    "max_body_bytes": 1024,
    "turns": 1,
    "wait": 0,
    "keep_alive": 1,
    "trusted_proxies": 0,
    "retention_days": 1,
}


@lru_cache(maxsize=1)
def options() -> Options:
    """The app's own settings. Raises `ImproperlyConfigured` that names the key."""
    given, _, _ = _split()
    if problems := [*_wrong(given)]:
        raise ImproperlyConfigured("\n".join(problem.text for problem in problems))
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return Options(**values)


def engine_values() -> dict[str, Any]:
    """The engine's settings in the dictionary, as `shopassist.settings.load` takes them."""
    return _split()[1]


def load(path: str) -> Any:
    """What an import string names. Raises `ImproperlyConfigured`."""
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{NAME} names {path!r}, which cannot be imported: {error}") from error


def made(path: str | None) -> Any:
    """What an import string names, made by a call without arguments where it is a class or a function."""
    found = load(path) if path else None
    return found() if found is not None and makes(found) else found


def makes(found: object) -> bool:
    """Whether what an import string names makes the object that is meant, rather than being it."""
    return isinstance(found, type) or (callable(found) and not hasattr(found, "orders"))


def problems() -> Iterable[Problem]:
    """What is wrong with the dictionary, whether or not it is used."""
    if not isinstance(_dictionary(), Mapping):
        yield Problem("shape", f"{NAME} must be a dictionary, not a {type(_dictionary()).__name__}")
        return
    given, engine, strange = _split()
    yield from _unknown(strange)
    yield from _wrong(given)
    yield from _wrong_engine(engine)
    yield from _unloadable(given)


def reset() -> None:
    """Read the dictionary anew when it is next needed, and drop what was made by it."""
    options.cache_clear()
    for drop in on_reset:
        drop()


def _dictionary() -> Any:
    return getattr(settings, NAME, {})


def _split() -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """The values for `Options`, those for the engine, both by names in small letters, and keys that are neither."""
    found = _dictionary()
    if not isinstance(found, Mapping):
        raise ImproperlyConfigured(f"{NAME} must be a dictionary, not a {type(found).__name__}")
    own, engine = ({n.upper() for n in names} for names in (Options.__dataclass_fields__, _engine_names()))
    strange = [key for key in found if key not in own | engine]
    return (
        {key.lower(): value for key, value in found.items() if key in own},
        {key.lower(): value for key, value in found.items() if key in engine},
        strange,
    )


def _engine_names() -> set[str]:
    from shopassist.settings import Settings

    return {*Settings.model_fields} - {*OURS}


def _wrong(given: Mapping[str, Any]) -> Iterable[Problem]:
    hints = get_type_hints(Options)
    for name, value in given.items():
        allowed = hints[name]
        if name in LISTS:
            if not isinstance(value, list | tuple) or not all(isinstance(one, str | PurePath) for one in value):
                yield Problem("value", f"{NAME}[{name.upper()!r}] must be a list of {LISTS[name]}, not {value!r}")
        elif not _fits(value, allowed):
            yield Problem("value", f"{NAME}[{name.upper()!r}] cannot be {value!r}: {_named(allowed)} is needed")
        elif name.startswith("throttle_") and value and not _RATE.fullmatch(value):
            yield Problem("value", f"{NAME}[{name.upper()!r}] cannot be {value!r}: a rate such as '20/m' is needed")
        elif name in _LEAST and value is not None and not _LEAST[name] <= value < math.inf:
            yield Problem(
                "value", f"{NAME}[{name.upper()!r}] cannot be {value!r}: a number from {_LEAST[name]} on is needed"
            )


def _wrong_engine(values: Mapping[str, Any]) -> Iterable[Problem]:
    from shopassist.errors import SettingError
    from shopassist.settings import load as load_settings

    try:
        load_settings(**values)
    except SettingError as error:
        yield from (Problem("value", f"{NAME}: {line}") for line in str(error).splitlines())


def _unknown(keys: Iterable[Any]) -> Iterable[Problem]:
    known = sorted(name.upper() for name in {*Options.__dataclass_fields__} | _engine_names())
    for key in keys:
        if (name := str(key).lower()) in OURS:
            yield Problem("unknown", f"{NAME}[{key!r}] has no meaning here", OURS[name])
        else:
            near = difflib.get_close_matches(str(key).upper(), known, 1)
            yield Problem("unknown", f"{NAME} has no key {key!r}", f"Did you mean {near[0]!r}?" if near else None)


def _unloadable(given: Mapping[str, Any]) -> Iterable[Problem]:
    tools = given.get("tools") or ()
    named = [(name, given[name]) for name in PATHS if isinstance(given.get(name), str)]
    named += [("tools", path) for path in tools if isinstance(path, str)] if isinstance(tools, list | tuple) else []
    for name, path in named:
        try:
            found = load(path)
        except ImproperlyConfigured as error:
            yield Problem("path", f"{NAME}[{name.upper()!r}]: {error.__cause__}", _path_hint(path))
        except Exception as error:  # noqa: BLE001 - a shop's module may raise anything while it is imported
            yield Problem("path", f"{NAME}[{name.upper()!r}]: {path} breaks while it is imported ({error!r})")
        else:
            yield from _unfit(name, path, found)


def _unfit(name: str, path: str, found: Any) -> Iterable[Problem]:
    from shopassist.tools import Tool

    key = f"{NAME}[{name.upper()!r}]"
    if name == "tools" and not isinstance(found, Tool):
        yield Problem("path", f"{key}: {path} is no tool", "Make it one with the decorator `shopassist.tool`.")
    elif name in ("assistant", "customer_id") and not callable(found):
        yield Problem("path", f"{key}: {path} cannot be called")
    elif name in ("shop", "desk") and makes(found) and (why := _lacks_arguments(found)):
        yield Problem("path", f"{key}: {path} is called without arguments, and {why}", "Name what needs none.")
    elif name == "shop" and not callable(found):
        lacking = [part for part in ("orders", "catalogue", "after_sales") if not hasattr(found, part)]
        if lacking:
            hint = "None stands for a part that the shop does not have; `shopassist.ShopParts` has all three."
            yield Problem("path", f"{key}: {path} lacks {', '.join(lacking)}", hint)


def _lacks_arguments(found: Any) -> str | None:
    """Why a class or a function cannot be called without arguments; None where it can, or nobody knows."""
    try:
        inspect.signature(found).bind()
    except TypeError as error:
        return str(error)
    except ValueError:  # of C
        return None
    return None


def _path_hint(path: str) -> str | None:
    """The name in the module that was meant."""
    module_name, _, name = path.rpartition(".")
    try:
        module = __import__(module_name, fromlist=["_"])
    except (ImportError, ValueError):
        return "An import string such as 'shop.assistant.Shop' is needed, of a module that can be imported."
    near = difflib.get_close_matches(name, dir(module), 1)
    return f"Did you mean '{module_name}.{near[0]}'?" if near else None


def _fits(value: Any, allowed: Any) -> bool:
    kinds = get_args(allowed) if isinstance(allowed, UnionType) else (allowed,)
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, tuple(kinds)) or (float in kinds and isinstance(value, int))


def _named(allowed: Any) -> str:
    kinds = get_args(allowed) if isinstance(allowed, UnionType) else (allowed,)
    return " or ".join("None" if kind is NoneType else f"a {kind.__name__}" for kind in kinds)


def _rate(text: str) -> tuple[int, int] | None:
    found = _RATE.fullmatch(text)
    return (int(found[1]), _SECONDS[found[2]]) if found else None
