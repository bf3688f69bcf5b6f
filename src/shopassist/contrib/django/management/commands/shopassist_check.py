"""`manage.py shopassist_check`: what is set up and what is not, each finding with what mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from shopassist.cli.doctor import engine, report
from shopassist.cli.finding import Finding
from shopassist.contrib.django.assistant import engine_settings, get_assistant
from shopassist.contrib.django.connection import alias, reading
from shopassist.errors import ShopAssistError


class Command(BaseCommand):
    """The doctor: unlike the system checks it looks at database, index, model and the shop's adapter."""

    help = "Say what of the assistant is set up and what is not. Exit code 1 if something is broken."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Look and tell."""
        findings = [*_settings()]
        if all(f.state != "broken" for f in findings):
            findings += [*_tables(), *engine(engine_settings()), *_assistant()]
        if not report(findings, as_json=chosen["json"]):
            sys.exit(1)


def _settings() -> Iterator[Finding]:
    messages = checks.run_checks(tags=["shopassist"])
    for message in messages:
        broken = message.level >= checks.ERROR and not message.is_silenced()
        yield Finding(message.id or "check", "broken" if broken else "lacking", message.msg, message.hint)
    if not messages:
        yield Finding("settings", "ok", "SHOPASSIST and the checks")


def _tables() -> Iterator[Finding]:
    name = alias()
    try:
        with reading():
            executor = MigrationExecutor(connections[name])
            wanted = [n for n in executor.loader.graph.leaf_nodes() if n[0] == "shopassist"]
            open_ones = executor.migration_plan(wanted)
    except ShopAssistError as error:
        yield Finding("database", "broken", str(error))
        return
    if open_ones:
        yield Finding("database", "broken", f"{len(open_ones)} migrations have not run", "manage.py migrate shopassist")
    else:
        yield Finding("database", "ok", f"{name} ({connections[name].vendor}), all migrations have run")


def _assistant() -> Iterator[Finding]:
    try:
        assistant = get_assistant()
    except Exception as error:  # noqa: BLE001 - the shop's own adapter may raise anything
        text = str(error) if isinstance(error, ShopAssistError) else f"{type(error).__name__} while it is built"
        yield Finding("assistant", "broken", text)
        return
    tools = ", ".join(assistant.toolbox.names) or "none: questions about orders go to a person"
    yield Finding("tools", "ok" if assistant.toolbox.names else "lacking", tools)
