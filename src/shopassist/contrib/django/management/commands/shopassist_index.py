"""`manage.py shopassist_index`: bring the assistant's knowledge up to date with the shop's models."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopassist.contrib.django.commands import told
from shopassist.contrib.django.indexing import files, update
from shopassist.contrib.django.pages import registered
from shopassist.knowledge.watch import Look, look

if TYPE_CHECKING:
    from shopassist.knowledge.ingest import Report
    from shopassist.knowledge.sources import Broken

SHOWN = 20


class Command(BaseCommand):
    """Safe to interrupt and to run twice at once. Exit code 1 where an object or a file could not be read."""

    help = "Read the objects that changed since the last time, and the files of SHOPASSIST['PAGES'], into the index."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--reconcile", action="store_true", help="read every object: what sends no signal is found so; nightly"
        )
        parser.add_argument(
            "--rebuild", action="store_true", help="make the index from nothing, beside the current one"
        )
        parser.add_argument("--watch", action="store_true", help="go on, and look for changes again and again")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks of --watch")
        parser.add_argument("--wait", type=float, default=60.0, help="seconds to wait for another ingestion")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Read once, or until interrupted."""
        if chosen["watch"] and chosen["dry_run"]:
            raise CommandError("--watch and --dry-run do not go together")
        if chosen["every"] <= 0:
            raise CommandError("--every must be more than 0 seconds")
        seen = look(files()) if chosen["watch"] else []
        report = self._once(chosen, reconcile=chosen["reconcile"], rebuild=chosen["rebuild"])
        if report is None or not (_moved(report) or report.broken or chosen["reconcile"] or chosen["rebuild"]):
            self.stdout.write(f"nothing has changed ({len(registered())} models are registered)")
        else:
            self._print(report)
        if chosen["watch"]:
            self._watch(chosen, seen, report.broken if report else ())
        elif report and report.broken:
            sys.exit(1)

    def _watch(self, chosen: dict[str, Any], seen: list[Look], broken: Sequence[Broken]) -> None:
        """Look again and again, until interrupted. What goes wrong is told once, and tried again at each look."""
        wrong = ""
        try:
            while True:
                time.sleep(chosen["every"])
                now = look(files())
                try:
                    report = self._once(chosen, with_files=now != seen)
                except CommandError as error:  # the database or the disk is out for a while, another one ingests
                    if str(error) != wrong:
                        wrong = str(error)
                        self.stderr.write(f"{wrong}; trying again")
                    continue
                seen, wrong = now, ""
                if report and (_moved(report) or report.broken != broken):
                    self._print(report)
                broken = report.broken if report else broken
        except KeyboardInterrupt:
            self.stdout.write("stopped; what is marked is read the next time")

    def _once(self, chosen: dict[str, Any], **asked: Any) -> Report | None:
        with told():
            return update(dry_run=chosen["dry_run"], wait=chosen["wait"], **asked)

    def _print(self, report: Report) -> None:
        would = "would be " if report.dry_run else ""
        self.stdout.write(
            f"{would}{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
            f"{report.unchanged} unchanged, {len(report.hidden)} not public, {len(report.broken)} broken; "
            f"{report.passages} passages; {report.generation}"
        )
        for name, keys in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
            for key in keys[:SHOWN]:
                self.stdout.write(f"  {name}: {key}")
            if len(keys) > SHOWN:
                self.stdout.write(f"  {name}: and {len(keys) - SHOWN} more")
        for one in report.broken:
            self.stderr.write(f"  broken: {one.source} {one.place}: {one.reason}")


def _moved(report: Report) -> bool:
    return bool(report.added or report.changed or report.removed)
