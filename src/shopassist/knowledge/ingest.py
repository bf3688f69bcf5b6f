"""Bring the index up to date with the sources: only what changed is embedded, and readers see all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from shopassist.errors import DocumentError, IndexDamaged, IndexMismatch, KnowledgeError, ProbesFailed
from shopassist.knowledge import generations, index, questions, sources
from shopassist.knowledge.build import Encoder, Update
from shopassist.knowledge.documents import Document
from shopassist.knowledge.embeddings import cost, fingerprint, mismatch
from shopassist.knowledge.inventory import (
    Inventory,
    Progress,
    broken_files,
    file_of,
    gone,
    inventory,
    settled,
    under,
)
from shopassist.knowledge.journal import forget
from shopassist.knowledge.probing import probe
from shopassist.knowledge.questions import Fallen, Probe
from shopassist.knowledge.sources import Broken
from shopassist.knowledge.split import VERSION
from shopassist.knowledge.vectors import Embedded, VectorStore


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did. Documents are named by key; `generation` is the current one afterwards.

    `skipped` are the files of folders that were not read: of an unknown kind, or side files without their file.
    """

    generation: str | None
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    hidden: tuple[str, ...] = ()
    broken: tuple[Broken, ...] = ()
    skipped: tuple[str, ...] = ()
    passages: int = 0
    embedded: int = 0


def ingest(
    paths: Sequence[Path],
    folder: Path,
    embeddings: Embeddings | None,
    *,
    rebuild: bool = False,
    wait: float = 0.0,
    progress: Progress = lambda stage, done, total: None,
    store: VectorStore | None = None,
    encoder: Encoder | None = None,
    probes: Path | None = None,
    today: date | None = None,
) -> Report:
    """Bring the index in `folder` up to date with the files under `paths`.

    Documents from other paths stay as they are; a document whose file is gone leaves the index, be it the last one;
    one whose file is broken keeps its former text. `rebuild` reads all paths that were ever ingested, and these, from
    nothing. `wait` is how many seconds another ingestion may take to finish. `store` is where the vectors go, by
    default into the index; `encoder` computes them, by default in this process. `probes` names the file of known
    questions instead of ``probes.yaml`` at the roots; they are asked as of `today`. Raises `IndexBusy`,
    `IndexMismatch`, `IndexDamaged`, `ProbesFailed`, `DocumentError` (a path that does not exist, known questions that
    cannot be read), `KnowledgeError` (a full disk, or nothing to begin an index with).
    """
    store = store or Embedded()
    with generations.alone(folder, wait), _disk_errors(folder):
        base, meta = _former(folder, rebuild)
        held: dict[str, Any] = meta.get("documents", {})
        reading, roots = _reading(paths, meta, rebuild)
        if rebuild and not (reading or paths):
            raise KnowledgeError(_no_path(folder, roots))
        known_questions = questions.read(questions.places(probes, roots))
        found = inventory(reading, progress)
        known_files = {p.resolve() for p in questions.places(probes, roots)}
        found.skipped[:] = [name for name in found.skipped if Path(name).resolve() not in known_files]
        old = {} if rebuild else held
        if not rebuild and base is not None:
            _same_index(base, meta, embeddings)
        documents = settled(found, held, old, paths)
        broken = broken_files(found)
        kept = {k for k in old if k not in documents and not gone(file_of(old[k]["source"]), paths, broken)}
        removed = [k for k in old if k not in documents and k not in kept]
        changed = [k for k, d in documents.items() if k in old and not _same(old[k], d)]
        added = [k for k in documents if k not in old]
        report = Report(
            base.name if base else None, tuple(added), tuple(changed), tuple(removed),
            len(documents) - len(changed) - len(added) + len(kept), tuple(found.hidden), tuple(found.broken),
            tuple(found.skipped), meta.get("passages", 0),
        )  # fmt: skip
        moved = embeddings is not None and meta.get("store", store.kind) != store.kind
        if not (rebuild or moved or added or changed or removed) and roots == meta.get("roots"):
            return report
        if not (base or meta or documents):
            raise KnowledgeError(_nothing(reading, found))
        keep = kept | (documents.keys() - set(added) - set(changed))
        fresh = [documents[k] for k in [*added, *changed]]
        update = Update(
            None if rebuild else base, {} if rebuild else meta, keep, fresh, roots, embeddings, progress,
            store=store, encoder=encoder,
        )  # fmt: skip
        with generations.under_construction(folder, None if rebuild else base, store) as path:
            passages, embedded = update.write(path)
            fallen = _probed(path, embeddings, store, known_questions, today or date.today())
            if fallen:
                raise _refused(fallen, len(known_questions), base, generations.set_aside(path))
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


def _same(entry: dict[str, Any], document: Document) -> bool:
    """Whether a known document is as it was, in the file where it was."""
    return bool(entry["digest"] == document.digest) and file_of(entry["source"]) == file_of(document.source)


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


def _reading(paths: Sequence[Path], meta: dict[str, Any], rebuild: bool) -> tuple[list[Path], list[str]]:
    """What is to be read, and the paths ever ingested. A path that is gone is no mistake if the index knows it."""
    former = set(meta.get("roots", ()))
    for path in paths:
        sources.check_name(path)
    absent = [p for p in paths if not sources.exists(p)]
    if absent:
        known = [Path(r) for r in former] + [file_of(d["source"]) for d in meta.get("documents", {}).values()]
        for path in absent:
            if not any(under(k, [path]) for k in known):
                raise DocumentError(f"{path} does not exist")
    present = [p for p in paths if p not in absent]
    roots = sorted(former - {str(p.resolve()) for p in absent} | {str(p.resolve()) for p in present})
    return ([p for r in roots if sources.exists(p := Path(r))] if rebuild else present), roots


def _no_path(folder: Path, roots: Sequence[str]) -> str:
    if roots:
        return f"none of the paths ever ingested is there any more ({', '.join(roots)}); name one that is"
    return f"{folder} does not tell which paths were ingested; run `shopassist ingest --rebuild PATH`"


def _same_index(base: Path, meta: dict[str, Any], embeddings: Embeddings | None) -> None:
    if (meta["format"], meta.get("split")) != (index.FORMAT, VERSION):
        raise IndexMismatch("the index was built by another version of shopassist; run `shopassist ingest --rebuild`")
    mine = fingerprint(embeddings)
    if meta["fingerprint"] != mine:
        texts = [row.indexed for rows in index.read_rows(base, meta).values() for row in rows]
        raise IndexMismatch(f"{mismatch(meta['fingerprint'], mine)}. {cost(embeddings, texts)}")


def _nothing(paths: Sequence[Path], found: Inventory) -> str:
    broken = f"; {len(found.broken)} broken, first: {found.broken[0].reason}" if found.broken else ""
    skipped = f"; {len(found.skipped)} skipped, first: {found.skipped[0]}" if found.skipped else ""
    return f"no public document under {', '.join(map(str, paths)) or 'the paths given'}{broken}{skipped}"


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error)  # shutil.Error
        what = "the disk is full" if full else (error.strerror or str(error).splitlines()[0])
        raise KnowledgeError(f"the index in {folder} cannot be written: {what}; the former one stays") from error
