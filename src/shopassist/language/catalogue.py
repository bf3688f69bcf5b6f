"""The catalogue of what customers want: built in, and extended by a shop in YAML.

A shop's file has the form of the built-in one::

    intents:
      gift_wrap:                       # a new intent
        description: Have an order wrapped as a gift.
        slots: [order_id]
        patterns: {zh: {0.9: ['礼品包装']}, en: {0.9: ['gift.?wrap']}}
        examples: {zh: [帮我包成礼物, 可以礼品包装吗], en: [please gift wrap it]}
        routes:
          request can blocked: {reads: [get_order], write: wrap_gift, policy: gifts}
          any: {policy: gifts}
      warranty_repair:                 # an intent that is there: examples and patterns are added, other keys replace
        routes:
          any: {policy: our_warranty}

``override: true`` in an intent drops what was there. A route's key is one act, several with spaces between, or ``any``
for the rest; only `request`, `can` and `blocked` may write. `routes` replaces act by act.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

import yaml

from shopassist.dialogue import Act
from shopassist.errors import ConfigurationError
from shopassist.shop import OrderStatus
from shopassist.yaml_text import load_yaml

BUILT_IN = "catalogue.yaml"
LANGUAGES = ("zh", "en")
ACTS: tuple[Act, ...] = get_args(Act)
STATES: tuple[str, ...] = get_args(OrderStatus)
WRITING: frozenset[Act] = frozenset(("request", "can", "blocked"))
"""The acts that may open a task which ends in a write."""

_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = {"description", "slots", "absorbs", "fits", "undo", "awaits", "patterns", "examples", "routes", "override"}


@dataclass(frozen=True, slots=True)
class Route:
    """What an act leads to.

    Read tools, the write, the policy's document id, the intent to offer, or a person (`handoff`). `whole` says that
    the write takes an order, or one of its products, only as a whole.
    """

    reads: tuple[str, ...] = ()
    write: str | None = None
    policy: str | None = None
    offer: str | None = None
    handoff: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A telling expression for folded text, and how sure its match is (0..1)."""

    regex: re.Pattern[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that customers want. `examples` and `patterns` are by language, `routes` by act or ``any``.

    `absorbs` names the intents that are no wish of their own where they are told as the reason of this one. `fits` are
    the states of orders in which the intent makes sense: an order that nobody named is looked for among these first.
    `undo` is the intent that takes back what was done of this one, `awaits` the one that a bare question after the time
    is about once it was done.
    """

    name: str
    description: str
    slots: tuple[str, ...] = ()
    absorbs: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    undo: str | None = None
    awaits: str | None = None
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)

    def route(self, act: Act) -> Route:
        """The route of an act; an empty one where the catalogue names none."""
        named = self.routes.get(act)
        if named is not None:
            return named
        return Route() if act == "retract" else self.routes.get("any", Route())

    @property
    def changes(self) -> bool:
        """Whether it can end in a write or with a person: what is only half heard must not."""
        return any(r.write or r.handoff for r in self.routes.values())


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Intents by name, in the order in which the files give them."""

    intents: Mapping[str, Intent]

    @classmethod
    def load(cls, *extra_files: Path | str) -> Catalogue:
        """The built-in catalogue and a shop's own files, later ones over earlier ones.

        Raises `ConfigurationError` naming the file, the intent and the key.
        """
        built_in = resources.files(__package__).joinpath(BUILT_IN).read_text("utf-8")
        intents: dict[str, Intent] = {}
        for place, text in [(BUILT_IN, built_in), *((str(f), _text(Path(f))) for f in extra_files)]:
            for name, entry in _entries(place, text).items():
                intents[name] = _Entry(place, name, entry).intent(intents.get(name))
        _check_names(intents, ", ".join([BUILT_IN, *map(str, extra_files)]))
        return cls(intents)

    def __getitem__(self, name: str) -> Intent:
        """The intent of that name; `KeyError` where there is none."""
        return self.intents[name]

    def __iter__(self) -> Iterator[Intent]:
        return iter(self.intents.values())

    def __len__(self) -> int:
        return len(self.intents)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the catalogue's file cannot be read ({error})") from error


def _entries(place: str, text: str) -> dict[str, Any]:
    try:
        data = load_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{place}: no valid YAML ({error})") from error
    entries = data.get("intents") if isinstance(data, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise ConfigurationError(f"{place}: expected a mapping `intents` with at least one intent")
    if unknown := [k for k in data if k != "intents"]:
        raise ConfigurationError(f"{place}: unknown key {unknown[0]!r} beside `intents`")
    return entries


def _check_names(intents: Mapping[str, Intent], place: str) -> None:
    """What refers to another intent can be checked only when all files are read."""
    for intent in intents.values():
        named = [("absorbs", n) for n in intent.absorbs]
        named += [(key, name) for key, name in (("undo", intent.undo), ("awaits", intent.awaits)) if name]
        named += [(f"routes.{act}.offer", r.offer) for act, r in intent.routes.items() if r.offer]
        for key, name in named:
            if name not in intents:
                raise ConfigurationError(f"{place}: intent {intent.name!r}, key {key!r}: no intent is called {name!r}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One intent of one file on its way into the catalogue."""

    place: str
    name: str
    values: Any

    def intent(self, before: Intent | None) -> Intent:
        """The intent that the entry makes of what was there before."""
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            self._fail("name", "a name is lower-case letters, digits and underscores")
        if not isinstance(self.values, dict):
            self._fail("description", "an intent is a mapping with at least a description")
        if unknown := [k for k in self.values if k not in _KEYS]:
            self._fail(str(unknown[0]), f"unknown; the keys are {', '.join(sorted(_KEYS))}")
        override = self.values.get("override", False)
        if not isinstance(override, bool):
            self._fail("override", "true or false")
        if before is None or override:
            before = Intent(self.name, "")
        description = self.values.get("description", before.description)
        if not isinstance(description, str) or not description.strip():
            self._fail("description", "a sentence is missing")
        return Intent(
            self.name,
            description,
            self._names("slots", before.slots),
            self._names("absorbs", before.absorbs),
            self._states(before.fits),
            self._name("undo", before.undo),
            self._name("awaits", before.awaits),
            self._added(before.examples, self._examples()),
            self._added(before.patterns, self._patterns()),
            {**before.routes, **self._routes()},
        )

    def _fail(self, key: str, reason: str) -> NoReturn:
        raise ConfigurationError(f"{self.place}: intent {self.name!r}, key {key!r}: {reason}")

    def _names(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return self._list(key, self.values[key]) if key in self.values else default

    def _name(self, key: str, default: str | None) -> str | None:
        found = self.values.get(key, default)
        if found is not None and not (isinstance(found, str) and found):
            self._fail(key, f"expected one name, got {found!r}")
        return found

    def _states(self, default: tuple[str, ...]) -> tuple[str, ...]:
        found = self._names("fits", default)
        if unknown := [s for s in found if s not in STATES]:
            self._fail("fits", f"{unknown[0]!r} is no state of an order; the states are {', '.join(STATES)}")
        return found

    def _list(self, key: str, found: Any) -> tuple[str, ...]:
        if not isinstance(found, list) or not all(isinstance(n, str) and n for n in found):
            self._fail(key, f"expected a list of names, got {found!r}")
        return tuple(found)

    @staticmethod
    def _added(before: Mapping[str, tuple[_T, ...]], new: Mapping[str, tuple[_T, ...]]) -> dict[str, tuple[_T, ...]]:
        return {language: before.get(language, ()) + new.get(language, ()) for language in LANGUAGES}

    def _by_language(self, key: str) -> dict[str, Any]:
        found = self.values.get(key, {})
        if not isinstance(found, dict) or not set(found) <= set(LANGUAGES):
            self._fail(key, f"expected a mapping with the languages {', '.join(LANGUAGES)}")
        return found

    def _examples(self) -> dict[str, tuple[str, ...]]:
        return {
            language: self._list(f"examples.{language}", found)
            for language, found in self._by_language("examples").items()
        }

    def _patterns(self) -> dict[str, tuple[Pattern, ...]]:
        return {
            language: tuple(self._weighted(f"patterns.{language}", weights))
            for language, weights in self._by_language("patterns").items()
        }

    def _weighted(self, key: str, weights: Any) -> Iterator[Pattern]:
        if not isinstance(weights, dict):
            self._fail(key, "expected a mapping from a weight to a list of expressions")
        for weight, expressions in weights.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
                self._fail(key, f"a weight is above 0 and at most 1, got {weight!r}")
            for expression in self._list(f"{key}.{weight}", expressions):
                try:
                    yield Pattern(re.compile(expression), float(weight))
                except re.error as error:
                    self._fail(f"{key}.{weight}", f"{expression!r} is no regular expression ({error})")

    def _routes(self) -> dict[str, Route]:
        found = self.values.get("routes", {})
        if not isinstance(found, dict):
            self._fail("routes", "expected a mapping from acts to routes")
        routes: dict[str, Route] = {}
        for acts, value in found.items():
            key = f"routes.{acts}"
            route = self._route(key, value)
            for act in str(acts).split():
                if act != "any" and act not in ACTS:
                    self._fail(key, f"{act!r} is no act; the acts are any, {', '.join(ACTS)}")
                if route.write and act not in WRITING:
                    self._fail(key, f"only {', '.join(sorted(WRITING))} may lead to a write")
                routes[act] = route
        return routes

    def _route(self, key: str, value: Any) -> Route:
        if not isinstance(value, dict):
            self._fail(key, "expected a mapping with reads, write, policy, offer, handoff, whole")
        if unknown := [k for k in value if k not in Route.__dataclass_fields__]:
            self._fail(f"{key}.{unknown[0]}", "unknown; a route has reads, write, policy, offer, handoff, whole")
        for name in ("write", "policy", "offer"):
            if name in value and not (isinstance(value[name], str) and value[name]):
                self._fail(f"{key}.{name}", f"expected one name, got {value[name]!r}")
        if not isinstance(value.get("handoff", False), bool):
            self._fail(f"{key}.handoff", "true or false")
        return Route(
            self._list(f"{key}.reads", value.get("reads", [])),
            value.get("write"),
            value.get("policy"),
            value.get("offer"),
            value.get("handoff", False),
            value.get("whole", False),
        )
