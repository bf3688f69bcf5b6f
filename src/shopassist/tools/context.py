"""What a tool is given beside its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopassist.messages import Customer
from shopassist.replies import Language
from shopassist.tools.outcome import Refused


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who asks and when, from the caller's session and never from text.

    `now` is the shop's clock, with its timezone. `key` is the idempotency key of a write, the consent's id: an external
    tool passes it on to its own service. `tx` is the ledger's transaction, given to atomic writes and their checks:
    an SQLAlchemy `Connection` from `SqlLedger`. `reveal` puts personal data back in place of the vault's placeholders;
    the toolbox does that for arguments that a tool declares `personal`.
    """

    customer: Customer | None
    now: datetime
    language: Language = "zh"
    key: str | None = None
    tx: Any | None = None
    reveal: Callable[[str], str] = _as_it_is

    @property
    def customer_id(self) -> str:
        """The customer's id. Raises `Refused` for a visitor, who gets no further than this."""
        if self.customer is None:
            raise Refused("login")
        return self.customer.id
