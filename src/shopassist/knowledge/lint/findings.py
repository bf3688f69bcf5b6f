"""What a check found, and where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "notice"]
"""How bad it is:

- error: customers are told what is wrong, or a page is not taken at all
- warning: questions are answered badly or not at all
- notice: worth knowing; it may be meant so
"""
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file (or the row in it), the line in it where it can be told, and the page's words.

    `document` is the page's key, None for a file that is no page.
    """

    source: str
    line: int | None = None
    quote: str = ""
    document: str | None = None

    def __str__(self) -> str:
        """The path from the working folder where that is shorter, with the line."""
        short = min(self.source, os.path.relpath(self.source), key=len) if os.path.isabs(self.source) else self.source
        return f"{short}:{self.line}" if self.line else short


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `text` says what, `advice` what to do about it."""

    kind: str
    severity: Severity
    places: tuple[Place, ...]
    text: str
    advice: str

    def plain(self) -> dict[str, Any]:
        """The finding as plain JSON."""
        return {**asdict(self), "places": [asdict(p) for p in self.places]}


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """The worst first, those of a kind together, then by place."""
    return sorted(
        found,
        key=lambda f: (SEVERITIES.index(f.severity), f.kind, [(p.source, p.line or 0) for p in f.places], f.text),
    )


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 page, 2 pages."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a row, the rest counted."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
