"""What `shopassist doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is a command, where something can be done."""

    about: str
    state: Literal["ok", "lacking", "broken"]
    text: str
    mend: str | None = None
