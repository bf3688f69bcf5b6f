"""What the management commands have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from shopassist.contrib.django.identity import customer_key
from shopassist.errors import ShopAssistError


@contextmanager
def told() -> Iterator[None]:
    """Turn what is raised on purpose into one message and exit code 1."""
    try:
        yield
    except (ShopAssistError, ImproperlyConfigured) as error:
        raise CommandError(str(error)) from None


def add_customer(parser: CommandParser) -> None:
    """The two ways to name a customer."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="NAME", help="the user's name, as they log in")
    who.add_argument("--customer", metavar="ID", help="the customer's id, also of a user who is gone")


def customer(chosen: dict[str, Any]) -> str:
    """The id of the customer who was named. Raises `CommandError`."""
    if chosen["customer"]:
        return str(chosen["customer"])
    model = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: chosen["user"]}).first()
    if user is None:
        raise CommandError(f"there is no user {chosen['user']!r}; --customer takes an id")
    key = customer_key(user)
    if key is None:
        raise CommandError(f"the user {chosen['user']!r} is no customer; --customer takes an id")
    return key
