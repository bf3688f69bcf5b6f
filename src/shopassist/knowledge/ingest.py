"""Bring the index up to date with the sources: only what changed is embedded, and readers see all of it or nothing."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from langchain_core.embeddings import Embeddings

from shopassist.errors import DocumentError, IndexBusy, IndexDamaged, IndexMismatch, KnowledgeError, ShopAssistError
from shopassist.knowledge import index, sources
from shopassist.knowledge.documents import Document
from shopassist.knowledge.embeddings import encode, fingerprint
from shopassist.knowledge.inventory import (
    ROW,
    Inventory,
    Progress,
    broken_files,
    file_of,
    gone,
    inventory,
    settled,
    under,
)
from shopassist.knowledge.lexical import Lexical
from shopassist.knowledge.relevance import background
from shopassist.knowledge.sources import Broken
from shopassist.knowledge.split import VERSION, Piece, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 256
PROBES = 3


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
) -> Report:
    """Bring the index in `folder` up to date with the files under `paths`.

    Documents from other paths stay as they are; a document whose file is gone leaves the index, be it the last one;
    one whose file is broken keeps its former text. `rebuild` reads all paths that were ever ingested, and these, from
    nothing. `wait` is how many seconds another ingestion may take to finish. Raises `IndexBusy`, `IndexMismatch`,
    `IndexDamaged`, `DocumentError` (a path that does not exist), `KnowledgeError` (a full disk, or nothing to begin
    an index with).
    """
    with _alone(folder, wait), _disk_errors(folder):
        base, meta = _former(folder, rebuild)
        held: dict[str, Any] = meta.get("documents", {})
        reading, roots = _reading(paths, meta, rebuild)
        if rebuild and not (reading or paths):
            raise KnowledgeError(_no_path(folder, roots))
        found = inventory(reading, progress)
        old = {} if rebuild else held
        if not rebuild and base is not None:
            _same_index(meta, embeddings)
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
        if not (rebuild or added or changed or removed) and roots == meta.get("roots"):
            return report
        if not (base or meta or documents):
            raise KnowledgeError(_nothing(reading, found))
        keep = kept | (documents.keys() - set(added) - set(changed))
        fresh = [documents[k] for k in [*added, *changed]]
        update = _Update({} if rebuild else meta, keep, fresh, roots, embeddings, progress)
        with index.under_construction(folder, None if rebuild else base) as path:
            passages, embedded = update.write(path)
            _probe(path)
            name = path.with_suffix("").name
        index.make_current(folder, name)
        return replace(report, generation=name, passages=passages, embedded=embedded)


class _Update:
    """The work on one new generation."""

    def __init__(
        self,
        meta: dict[str, Any],
        keep: set[str],
        fresh: list[Document],
        roots: list[str],
        embeddings: Embeddings | None,
        progress: Progress,
    ) -> None:
        self.meta = meta
        self.keep = keep
        self.fresh = fresh
        self.roots = roots
        self.embeddings = embeddings
        self.progress = progress

    def write(self, path: Path) -> tuple[int, int]:
        """Write the generation; returns the numbers of passages and of texts embedded."""
        pieces = [piece for document in self.fresh for piece in split(document)]
        old = self._old_lines(path)
        lines = [line for line in old if line["key"] in self.keep] + [_line(p) for p in pieces]
        documents = {k: v for k, v in self.meta.get("documents", {}).items() if k in self.keep}
        documents |= {d.key: _entry(d) for d in self.fresh}
        embedded = 0
        calibration: dict[str, Any] = {}
        if self.embeddings is not None:
            embedded, calibration = self._vectors(
                path, pieces, {x["id"] for x in old}, {x["id"] for x in lines}, documents
            )
        meta = {
            "format": index.FORMAT,
            "split": VERSION,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "fingerprint": fingerprint(self.embeddings),
            "calibration": calibration,
            "roots": self.roots,
            "passages": len(lines),
            "documents": documents,
        }
        (path / "passages.jsonl").write_text(
            "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), encoding="utf-8"
        )
        (path / "meta.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")
        shutil.rmtree(path / "lexical", ignore_errors=True)  # the words of a language that has no page any more
        for language, rows in index.read_rows(path, meta).items():
            self.progress("words", 0, len(rows))
            Lexical.build([" ".join((r.indexed, *r.aliases)) for r in rows]).save(path / "lexical" / language)
            self.progress("words", len(rows), len(rows))
        return len(lines), embedded

    def _old_lines(self, path: Path) -> list[dict[str, str]]:
        try:
            with (path / "passages.jsonl").open(encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            if not all({"id", "key", "heading", "text"} <= line.keys() for line in lines):
                raise ValueError("a passage is not whole")
        except FileNotFoundError:
            lines = []
        except (ValueError, AttributeError) as error:
            raise index.unreadable(path, error) from error
        if len(lines) != self.meta.get("passages", 0):
            raise index.unreadable(path, ValueError("passages are missing"))
        return lines

    def _vectors(
        self, path: Path, pieces: list[Piece], old: set[str], wanted: set[str], documents: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        assert self.embeddings is not None  # noqa: S101 - the caller's condition
        client = index.chroma(path)
        try:
            gone, new = sorted(old - wanted), [p for p in pieces if p.id not in old]
            languages = sorted({d["language"] for d in documents.values()})
            for collection in client.list_collections():
                for start in range(0, len(gone), 5000):
                    collection.delete(ids=gone[start : start + 5000])
                if collection.name not in {index.collection_name(x) for x in languages}:
                    client.delete_collection(collection.name)
            shelves = {
                language: client.get_or_create_collection(
                    index.collection_name(language),
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                )
                for language in languages
            }
            for batch, vectors in self._encoded(new):
                for language, collection in shelves.items():
                    places = [n for n, p in enumerate(batch) if p.document.language == language]
                    if places:
                        collection.add(ids=[batch[n].id for n in places], embeddings=vectors[places])
            calibration = {k: background(self.embeddings, collection) for k, collection in shelves.items()}
        except (ShopAssistError, OSError):
            raise
        except Exception as error:  # Chroma raises what its Rust core and SQLite raise
            if shutil.disk_usage(path).free < index.FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise index.unreadable(path, error) from error
        finally:
            client.close()
        return len(new), calibration

    def _encoded(self, pieces: list[Piece]) -> Iterator[tuple[list[Piece], NDArray[np.float32]]]:
        """Batches with their vectors; the next batch is encoded while the caller stores this one."""
        assert self.embeddings is not None  # noqa: S101 - the caller's condition
        batches = [pieces[n : n + BATCH] for n in range(0, len(pieces), BATCH)]
        with ThreadPoolExecutor(1) as ahead:
            waiting = [ahead.submit(encode, self.embeddings, [p.indexed for p in b]) for b in batches[:1]]
            for number, batch in enumerate(batches):
                vectors = waiting.pop().result()
                if number + 1 < len(batches):
                    following = [p.indexed for p in batches[number + 1]]
                    waiting.append(ahead.submit(encode, self.embeddings, following))
                yield batch, vectors
                self.progress("vectors", min(len(pieces), (number + 1) * BATCH), len(pieces))


def _same(entry: dict[str, Any], document: Document) -> bool:
    """Whether a known document is as it was, in the file where it was."""
    return bool(entry["digest"] == document.digest) and file_of(entry["source"]) == file_of(document.source)


def _entry(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "language": document.language,
        "url": document.url,
        "valid_from": document.valid_from.isoformat() if document.valid_from else None,
        "valid_to": document.valid_to.isoformat() if document.valid_to else None,
        "tags": document.tags,
        "aliases": document.aliases,
        "source": str(file_of(document.source)) + "".join(ROW.findall(document.source)),
        "digest": document.digest,
    }


def _line(piece: Piece) -> dict[str, str]:
    return {"id": piece.id, "key": piece.document.key, "heading": piece.heading, "text": piece.text}


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


def _same_index(meta: dict[str, Any], embeddings: Embeddings | None) -> None:
    mine = fingerprint(embeddings)
    if meta["fingerprint"] != mine:
        raise IndexMismatch(mismatch(meta["fingerprint"], mine))
    if (meta["format"], meta["split"]) != (index.FORMAT, VERSION):
        raise IndexMismatch("the index was built by another version of shopassist; run `shopassist ingest --rebuild`")


def mismatch(theirs: str, mine: str) -> str:
    """The text of an `IndexMismatch`."""
    return (
        f"the index was built with embeddings {theirs!r}, this process uses {mine!r}; set SHOPASSIST_EMBEDDINGS or "
        "SHOPASSIST_EMBEDDING_MODEL back, or run `shopassist ingest --rebuild`"
    )


def _nothing(paths: Sequence[Path], found: Inventory) -> str:
    broken = f"; {len(found.broken)} broken, first: {found.broken[0].reason}" if found.broken else ""
    skipped = f"; {len(found.skipped)} skipped, first: {found.skipped[0]}" if found.skipped else ""
    return f"no public document under {', '.join(map(str, paths)) or 'the paths given'}{broken}{skipped}"


def _probe(path: Path) -> None:
    """Query the new generation in a process of its own: a broken vector store can take its process down."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "shopassist.knowledge.probe", str(path), str(PROBES)],
            capture_output=True, text=True, errors="replace", timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise IndexDamaged("the new index did not answer its probes in 120 s; the former one stays") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise IndexDamaged(f"the new index failed its probes ({last}); the former one stays")


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
