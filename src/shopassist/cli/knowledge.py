"""`shopassist knowledge`: the index's generations, and what their keepers need to know of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from shopassist.knowledge.generations import Listed

app = typer.Typer(help="Look after the knowledge index: its generations and what its pages lack.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def knowledge() -> None:
    """Make a group of it, also while it has one command."""


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


def _print(listed: list[Listed]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "generation", "built", "documents", "passages", "languages", "size", "embeddings")
    for g in reversed(listed):
        mark = "current" if g.current else ""
        if g.fault:
            table.add_row(mark, g.name, f"cannot be read: {g.fault}")
            continue
        table.add_row(
            mark, g.name, g.created, str(g.documents), str(g.passages), " ".join(g.languages),
            f"{g.size / 1e6:.1f} MB", g.fingerprint,
        )  # fmt: skip
    console = Console()
    console.print(table)
    roots = next((g.roots for g in listed if g.current), ())
    console.print("Ingested from: " + (", ".join(roots) or "nothing"), highlight=False)
