"""A source described in a file (`shop.source.yaml`), which a command line and a rebuild can name.

Such a file can make this process fetch pages, query a database and import a module, so it is read only where it is
named itself, never because it lies in a folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shopassist.knowledge.documents import FIELDS
from shopassist.knowledge.sources.encoding import decoded
from shopassist.knowledge.sources.limits import Limits, content
from shopassist.knowledge.sources.metadata import mapping
from shopassist.protocols import Source

OPTIONS = {
    "sitemap": ("include", "exclude", "hosts", "per_second"),
    "urls": ("hosts", "per_second"),
    "sql": ("database", "database_variable"),
    "loader": ("arguments",),
}
"""The kinds of sources, each with its own options."""


def source_of(path: Path, limits: Limits) -> Source:
    """The source that a file describes, named by the file's path. Raises `ValueError`, `OSError`."""
    entries = mapping(decoded(content(path, limits))[0])
    kinds = [kind for kind in OPTIONS if kind in entries]
    if len(kinds) != 1:
        raise ValueError(f"must have one of {', '.join(OPTIONS)}" + (f", not {' and '.join(kinds)}" if kinds else ""))
    (kind,) = kinds
    allowed = (kind, *OPTIONS[kind], "text", *FIELDS)
    if unknown := sorted(set(entries) - set(allowed)):
        raise ValueError(f"unknown entry {unknown[0]!r}; allowed are {', '.join(allowed)}")
    options = {k: v for k, v in entries.items() if k in OPTIONS[kind]}
    template = {k: v for k, v in entries.items() if k == "text" or k in FIELDS}
    return _build(kind, str(path.resolve()), entries[kind], options, template, limits)


def _build(
    kind: str, name: str, value: Any, options: dict[str, Any], template: dict[str, Any], limits: Limits
) -> Source:
    try:
        if kind in ("sitemap", "urls"):
            from shopassist.knowledge.sources.site import Site

            return Site(name, **{kind: value}, **options, fields=template, limits=limits)
        if kind == "sql":
            from shopassist.knowledge.sources.sql import Query

            return Query(name, value, **options, template=template)
        from shopassist.knowledge.loaders import named

        return named(name, value, template=template, **options)
    except TypeError as error:
        raise ValueError(f"an entry is of the wrong kind ({error})") from error
