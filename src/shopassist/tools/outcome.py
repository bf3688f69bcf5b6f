"""What a tool call comes to, and how a tool says that it did not do what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

OutcomeStatus = Literal["done", "refused", "changed", "failed", "not_found", "unknown"]
"""How a call ended:

- done: a read found its facts; a write happened
- refused: a rule forbids it (`rule`, `reason` are the shop's), or nobody is logged in, or consent is missing
- changed: the order or the amount is no longer what the customer agreed to; nothing was written, ask again
- failed: the tool raised, hung or answered garbage; nothing was written
- not_found: no such order or product, or somebody else's order
- unknown: an external write began and its end was not seen; it is never tried again by itself
"""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The end of one tool call. `args` and `facts` are plain JSON values; amounts are decimal texts, dates ISO texts.

    `args` are as the caller gave them: placeholders of personal data are still placeholders. `reason` is the shop's
    own, or one of the toolbox's: ``login``, ``consent``, ``expired`` (refused), ``order`` (not_found), ``no_tool``,
    ``arguments`` (`facts["wrong"]` names them), ``raised``, ``garbage``, ``timeout`` (failed, unknown).
    `id` is what a write made (a ticket's or a return's number). `repeated`: this write's outcome comes from the
    ledger, and the tool was not run for it now.
    """

    name: str
    args: Mapping[str, Any]
    status: OutcomeStatus
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    rule: str | None = None
    id: str | None = None
    repeated: bool = False


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
