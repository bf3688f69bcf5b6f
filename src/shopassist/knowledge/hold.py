"""A reader's hold on a generation: while somebody reads it, in whatever process, nobody removes it.

A shared `flock` on a file in the generation; the system lets go of it when the process ends, however it ends. It holds
across hosts where the shared folder's file system has such locks (NFS 4 has). On Windows an open file cannot be removed
anyway, and nothing is locked here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "readers.lock"


def take(path: Path) -> int | None:
    """Hold the generation in `path`: a file descriptor to close when done, None where there is nothing to hold.

    Raises `FileNotFoundError` where the generation is being removed or has gone.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(path / FILE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino != (path / FILE).stat().st_ino:
            raise FileNotFoundError(path)
    except BlockingIOError as error:
        os.close(handle)
        raise FileNotFoundError(path) from error
    except OSError:
        os.close(handle)
        raise
    return handle


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody holds the generation in `path`; while the block runs nobody can."""
    if sys.platform == "win32" or not (path / FILE).exists():
        yield True
        return
    import fcntl

    handle = os.open(path / FILE, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
