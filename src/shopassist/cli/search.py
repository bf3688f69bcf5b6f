"""`shopassist search`: what the index finds, with scores, sources and dates."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from shopassist.cli.errors import shown


class Language(StrEnum):
    """The languages that pages are searched in."""

    zh = "zh"
    en = "en"


def search(
    query: Annotated[str, typer.Argument(help="A question, as a customer would ask it.")],
    language: Annotated[
        Language | None, typer.Option(help="Told from the question if not given.", show_default=False)
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which the pages must hold; today.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many passages.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the passages as JSON.")] = False,
) -> None:
    """Show the passages that a question finds, best first."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.assembly import knowledge_from
        from shopassist.replies import plain
        from shopassist.text import language_of

        settings = settings_.load()
        told = language or language_of(query)
        found = knowledge_from(settings).search(
            query,
            language=told if told in ("zh", "en") else settings.language,
            valid_on=on.date() if on else settings.now().date(),
            limit=limit,
        )
        if as_json:
            typer.echo(json.dumps([plain(p) for p in found], ensure_ascii=False, indent=2))
            return
        from rich.console import Console

        from shopassist.cli.trail import passages

        if not found:
            typer.echo("Nothing was found.")
            return
        Console().print(passages(found, settings.relevance))
