"""`manage.py shopassist_purge`: erase conversations that are too old."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopassist.contrib.django.commands import told
from shopassist.contrib.django.conf import options
from shopassist.contrib.django.privacy import old_conversations, purge


class Command(BaseCommand):
    """For cron; it may be interrupted and repeated."""

    help = "Erase conversations whose last message is older than so many days (SHOPASSIST['RETENTION_DAYS'])."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--days", type=int, help="instead of RETENTION_DAYS")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Erase."""
        with told():
            days = chosen["days"] if chosen["days"] is not None else options().retention_days
            if days is None or days < 1:
                raise CommandError("--days N is needed (1 at least), or SHOPASSIST['RETENTION_DAYS']")
            if chosen["dry_run"]:
                self.stdout.write(f"{old_conversations(days)} conversations are older than {days} days")
                return
            counts = purge(days)
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
