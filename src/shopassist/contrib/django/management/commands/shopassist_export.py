"""`manage.py shopassist_export`: all that is stored of a customer, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shopassist.contrib.django.commands import add_customer, customer, told
from shopassist.contrib.django.privacy import export_customer


class Command(BaseCommand):
    """The answer to a customer who asks what is known of them."""

    help = "Write all that is stored of a customer as JSON, with personal data in their places."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        add_customer(parser)
        parser.add_argument("--to", type=Path, metavar="FILE", help="a file, readable by you alone")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Write."""
        with told():
            found = export_customer(customer(chosen))
        text = json.dumps(found, ensure_ascii=False, indent=2)
        if chosen["to"] is None:
            self.stdout.write(text)
            return
        chosen["to"].touch(mode=0o600)
        chosen["to"].write_text(text + "\n", "utf-8")
        self.stderr.write(f"{len(found['conversations'])} conversations in {chosen['to']}")
