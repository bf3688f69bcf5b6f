"""`shopassist train`: fit how wishes are understood to the shop's own intents and messages, and go back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from rich.table import Table

    from shopassist.learning.measure import Report
    from shopassist.learning.versions import Heads


def train(
    files: Annotated[list[Path] | None, typer.Argument(help="Labelled messages (.jsonl), or folders of them.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the head to this file and use it nowhere.")] = None,
    back: Annotated[bool, typer.Option("--back", help="Go back to the head before, and fit nothing.")] = False,
    as_list: Annotated[bool, typer.Option("--list", help="Show the heads that are kept, and fit nothing.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw how reliable scores are into this SVG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Fit the intents' head to the built-in messages and the shop's own; the next start of the assistant uses it."""
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.learning.versions import Heads

        settings, console = settings_.load(), Console(stderr=True)
        heads = Heads(settings.heads_dir)
        if as_list:
            _show(heads)
            return
        if back:
            console.print(f"in use: {heads.back() or 'the built-in head'}")
            return
        from shopassist.language.catalogue import Catalogue
        from shopassist.learning.examples import with_built_in
        from shopassist.learning.fit import fit
        from shopassist.learning.picture import reliability, writable, write

        if picture is not None:
            writable(picture, ".svg")
        catalogue = Catalogue.load(*filter(None, [settings.intents_file]))
        examples = with_built_in(files or [], catalogue)
        with console.status("") as status:
            head, report = fit(examples, catalogue, progress=lambda doing: status.update(f"{doing} …"))
        told = json.dumps(asdict(report), ensure_ascii=False, indent=2)
        if out is not None:
            head.save(out)
        else:
            name = heads.add(head, told)
            console.print(f"in use from the next start on: {name}; `shopassist train --back` goes back")
        if picture is not None:
            write(picture, reliability(report.reliability))
        if as_json:
            typer.echo(told)
        else:
            Console().print(_table(report))


def _table(report: Report) -> Table:
    from rich.table import Table

    table = Table(title=f"{report.messages} messages, each read by what was fitted to other voices")
    for column in ("voice", "right"):
        table.add_column(column, justify="right" if column == "right" else "left")
    for voice, exact in report.voices.items():
        table.add_row(voice, f"{exact:.1%}")
    table.add_section()
    table.add_row("all, exactly the wished intents", f"{report.exact:.1%}")
    table.add_row("F1 over the intents", f"{report.f1:.1%}")
    return table


def _show(heads: Heads) -> None:
    now = heads.current()
    for name in [None, *heads.every()]:
        typer.echo(f"{'*' if name == now else ' '} {name or 'the built-in head'}")
