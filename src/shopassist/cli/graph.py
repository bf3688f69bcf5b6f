"""`shopassist graph`: the state machine, for a page or a picture."""

from __future__ import annotations

import typer

from shopassist.cli.errors import shown


def graph() -> None:
    """Print the state machine as Mermaid."""
    with shown():
        from shopassist.engine.graph import graph as compiled

        typer.echo(compiled().get_graph().draw_mermaid())
