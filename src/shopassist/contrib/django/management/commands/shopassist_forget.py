"""`manage.py shopassist_forget`: erase all that is stored of a customer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopassist.contrib.django.commands import add_customer, customer, told
from shopassist.contrib.django.privacy import forget_customer


class Command(BaseCommand):
    """The answer to a customer who wants to be forgotten; deleting the user does the same."""

    help = "Erase all conversations and changes that are stored of a customer. The shop's own orders stay."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        add_customer(parser)
        parser.add_argument("--no-input", action="store_false", dest="ask", help="do not ask whether it is meant")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Erase."""
        who = customer(chosen)
        if chosen["ask"] and input(f"Erase all that is stored of the customer {who}? [y/N] ").strip().lower() != "y":
            raise CommandError("nothing was erased")
        with told():
            counts = forget_customer(who)
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
