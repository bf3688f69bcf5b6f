"""Which paths have changed, by looking again and again.

Looking works where a system's own notices do not reach: network shares, folders mounted into containers, and editors
that put a new file in the old one's place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PAUSE = 1.0
"""Seconds between two looks; more where a look takes long, so that a twentieth of the time at most is spent on it."""

SETTLING = 30.0
"""Seconds after which a folder that does not come to rest is read all the same."""

Look = dict[str, tuple[int, int, int]]


def changes(paths: Sequence[Path], every: float) -> Iterator[list[Path]]:
    """Lists of the paths that have changed since this call and come to rest; each `every` seconds all of them."""
    return _changes(paths, every, look(paths))


def _changes(paths: Sequence[Path], every: float, known: list[Look]) -> Iterator[list[Path]]:
    due = time.monotonic() + every
    while True:
        began = time.monotonic()
        now = look(paths)
        pause = max(PAUSE, 20 * (time.monotonic() - began))
        if time.monotonic() >= due:
            known, due = now, time.monotonic() + every
            yield list(paths)
            continue
        if now != known:
            now = _at_rest(paths, now, pause)
            moved = [p for p, before, after in zip(paths, known, now, strict=True) if before != after]
            known = now
            if moved:
                yield moved
        time.sleep(pause)


def look(paths: Sequence[Path]) -> list[Look]:
    """How each path looks now; two looks that are equal saw the same files."""
    return [_look(p) for p in paths]


def _at_rest(paths: Sequence[Path], last: list[Look], pause: float) -> list[Look]:
    """The look that is the same twice in a row: a save writes several times, a copy many files."""
    until = time.monotonic() + SETTLING
    while time.monotonic() < until:
        time.sleep(pause)
        now = look(paths)
        if now == last:
            break
        last = now
    return last


def _look(path: Path) -> Look:
    """Time, size and place on the disk of all that belongs to a path; empty where it is gone."""
    found: Look = {}
    if not path.is_dir():
        _note(str(path), found)
        _note(f"{path}.yaml", found)
        return found
    for folder, folders, names in os.walk(path):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in (*folders, *names):
            if not name.startswith("."):
                _note(os.path.join(folder, name), found)
    return found


def _note(path: str, found: Look) -> None:
    try:
        stat = os.stat(path)
    except OSError:  # gone between the look and this, or a link that leads nowhere
        return
    directory = os.path.isdir(path)  # its time changes with each temporary file in it
    found[path] = (0, 0, stat.st_ino) if directory else (stat.st_mtime_ns, stat.st_size, stat.st_ino)
