"""Pages that are too long or too short to be found well, titles that tell nothing, headings with nothing under them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from shopassist.knowledge.documents import Document
from shopassist.knowledge.lint.findings import Finding, counted, listed
from shopassist.knowledge.lint.material import Material
from shopassist.text import fold

LONG = {"zh": 6_000, "en": 15_000}
"""Characters of a page, by language: about ten minutes to read. A title can hardly tell what is in it."""

WALL = {"zh": 1_200, "en": 3_000}
"""Characters without a heading."""

SHORT = {"zh": 12, "en": 30}
_HEADING = re.compile(r"^(#{1,6})\s+(\S.*)$")


def texts(material: Material) -> Iterator[Finding]:
    """Length, title and headings of each page."""
    for document in material.documents:
        yield from _length(material, document)
        yield from _title(material, document)
        yield from _headings(material, document)
    yield from _shared(material)


def _length(material: Material, document: Document) -> Iterator[Finding]:
    where = (material.place(document),)
    size = len(document.text)
    body = "".join(line for line in document.text.splitlines() if not _HEADING.match(line.strip()))
    if len(body.strip()) < SHORT[document.language]:
        yield Finding(
            "empty", "warning", where,
            f"“{document.title}” has next to no text ({counted(len(body.strip()), 'character')}).",
            "Write what customers ask about it, or delete the page.",
        )  # fmt: skip
    if size > LONG[document.language]:
        yield Finding(
            "too long", "warning", where,
            f"“{document.title}” has {size:,} characters; what it holds is hard to find under one title.",
            "Make a page of each subject, with the customers' own words in its title.",
        )  # fmt: skip
    for heading, length in _sections(document):
        if length > WALL[document.language]:
            yield Finding(
                "no headings", "notice", (material.place(document, heading) if heading else where[0],),
                f"{length:,} characters stand under {f'“{heading}”' if heading else 'the title'} without a heading.",
                "Put headings in that say what follows: they are searched along with the text.",
            )  # fmt: skip


def _sections(document: Document) -> Iterator[tuple[str, int]]:
    heading, length = "", 0
    for line in document.text.splitlines():
        if match := _HEADING.match(line.strip()):
            yield heading, length
            heading, length = match[2], 0
        else:
            length += len(line)
    yield heading, length


def _title(material: Material, document: Document) -> Iterator[Finding]:
    if document.title == document.id and not document.text.startswith("#"):
        yield Finding(
            "no title", "warning", (material.place(document),),
            f"The page has no title and is called by its file's name, “{document.id}”.",
            "Begin the page with a heading (# …) or put `title:` into its front matter: titles are searched and shown.",
        )  # fmt: skip


def _headings(material: Material, document: Document) -> Iterator[Finding]:
    """A heading is empty where the next one is of its own level or a higher one, or where the page ends."""
    open_: tuple[int, str] | None = None
    for line in [*document.text.splitlines(), "# ."]:
        if not (plain := line.strip()):
            continue
        match = _HEADING.match(plain)
        if match and open_ and len(match[1]) <= open_[0]:
            yield Finding(
                "empty heading", "warning", (material.place(document, open_[1]),),
                f"Nothing stands under “{open_[1]}”.",
                "Write the text, or take the heading out.",
            )  # fmt: skip
        open_ = (len(match[1]), match[2]) if match else None


def _shared(material: Material) -> Iterator[Finding]:
    titles: dict[tuple[str, str], dict[str, Document]] = defaultdict(dict)
    for document in material.documents:
        titles[document.language, fold(document.title)].setdefault(document.id, document)
    for pages in titles.values():
        if len(pages) > 1:
            documents = list(pages.values())
            yield Finding(
                "shared title", "warning", tuple(map(material.place, documents)),
                f"{len(pages)} pages are called “{documents[0].title}”: {listed(list(pages))}.",
                "Give each a title that tells it from the others; customers see it under the answer.",
            )  # fmt: skip
