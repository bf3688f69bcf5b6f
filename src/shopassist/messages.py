"""What comes in: who asks, what was said, and what was attached to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shopassist.errors import InvalidMessage

ID_CHARS = 200
"""The longest id of a conversation, a message, a customer, an order or a product, in characters."""

URL_CHARS = 2000
"""The longest URL of an image, in characters."""

ITEMS = 10
"""How many items a message may have."""


@dataclass(frozen=True, slots=True)
class Customer:
    """The logged-in customer, as the shop's own session says; never taken from text.

    `id` is the shop's key for the customer. A visitor who is not logged in is ``None`` instead of a `Customer`.
    """

    id: str

    def __post_init__(self) -> None:
        check_id("customer", self.id)


@dataclass(frozen=True, slots=True)
class OrderRef:
    """An order's card, sent with a message: a hint only, since whose order it is has yet to be checked."""

    id: str

    def __post_init__(self) -> None:
        check_id("order", self.id)


@dataclass(frozen=True, slots=True)
class ProductRef:
    """A product's card, sent with a message; `id` is the shop's own."""

    id: str

    def __post_init__(self) -> None:
        check_id("product", self.id)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, sent with a message; it is kept by its URL and never fetched."""

    url: str

    def __post_init__(self) -> None:
        _check("the URL of an image", self.url, URL_CHARS)


Item = OrderRef | ProductRef | Image
"""What can be sent with a message."""

_KINDS: dict[str, type[OrderRef] | type[ProductRef] | type[Image]] = {
    "order": OrderRef,
    "product": ProductRef,
    "image": Image,
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a customer. `id` makes a repeat harmless: a message with a known id gets the stored reply.

    `items` may be given as a list. Raises `InvalidMessage` for more than `ITEMS` of them.
    """

    text: str
    id: str | None = None
    items: tuple[Item, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InvalidMessage(f"a message must be a str, not {type(self.text).__name__}")
        if self.id is not None:
            check_id("message", self.id)
        object.__setattr__(self, "items", _checked(self.items))


def items_to_json(items: Iterable[Item]) -> list[dict[str, str]]:
    """The items as plain JSON: ``{"order": id}``, ``{"product": id}``, ``{"image": url}``."""
    names = {kind: name for name, kind in _KINDS.items()}
    return [{names[type(item)]: item.url if isinstance(item, Image) else item.id} for item in items]


def items_from_json(data: object) -> tuple[Item, ...]:
    """The items that `items_to_json` gave; a client's JSON is as good. Raises `InvalidMessage` for anything else."""
    if not isinstance(data, list):
        raise InvalidMessage(f"the items of a message must be a list, not a {type(data).__name__}")
    return tuple(_item(entry) for entry in data)


def check_id(kind: str, value: object) -> None:
    """Raise `InvalidMessage` unless `value` is a printable text of 1 to `ID_CHARS` characters."""
    _check(f"the id of a {kind}", value, ID_CHARS)


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


def _check(name: str, value: object, longest: int) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise InvalidMessage(f"{name} must be a printable text of 1 to {longest} characters")


def _checked(items: Any) -> tuple[Item, ...]:
    if not isinstance(items, list | tuple) or len(items) > ITEMS:
        raise InvalidMessage(f"the items of a message must be a tuple or a list of at most {ITEMS}")
    if wrong := [type(i).__name__ for i in items if not isinstance(i, Item)]:
        raise InvalidMessage(f"an item must be an OrderRef, a ProductRef or an Image, not a {wrong[0]}")
    return tuple(items)


def _item(entry: object) -> Item:
    if not isinstance(entry, dict) or len(entry) != 1 or not (known := entry.keys() & _KINDS.keys()):
        raise InvalidMessage('an item must be {"order": id}, {"product": id} or {"image": url}')
    [name] = known
    return _KINDS[name](entry[name])
