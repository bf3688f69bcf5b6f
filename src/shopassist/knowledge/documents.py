"""A document: one text of the shop with what is known about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from shopassist.replies import version_of
from shopassist.text import clean, language_of

FIELDS = ("id", "title", "language", "public", "valid_from", "valid_to", "url", "tags", "aliases")
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Document:
    """`text` is Markdown. `source` names the file (or the row in it) for people; it is no part of the content."""

    id: str
    title: str
    text: str
    language: str
    source: str
    public: bool = True
    valid_from: date | None = None
    valid_to: date | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What makes a document one of its own: id, period and language."""
        return f"{version_of(self.id, self.valid_from, self.valid_to)}/{self.language}"

    def meets(self, other: Document) -> bool:
        """Whether there is a day on which both hold."""
        begin = max((d for d in (self.valid_from, other.valid_from) if d), default=None)
        end = min((d for d in (self.valid_to, other.valid_to) if d), default=None)
        return not (begin and end and end < begin)

    def within(self, other: Document) -> bool:
        """Whether the other holds on all its days and on more."""
        begins = other.valid_from is None or (self.valid_from is not None and other.valid_from <= self.valid_from)
        ends = other.valid_to is None or (self.valid_to is not None and self.valid_to <= other.valid_to)
        return begins and ends and (self.valid_from, self.valid_to) != (other.valid_from, other.valid_to)

    @property
    def digest(self) -> str:
        """A hash of everything but the source: equal digests need no work."""
        content = {k: v for k, v in asdict(self).items() if k != "source"}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]


def document(meta: Mapping[str, Any], text: str, *, source: str, id: str, title: str | None = None) -> Document:
    """Build a document from front matter and text; `id` and `title` stand where the front matter is silent.

    Raises `ValueError` that names the field, its value and what is allowed.
    """
    unknown = sorted(set(meta) - set(FIELDS))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; allowed are {', '.join(FIELDS)}")
    text, id = clean(text).strip(), clean(id).strip()
    key = _text(meta, "id") or id
    if not key:
        raise ValueError("the id is empty")
    name = _text(meta, "title") or clean(title or _heading(text) or "").strip() or id
    language = _text(meta, "language") or language_of(f"{name} {text}")
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}; say it in the front matter")
    public = meta.get("public", True)
    if not isinstance(public, bool):
        raise ValueError(f"public must be true or false, not {public!r}")
    start, end = _date(meta, "valid_from"), _date(meta, "valid_to")
    if start and end and end < start:
        raise ValueError(f"valid_to {end} is before valid_from {start}")
    return Document(
        id=key,
        title=name,
        text=text,
        language=language,
        source=source,
        public=public,
        valid_from=start,
        valid_to=end,
        url=_text(meta, "url"),
        tags=_texts(meta, "tags"),
        aliases=_texts(meta, "aliases"),
    )


def _date(meta: Mapping[str, Any], name: str) -> date | None:
    value = meta.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise ValueError(f"{name} must be a date such as 2024-11-01, not {value!r}") from None


def _text(meta: Mapping[str, Any], name: str) -> str | None:
    """A field's text, fit to be stored: YAML can spell half of a surrogate pair."""
    value = meta.get(name)
    if isinstance(value, dict | list | tuple | set):
        raise ValueError(f"{name} must be one text, not a {type(value).__name__}")
    return (clean(str(value)).strip() or None) if value else None


def _texts(meta: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = meta.get(name) or ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise ValueError(f"{name} must be a list of texts, not {value!r}")
    return tuple(filter(None, (_text({name: v}, name) for v in values)))


def _heading(text: str) -> str | None:
    first = text.partition("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") else None
