"""The files of the decisive sentences, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shopassist.errors import ConfigurationError
from shopassist.prompts.filters import COUNTS, FILTERS, PIECES, TABLES
from shopassist.prompts.template import Template, read
from shopassist.yaml_text import load_yaml

KINDS = ("fact", "done", "refused", "ask", "consent", "handoff", "knowledge", "sympathy")
FORMATS: Mapping[str, frozenset[str]] = {
    "money": frozenset(("amount",)),
    "day": frozenset(("month", "day")),
    "moment": frozenset(("month", "day", "time")),
    "label": frozenset(("number", "name")),
    "list": frozenset(),
}
"""How money and the like are written, each with the fields that it must have."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to say a point. `when` maps paths to what must stand there, `say` are forms of one sentence."""

    say: tuple[Template, ...]
    when: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The texts of one language: `kinds` by kind and name, `pieces` for the elements of lists."""

    kinds: Mapping[str, Mapping[str, tuple[Case, ...]]]
    pieces: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> Iterator[Case]:
        """All ways to say something."""
        for texts in (*self.kinds.values(), self.pieces):
            for cases in texts.values():
                yield from cases

    def checked(self) -> Section:
        """Itself, where it refers to nothing that is not there. Raises `ConfigurationError`."""
        for kind in KINDS:
            cases = self.kinds.get(kind, {}).get("any", ())
            if not any(not case.when and any(t.always_fits for t in case.say) for case in cases):
                place = next((case.place for case in cases), f"{kind}.any")
                raise ConfigurationError(f"{place}: needs a sentence that holds always and has no field")
        for case in self.cases():
            for template in case.say:
                for name, argument in (f for one in template.fields() for f in one.filters):
                    self._check(case.place, name, argument)
        return self

    def _check(self, place: str, name: str, argument: str) -> None:
        if name in PIECES and argument not in self.pieces:
            raise ConfigurationError(f"{place}: no piece is called {argument!r}")
        if (name in TABLES or (name == "name" and argument)) and argument not in self.words:
            raise ConfigurationError(f"{place}: no table of words is called {argument!r}")


def sections(path: Path, languages: Iterable[str]) -> dict[str, Section]:
    """A shop's file: sections by language. Raises `ConfigurationError` naming the file and the key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the file of texts cannot be read ({error})") from error
    data = _mapping(str(path), _yaml(str(path), text))
    known = tuple(languages)
    if unknown := [key for key in data if key not in known]:
        raise ConfigurationError(f"{path}: key {unknown[0]!r}: a language is one of {', '.join(known)}")
    return {language: _section(f"{path}: {language}", found) for language, found in data.items()}


def section(place: str, text: str) -> Section:
    """One language's file. Raises `ConfigurationError`."""
    return _section(f"{place}: ", _yaml(place, text))


def merged(below: Section, above: Section) -> Section:
    """One section over another: texts, pieces and words replace those of the same name."""
    return Section(
        {kind: {**below.kinds.get(kind, {}), **above.kinds.get(kind, {})} for kind in KINDS},
        {**below.pieces, **above.pieces},
        {t: {**below.words.get(t, {}), **above.words.get(t, {})} for t in {**below.words, **above.words}},
        {**below.formats, **above.formats},
    )


def _section(place: str, found: Any) -> Section:
    data = _mapping(place, found)
    known = (*KINDS, "pieces", "words", "formats")
    if unknown := [key for key in data if key not in known]:
        raise ConfigurationError(f"{_at(place, str(unknown[0]))}: unknown; there are {', '.join(known)}")
    texts = {key: _texts(_at(place, key), value) for key, value in data.items() if key not in ("words", "formats")}
    words = {
        str(table): _words(_at(place, f"words.{table}"), value)
        for table, value in _mapping(_at(place, "words"), data.get("words", {})).items()
    }
    pieces = texts.pop("pieces", {})
    return Section(texts, pieces, words, _formats(_at(place, "formats"), data.get("formats", {})))


def _at(place: str, key: str) -> str:
    return f"{place}{key}" if place.endswith(": ") else f"{place}.{key}"


def _texts(place: str, found: Any) -> dict[str, tuple[Case, ...]]:
    return {str(name): _cases(f"{place}.{name}", value) for name, value in _mapping(place, found).items()}


def _cases(place: str, found: Any) -> tuple[Case, ...]:
    entries = found if isinstance(found, list) else [found]
    if entries and all(isinstance(e, str) for e in entries):
        return (Case(_templates(place, entries), place=place),)
    if not entries or not all(isinstance(e, dict) for e in entries):
        raise ConfigurationError(f"{place}: expected a sentence, a list of sentences, or a list of cases with `say`")
    return tuple(_case(place, entry) for entry in entries)


def _case(place: str, entry: Mapping[str, Any]) -> Case:
    if unknown := [key for key in entry if key not in ("when", "say")]:
        raise ConfigurationError(f"{place}.{unknown[0]}: unknown; a case has `when` and `say`")
    say = entry.get("say")
    when = _mapping(f"{place}.when", entry.get("when", {}))
    return Case(_templates(f"{place}.say", say if isinstance(say, list) else [say]), when, place)


def _templates(place: str, found: list[Any]) -> tuple[Template, ...]:
    if not found or not all(isinstance(text, str) and text.strip() for text in found):
        raise ConfigurationError(f"{place}: a sentence is missing")
    return tuple(_template(place, text) for text in found)


def _template(place: str, text: str) -> Template:
    try:
        template = read(text)
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}") from None
    for name, argument in (one for f in template.fields() for one in f.filters):
        if name not in FILTERS:
            raise ConfigurationError(f"{place}: no filter is called {name!r}; there are {', '.join(sorted(FILTERS))}")
        if name in COUNTS and not (argument.isdecimal() and int(argument)):
            raise ConfigurationError(f"{place}: {name} needs a number above 0, got {argument!r}")
    return template


def _words(place: str, found: Any) -> dict[str, str]:
    table = {str(key): value for key, value in _mapping(place, found).items()}
    if wrong := [key for key, value in table.items() if not isinstance(value, str)]:
        raise ConfigurationError(f"{place}.{wrong[0]}: expected a word, got {table[wrong[0]]!r}")
    return table


def _formats(place: str, found: Any) -> dict[str, str]:
    formats = _mapping(place, found)
    for name, value in formats.items():
        if name not in FORMATS:
            raise ConfigurationError(f"{place}.{name}: unknown; there are {', '.join(FORMATS)}")
        if not isinstance(value, str) or not _formed(value, FORMATS[name]):
            fields = ", ".join(sorted(FORMATS[name])) or "no fields"
            raise ConfigurationError(f"{place}.{name}: expected a text with {fields}, got {value!r}")
    return dict(formats)


def _formed(value: str, fields: frozenset[str]) -> bool:
    try:
        value.format(**dict.fromkeys(fields, ""))
    except (ValueError, KeyError, IndexError):
        return False
    return all(f"{{{name}}}" in value for name in fields)


def _mapping(place: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ConfigurationError(f"{place.rstrip(': ')}: expected a mapping, got {type(found).__name__}")
    return found


def _yaml(place: str, text: str) -> Any:
    try:
        return load_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{place}: no valid YAML ({error})") from error
