"""What to say where an index cannot be read: that it is damaged, or what the disk's fault is."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from shopassist.errors import IndexDamaged, KnowledgeError

FULL = 1 << 20
"""Bytes: where less is free, a store that fails without a reason of its own fails for want of space."""

_DAMAGE = (errno.ENOENT, errno.EISDIR, errno.ENOTDIR)  # other errors of the system are no fault of the files


def unreadable(path: Path, error: Exception) -> KnowledgeError:
    """What to raise where an index cannot be read: `IndexDamaged`, or the disk's fault, which no rebuild mends."""
    if isinstance(error, KnowledgeError):
        return error
    if isinstance(error, OSError) and error.errno and error.errno not in _DAMAGE:
        return KnowledgeError(f"the index {path} cannot be read: {error.strerror}")
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    fault = None if isinstance(error, OSError) else _disk_fault(path)
    if fault:
        return KnowledgeError(f"the index {path} cannot be read ({reason}): {fault}")
    return IndexDamaged(f"the index {path} cannot be read ({reason}); run `shopassist ingest --rebuild`")


def _disk_fault(path: Path) -> str | None:
    """Why nothing can be written where the index is: SQLite under Chroma writes even to read."""
    if not path.exists():
        return None
    if not all(os.access(p, os.W_OK) for p in (path, *path.glob("chroma/*.sqlite3"))):
        return "it is read-only for this process, by its disk or its permissions"
    return "the disk is full" if shutil.disk_usage(path).free < FULL else None
