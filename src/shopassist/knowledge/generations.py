"""The generations in an index's folder: which there are, which is current, going back, and clearing away.

::

    knowledge/CURRENT                the name of the current generation
    knowledge/gen-000042/            a generation, never changed once `CURRENT` has named it
    knowledge/gen-000043.part/       one that is being built, or was when its process died
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from shopassist.errors import KnowledgeError
from shopassist.knowledge import index


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
    roots: tuple[str, ...] = ()
    fault: str | None = None


def names(folder: Path) -> list[str]:
    """The names of the complete generations, oldest first."""
    return sorted(p.name for p in folder.glob("gen-*") if index.NAME.fullmatch(p.name) and p.is_dir())


def status(folder: Path) -> list[Listed]:
    """The generations, oldest first. Raises `IndexMissing`, and `KnowledgeError` where `CURRENT` cannot be read."""
    now = index.current_or_raise(folder)
    return [_listed(folder / name, current=name == now.name) for name in names(folder)]


def make_current(folder: Path, name: str) -> None:
    """Name the current generation, at once for all readers."""
    temporary = folder / "CURRENT.part"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "CURRENT")
    settle(folder)


def settle(path: Path) -> None:
    """Have the names in a folder on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _listed(path: Path, *, current: bool) -> Listed:
    size = sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    try:
        meta = index.read_meta(path)
    except KnowledgeError as error:
        return Listed(path.name, current, size, fault=str(error))
    languages: tuple[str, ...] = tuple(sorted({d["language"] for d in meta["documents"].values()}))
    return Listed(
        path.name, current, size, meta["created"], len(meta["documents"]), meta["passages"], languages,
        meta["fingerprint"], tuple(meta["roots"]),
    )  # fmt: skip
