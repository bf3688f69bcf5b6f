"""In which line of its file a sentence of a page stands."""

from __future__ import annotations

import re
from pathlib import Path

from shopassist.knowledge.inventory import ROW, file_of
from shopassist.text import fold

_MARKUP = re.compile(r"<[^<>]{0,400}>|[\s*_`|#\[\]]")
_READ = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})
NEARLY = 0.6
"""The share of a quote's pairs of characters that a line must hold where it does not hold the quote itself."""


class Lines:
    """Finds lines; each file is read once. What is no text with lines (a table, a PDF) has none."""

    def __init__(self) -> None:
        self._files: dict[Path, list[str]] = {}

    def of(self, source: str, quote: str) -> int | None:
        """The number of the line, from 1, that holds the quote, or nearly: a table's row has become a sentence."""
        wanted = _bare(quote)
        lines = self._lines(source)
        if not wanted or not lines:
            return None
        for number, line in enumerate(lines, start=1):
            if wanted in line:
                return number
        pairs = _pairs(wanted)
        shares = [len(pairs & _pairs(line)) / len(pairs) if pairs else 0.0 for line in lines]
        best = max(range(len(lines)), key=lambda n: (shares[n], -n))
        return best + 1 if shares[best] >= NEARLY else None

    def _lines(self, source: str) -> list[str]:
        path = Path(file_of(source))
        if ROW.search(source) or path.suffix.lower() not in _READ:
            return []
        if path not in self._files:
            try:
                text = path.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError):  # gone since it was ingested, or in another encoding: no line is told
                text = ""
            self._files[path] = [_bare(line) for line in text.splitlines()]
        return self._files[path]


def _bare(text: str) -> str:
    return _MARKUP.sub("", fold(text))


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}
