"""The fitted heads of a shop, one file each, and which of them is used."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from pathlib import Path

from filelock import FileLock

from shopassist.errors import InputError
from shopassist.language.head import CURRENT, Head

_NAME = re.compile(r"head-(\d{6})\.npz")
KEPT = 5
"""Heads that are kept; the oldest go first, never the one in use."""


class Heads:
    """The heads in a folder. Readers (`shopassist.language.head.fitted`) see a change with the next start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def every(self) -> list[str]:
        """Their names, the oldest first."""
        return sorted(f.name for f in self.folder.glob("head-*.npz") if _NAME.fullmatch(f.name))

    def current(self) -> str | None:
        """The name of the one in use; None where the built-in one is."""
        file = self.folder / CURRENT
        return file.read_text("utf-8").strip() or None if file.exists() else None

    def add(self, head: Head, report: str) -> str:
        """Keep a head with its report under the next name, and use it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            numbers = [int(m[1]) for n in self.every() if (m := _NAME.fullmatch(n))]
            name = f"head-{max(numbers, default=0) + 1:06d}.npz"
            (self.folder / name).with_suffix(".json").write_text(report, "utf-8")
            head.save(self.folder / name)
            self._point(name)
            for old in self.every()[:-KEPT]:
                if old != name:
                    (self.folder / old).unlink()
                    (self.folder / old).with_suffix(".json").unlink(missing_ok=True)
        return name

    def back(self) -> str | None:
        """Use the head before the one in use, the built-in one where there is none; its name. Raises `InputError`."""
        with FileLock(self.folder / ".lock") if self.folder.exists() else nullcontext():
            now = self.current()
            if now is None:
                raise InputError("the built-in head is in use; there is nothing to go back to")
            before = max((n for n in self.every() if n < now), default=None)
            self._point(before)
        return before

    def _point(self, name: str | None) -> None:
        part = self.folder / f"{CURRENT}.part"
        part.write_text(name or "", "utf-8")
        os.replace(part, self.folder / CURRENT)
