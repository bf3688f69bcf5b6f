"""`shopassist stats`: what the stored conversations came to, by day, and what kept answers spared."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.cli.since import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from shopassist.evaluation.tally import Tally

MOODS = ("negative", "neutral", "positive")


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
        begin = moment_of(since, datetime.now(settings.timezone)) if since else None
        with closing(store_from(settings, create=False)) as store:
            total, days = tally(store, settings.timezone, since=begin)
        if as_json:
            counts = {"total": total.plain(), "days": {day: one.plain() for day, one in days.items()}}
            typer.echo(json.dumps(counts, ensure_ascii=False, indent=2))
        elif not total.turns:
            Console(stderr=True).print("No turns yet.")
        else:
            console = Console()
            console.print(_sums(total), "")
            console.print(_days(days))


def _sums(total: Tally) -> Table:
    """All turns together, a measure a row."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    rows = {
        "turns": f"{total.turns:,} in {len(total.conversations):,} conversations, {total.seconds:,.1f} s",
        "model": f"{total.model_calls:,} calls, {total.input_tokens:,} tokens read, {total.output_tokens:,} written",
        "to the pages": f"{total.searched:,}, of them unanswered {_of(total.unanswered, total.searched)}",
        "from the cache": _of(total.cached, total.searched),
        "saved": f"{total.saved_calls:,} calls, {total.saved_tokens:,} tokens, {total.saved_seconds:,.1f} s",
        "handed over": _of(total.handoffs, total.turns),
        "degraded": _of(total.degraded, total.turns),
        "moods": ", ".join(f"{total.moods[mood]:,} {mood}" for mood in MOODS),
    }
    for name, told in rows.items():
        table.add_row(name, told)
    return table


def _days(days: Mapping[str, Tally]) -> Table:
    from rich.table import Table

    table = Table(
        "day", "turns", "calls", "cached", "saved s", "unanswered", "handed over", "– 0 +",
        box=None, padding=(0, 2, 0, 0), header_style="bold",
    )  # fmt: skip
    table.pad_edge = False
    for column in table.columns[1:]:
        column.justify = "right"
    for day, one in days.items():
        table.add_row(
            day, f"{one.turns:,}", f"{one.model_calls:,}", _of(one.cached, one.searched), f"{one.saved_seconds:,.1f}",
            _of(one.unanswered, one.searched), _of(one.handoffs, one.turns), " ".join(str(one.moods[m]) for m in MOODS),
        )  # fmt: skip
    return table


def _of(part: int, whole: int) -> str:
    """A count with its share: ``12 (8%)``."""
    return f"{part:,} ({part / whole:.0%})" if part else "0"
