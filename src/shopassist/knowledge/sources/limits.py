"""How much one file or page may take: bytes on the disk, unpacked, and seconds to read it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

MEGA = 1_000_000
UNPACKED = 10
"""How many times larger than the largest file what is packed in one may be: texts shrink to a tenth, rarely further."""

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`megabytes` (10**6 bytes) of one file or page, and `seconds` for its parsing."""

    megabytes: float = 50
    seconds: float = 60

    @property
    def bytes(self) -> int:
        """The largest file."""
        return int(self.megabytes * MEGA)

    def check(self, size: int) -> None:
        """Raises `ValueError` with the size and the limit."""
        if size > self.bytes:
            raise ValueError(
                f"has {size / MEGA:,.1f} MB, more than the {self.megabytes:g} MB that the setting max_file_mb allows"
            )


def content(path: Path, limits: Limits) -> bytes:
    """A file's bytes. Raises `ValueError` for one that is too large, before it is read, and `OSError`."""
    limits.check(path.stat().st_size)
    with path.open("rb") as file:
        data = file.read(limits.bytes + 1)
    limits.check(len(data))  # it may have grown, or be of a kind that tells no size
    return data


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse a zip file (DOCX and XLSX are) that unpacks to more than is allowed.

    What it declares is checked first; then it is unpacked piece by piece into nothing, since the declaration may lie.
    Raises `ValueError`, `OSError`.
    """
    limits.check(path.stat().st_size)
    most = UNPACKED * limits.bytes
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            declared = sum(m.file_size for m in members)
            if declared > most:
                raise ValueError(_bomb(declared, most))
            for member in members:
                if member.flag_bits & 1:
                    raise ValueError("is protected by a password; save it without one")
                with archive.open(member) as file:
                    while piece := file.read(CHUNK):
                        most -= len(piece)
                        if most < 0:
                            raise ValueError(_bomb(declared, UNPACKED * limits.bytes))
    except (ValueError, OSError):
        raise
    # zipfile raises NotImplementedError for a compression that it does not know, RuntimeError for a lacking library
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise ValueError(f"is damaged, or of another kind than its name says ({error})") from error
    except Exception as error:  # zlib's and lzma's own
        raise ValueError(f"is damaged ({type(error).__name__})") from error


def _bomb(size: int, most: int) -> str:
    return f"unpacks to {size / MEGA:,.0f} MB or more; {most / MEGA:,.0f} MB are allowed (setting max_file_mb)"
