"""Plain JSON values from what tools are given and give back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shopassist.shop import Deed
from shopassist.text import clean

MAX_DEPTH = 20
LARGEST = 100_000
"""Characters that a tool's facts may have together: they are said, stored and carried on."""

LONGEST_ID = 200
"""Characters of the number of what a tool made."""


class Garbage(Exception):
    """A value that has no JSON form, or is no mapping where one belongs."""


def json_values(value: Any) -> dict[str, Any]:
    """A mapping or a dataclass as plain JSON: `Decimal`, dates and times as texts. Raises `Garbage` for anything else.

    Texts lose what no database stores (lone surrogates, control characters).
    """
    plain = _plain(value, MAX_DEPTH)
    if not isinstance(plain, dict):
        raise Garbage
    return plain


def answer(result: Any) -> tuple[dict[str, Any], str | None]:
    """A tool's result as facts and the id of what it made. A `Deed` says both; a dict may hold its ``id``."""
    if isinstance(result, Deed):
        facts, made = json_values(result.facts), result.id
    elif isinstance(result, Mapping):
        facts = json_values(result)
        made = facts.get("id")
    else:
        raise Garbage
    if (isinstance(made, str) and len(made) > LONGEST_ID) or _size(facts) > LARGEST:
        raise Garbage
    return facts, made if isinstance(made, str) else None


def _size(value: Any) -> int:
    """Characters of all texts, and the number of all values."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + _size(inner) for key, inner in value.items())
    return sum(map(_size, value)) if isinstance(value, list) else 1


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return value if isinstance(value, float) else format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if depth and is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), depth - 1) for f in fields(value)}
    if depth and isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {clean(key): _plain(inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_plain(inner, depth - 1) for inner in value]
    raise Garbage
