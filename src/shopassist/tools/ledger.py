"""The ledger: which writes were begun, and how they ended, so that none happens twice."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from shopassist.errors import StorageError

WriteState = Literal["reserved", "called", "done", "refused", "unknown"]
"""How far a write came:

- reserved: inside the transaction of an atomic write; nobody outside sees it
- called: an external tool was called, and has not answered yet
- done, refused: settled
- unknown: an external tool was called and its answer was not seen; somebody has to look
"""
SETTLED = ("done", "refused")


def unseen() -> StorageError:
    """Make the error for a row that is there and cannot be read, as in REPEATABLE READ: to go on is to write twice."""
    return StorageError("the ledger's transaction does not see a row that another one added")


@dataclass(frozen=True, slots=True)
class Write:
    """A row of the ledger. `key` is the consent's id, `subject` the customer's.

    `args`, `consent` (its quote without the facts) and `outcome` are plain JSON. `fence` starts at 1 and grows when
    somebody reconciles the row: an answer that comes later is not taken any more.
    """

    key: str
    tool: str
    subject: str
    args: Mapping[str, Any]
    consent: Mapping[str, Any]
    state: WriteState
    begun: datetime
    fence: int = 1
    settled: datetime | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)


class Ledger(Protocol):
    """Keeps writes, in the shop's own database where tools are atomic.

    Safe to call from several threads and processes at once. Raises `StorageError` where the storage itself fails.
    A ledger without `transaction` serves external tools alone. One with a method ``since(when)``, which gives all rows
    begun since then, the oldest first, shows those that are settled too in `shopassist writes`.
    `shopassist.testing.ledgers.LedgerConformance` tests an implementation.
    """

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a transaction: what it yields is the tool's `context.tx`; an exception rolls everything back.

        It stays in the caller's thread.
        """
        ...

    def begin(self, write: Write, tx: Any | None = None) -> Write | None:
        """Add the row; where its key is there already, add nothing and return the row that is there.

        In `tx` where given; otherwise the row is committed when this returns.
        """
        ...

    def settle(
        self, write: Write, state: WriteState, outcome: Mapping[str, Any], when: datetime, tx: Any | None = None
    ) -> bool:
        """Say how a write ended; False, and nothing changes, where it is settled or was reconciled meanwhile.

        `unknown` can still become another state.
        """
        ...

    def find(self, key: str) -> Write | None:
        """The row with this key."""
        ...

    def unsettled(self, before: datetime) -> list[Write]:
        """The rows begun before this moment that are ``called`` or ``unknown``, the oldest first: work for a person."""
        ...

    def reconcile(
        self, key: str, state: Literal["done", "refused"], outcome: Mapping[str, Any], when: datetime
    ) -> bool:
        """Settle a row by what somebody found out; False where there is no such unsettled row.

        `outcome` may hold ``facts``, ``reason``, ``rule`` and ``id`` of the `ToolOutcome` that the next call gets; what
        else it holds (a ``note``) is kept.
        """
        ...
