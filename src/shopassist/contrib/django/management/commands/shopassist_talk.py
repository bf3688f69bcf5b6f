"""`manage.py shopassist_talk`: talk to the project's assistant in the terminal, as a customer or as a visitor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandParser

from shopassist.contrib.django.assistant import get_assistant
from shopassist.contrib.django.commands import customer, told
from shopassist.messages import Customer


class Command(BaseCommand):
    """For a developer: what is agreed to here is done, as on the site."""

    help = "Say something to the assistant, and go on from the keyboard if nothing is given. Changes are real."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("texts", nargs="*", help="what to say, one after the other; else lines are read")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--user", metavar="NAME", help="as this user; a visitor if nobody is named")
        who.add_argument("--customer", metavar="ID", help="as this customer's id")
        parser.add_argument("--conversation", default=None, help="go on with this conversation of theirs")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Say it and show what comes back."""
        who = Customer(customer(chosen)) if chosen["user"] or chosen["customer"] else None
        name = chosen["conversation"] or uuid4().hex
        with told():
            for text in chosen["texts"] or self._lines():
                reply = get_assistant().reply(text, conversation=name, customer=who)
                self.stdout.write(f"> {text}\n{reply.text}")
                for citation in reply.citations:
                    self.stdout.write(f"  [{citation.title}] {citation.quote}")

    def _lines(self) -> Iterator[str]:
        for line in sys.stdin:
            if text := line.strip():
                yield text
