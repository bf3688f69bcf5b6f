"""Links in pages that lead to no page of the shop. Addresses of other sites are not called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shopassist.knowledge.documents import Document
from shopassist.knowledge.inventory import ROW, file_of
from shopassist.knowledge.lint.findings import Finding
from shopassist.knowledge.lint.material import Material

_MARKDOWN = re.compile(r"\[[^\]\n]{0,400}\]\(\s{0,4}<?([^)\s>]{1,2000})")
_HTML = re.compile(r"<(?:a|img)\s[^<>]{0,1000}?(?:href|src)\s{0,4}=\s{0,4}[\"']([^\"'<>]{1,2000})", re.I)
_FRAME = re.compile(r"<(nav|header|footer|aside)\b", re.I)


def links(material: Material) -> Iterator[Finding]:
    """Links to files that are not there, and to addresses of the shop's pages that no page has."""
    known = {_path(d.url) for d in material.documents if d.url}
    families = {_family(path) for path in known if path.strip("/")}
    for document in material.documents:
        for target in dict.fromkeys(_targets(document)):
            if _is_lost(target, document, known, families):
                yield Finding(
                    "lost link", "warning", (material.place(document, target),),
                    f"“{document.title}” links to {target}, and there is no such page.",
                    "Correct the link, or write the page (its `url:` is what links lead to).",
                )  # fmt: skip


def _targets(document: Document) -> list[str]:
    """What the page itself links to; a frame of navigation around it is not the editor's."""
    path = Path(file_of(document.source))
    if path.suffix.lower() not in (".html", ".htm") or ROW.search(document.source):
        return _MARKDOWN.findall(document.text)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):  # read as the index has it, or in another encoding: its links are not known
        return []
    return _HTML.findall(_without_frames(text))


def _without_frames(text: str) -> str:
    parts, end = [], 0
    for match in _FRAME.finditer(text):
        if match.start() < end:
            continue
        parts.append(text[end : match.start()])
        close = text.lower().find(f"</{match[1].lower()}", match.end())
        end = close if close >= 0 else len(text)
    return "".join([*parts, text[end:]])


def _is_lost(target: str, document: Document, known: set[str], families: set[str]) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return True
    if parts.scheme or parts.netloc or not parts.path:
        return False
    if parts.path.startswith("/"):
        path = _path(parts.path)
        return path not in known and _family(path) in families
    file = Path(file_of(document.source)).parent / unquote(parts.path)
    return not _there(file)


def _there(file: Path) -> bool:
    try:
        return file.exists()
    except (OSError, ValueError):  # too long, or no name at all
        return False


def _path(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/")


def _family(path: str) -> str:
    """The folder that an address lies in: of one in which no page lies nothing is known."""
    return path.rpartition("/")[0]
