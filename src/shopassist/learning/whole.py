"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopassist.errors import InputError


class Lines:
    """What goes into one file; `count` are the lines so far."""

    def __init__(self, part: Path) -> None:
        self._file = part.open("w", encoding="utf-8")
        self.count = 0

    def add(self, line: str) -> None:
        """Write one line."""
        self._file.write(line + "\n")
        self.count += 1

    def close(self) -> None:
        """Have all lines on the disk."""
        self._file.close()


def check_free(file: Path, *, force: bool) -> None:
    """Raise `InputError` where a file cannot be written, or is there already and must not be written over."""
    if file.is_dir() or not file.parent.is_dir():
        raise InputError(f"{file}: {'this is a folder' if file.is_dir() else 'its folder is not there'}; name a file")
    if file.exists() and not force:
        raise InputError(f"{file} is there already; name another file, or write over it with --force")


@contextmanager
def whole(file: Path, *, force: bool) -> Iterator[Lines]:
    """Lines that take the place of a file when all are written; where there are none, nothing is made.

    Raises `InputError` as `check_free` does, and where the disk refuses.
    """
    check_free(file, force=force)
    part = file.with_name(f".{file.name}.part")
    try:
        lines = Lines(part)
        try:
            yield lines
        finally:
            lines.close()
        if lines.count:
            check_free(file, force=force)
            os.replace(part, file)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)
