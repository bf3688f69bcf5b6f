"""Bring the index up to date with the sources: only what changed is embedded, and readers see all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from langchain_core.embeddings import Embeddings

from shopassist.errors import IndexBusy, IndexMismatch, KnowledgeError
from shopassist.knowledge import index, marks
from shopassist.knowledge.build import Update, probe
from shopassist.knowledge.changes import changes
from shopassist.knowledge.embeddings import fingerprint, mismatch
from shopassist.knowledge.inventory import Progress
from shopassist.knowledge.sources import Broken, Limits, Remark, Skipped
from shopassist.knowledge.split import VERSION
from shopassist.protocols import Source


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did, or with `dry_run` would do. Documents are named by key.

    `generation` is the current one afterwards. `hidden` are documents that are not public. `skipped` are what was
    passed over in folders. `remarks` tell of what was taken, though an editor should look at it.
    """

    generation: str | None
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    hidden: tuple[str, ...] = ()
    broken: tuple[Broken, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    passages: int = 0
    embedded: int = 0
    remarks: tuple[Remark, ...] = ()
    dry_run: bool = False


def ingest(
    paths: Sequence[Path | Source],
    folder: Path,
    embeddings: Embeddings | None,
    *,
    rebuild: bool = False,
    wait: float = 0.0,
    progress: Progress = lambda stage, done, total: None,
    limits: Limits | None = None,
    dry_run: bool = False,
    keep_going: bool = False,
) -> Report:
    """Bring the index in `folder` up to date with the files under `paths`, and with sources among them.

    Documents from elsewhere stay as they are; a document whose file is gone, or that its source does not give any
    more, leaves the index, be it the last one; one whose file or source cannot be read keeps its former text.
    `rebuild` reads all that was ever ingested, and these, from nothing. `wait` is how many seconds another ingestion
    may take to finish. `dry_run` writes nothing, and locks nobody out. A rebuild is refused where it would lose
    documents that cannot be read now, unless `keep_going`. Raises `IndexBusy`, `IndexMismatch`,
    `IndexDamaged`, `DocumentError` (a path that does not exist), `KnowledgeError` (a full disk, or nothing to begin
    an index with).
    """
    with nullcontext() if dry_run else _alone(folder, wait), _disk_errors(folder):
        base, meta = _former(folder, rebuild)
        if not rebuild and base is not None:
            _same_index(meta, embeddings)
        known = {} if rebuild else marks.read(folder, meta.get("documents", {}))
        told = changes(paths, meta, rebuild=rebuild, progress=progress, limits=limits, known=known)
        if rebuild and not keep_going:
            told.check_loss(meta)
        report = Report(
            base.name if base else None, told.added, told.changed, told.removed, told.unchanged,
            tuple(told.found.hidden), tuple(told.found.broken), tuple(told.found.skipped), meta.get("passages", 0),
            remarks=tuple(told.found.remarks), dry_run=dry_run,
        )  # fmt: skip
        old = {} if rebuild else meta
        if dry_run:
            passages, embedded = told.cost(base, old)
            return replace(report, passages=passages, embedded=0 if embeddings is None else embedded)
        if not (rebuild or told) and told.roots == meta.get("roots"):
            marks.write(folder, known, told.found)
            return report
        update = Update(old, told.keep, told.fresh, told.roots, embeddings, progress)
        with index.under_construction(folder, None if rebuild else base) as path:
            passages, embedded = update.write(path)
            probe(path)
            name = path.with_suffix("").name
        index.make_current(folder, name)
        marks.write(folder, known, told.found)
        return replace(report, generation=name, passages=passages, embedded=embedded)


def _former(folder: Path, rebuild: bool) -> tuple[Path | None, dict[str, Any]]:
    """The current generation and its account; for a rebuild the account of the newest that can still be read."""
    if not rebuild:
        base = index.current(folder)
        return base, index.read_meta(base) if base else {}
    try:
        base = index.current(folder)
    except KnowledgeError:
        base = None
    for path in filter(None, (base, *sorted(folder.glob("gen-??????"), reverse=True))):
        try:
            return base, index.read_meta(path)
        except KnowledgeError:
            continue
    return base, {}


def _same_index(meta: dict[str, Any], embeddings: Embeddings | None) -> None:
    mine = fingerprint(embeddings)
    if meta["fingerprint"] != mine:
        raise IndexMismatch(mismatch(meta["fingerprint"], mine))
    if (meta["format"], meta["split"]) != (index.FORMAT, VERSION):
        raise IndexMismatch("the index was built by another version of shopassist; run `shopassist ingest --rebuild`")


@contextmanager
def _alone(folder: Path, wait: float) -> Iterator[None]:
    """One ingestion at a time, across processes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "ingest.lock")
        lock.acquire(timeout=wait)
        (folder / "ingest.pid").write_text(str(os.getpid()))
    except Timeout:
        pid = folder / "ingest.pid"
        holder = pid.read_text(errors="replace").strip() if pid.exists() else "unknown"
        raise IndexBusy(f"process {holder} is ingesting into {folder}; wait for it to finish") from None
    except OSError as error:
        raise KnowledgeError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error)  # shutil.Error
        what = "the disk is full" if full else (error.strerror or str(error).splitlines()[0])
        raise KnowledgeError(f"the index in {folder} cannot be written: {what}; the former one stays") from error
