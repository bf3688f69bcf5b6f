"""`manage.py shopassist_eval`: scenarios held against what must come of them, with the project's settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer
from django.core.management.base import BaseCommand, CommandParser

from shopassist.cli.eval import played
from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.commands import told


class Command(BaseCommand):
    """As ``shopassist eval``: on the sample shop's orders, with this project's pages, intents and model."""

    help = "Play scenarios and say what was missed. Exit code 1 if something was, 2 if a file is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("files", nargs="+", type=Path, help="scenarios in YAML, utterances in JSON lines (.jsonl)")
        parser.add_argument("--model", default="none", help="none (templates), or another one than the settings name")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--jobs", type=int, help="processes")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Play."""
        with told():
            settings = engine_settings().model_copy(update={"model": chosen["model"]})
            try:
                passed = played(chosen["files"], settings, as_json=chosen["json"], jobs=chosen["jobs"])
            except typer.Exit as end:
                sys.exit(end.exit_code)
        if not passed:
            sys.exit(1)
