"""Bring the index up to date with the sources: only what changed is embedded, and readers see all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopassist.errors import IndexDamaged, IndexMismatch, KnowledgeError, ProbesFailed
from shopassist.knowledge import generations, index, marks, questions
from shopassist.knowledge.build import Encoder, Update
from shopassist.knowledge.changes import changes
from shopassist.knowledge.encoding import cost, fingerprint, mismatch
from shopassist.knowledge.inventory import Progress
from shopassist.knowledge.journal import forget
from shopassist.knowledge.probing import probe
from shopassist.knowledge.questions import Fallen, Probe
from shopassist.knowledge.sources import Broken, Limits, Remark, Skipped
from shopassist.knowledge.split import VERSION
from shopassist.knowledge.vectors import Embedded, VectorStore
from shopassist.protocols import Source

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


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
    store: VectorStore | None = None,
    encoder: Encoder | None = None,
    probes: Path | None = None,
    today: date | None = None,
) -> Report:
    """Bring the index in `folder` up to date with the files under `paths`, and with sources among them.

    Documents from elsewhere stay as they are; a document whose file is gone, or that its source does not give any
    more, leaves the index, be it the last one; one whose file or source cannot be read keeps its former text.
    `rebuild` reads all that was ever ingested, and these, from nothing; it is refused where it would lose documents
    that cannot be read now, unless `keep_going`. `wait` is how many seconds another ingestion may take to finish.
    `dry_run` writes nothing, asks no known questions and locks nobody out. `store` is where the vectors go, by default
    into the index; `encoder` computes them, by default in this process. `probes` names the file of known questions
    instead of ``probes.yaml`` at the roots; they are asked as of `today`. Raises `IndexBusy`, `IndexMismatch`,
    `IndexDamaged`, `ProbesFailed`, `DocumentError` (a path that does not exist, known questions that cannot be read),
    `KnowledgeError` (a full disk, or nothing to begin an index with).
    """
    store = store or Embedded()
    with nullcontext() if dry_run else generations.alone(folder, wait), _disk_errors(folder):
        base, meta = _former(folder, rebuild)
        if not rebuild and base is not None:
            _same_index(base, meta, embeddings)
        known = {} if rebuild else marks.read(folder, meta.get("documents", {}))
        told = changes(paths, meta, rebuild=rebuild, progress=progress, limits=limits, known=known)
        if rebuild and not keep_going:
            told.check_loss(meta)
        places = questions.places(probes, told.roots)
        known_questions = questions.read(places)
        known_files = {os.path.realpath(p) for p in places}
        report = Report(
            base.name if base else None, told.added, told.changed, told.removed, told.unchanged,
            tuple(told.found.hidden), tuple(told.found.broken),
            tuple(s for s in told.found.skipped if os.path.realpath(s.source) not in known_files),
            meta.get("passages", 0), remarks=tuple(told.found.remarks), dry_run=dry_run,
        )  # fmt: skip
        old = {} if rebuild else meta
        if dry_run:
            passages, embedded = told.cost(base, old)
            return replace(report, passages=passages, embedded=0 if embeddings is None else embedded)
        moved = embeddings is not None and meta.get("store", store.kind) != store.kind
        if not (rebuild or moved or told) and told.roots == meta.get("roots"):
            marks.write(folder, known, told.found)
            return report
        update = Update(
            None if rebuild else base, old, told.keep, told.fresh, told.roots, embeddings, progress,
            store=store, encoder=encoder,
        )  # fmt: skip
        with generations.under_construction(folder, None if rebuild else base, store) as path:
            passages, embedded = update.write(path)
            fallen = _probed(path, embeddings, store, known_questions, today or date.today())
            if fallen:
                raise _refused(fallen, len(known_questions), base, generations.set_aside(path))
        marks.write(folder, known, told.found)  # those of documents that do not become current are not believed
        generations.make_current(folder, path.stem)
        forget(folder)
        generations.prune(folder, generations.KEPT, store)
        return replace(report, generation=path.stem, passages=passages, embedded=embedded)


def _probed(
    path: Path, embeddings: Embeddings | None, store: VectorStore, known: Sequence[Probe], today: date
) -> list[Fallen]:
    try:
        faults, fallen = probe(path, embeddings, store, known, today=today)
    except IndexDamaged as error:
        raise IndexDamaged(f"the new index {error}; the former one stays") from error
    if faults:
        raise IndexDamaged(f"the new index failed its probes ({faults[0]}); the former one stays")
    return fallen


def _refused(fallen: Sequence[Fallen], asked: int, base: Path | None, aside: Path) -> ProbesFailed:
    lines = "".join(f"\n  {f}" for f in fallen)
    stays = f"{base.name} stays current" if base else "no index answers yet"
    return ProbesFailed(
        f"{len(fallen)} of {asked} known questions do not find their page in the new index; {stays}, and the new one "
        f"lies aside as {aside.name}:{lines}\nCorrect the pages, or the questions in {questions.FILE}, and run "
        "`shopassist ingest` again (what was embedded is kept); or take the new index as it is: "
        "`shopassist knowledge accept`",
        tuple(fallen),
    )


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


def _same_index(base: Path, meta: dict[str, Any], embeddings: Embeddings | None) -> None:
    if (meta["format"], meta.get("split")) != (index.FORMAT, VERSION):
        raise IndexMismatch("the index was built by another version of shopassist; run `shopassist ingest --rebuild`")
    mine = fingerprint(embeddings)
    if meta["fingerprint"] != mine:
        texts = [row.indexed for rows in index.read_rows(base, meta).values() for row in rows]
        raise IndexMismatch(f"{mismatch(meta['fingerprint'], mine)}. {cost(embeddings, texts)}")


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error)  # shutil.Error
        what = "the disk is full" if full else (error.strerror or str(error).splitlines()[0])
        raise KnowledgeError(f"the index in {folder} cannot be written: {what}; the former one stays") from error
