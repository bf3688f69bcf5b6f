"""`shopassist knowledge`: the index's generations, and what their keepers need to know of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.cli.gaps import ask_gaps
from shopassist.cli.knowledge_report import report
from shopassist.cli.lint import lint

if TYPE_CHECKING:
    from shopassist.knowledge.generations import Listed

app = typer.Typer(help="Look after the knowledge index: its generations and what its pages lack.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the generations: when they were built, what they hold, and which one answers."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.knowledge import generations

        listed = generations.status(settings_.load().index_dir)
        if as_json:
            typer.echo(json.dumps([asdict(g) for g in listed], ensure_ascii=False, indent=2))
        else:
            _print(listed)


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="A generation; the current one.", show_default=False)] = None,
    sample: Annotated[
        int,
        typer.Option(min=1, help="How many passages of each language are looked for by their own words and vector."),
    ] = 200,
    as_json: AsJson = False,
) -> None:
    """Check that a generation is whole and that known questions find their pages. Exit code 1 if not."""
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assembly import embeddings_from, vector_store_from
        from shopassist.knowledge import generations, index, questions
        from shopassist.knowledge.verify import verify as check

        settings = settings_.load()
        folder = settings.index_dir
        path = generations.named(folder, name) if name else index.current_or_raise(folder)
        known = questions.read(questions.places(settings.probes_file, generations.roots(path)))
        with Console(stderr=True).status(f"looking into {path.name} …"):
            verdict = check(
                path,
                embeddings_from(settings),
                vector_store_from(settings),
                known,
                today=settings.now().date(),
                sample=sample,
            )
        if as_json:
            typer.echo(json.dumps(asdict(verdict), ensure_ascii=False, indent=2, default=str))
        else:
            for line in (*verdict.faults, *verdict.fallen):
                typer.echo(f"  {line}", err=True)
            typer.echo(
                f"{verdict.generation}: {verdict.passages} passages, {verdict.looked_for} looked for by themselves, "
                f"{verdict.questions} known questions; "
                + ("whole" if verdict.whole else f"{len(verdict.faults) + len(verdict.fallen)} faults")
            )
        if not verdict.whole:
            raise typer.Exit(1)


@app.command()
def rollback(
    name: Annotated[
        str | None, typer.Argument(help="The generation to go back to; the one before.", show_default=False)
    ] = None,
) -> None:
    """Let an older generation answer. The next ingestion goes on from it: correct the pages before."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.assembly import embeddings_from
        from shopassist.knowledge import generations
        from shopassist.knowledge.encoding import fingerprint

        settings = settings_.load()
        now = generations.rollback(settings.index_dir, name, fingerprint=fingerprint(embeddings_from(settings)))
        typer.echo(f"{now} answers now")


@app.command()
def accept() -> None:
    """Let the generation answer that was refused because known questions did not find their pages."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.knowledge import generations

        typer.echo(f"{generations.accept(settings_.load().index_dir)} answers now")


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest generations stay.")] = 3,
) -> None:
    """Remove old generations; never the current one, nor one that a process reads."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.assembly import vector_store_from
        from shopassist.knowledge import generations

        settings = settings_.load()
        with generations.alone(settings.index_dir, 0):
            removed, read = generations.prune(settings.index_dir, keep, vector_store_from(settings))
        typer.echo(f"{len(removed)} removed" + (f": {', '.join(removed)}" if removed else ""))
        if read:
            typer.echo(f"{len(read)} are being read and stay: {', '.join(read)}")


def _print(listed: list[Listed]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(
        Column("generation", no_wrap=True), "", Column("built", no_wrap=True), "documents", "passages", "size"
    )
    for g in reversed(listed):
        mark = "current" if g.current else ("refused" if g.name.endswith("refused") else "")
        size = f"{g.size / 1e6:.1f} MB"
        if g.fault:
            table.add_row(g.name, "damaged", g.fault, "", "", size)
        else:
            table.add_row(
                g.name, mark, _time(g.created), str(g.documents), f"{g.passages} ({', '.join(g.languages)})", size
            )
    console = Console()
    console.print(table)
    for g in listed:
        if g.current and not g.fault:
            console.print(
                f"embeddings: {g.fingerprint}" + (f", vectors {g.store}" if g.fingerprint != "none" else ""),
                highlight=False,
                soft_wrap=True,
            )
            console.print("ingested from: " + (", ".join(g.roots) or "nothing"), highlight=False, soft_wrap=True)


def _time(moment: str | None) -> str:
    """A moment in the time zone of who looks at it."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


app.command()(lint)
app.command("ask-gaps")(ask_gaps)
app.command()(report)
