"""A document into passages: its headings travel with the text, table rows become sentences, sentences stay whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shopassist.knowledge.documents import Document

PASSAGE_CHARS = 320
"""The longest passage, in characters: about 300 tokens, well inside an embedding model's 512."""

VERSION = 2
"""Grows when the same document would be split or read into tokens otherwise, so that an older index is built anew."""

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s{0,9}#{0,9}$")
_TABLE_RULE = re.compile(r"^\|?(\s*:?-{2,}+:?\s*\|)++\s*+(:?-{2,}+:?\s*)?$")
_LINK = re.compile(r"!?\[([^\]]{0,400})\]\([^)]{0,2000}\)")
_EMPHASIS = re.compile(r"(\*\*|__|`)(.{1,600}?)\1")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is indexed. `heading` is the way of headings above the text, without the title."""

    id: str
    document: Document
    heading: str
    text: str

    @property
    def indexed(self) -> str:
        """What is embedded and searched: where the text stands, and the text."""
        return "\n".join(filter(None, (self.document.title, self.heading, self.text)))


def split(document: Document) -> list[Piece]:
    """The passages of a document, in order. Ids depend on the document's key and the text only."""
    pieces: list[Piece] = []
    seen: dict[str, int] = {}
    for heading, body in _sections(document):
        for text in _fit(body):
            digest = hashlib.sha256(f"{document.key}\n{document.title}\n{heading}\n{text}".encode()).hexdigest()[:24]
            seen[digest] = seen.get(digest, 0) + 1
            suffix = f"-{seen[digest]}" if seen[digest] > 1 else ""
            pieces.append(Piece(digest + suffix, document, heading, text))
    return pieces


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    """Pairs of heading and text. A section too short to stand alone goes to its neighbour."""
    path: list[str] = []
    lines: list[str] = []
    head: list[str] | None = None

    def section() -> tuple[str, str]:
        return " › ".join(h for h in path if h != document.title), "\n".join(lines).strip()

    for raw in document.text.split("\n"):
        line = raw.strip()
        if match := _HEADING.match(line):
            if (found := section())[1]:
                yield found
            lines, head = [], None
            path = [*path[: len(match[1]) - 1], _plain(match[2])]
        elif line.startswith("|") and line.count("|") > 1:
            cells = [_plain(c) for c in line.strip("|").split("|")]
            if _TABLE_RULE.match(line):
                continue
            if head is None:
                head = cells
            else:
                lines.append(_row(head, cells))
        else:
            head = None
            lines.append(_plain(line))
    if (found := section())[1]:
        yield found


def _row(head: list[str], cells: list[str]) -> str:
    """A table's row as a sentence: two columns are name and value, more repeat their heads."""
    colon, comma, stop = "：，。" if any(ord(c) > 0x2E80 for c in "".join(head + cells)) else (": ", ", ", ".")
    if len(cells) == 2:
        return f"{cells[0]}{colon}{cells[1]}{stop}"
    pairs = [f"{h}{colon}{c}" if h else c for h, c in zip(head[1:], cells[1:], strict=False) if c]
    return cells[0] + (colon if pairs else "") + comma.join(pairs) + stop


def _plain(line: str) -> str:
    line = _LINK.sub(r"\1", line)
    line = _EMPHASIS.sub(r"\2", line)
    return re.sub(r"^([-*+]|>|\d+\.)\s+", lambda m: m[0] if m[1][0].isdigit() else "", line).strip()


def _fit(text: str) -> list[str]:
    text = re.sub(r"\n{2,}", "\n", text)
    return [text] if len(text) <= PASSAGE_CHARS else [t.strip() for t in _splitter().split_text(text) if t.strip()]


@lru_cache(maxsize=1)
def _splitter() -> Any:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(
        separators=["\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", ", ", " ", ""],
        keep_separator="end",
        chunk_size=PASSAGE_CHARS,
        chunk_overlap=0,
    )
