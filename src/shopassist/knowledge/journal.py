"""Vectors that were computed and are in no generation yet: a stopped or refused ingestion does not lose them.

One file a fingerprint, appended to batch by batch and removed when a generation has taken them. A record is the text's
digest (16 bytes), its vector (float32) and a checksum; what a crash left half written is cut off.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARK = b"shopassist vectors 1 "
_KEY = 16


class Journal:
    """The vectors of one fingerprint; for one process at a time, under the ingestion's lock."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Read what is there; vectors of other fingerprints, which nobody will ask for again soon, are removed."""
        self.path = folder / f"embedded-{hashlib.sha256(fingerprint.encode()).hexdigest()[:12]}.journal"
        forget(folder, but=self.path)
        self._file: IO[bytes] | None = None
        self._known: dict[bytes, NDArray[np.float32]] = {}
        if self.path.exists():
            self._read()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str) -> NDArray[np.float32] | None:
        """The vector of a text, or None."""
        return self._known.get(_key(text))

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep these vectors, shape (len(texts), dimension). Raises `OSError`."""
        if self._file is None:
            self._file = self.path.open("ab")
            if not self._file.tell():
                self._file.write(_MARK + f"{vectors.shape[1]}\n".encode())
        for text, vector in zip(texts, np.ascontiguousarray(vectors, "<f4"), strict=True):
            record = _key(text) + vector.tobytes()
            self._file.write(record + zlib.crc32(record).to_bytes(4, "little"))
        self._file.flush()

    def close(self) -> None:
        """Close the file; the vectors stay."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self) -> None:
        data = self.path.read_bytes()
        mark, _, records = data.partition(b"\n")
        if not (mark.startswith(_MARK) and mark[len(_MARK) :].isdigit()):
            self.path.unlink()
            return
        length = _KEY + 4 * int(mark[len(_MARK) :])
        whole = 0
        for start in range(0, len(records) - length - 3, length + 4):
            record, check = records[start : start + length], records[start + length : start + length + 4]
            if zlib.crc32(record).to_bytes(4, "little") != check:
                break
            self._known[record[:_KEY]] = np.frombuffer(record, "<f4", offset=_KEY)
            whole = start + length + 4
        with self.path.open("r+b") as file:
            file.truncate(len(mark) + 1 + whole)


def forget(folder: Path, but: Path | None = None) -> None:
    """Remove the journals in a folder: a generation has their vectors."""
    for path in folder.glob("embedded-*.journal"):
        if path != but:
            path.unlink()


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_KEY]
