"""What the sources hold, and which file has an id where several claim it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopassist.errors import DocumentError
from shopassist.knowledge import sources
from shopassist.knowledge.documents import Document
from shopassist.knowledge.sources import Broken

ROW = re.compile(r"#\d+$")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was found in the sources; `claims` are the public documents by key, in the order of their files."""

    claims: dict[str, list[Document]]
    hidden: list[str]
    broken: list[Broken]
    skipped: list[str]


def inventory(paths: Sequence[Path], progress: Progress) -> Inventory:
    """Read all files under the paths. Raises `DocumentError` for a path that cannot be taken."""
    found = Inventory({}, [], [], [sources.name(p) for p in sources.skipped(paths)])
    files = sources.files(paths)
    for number, path in enumerate(files, start=1):
        try:
            documents = list(sources.read(path))
        except DocumentError as error:
            found.broken.append(Broken(sources.name(path), str(error)))
        else:
            found.hidden.extend(d.key for d in documents if not d.public)
            for document in documents:
                if document.public:
                    found.claims.setdefault(document.key, []).append(document)
        progress("files", number, len(files))
    return found


def settled(found: Inventory, held: dict[str, Any], old: dict[str, Any], paths: Sequence[Path]) -> dict[str, Document]:
    """One document for each key: of several that claim it the one that has it in the index, else the first by path.

    The others are broken, each by itself: a row of a table leaves the other rows in peace. `held` are the index's
    documents, `old` those of them that may stay: where one stays that was not read now, all that claim its key are
    broken.
    """
    documents = {}
    unread = broken_files(found)
    for key, claims in found.claims.items():
        entry = held.get(key)
        holder = file_of(entry["source"]) if entry else None
        mine = [d for d in claims if holder == file_of(d.source)]
        owner = None
        if holder is None or mine or key not in old or not holder.exists() or gone(holder, paths, unread):
            candidates = mine or claims
            owner = next((d for d in candidates if entry and entry["digest"] == d.digest), candidates[0])
            documents[key] = owner
        for document in claims:
            if document is not owner:
                place = owner.source if owner else holder
                reason = f"{document.source}: {key} is already in {place}; give it another id, language or period"
                found.broken.append(Broken(document.source, reason))
    return documents


def broken_files(found: Inventory) -> set[Path]:
    """The files of which nothing could be taken; what the index has from them stays."""
    return {file_of(b.source) for b in found.broken if not ROW.search(b.source)}


def gone(file: Path, paths: Sequence[Path], broken: set[Path]) -> bool:
    """Whether a known document that was not found has left: its file lies under the paths and is not broken."""
    return file not in broken and under(file, paths)


def under(file: Path, paths: Sequence[Path]) -> bool:
    """Whether a file is one of the paths or lies below one."""
    return any(file.is_relative_to(p.resolve()) for p in paths)


def file_of(source: str) -> Path:
    """The file of a source, without the row in it."""
    return Path(ROW.sub("", source)).resolve()
