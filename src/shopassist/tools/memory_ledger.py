"""A ledger in the memory of one process: for tests, examples and trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any, Literal

from shopassist.tools.ledger import SETTLED, Write, WriteState

Rows = dict[str, Write]


class MemoryLedger:
    """A `Ledger` whose transactions queue up and roll back its own rows, but not what a tool changed elsewhere."""

    def __init__(self) -> None:
        self._rows: Rows = {}
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Open a transaction; what it yields holds the rows that are still to be committed."""
        with self._lock:
            added: Rows = {}
            yield added
            self._rows |= added

    def begin(self, write: Write, tx: Rows | None = None) -> Write | None:
        """Add the row, or return the one with its key."""
        with self._lock:
            there = self._rows.get(write.key) or (tx or {}).get(write.key)
            if there is None:
                (self._rows if tx is None else tx)[write.key] = write
            return there

    def settle(
        self, write: Write, state: WriteState, outcome: Mapping[str, Any], when: datetime, tx: Rows | None = None
    ) -> bool:
        """Say how a write ended."""
        with self._lock:
            rows = self._rows if tx is None else tx
            row = rows.get(write.key)
            if row is None or row.state in SETTLED or row.fence != write.fence:
                return False
            rows[write.key] = replace(row, state=state, outcome=dict(outcome), settled=when)
            return True

    def find(self, key: str) -> Write | None:
        """The row with this key."""
        return self._rows.get(key)

    def unsettled(self, before: datetime) -> list[Write]:
        """The rows that wait for a person, the oldest first."""
        with self._lock:
            waiting = [w for w in self._rows.values() if w.state not in SETTLED and w.begun < before]
        return sorted(waiting, key=lambda w: w.begun)

    def since(self, when: datetime) -> list[Write]:
        """All rows begun since then, the oldest first."""
        with self._lock:
            return sorted((w for w in self._rows.values() if w.begun >= when), key=lambda w: w.begun)

    def reconcile(
        self, key: str, state: Literal["done", "refused"], outcome: Mapping[str, Any], when: datetime
    ) -> bool:
        """Settle a row by what somebody found out."""
        with self._lock:
            row = self._rows.get(key)
            if row is None or row.state in SETTLED:
                return False
            self._rows[key] = replace(row, state=state, outcome=dict(outcome), settled=when, fence=row.fence + 1)
            return True
