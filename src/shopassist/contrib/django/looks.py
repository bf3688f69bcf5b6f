"""Who of the staff sees customers' personal data: nobody without the permission, and each look leaves a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from shopassist.contrib.django.connection import writing
from shopassist.contrib.django.models import Look
from shopassist.learning.neutral import PERSONAL

PERMISSION = "shopassist.view_personal"
HIDDEN = "•••"
"""What stands for a value that is not shown."""

PLAIN = frozenset(
    {
        "product", "products", "items", "variant", "wanted", "quantity", "reason", "date", "period",
        "type", "invoice_type", "status", "amount", "total", "price", "rule", "subject", "target", "topic", "carrier",
        "refund_hours", "dispatch_hours", "days", "last_day", "eta", "remedy", "postage", "price_range", "late",
        "intent", "state", "surcharge", "tool",
    }
)  # fmt: skip
"""Fields of a tool's arguments and facts that tell nobody's name, address, order or number; all others are hidden."""


def may_see(user: Any) -> bool:
    """Whether somebody may see personal data at all."""
    return bool(user.has_perm(PERMISSION))


def note(user: Any, conversation: str, place: str) -> None:
    """Write down that somebody sees a conversation's personal data; `place` is a `LookPlace`.

    Raises `StorageError`: what cannot be written down is not shown.
    """
    with writing() as db:
        Look.objects.using(db).create(
            user=str(user.pk), name=user.get_username(), conversation=conversation, place=place
        )


def customer_mark(owner: str | None) -> str:
    """A short mark by which one customer is told from another without their id; empty for a visitor."""
    return salted_hmac("shopassist.customer", owner).hexdigest()[:6] if owner else ""


def hidden_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's arguments or facts without what may be personal."""
    return {name: _hidden(name, value) for name, value in values.items()}


def hidden_slots(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was understood, without the values of personal slots."""
    return {name: HIDDEN if name in PERSONAL else value for name, value in values.items()}


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return hidden_fields(value) if name in PLAIN or name == "facts" else HIDDEN
    if isinstance(value, list | tuple):
        return [_hidden(name, one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    return value if name in PLAIN else HIDDEN
