"""The notation of a sentence with fields.

``订单 {order|number} 已发货[，预计 {eta|day}送达]。``: ``{path|filter:argument|filter}`` puts in a value. The path
``events.-1.0`` looks into mappings and lists, ``order/order_id`` takes the first that is there, and filters form it
(`shopassist.prompts.filters`). ``[…]`` is left out where one of its fields is missing; a field outside of brackets
makes the whole template not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PARTS = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<mark>[\[\]{}])|(?P<text>[^\[\]{}]+)")
_PATH = re.compile(r"-?\w+(?:\.-?\w+)*")

Form = Callable[[str, Any, str, Mapping[str, Any]], Any]
"""Applies a filter: its name, the value, the argument (empty where none is given), and all the data."""


class Missing(Exception):
    """A field is not in the data, or a filter has no form for it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place to fill. `paths` are the alternatives, `filters` are (name, argument)."""

    paths: tuple[str, ...]
    filters: tuple[tuple[str, str], ...] = ()

    def render(self, data: Mapping[str, Any], form: Form) -> str:
        """The value as text; raises `Missing`."""
        for path in self.paths:
            try:
                value = look_up(data, path)
                for name, argument in self.filters:
                    value = form(name, value, argument, data)
            except Missing:
                continue
            if not absent(value):
                return str(value)
        raise Missing(self.paths[0])


@dataclass(frozen=True, slots=True)
class Group:
    """A part that is left out where something in it is missing."""

    template: Template


@dataclass(frozen=True, slots=True)
class Template:
    """A text with fields, read."""

    parts: tuple[str | Field | Group, ...]

    def render(self, data: Mapping[str, Any], form: Form) -> str:
        """The text; raises `Missing` where a field outside of brackets is."""
        return "".join(_rendered(part, data, form) for part in self.parts)

    def fields(self) -> Iterator[Field]:
        """Every field, those in brackets too."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.template.fields()
            elif isinstance(part, Field):
                yield part

    @property
    def always_fits(self) -> bool:
        """Whether it needs no field."""
        return not any(isinstance(part, Field) for part in self.parts)


def read(text: str) -> Template:
    """A template from its text; raises ValueError saying what is wrong with it."""
    stack: list[list[str | Field | Group]] = [[]]
    for part in _PARTS.finditer(text):
        if part["field"] is not None:
            stack[-1].append(_field(part["field"]))
        elif part["text"]:
            stack[-1].append(part["text"])
        elif part["mark"] == "[":
            stack.append([])
        elif part["mark"] == "]" and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(Group(Template(tuple(inner))))
        else:
            raise ValueError(f"a {part['mark']} has no partner in {text!r}")
    if len(stack) > 1:
        raise ValueError(f"a [ has no partner in {text!r}")
    return Template(tuple(stack[0]))


def look_up(data: Any, path: str) -> Any:
    """The value at a path; raises `Missing` where there is none or nothing in it."""
    value = data
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, Sequence) and not isinstance(value, str) and re.fullmatch(r"-?\d+", name):
            value = value[int(name)] if -len(value) <= int(name) < len(value) else None
        else:
            value = None
    if absent(value):
        raise Missing(path)
    return value


def absent(value: Any) -> bool:
    """Whether there is nothing to say: 0 and False are something."""
    return value is None or (isinstance(value, str | Mapping | Sequence) and not value)


def _rendered(part: str | Field | Group, data: Mapping[str, Any], form: Form) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Field):
        return part.render(data, form)
    try:
        return part.template.render(data, form)
    except Missing:
        return ""


def _field(text: str) -> Field:
    first, *rest = (piece.strip() for piece in text.split("|"))
    paths = tuple(first.split("/"))
    if wrong := [path for path in paths if not _PATH.fullmatch(path)]:
        raise ValueError(f"{wrong[0]!r} is no field's name in {{{text}}}")
    filters = tuple((name, argument) for name, _, argument in (one.partition(":") for one in rest))
    return Field(paths, filters)
