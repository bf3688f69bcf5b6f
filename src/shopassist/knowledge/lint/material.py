"""What the checks look at: the pages as they would be ingested, or as the index has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from shopassist.knowledge.documents import Document
from shopassist.knowledge.index import Row, read_meta, read_rows
from shopassist.knowledge.inventory import Progress, inventory, settled
from shopassist.knowledge.lint.findings import Place
from shopassist.knowledge.lint.lines import Lines
from shopassist.knowledge.lint.names import Names
from shopassist.knowledge.questions import Fallen, Probe
from shopassist.knowledge.sources import Broken, Remark, Skipped
from shopassist.knowledge.split import Piece, split


@dataclass(frozen=True)
class Material:
    """Pages and what is known about them. `broken`, `skipped` and `remarks` are empty for pages of an index.

    `probes` are the known questions, `fallen` those of them that do not find their page in the index.
    """

    documents: Sequence[Document]
    today: date
    broken: Sequence[Broken] = ()
    skipped: Sequence[Skipped] = ()
    remarks: Sequence[Remark] = ()
    hidden: Sequence[str] = ()
    probes: Sequence[Probe] = ()
    fallen: Sequence[Fallen] = ()
    lines: Lines = field(default_factory=Lines)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The passages of all pages, in their order."""
        return [piece for document in self.documents for piece in split(document)]

    @cached_property
    def versions(self) -> Mapping[tuple[str, str], Sequence[Document]]:
        """The versions of each page by id and language, the one that begins first in front."""
        found: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for document in self.documents:
            found[document.id, document.language].append(document)
        return {k: sorted(v, key=lambda d: (d.valid_from or date.min, d.key)) for k, v in found.items()}

    @cached_property
    def names(self) -> Names:
        """What the products are called."""
        return Names(self.documents)

    def place(self, document: Document, quote: str = "") -> Place:
        """Where a page, or a sentence of it, stands."""
        return Place(document.source, self.lines.of(document.source, quote) if quote else None, quote, document.key)


def from_paths(paths: Sequence[Path], today: date, progress: Progress) -> Material:
    """The pages under the paths, as `ingest` would take them. Raises `DocumentError` for a path that is not there."""
    found = inventory(paths, progress)
    documents = settled(found, {}, {}, paths)
    return Material(
        [documents[k] for k in sorted(documents)], today, found.broken, found.skipped, found.remarks, found.hidden
    )


def from_index(path: Path, today: date) -> Material:
    """The pages of a generation, put together again from their passages. Raises `IndexDamaged`, `KnowledgeError`."""
    meta = read_meta(path)
    rows: dict[str, list[Row]] = defaultdict(list)
    for own in read_rows(path, meta).values():
        for row in own:
            rows[row.key].append(row)
    entries = meta["documents"]
    return Material([_document(rows[k], str(entries[k]["source"])) for k in sorted(rows)], today)


def _document(rows: Sequence[Row], source: str) -> Document:
    """A document from its passages: each heading once, before what stands under it."""
    first = rows[0]
    parts: list[str] = []
    heading = ""
    for row in rows:
        if row.heading and row.heading != heading:
            parts.append(f"## {row.heading}")
        parts.append(row.text)
        heading = row.heading
    return Document(
        id=first.document,
        title=first.title,
        text="\n\n".join(parts),
        language=first.language,
        source=source,
        valid_from=first.valid_from,
        valid_to=first.valid_to,
        url=first.url,
        tags=first.tags,
        aliases=first.aliases,
    )
