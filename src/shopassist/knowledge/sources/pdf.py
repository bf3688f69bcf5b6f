"""A PDF's text: without the lines that every page repeats, and with the sentences that its lines cut put together."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError

from shopassist.knowledge.sources.findings import Fault

EDGE = 2
"""Lines at the top and at the bottom of a page that may be its running head or foot."""

_NUMBER = re.compile(r"\d+")
_OPENS = re.compile(
    r"(?:[-–•·●○■□▪*]|\d{1,3}[.、)）]|[（(][\d一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|第.{1,4}[章节条])"
)
_ENDS = "。！？；：!?;:."


def parse(path: str) -> dict[str, Any]:
    """The document's `text`, and its `title` where its metadata hold one."""
    reader = PdfReader(path)
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            raise Fault("is protected by a password; save it without one")
        pages = [(page.extract_text() or "").splitlines() for page in reader.pages]
    except DependencyError as error:
        raise Fault("is protected by a password; save it without one") from error
    pages = [[line.strip() for line in page if line.strip()] for page in pages]
    if not any(pages):
        raise Fault("has no text: its pages are pictures; have them recognised (OCR) first")
    text = "\n\n".join(filter(None, ("\n".join(_joined(page)) for page in _without_running(pages))))
    title = reader.metadata.title if reader.metadata else None
    return {"text": text, "title": str(title).strip() if title else None}


def _without_running(pages: list[list[str]]) -> list[list[str]]:
    """The pages without head and foot: lines at their edges that, but for figures, most pages share."""
    if len(pages) < 3:
        return pages
    edges = Counter(shape for page in pages for shape in {_shape(x) for x in (*page[:EDGE], *page[-EDGE:])} - {None})
    running = {shape for shape, count in edges.items() if count >= 3 and 2 * count > len(pages)}
    return [
        [x for n, x in enumerate(page) if not (n < EDGE or n >= len(page) - EDGE) or _shape(x) not in running]
        for page in pages
    ]


def _shape(line: str) -> str | None:
    """The line but for its figures; None for a step, a point of a list or a chapter, which are no running line."""
    words = any(c.isalpha() for c in line)
    return None if words and _OPENS.match(line) else _NUMBER.sub("0", line)


def _joined(lines: list[str]) -> list[str]:
    """Lines of a paragraph as one: a line goes on where the one above is full and ends no sentence."""
    width = max(map(len, lines), default=0)
    found: list[str] = []
    last = ""
    for line in lines:
        if found and len(last) >= 0.8 * width and width >= 20 and last[-1] not in _ENDS and not _OPENS.match(line):
            blank = " " if last[-1].isascii() and line[0].isascii() else ""
            found[-1] += blank + line
        else:
            found.append(line)
        last = line
    return found
