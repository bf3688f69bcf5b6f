"""`shopassist ask`: one question, one answer."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from shopassist.cli.errors import INTERRUPTED, shown


def ask(
    question: Annotated[str, typer.Argument(help="What a customer would ask.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")] = False,
    model: Annotated[str | None, typer.Option(help="auto, none, embedded or ollama.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Show how the answer came about.")] = False,
) -> None:
    """Answer one question. Nothing of it is kept."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.assistant import Assistant
        from shopassist.storage.memory import MemoryStore

        settings = settings_.load(**({"model": model} if model else {}))
        try:
            with Assistant.from_settings(settings, store=MemoryStore()) as assistant:
                reply = assistant.reply(question, conversation="ask")
        except KeyboardInterrupt:  # without a word: there is nothing that a next run would go on with
            raise typer.Exit(INTERRUPTED) from None
        if as_json:
            typer.echo(json.dumps(reply.to_dict(), ensure_ascii=False, indent=2))
            return
        typer.echo(reply.text)
        if why:
            from rich.console import Console

            from shopassist.cli.trail import trail

            Console().print(trail(reply, settings.relevance))
