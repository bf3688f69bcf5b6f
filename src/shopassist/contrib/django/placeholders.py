"""What stands beside the form of a template: the fields that its sentence may hold, and how it is said without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shopassist.contrib.django.texts import NAMES
from shopassist.prompts.points import LANGUAGES, points
from shopassist.prompts.points_file import KINDS, Case
from shopassist.prompts.template import Field, Group, Template

MOST = 300
"""Names of sentences that are offered."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Fields as they are written in a template, the built-in sentences, and the names that a kind has."""

    fields: tuple[str, ...]
    sentences: tuple[str, ...]
    names: tuple[str, ...]


def beside(language: str, kind: str, name: str) -> Beside:
    """What is known of a sentence: its fields are those of the built-in sentences, which tools and the shop fill."""
    if kind not in KINDS or language not in LANGUAGES:
        own = tuple(f"{{{one}}}" for one in NAMES) if kind == "answer" else ()
        return Beside(own, (), ())
    texts = points().languages[next(known for known in LANGUAGES if known == language)].section.kinds.get(kind, {})
    cases: tuple[Case, ...] = texts.get(name) or texts.get(name.partition(".")[0]) or ()
    forms = [template for case in cases for template in case.say]
    fields = dict.fromkeys(text for form in forms for text in _fields(form))
    return Beside(tuple(fields), tuple(map(_written, forms)), tuple(sorted(texts))[:MOST])


def _fields(template: Template) -> Iterator[str]:
    for field in template.fields():
        yield _field(field)


def _written(template: Template) -> str:
    """A template as it was written."""
    parts = []
    for part in template.parts:
        if isinstance(part, Group):
            parts.append(f"[{_written(part.template)}]")
        else:
            parts.append(_field(part) if isinstance(part, Field) else part)
    return "".join(parts)


def _field(field: Field) -> str:
    filters = "".join(f"|{name}:{argument}" if argument else f"|{name}" for name, argument in field.filters)
    return f"{{{'/'.join(field.paths)}{filters}}}"
