"""`shopassist ingest`: bring the index up to date with the shop's pages."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopassist.cli.errors import shown
from shopassist.errors import ShopAssistError

if TYPE_CHECKING:
    from rich.console import Console

    from shopassist.knowledge.ingest import Report
    from shopassist.settings import Settings

STAGES = {
    "files": "reading files",
    "texts": "reading a source",
    "vectors": "computing vectors",
    "words": "indexing words",
}
LISTED = 20
SKIPPED = 3
EACH = 10.0
"""Seconds between two lines of progress where there is no terminal to draw on."""

WATCH_WAIT = 600.0
"""Seconds that a watching process waits for another ingestion: nobody is there to start it again."""

Run = Callable[[Sequence[Path]], "Report"]


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files and folders (Markdown, HTML, text, CSV, XLSX, JSON, PDF, DOCX), and files *.source.yaml that "
            "describe a site, a query or a loader.",
            show_default=False,
        ),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the index from nothing, from all paths ever ingested.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and write nothing.")] = False,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Exit code 0 though something was broken; a rebuild may lose what cannot be read."
        ),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: read again whatever changes, until Ctrl-C (exit code 0).")
    ] = False,
    every: Annotated[
        float, typer.Option(help="With --watch: minutes after which all is read again, sites too.", min=0.01)
    ] = 60.0,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another ingestion.", min=0)] = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON; with --watch each in one line.")
    ] = False,
) -> None:
    """Bring the index up to date: only what changed is worked on. Exit code 1 if something was broken."""
    if not (paths or rebuild):
        raise typer.BadParameter("name the files and folders to read, or --rebuild", param_hint="PATHS")
    if watch and (dry_run or not paths):
        raise typer.BadParameter("needs paths, and goes with no --dry-run", param_hint="--watch")
    with shown(resumes=True):
        from rich.console import Console

        from shopassist import settings as settings_

        console = Console(stderr=True)
        chosen = paths or []
        run = _runner(settings_.load(), console, dry_run, keep_going, max(wait, WATCH_WAIT) if watch else wait)
        if watch:
            _watch(chosen, every * 60, rebuild, run, console, as_json)
            return
        report = run(chosen, rebuild)
        _tell(report, as_json, indent=2)
        if report.broken and not keep_going:
            raise typer.Exit(1)


def _runner(
    settings: Settings, console: Console, dry_run: bool, keep_going: bool, wait: float
) -> Callable[[Sequence[Path], bool], Report]:
    from shopassist.assembly import embeddings_from, encoder_from, vector_store_from
    from shopassist.knowledge.ingest import ingest as run
    from shopassist.knowledge.sources import Limits

    limits = Limits(settings.max_file_mb, settings.max_file_seconds)
    embeddings, store, encoder = embeddings_from(settings), vector_store_from(settings), encoder_from(settings)
    if embeddings is None:
        console.print("No embedding model: search by words alone (`shopassist doctor` says what is lost).")

    def once(paths: Sequence[Path], rebuild: bool) -> Report:
        with Drawn(console) as progress:
            return run(
                paths, settings.index_dir, embeddings, rebuild=rebuild, wait=wait, progress=progress.step,
                limits=limits, dry_run=dry_run, keep_going=keep_going, store=store, encoder=encoder,
                probes=settings.probes_file, today=settings.now().date(),
            )  # fmt: skip

    return once


def _watch(
    paths: Sequence[Path],
    every: float,
    rebuild: bool,
    run: Callable[[Sequence[Path], bool], Report],
    console: Console,
    as_json: bool,
) -> None:
    """Ingest at each change. What goes wrong is told, and the next change tried; Ctrl-C and SIGTERM end it well."""
    from shopassist.knowledge.watch import changes

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, stop)
    try:
        changed = changes(paths, every)
        batch: Sequence[Path] = paths
        while True:
            try:
                report = run(batch, rebuild)
                if batch is paths or report.broken or report.added or report.changed or report.removed:
                    _tell(report, as_json)
                rebuild = False
            except ShopAssistError as error:
                if batch is paths and isinstance(error, _fatal()):
                    raise
                console.print(str(error), style="red", markup=False, soft_wrap=True)
            if not as_json:
                console.print(f"Watching {', '.join(map(str, paths))}; Ctrl-C ends it.", markup=False, soft_wrap=True)
            batch = next(changed)
    except KeyboardInterrupt:
        console.print("Stopped.")
    finally:
        signal.signal(signal.SIGTERM, former)


def _fatal() -> tuple[type[ShopAssistError], ...]:
    """What no change of a page mends: a wrong path, an index of another kind."""
    from shopassist.errors import ConfigurationError, DocumentError, IndexDamaged, IndexMismatch

    return ConfigurationError, DocumentError, IndexDamaged, IndexMismatch


class Drawn:
    """Progress with rate and rest: bars on a terminal, elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = console
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, Any] = {}
        self._begun: dict[str, float] = {}
        self._told = time.monotonic()

    def __enter__(self) -> Drawn:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, stage: str, done: int, total: int) -> None:
        """So many of so many are done; a total of 0 is not known."""
        now = time.monotonic()
        name = STAGES.get(stage, stage)
        began = self._begun.setdefault(stage, now)
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(name, total=total or None, rate="")
        rate = done / (now - began) if now > began else 0.0
        shown_rate = f"{rate:,.0f}/s" if rate >= 1 else ""
        self._bars.update(self._tasks[stage], completed=done, total=total or None, rate=shown_rate)
        if not self.console.is_terminal and now - self._told >= EACH:
            self._told = now
            rest = f", {(total - done) / rate:,.0f} s left" if total and rate else ""
            self.console.print(
                f"{name}: {done}{f' of {total}' if total else ''}, {rate:,.1f}/s{rest}", markup=False, highlight=False
            )


def _tell(report: Report, as_json: bool, *, indent: int | None = None) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=indent))
    else:
        _print(report)


def _print(report: Report) -> None:
    typer.echo(
        f"{'would be: ' if report.dry_run else ''}"
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged, {len(report.hidden)} not public, {len(report.broken)} broken; "
        f"{report.passages} passages, {report.embedded} embedded; "
        f"{'nothing was written' if report.dry_run else report.generation}"
    )
    lists = {"changed": report.changed, "removed": report.removed, "not public": report.hidden}
    if report.dry_run:
        lists = {"added": report.added, **lists}
    for name, keys in lists.items():
        for key in keys[:LISTED]:
            typer.echo(f"  {name}: {key}")
        if len(keys) > LISTED:
            typer.echo(f"  {name}: and {len(keys) - LISTED} more")
    _print_skipped(report)
    for remark in report.remarks:
        typer.echo(f"  remark: {remark}", err=True)
    if not report.passages:
        typer.echo("  the index is empty: the assistant will say that it does not know", err=True)
    for broken in report.broken:
        typer.echo(f"  broken: {broken}", err=True)


def _print_skipped(report: Report) -> None:
    """What was passed over, by reason: thousands of pictures are one line."""
    reasons: dict[str, list[str]] = {}
    for one in report.skipped:
        reasons.setdefault(one.reason, []).append(one.source)
    for reason, names in reasons.items():
        more = f" and {len(names) - SKIPPED} more" if len(names) > SKIPPED else ""
        typer.echo(f"  {len(names)} skipped, {reason}: {', '.join(names[:SKIPPED])}{more}")
