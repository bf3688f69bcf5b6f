"""Paths into files: which are read, and which are passed over and why."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shopassist.errors import DocumentError
from shopassist.knowledge.sources.findings import Broken, Skipped
from shopassist.knowledge.sources.kinds import SOURCE_FILE, SUFFIXES


@dataclass(frozen=True, slots=True)
class Walk:
    """What lies under some paths: `files` to be read, what is passed over, and folders that may not be looked into."""

    files: set[Path] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def walk(paths: Iterable[Path]) -> Walk:
    """Look through the paths; side files belong to their file, and hidden ones are left out.

    Raises `DocumentError` for a path that does not exist or a file of an unknown kind that was named outright.
    """
    found = Walk()
    for path in paths:
        if path.is_dir():
            _look_into(path, found)
        elif not exists(path):
            raise DocumentError(f"{name(path)} does not exist")
        elif not path.is_file():
            raise DocumentError(f"{name(path)} is no file and no folder")
        elif path.suffix.lower() in SUFFIXES or path.name.endswith(SOURCE_FILE):
            found.files.add(path)
        else:
            known = ", ".join([*sorted(SUFFIXES), SOURCE_FILE])
            raise DocumentError(f"{name(path)} is of an unknown kind; known are {known}")
    found.skipped.sort(key=lambda s: s.source)
    return found


def files(paths: Iterable[Path]) -> list[Path]:
    """All files under the paths that can be read, sorted. Raises `DocumentError` as `walk` does."""
    return sorted(walk(paths).files)


def skipped(paths: Iterable[Path]) -> list[Skipped]:
    """What `files` passes over in folders, sorted."""
    return walk(p for p in paths if p.is_dir()).skipped


def exists(path: Path) -> bool:
    """Whether there is something. Raises `DocumentError` where that cannot be told: no permission to look."""
    try:
        return path.exists()
    except OSError as error:
        raise DocumentError(f"{name(path)}: {error.strerror or error}") from error


def name(path: Path | str) -> str:
    """A path as a text that can be printed and stored, whatever bytes the file system gave it."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def check_name(path: Path) -> None:
    """Raises `DocumentError` for a file or folder whose name is not UTF-8: the index could not name it."""
    if reason := bad_name(path):
        raise DocumentError(f"{name(path)}: {reason}")


def bad_name(path: Path) -> str | None:
    """Why the index could not name a file or folder, or None."""
    try:
        whole = path.resolve()
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    return None if name(whole) == str(whole) else "its name, or a folder's above it, is not UTF-8; rename it"


def _look_into(folder: Path, found: Walk) -> None:
    def closed(error: OSError) -> None:
        found.broken.append(Broken(name(error.filename), f"the folder cannot be read: {error.strerror}"))

    home = folder.resolve()
    for place, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for path in (Path(place, n) for n in (*folders, *sorted(names)) if not n.startswith(".")):
            if reason := _closed(path):
                found.broken.append(Broken(name(path), reason))
            elif reason := _passed_over(path, home):
                found.skipped.append(Skipped(name(path), reason))
            elif _is_page(path):
                found.files.add(path)


def _closed(path: Path) -> str | None:
    """Why it cannot even be told what this is: a folder above it may be listed and not entered."""
    try:
        path.lstat()
    except FileNotFoundError:
        return None  # gone since the folder was listed
    except OSError as error:
        return error.strerror or str(error)
    return None


def _passed_over(path: Path, home: Path) -> str | None:
    """Why this is not read; None for what is, for folders to look into and for side files of what is read."""
    if path.is_symlink():
        target = _target(path)
        if target is None:
            return "a link that leads nowhere"
        if not target.is_relative_to(home):
            return "a link out of the folder; name its target to have it read"
        if target.is_dir():
            return "a link to a folder"
    if path.is_dir() or _is_page(path) or _is_side_file(path):
        return None
    if path.name.endswith(SOURCE_FILE):
        return "a source file is read only where it is named itself"
    if path.suffix == ".yaml":
        return "a side file without its file"
    return "of a kind that is not read" if path.is_file() else "no file"


def _target(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _is_side_file(path: Path) -> bool:
    return path.suffix == ".yaml" and _is_page(path.with_suffix(""))
