"""How a tool says that it did not do what was asked; what a call comes to is `ToolOutcome`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopassist.replies import OutcomeStatus, ToolOutcome

__all__ = ["Changed", "Failed", "NotFound", "Refused", "ToolOutcome", "ToolSignal"]


class ToolSignal(Exception):
    """Raised by a tool, or by the shop behind it, to say that it did nothing, and why; a transaction is rolled back."""

    status: OutcomeStatus = "failed"

    def __init__(
        self, reason: str | None = None, *, rule: str | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule
        self.facts = facts or {}


class NotFound(ToolSignal):
    """What the arguments name does not exist, or is none of this customer's."""

    status = "not_found"


class Refused(ToolSignal):
    """A rule forbids it. `rule` is the document id of the policy."""

    status = "refused"


class Changed(ToolSignal):
    """The thing is no longer what the customer agreed to change; the customer is asked again."""

    status = "changed"


class Failed(ToolSignal):
    """The toolbox could not run the tool, or not read its answer."""
