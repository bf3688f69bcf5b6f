"""Rows, of a table, a query, JSON or a program's own, into documents, by a template or by columns that name fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from string import Formatter
from typing import Any

from shopassist.knowledge.documents import FIELDS, Document, document
from shopassist.knowledge.sources.findings import Broken
from shopassist.protocols import SourceText, Unchanged, Unreadable

LISTS = ("tags", "aliases")
TRUTH = {"true": True, "false": False}


def row_fields(row: Mapping[str, Any], template: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The metadata and the text of one row. Raises `ValueError`.

    `template` holds fields whose values name the row's columns in braces. If it has no `text`, the row's own columns
    must be fields, `text` among them, and what the template says stands above them.
    """
    if "text" in template:
        meta = {k: fill(v, row) for k, v in template.items()}
        if row.get("tags") and "tags" not in template:
            meta["tags"] = row["tags"]
    else:
        meta = {k: v for k, v in row.items() if (v is not None and v != "") or k == "text"}
        meta |= {k: fill(v, row) for k, v in template.items()}
        if "text" not in meta:
            raise ValueError(f"has no `text`; its columns are {', '.join(map(str, row)) or 'none'}")
    text = shown(meta.pop("text"))
    for field in LISTS:
        if isinstance(value := meta.get(field), str):
            meta[field] = [part.strip() for part in value.replace(";", ",").split(",")]
    if isinstance(public := meta.get("public"), str):
        meta["public"] = TRUTH.get(public.strip().lower(), public)
    if not text.strip():
        raise ValueError("has no text")
    return meta, text


def documents(
    rows: Iterable[tuple[int, str, Mapping[str, Any]]], template: Mapping[str, Any], *, source: str, stem: str
) -> Iterator[Document | Broken]:
    """A document for each row: its number, its place for people, and its columns. A broken row keeps no other out."""
    for number, place, row in rows:
        try:
            meta, text = row_fields(row, template)
            yield document(meta, text, source=f"{source}#{number}", id=str(meta.get("id") or f"{stem}-{number}"))
        except ValueError as error:
            yield Broken(source, str(error), place)


def fill(template: Any, row: Mapping[str, Any]) -> Any:
    """A template with the row's values; what is no text stays as it is. Raises `ValueError`.

    It names columns, or fields of nested mappings with dots between; it reaches no attribute of a value.
    """
    if isinstance(template, list):
        return [fill(part, row) for part in template]
    if not isinstance(template, str):
        return template
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the template {template!r} is no template ({error}); a brace itself is {{{{") from error
    found = []
    for literal, name, spec, conversion in parts:
        found.append(literal)
        if name is not None:
            whole = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            found.append(shown(_value(whole, row, template)))
    return "".join(found)


def _value(name: str, row: Mapping[str, Any], template: str) -> Any:
    if name in row:
        return row[name]
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            columns = ", ".join(map(str, row)) or "none"
            raise ValueError(f"the template {template!r} names no column {name!r}; there are {columns}")
        value = value[part]
    return value


def shown(value: Any) -> str:
    """A cell as a person would write it: 24 and not 24.0, a day without its midnight. Raises `ValueError`."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case Decimal():
            return f"{value:f}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "minutes" if not value.second else "seconds")
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(shown(v) for v in value)
        case Mapping():
            raise ValueError(f"a value that holds others ({', '.join(map(str, value))[:80]}) cannot be written out")
        case bytes():
            raise ValueError("a value of bytes cannot be written out")
    return str(value)


class Records:
    """A source of a program's own: any iterable of mappings, with front matter's fields and `text`, or a template.

    `name` names it in the index for good; give the same one each time. An entry `place` of a mapping says where the
    record is; without one it is counted. An iterable that raises was not read whole: nothing leaves the index. One
    that is used up by a single reading serves a single ingestion.
    """

    def __init__(self, name: str, rows: Iterable[Mapping[str, Any]], template: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.rows = rows
        self.template = check_template(template or {})

    def read(self, marks: Mapping[str, str]) -> Iterator[SourceText | Unchanged | Unreadable]:
        """One text a record."""
        for number, row in enumerate(self.rows, start=1):
            yield record(row, self.template, self.name, number)


def record(row: Any, template: Mapping[str, Any], name: str, number: int) -> SourceText | Unreadable:
    """What one record says, or why it cannot be taken."""
    place = ""
    try:
        if not isinstance(row, Mapping):
            raise ValueError(f"must be a mapping of fields, not a {type(row).__name__}")
        row = dict(row)
        place = str(row.pop("place", "") or "")
        meta, text = row_fields(row, template)
    except ValueError as error:
        return Unreadable(place, str(error))
    return SourceText(f"{stem(name)}-{number}", text, meta, place)


def stem(name: str) -> str:
    """What the ids of a source's texts begin with: the source's name, of a file's its first part."""
    return PurePath(name).name.split(".")[0] or name


def check_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template itself. Raises `ValueError` that names a field that is none."""
    if unknown := sorted(set(template) - {*FIELDS, "text"}):
        raise ValueError(f"unknown field {unknown[0]!r}; allowed are text, {', '.join(FIELDS)}")
    return dict(template)
