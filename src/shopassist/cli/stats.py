"""`shopassist stats`: what the stored conversations came to, by day, and what kept answers spared."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.cli.since import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from shopassist.evaluation.tally import Tally

COLUMNS = (
    "day", "turns", "conver-\nsations", "model\ncalls", "tokens\nread", "tokens\nwritten", "to the\npages",
    "from the\ncache", "calls\nsaved", "seconds\nsaved", "un-\nanswered", "handed\nover", "moods\n– 0 +",
)  # fmt: skip


def stats(
    since: Annotated[
        str | None, typer.Option(metavar="AGO|DAY", help="Only turns answered since then: 7d, 12h, 2w or 2024-12-05.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Count the stored turns: what they cost, what answers from the cache saved, and how they ended.

    Erased conversations are gone from it.
    """
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assembly import store_from
        from shopassist.evaluation.tally import tally

        settings = settings_.load()
        begin = moment(since, datetime.now(settings.timezone)) if since else None
        with closing(store_from(settings, create=False)) as store:
            total, days = tally(store, settings.timezone, since=begin)
        if as_json:
            counts = {"total": total.plain(), "days": {day: one.plain() for day, one in days.items()}}
            typer.echo(json.dumps(counts, ensure_ascii=False, indent=2))
        elif not total.turns:
            Console(stderr=True).print("No turns yet.")
        else:
            Console().print(_table(total, days))


def _table(total: Tally, days: Mapping[str, Tally]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", show_footer=len(days) > 1)
    footer = _cells("all", total)
    for column, foot in zip(COLUMNS, footer, strict=True):
        table.add_column(column, foot, justify="left" if column == "day" else "right", footer_style="bold")
    for day, one in days.items():
        table.add_row(*_cells(day, one))
    return table


def _cells(name: str, one: Tally) -> tuple[str, ...]:
    moods = " ".join(str(one.moods[mood]) for mood in ("negative", "neutral", "positive"))
    return (
        name, f"{one.turns:,}", f"{len(one.conversations):,}", f"{one.model_calls:,}", f"{one.input_tokens:,}",
        f"{one.output_tokens:,}", f"{one.searched:,}", _of(one.cached, one.searched), f"{one.saved_calls:,}",
        f"{one.saved_seconds:,.1f}", _of(one.unanswered, one.searched), _of(one.handoffs, one.turns), moods,
    )  # fmt: skip


def _of(part: int, whole: int) -> str:
    """A count with its share: ``12 (8%)``."""
    return f"{part:,} ({part / whole:.0%})" if part else "0"
