"""`shopassist ingest`: bring the index up to date with the shop's pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from shopassist.knowledge.ingest import Report

STAGES = {"files": "reading files", "vectors": "computing vectors", "words": "indexing words"}
LISTED = 20
SKIPPED = 3


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders: Markdown, HTML, CSV, text.", show_default=False)
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the index from nothing, from all paths ever ingested.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another ingestion.", min=0)] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Bring the index up to date: only what changed is worked on. Exit code 1 if a file was broken."""
    if not (paths or rebuild):
        raise typer.BadParameter("name the files and folders to read, or --rebuild", param_hint="PATHS")
    with shown(resumes=True):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from shopassist import settings as settings_
        from shopassist.assembly import embeddings_from, encoder_from, vector_store_from
        from shopassist.knowledge.ingest import ingest as run

        settings = settings_.load()
        console = Console(stderr=True)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console, transient=True) as bar:
            tasks = {name: bar.add_task(text, total=None, visible=False) for name, text in STAGES.items()}

            def progress(stage: str, done: int, total: int) -> None:
                bar.update(tasks[stage], completed=done, total=total, visible=True)

            embeddings = embeddings_from(settings)
            if embeddings is None:
                console.print("No embedding model: search by words alone (`shopassist doctor` says what is lost).")
            report = run(
                paths or [], settings.index_dir, embeddings, rebuild=rebuild, wait=wait, progress=progress,
                store=vector_store_from(settings), encoder=encoder_from(settings), probes=settings.probes_file,
                today=settings.now().date(),
            )  # fmt: skip
        if as_json:
            from dataclasses import asdict

            typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
        else:
            _print(report)
        if report.broken:
            raise typer.Exit(1)


def _print(report: Report) -> None:
    typer.echo(
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged, {len(report.hidden)} not public, {len(report.broken)} broken; "
        f"{report.passages} passages, {report.embedded} embedded; {report.generation}"
    )
    for name, keys in (("changed", report.changed), ("removed", report.removed), ("not public", report.hidden)):
        for key in keys[:LISTED]:
            typer.echo(f"  {name}: {key}")
        if len(keys) > LISTED:
            typer.echo(f"  {name}: and {len(keys) - LISTED} more")
    if report.skipped:
        more = f" and {len(report.skipped) - SKIPPED} more" if len(report.skipped) > SKIPPED else ""
        names = ", ".join(report.skipped[:SKIPPED])
        typer.echo(f"  {len(report.skipped)} skipped (no kind that is read, or a side file alone): {names}{more}")
    if not report.passages:
        typer.echo("  the index is empty: the assistant will say that it does not know", err=True)
    for broken in report.broken:
        typer.echo(f"  broken: {broken.reason}", err=True)
