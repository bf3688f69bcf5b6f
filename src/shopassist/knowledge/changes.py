"""What an ingestion would change: what the sources hold now, against what the index holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopassist.errors import DocumentError, KnowledgeError
from shopassist.knowledge import sources
from shopassist.knowledge.documents import Document
from shopassist.knowledge.inventory import (
    PROGRAM,
    Inventory,
    Progress,
    file_of,
    gone,
    inventory,
    is_unread,
    origin_of,
    root_of,
    settled,
    under,
)
from shopassist.knowledge.sources import Limits
from shopassist.knowledge.split import split
from shopassist.protocols import Source


@dataclass(frozen=True, slots=True)
class Changes:
    """Documents by key: `kept` are those that stay because their place was not read, or not whole.

    It is true where there is something to do. `roots` are all paths and sources ever ingested.
    """

    roots: list[str]
    found: Inventory
    documents: dict[str, Document]
    kept: frozenset[str]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    @property
    def keep(self) -> set[str]:
        """The keys of the documents that go over as they are."""
        return {*self.kept} | (self.documents.keys() - set(self.added) - set(self.changed))

    @property
    def fresh(self) -> list[Document]:
        """The documents that are new or others than before."""
        return [self.documents[k] for k in (*self.added, *self.changed)]

    @property
    def unchanged(self) -> int:
        """How many documents go over as they are."""
        return len(self.keep)

    def cost(self, base: Path | None, meta: Mapping[str, Any]) -> tuple[int, int]:
        """How many passages there would be, and how many of them are not in the generation `base`."""
        lines: list[dict[str, str]] = []
        if base and meta:
            with (base / "passages.jsonl").open(encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
        pieces = [piece.id for document in self.fresh for piece in split(document)]
        old, keep = {line["id"] for line in lines}, self.keep
        return sum(line["key"] in keep for line in lines) + len(pieces), sum(piece not in old for piece in pieces)

    def check_loss(self, meta: Mapping[str, Any]) -> None:
        """Refuse a rebuild without what a broken file or a source out of reach gave before: `KnowledgeError`."""
        held = meta.get("documents", {})
        places = [file_of(entry["source"]) for key, entry in held.items() if key not in self.found.claims]
        if lost := [place for place in places if is_unread(place, self.found.unread)]:
            reason = next((str(b) for b in self.found.broken if file_of(b.source) == origin_of(lost[0])), lost[0])
            raise KnowledgeError(
                f"{len(lost)} document{'s' if len(lost) > 1 else ''} cannot be read again ({reason}), which a rebuild "
                "would lose; mend what is broken, or run `shopassist ingest --rebuild --keep-going`"
            )


def changes(
    paths: Sequence[Path | Source],
    meta: Mapping[str, Any],
    *,
    rebuild: bool,
    progress: Progress,
    limits: Limits | None,
    known: Mapping[str, Mapping[str, Any]],
) -> Changes:
    """Read the paths, for a rebuild all that was ever ingested, and compare with the account `meta` of the index.

    `known` are the sources' marks. Raises `DocumentError` (a path that does not exist), `KnowledgeError` (nothing to
    read, or nothing to begin an index with).
    """
    held: dict[str, Any] = meta.get("documents", {})
    reading, roots = _reading(paths, meta, rebuild)
    if rebuild and not (reading or paths):
        raise KnowledgeError(_no_path(roots))
    found = inventory(reading, progress, limits, known)
    old = {} if rebuild else held
    documents = settled(found, held, old, paths)
    if not (meta or documents):
        raise KnowledgeError(_nothing(reading, found))
    kept = {k for k in old if k not in documents and not gone(file_of(old[k]["source"]), paths, found.unread)}
    return Changes(
        roots=sorted({*roots} - _emptied(paths, found)),
        found=found,
        documents=documents,
        kept=frozenset(kept),
        added=tuple(k for k in documents if k not in old),
        changed=tuple(k for k, d in documents.items() if k in old and not _same(old[k], d)),
        removed=tuple(k for k in old if k not in documents and k not in kept),
    )


def _emptied(paths: Sequence[Path | Source], found: Inventory) -> set[str]:
    """The sources of a program that gave nothing and broke nowhere: they are forgotten."""
    names = {root_of(p) for p in paths if not isinstance(p, Path)}
    given = {origin_of(file_of(d.source)) for claims in found.claims.values() for d in claims}
    given |= {b.source for b in found.broken} | {origin_of(u) for u in found.unread}
    return names - given


def _same(entry: dict[str, Any], document: Document) -> bool:
    """Whether a known document is as it was, in the file where it was."""
    return bool(entry["digest"] == document.digest) and file_of(entry["source"]) == file_of(document.source)


def _reading(
    paths: Sequence[Path | Source], meta: Mapping[str, Any], rebuild: bool
) -> tuple[list[Path | Source], list[str]]:
    """What is to be read, and all that was ever ingested. A path that is gone is no mistake if the index knows it."""
    former = set(meta.get("roots", ()))
    given = [p for p in paths if isinstance(p, Path)]
    programs: dict[str, Source] = {}
    for source in (p for p in paths if not isinstance(p, Path)):
        if not source.name.strip() or any(c in source.name for c in "#»\n") or root_of(source) in programs:
            raise DocumentError(f"a source's name must be one line without # and », and its own, not {source.name!r}")
        programs[root_of(source)] = source
    for path in given:
        sources.check_name(path)
    absent = [p for p in given if not sources.exists(p)]
    if absent:
        known = [*former, *(file_of(d["source"]) for d in meta.get("documents", {}).values())]
        for path in absent:
            if not any(under(k, [path]) for k in known):
                raise DocumentError(f"{sources.name(path)} does not exist")
    present = [p for p in given if p not in absent]
    roots = sorted(former - {str(p.resolve()) for p in absent} | {str(p.resolve()) for p in present} | programs.keys())
    if not rebuild:
        return [*present, *programs.values()], roots
    if lacking := [r for r in roots if r.startswith(PROGRAM) and r not in programs]:
        raise KnowledgeError(_lacking(lacking[0].removeprefix(PROGRAM)))
    files = [p for r in roots if r not in programs and sources.exists(p := Path(r))]
    return [*files, *programs.values()], roots


def _lacking(name: str) -> str:
    return (
        f"the index also holds what a program gave it as the source {name!r}, which a rebuild needs again: call "
        "`ingest` with it and rebuild=True, or give it once without any record to have it forgotten"
    )


def _no_path(roots: Sequence[str]) -> str:
    if roots:
        return f"none of the paths ever ingested is there any more ({', '.join(roots)}); name one that is"
    return "the index does not tell which paths were ingested; run `shopassist ingest --rebuild PATH`"


def _nothing(paths: Sequence[Path | Source], found: Inventory) -> str:
    broken = f"; {len(found.broken)} broken, first: {found.broken[0]}" if found.broken else ""
    skipped = f"; {len(found.skipped)} skipped, first: {found.skipped[0]}" if found.skipped else ""
    names = ", ".join(str(p) if isinstance(p, Path) else p.name for p in paths)
    return f"no public document under {names or 'the paths given'}{broken}{skipped}"
