"""`manage.py shopassist_replay`: a stored conversation, turn by turn, with what was understood, decided and done."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shopassist.cli.replay import show
from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.commands import told
from shopassist.contrib.django.store import DjangoStore


class Command(BaseCommand):
    """As ``shopassist replay``, on the shop's database."""

    help = "Show a stored conversation turn by turn. Personal data stay placeholders unless you ask for them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("conversation", help="the conversation's id")
        parser.add_argument("--turn", type=int, help="only this turn")
        parser.add_argument("--reveal", action="store_true", help="show personal data in their places")
        parser.add_argument("--json", action="store_true", help="print what is stored as JSON")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Show."""
        with told():
            show(
                DjangoStore(), chosen["conversation"], engine_settings(),
                turn=chosen["turn"], reveal=chosen["reveal"], as_json=chosen["json"],
            )  # fmt: skip
