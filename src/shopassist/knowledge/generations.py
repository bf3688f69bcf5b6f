"""The generations in an index's folder: which there are, which is current, making one, going back, clearing away.

::

    knowledge/CURRENT                the name of the current generation
    knowledge/gen-000042/            a generation, never changed once `CURRENT` has named it
    knowledge/gen-000043.part/       one that is being built, or was when its process died
    knowledge/gen-000043.refused/    one whose known questions no longer found their pages
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from shopassist.errors import IndexBusy, IndexMismatch, IndexMissing, KnowledgeError
from shopassist.knowledge import hold, index
from shopassist.knowledge.vectors import Embedded, StoreAway, VectorStore

log = logging.getLogger(__name__)

KEPT = 3
PART, REFUSED = ".part", ".refused"


@dataclass(frozen=True, slots=True)
class Listed:
    """A generation as `shopassist knowledge status` shows it; `size` in bytes, `fault` is why it cannot be read."""

    name: str
    current: bool
    size: int
    created: str | None = None
    documents: int = 0
    passages: int = 0
    languages: tuple[str, ...] = ()
    fingerprint: str | None = None
    store: str | None = None
    roots: tuple[str, ...] = ()
    fault: str | None = None


def names(folder: Path) -> list[str]:
    """The names of the complete generations, oldest first."""
    return sorted(p.name for p in folder.glob("gen-*") if index.NAME.fullmatch(p.name) and p.is_dir())


def refused(folder: Path) -> Path | None:
    """The generation that was built last and refused, where it lies aside."""
    return max((p for p in folder.glob(f"gen-*{REFUSED}") if p.is_dir()), default=None)


def status(folder: Path) -> list[Listed]:
    """The generations, oldest first, and the refused one. Raises `IndexMissing`, and what `index.current` raises."""
    now = index.current(folder)
    paths = [*(folder / name for name in names(folder)), *filter(None, [refused(folder)])]
    if now is None and not paths:
        raise IndexMissing(f"there is no index in {folder}; run `shopassist ingest PATH`")
    return [_listed(path, current=path == now) for path in paths]


@contextmanager
def alone(folder: Path, wait: float) -> Iterator[None]:
    """One writer of the index at a time, across processes and hosts. Raises `IndexBusy` after `wait` seconds."""
    holder = folder / "ingest.pid"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "ingest.lock")
        lock.acquire(timeout=wait)
        holder.write_text(f"{os.getpid()} on {socket.gethostname()}")
    except Timeout:
        who = holder.read_text(errors="replace").strip() if holder.exists() else "unknown"
        raise IndexBusy(f"process {who} is ingesting into {folder}; wait for it to finish (`--wait SECONDS`)") from None
    except OSError as error:
        raise KnowledgeError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def under_construction(folder: Path, base: Path | None, store: VectorStore) -> Iterator[Path]:
    """A folder for the next generation, begun with the vectors of `base`; it is removed unless the block succeeds.

    What earlier ingestions left unfinished or refused goes first.
    """
    for leftover in (*folder.glob(f"gen-*{PART}"), *folder.glob(f"gen-*{REFUSED}")):
        shutil.rmtree(leftover)
    store.clear(folder, names(folder))
    newest = max((int(name[4:]) for name in names(folder)), default=0)
    path = folder / f"gen-{newest + 1:06d}{PART}"
    try:
        path.mkdir()
        if store.copied and base is not None and (base / "chroma").is_dir():
            shutil.copytree(base / "chroma", path / "chroma")
        yield path
        _settle(path)
        path.rename(path.with_suffix(""))
        _settle(folder)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def set_aside(path: Path) -> Path:
    """Keep a generation that was built and may not be used."""
    aside = path.with_suffix(REFUSED)
    path.rename(aside)
    return aside


def make_current(folder: Path, name: str) -> None:
    """Name the current generation, at once for all readers."""
    temporary = folder / f"CURRENT{PART}"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "CURRENT")
    _settle(folder)


def accept(folder: Path) -> str:
    """Make the refused generation current all the same; returns its name. Raises `KnowledgeError`."""
    with alone(folder, 0):
        path, now = refused(folder), index.current(folder)
        if path is None:
            raise KnowledgeError(f"no generation in {folder} was refused")
        base = index.read_meta(path).get("base")
        if base != (now.name if now else None):
            raise KnowledgeError(
                f"{path.name} was built on {base or 'nothing'}, and {now.name if now else 'nothing'} is current now; "
                "run `shopassist ingest` again"
            )
        name = path.stem
        path.rename(folder / name)
        make_current(folder, name)
        return name


def rollback(folder: Path, name: str | None = None, *, fingerprint: str | None = None) -> str:
    """Make an older generation current, the one before if none is named; returns its name.

    Raises `KnowledgeError` where there is none, where it cannot be read, or where readers with the embeddings of this
    `fingerprint` could not use it.
    """
    with alone(folder, 0):
        now = index.current_or_raise(folder)
        name = name or max((n for n in names(folder) if n < now.name), default=None)
        if name is None:
            raise KnowledgeError(f"there is no generation before {now.name} in {folder}")
        meta = index.read_meta(named(folder, name))
        if fingerprint is not None and meta["fingerprint"] != fingerprint:
            raise IndexMismatch(
                f"{name} was built with embeddings {meta['fingerprint']!r}, the settings name {fingerprint!r}; "
                "set them back first"
            )
        make_current(folder, name)
        return name


def named(folder: Path, name: str) -> Path:
    """The folder of a generation. Raises `KnowledgeError` that says which ones there are."""
    there = names(folder)
    if name not in there:
        raise KnowledgeError(f"there is no generation {name!r} in {folder}; there are {', '.join(there) or 'none'}")
    return folder / name


def roots(path: Path) -> list[str]:
    """The paths from which a generation was ingested; none where it cannot tell."""
    try:
        return list(index.read_meta(path)["roots"])
    except KnowledgeError:
        return []


def prune(folder: Path, keep: int, store: VectorStore | None = None) -> tuple[list[str], list[str]]:
    """Remove all but the `keep` newest generations, the current one and those that a process reads.

    Returns the names of the removed and of those left because they are read. For a caller who is `alone`.
    """
    now = index.current_or_raise(folder)
    older = [n for n in names(folder) if n <= now.name]
    removed: list[str] = []
    read: list[str] = []
    for name in older[: max(0, len(older) - keep)]:
        path = folder / name
        if path == now:
            continue
        with hold.alone(path) as free:
            if not free:
                read.append(name)
                continue
            doomed = path.rename(path.with_suffix(PART))  # half of a removed one is no generation
            removed.append(name)
            shutil.rmtree(doomed, ignore_errors=True)
    aside = refused(folder)
    try:
        (store or Embedded()).clear(folder, [*names(folder), *([aside.stem] if aside else [])])
    except StoreAway as error:  # what is left over there goes with the next ingestion
        log.warning("%s", error)
    return removed, read


def _settle(path: Path) -> None:
    """Have the names in a folder on the disk before going on; Windows has no way to ask for it."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _listed(path: Path, *, current: bool) -> Listed:
    size = sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    try:
        meta: dict[str, Any] = index.read_meta(path)
        if meta["format"] != index.FORMAT:
            return Listed(path.name, current, size, fault=f"format {meta['format']}")
    except KnowledgeError as error:
        return Listed(path.name, current, size, fault=str(error))
    return Listed(
        path.name, current, size, meta["created"], len(meta["documents"]), meta["passages"],
        tuple(sorted({d["language"] for d in meta["documents"].values()})),
        meta["fingerprint"], meta["store"], tuple(meta["roots"]),
    )  # fmt: skip
