"""`shopassist search`: what the index finds, with scores, sources and dates; and why."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.text import clean


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
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what made up each score, and what was left out and why.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the passages as JSON.")] = False,
) -> None:
    """Show the passages that a question finds, best first."""
    if not clean(query).strip():
        raise typer.BadParameter("the question is empty; ask as a customer would", param_hint="QUERY")
    with shown():
        from shopassist import settings as settings_
        from shopassist.assembly import knowledge_from
        from shopassist.cli import explained
        from shopassist.replies import plain
        from shopassist.text import language_of

        settings = settings_.load()
        knowledge = knowledge_from(settings)
        told = language or language_of(query)
        asked_in = told if told in ("zh", "en") else settings.language
        day = on.date() if on else settings.now().date()
        if explain:
            why = knowledge.explained(query, language=asked_in, valid_on=day, limit=limit)
            if as_json:
                typer.echo(json.dumps(explained.as_json(why, settings.relevance), ensure_ascii=False, indent=2))
            else:
                explained.show(why, settings.relevance, query, asked_in)
            return
        found = knowledge.search(query, language=asked_in, valid_on=day, limit=limit)
        if as_json:
            typer.echo(json.dumps([plain(p) for p in found], ensure_ascii=False, indent=2))
            return
        from rich.console import Console

        from shopassist.cli.trail import passages

        if not found:
            typer.echo("Nothing was found.")
            return
        Console().print(passages(found, settings.relevance))
