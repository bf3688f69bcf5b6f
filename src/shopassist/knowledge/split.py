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

VERSION = 4
"""Grows when the same document would be split or read into tokens otherwise, so that an older index is built anew."""

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s{0,9}#{0,9}$")
_TABLE_RULE = re.compile(r"^\|?(\s*:?-{2,}+:?\s*\|)++\s*+(:?-{2,}+:?\s*)?$")
_LINK = re.compile(r"!?\[([^\]]{0,400})\]\([^)]{0,2000}\)")
_DIGIT = re.compile(r"\d")
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
    first = False  # the row below the head comes next

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
                head, first = cells, True
            elif first and (both := _two_rows(head, cells)):
                head, first = both, False
            else:
                lines.extend(_row(head, cells))
                first = False
        else:
            head = None
            lines.append(_plain(line))
    if (found := section())[1]:
        yield found


def _two_rows(upper: list[str], lower: list[str]) -> list[str] | None:
    """The head of a table whose head has two rows, each name behind the one above it; None where it has one row.

    A name of the upper row stands over several columns: it is repeated there, or their cells are empty. The lower row
    repeats what stands over the rows' names, or is empty there.
    """
    if len(upper) != len(lower) or lower[0] not in ("", upper[0]) or (not lower[0] and any(map(_DIGIT.search, lower))):
        return None
    whole, group, grouped = [upper[0]], "", False
    for above, below in zip(upper[1:], lower[1:], strict=True):
        grouped = grouped or bool(group and above in ("", group))
        group = above or group
        whole.append(group if below in ("", group) else group + below)
    return whole if grouped and all(whole[1:]) and any(lower[1:]) else None


def _row(head: list[str], cells: list[str]) -> list[str]:
    """A table's row as a sentence: two columns are name and value, more repeat their heads.

    A row too long for a passage becomes several sentences, each with the row's name and its column's head.
    """
    colon, comma, stop = "：，。" if any(ord(c) > 0x2E80 for c in "".join(head + cells)) else (": ", ", ", ".")
    columns = [""] if len(cells) == 2 else head[1:]
    pairs = [(f"{h}{colon}" if h else "", c) for h, c in zip(columns, cells[1:], strict=False) if c or len(cells) == 2]
    name = cells[0] + (colon if pairs else "")
    whole = name + comma.join(h + c for h, c in pairs) + stop
    if len(whole) <= PASSAGE_CHARS or not pairs or max(len(name + h) for h, _ in pairs) > PASSAGE_CHARS // 2:
        return [whole]
    return [line for h, value in pairs for line in _repeated(name + h, value, stop)]


def _repeated(head: str, value: str, stop: str) -> Iterator[str]:
    """A long value in pieces, each behind its head."""
    for part in _splitter(PASSAGE_CHARS - len(head) - len(stop)).split_text(value):
        text = part.strip()
        yield head + text + ("" if text[-1:] in "。！？；.!?;" else stop)


def _plain(line: str) -> str:
    line = _LINK.sub(r"\1", line)
    line = _EMPHASIS.sub(r"\2", line)
    return re.sub(r"^([-*+]|>|\d+\.)\s+", lambda m: m[0] if m[1][0].isdigit() else "", line).strip()


def _fit(text: str) -> list[str]:
    text = re.sub(r"\n{2,}", "\n", text)
    return (
        [text]
        if len(text) <= PASSAGE_CHARS
        else [t.strip() for t in _splitter(PASSAGE_CHARS).split_text(text) if t.strip()]
    )


@lru_cache(maxsize=16)
def _splitter(most: int) -> Any:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(
        separators=["\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", ", ", " ", ""],
        keep_separator="end",
        chunk_size=most,
        chunk_overlap=0,
    )
