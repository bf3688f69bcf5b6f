"""What an ingestion has to tell about its sources besides their documents."""

from __future__ import annotations

from dataclasses import dataclass


class Fault(ValueError):
    """Why a text cannot be taken; `place` says where in its file or source."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.place = place


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be taken: a file or a source (`source`), or a place in it (a line, a row, an address)."""

    source: str
    reason: str
    place: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.source, self.place, self.reason)))


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was passed over, and why."""

    source: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Remark:
    """What was taken, though an editor should know something about it."""

    source: str
    text: str

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"
