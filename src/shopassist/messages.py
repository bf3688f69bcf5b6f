"""What comes in: who asks, and what was said."""

from __future__ import annotations

from dataclasses import dataclass

from shopassist.errors import InvalidMessage

ID_CHARS = 200
"""The longest id of a conversation, a message or a customer, in characters."""


@dataclass(frozen=True, slots=True)
class Customer:
    """The logged-in customer, as the shop's own session says; never taken from text.

    `id` is the shop's key for the customer. A visitor who is not logged in is ``None`` instead of a `Customer`.
    """

    id: str

    def __post_init__(self) -> None:
        check_id("customer", self.id)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a customer. `id` makes a repeat harmless: a message with a known id gets the stored reply."""

    text: str
    id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InvalidMessage(f"a message must be a str, not {type(self.text).__name__}")
        if self.id is not None:
            check_id("message", self.id)


def check_id(kind: str, value: object) -> None:
    """Raise `InvalidMessage` unless `value` is a printable text of 1 to `ID_CHARS` characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > ID_CHARS or not value.isprintable():
        raise InvalidMessage(f"the id of a {kind} must be a printable text of 1 to {ID_CHARS} characters")


def owner_of(customer: object) -> str | None:
    """The id of a `Customer`, or None for a visitor. Raises `InvalidMessage` for anything else."""
    if customer is None:
        return None
    if not isinstance(customer, Customer):
        raise InvalidMessage(
            f"`customer` must be a Customer such as Customer('u-7'), or None for a visitor, not a "
            f"{type(customer).__name__}"
        )
    return customer.id
