"""`shopassist review`: the turns that understanding was unsure of, and files of them to learn from."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.cli.since import moment_of
from shopassist.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from shopassist.language.catalogue import Catalogue
    from shopassist.learning.cases import Case, Latest
    from shopassist.learning.review import Reason as ReasonName
    from shopassist.protocols import ConversationStore
    from shopassist.settings import Settings

SHOWN_CHARS = 300
"""Characters of a message that the table shows."""


class Reason(StrEnum):
    """Why a turn is worth a look."""

    unsure = "unsure"
    corrected = "corrected"
    handed_over = "handed_over"


def review(
    since: Annotated[
        str | None, typer.Option(metavar="AGO|DAY", help="Only what is known since then: 7d, 12h, 2w or 2024-12-05.")
    ] = None,
    reason: Annotated[list[Reason] | None, typer.Option(help="Only these; may be given several times.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many turns, the newest first.")] = 100,
    examples: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them as labelled messages, to be looked at.")
    ] = None,
    chats: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the answers worth imitating, as chats for fine-tuning.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the turns as JSON.")] = False,
) -> None:
    """List turns that were not understood surely, were corrected by the customer, or ended with a person.

    Personal data is taken out as far as it is recognised; look through a file before you pass it on.
    """
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assembly import store_from
        from shopassist.language.catalogue import Catalogue
        from shopassist.learning.cases import latest
        from shopassist.learning.review import REASONS

        settings, console = settings_.load(), Console(stderr=True)
        moment = moment_of(since, datetime.now(settings.timezone)) if since else None
        _check_files(examples, chats, force=force)
        catalogue = Catalogue.load(*filter(None, [settings.intents_file]))
        with closing(store_from(settings, create=False)) as store:
            wanted: list[ReasonName] = [r.value for r in reason] if reason else list(REASONS)
            found = latest(store, catalogue, limit, since=moment, reasons=wanted)
            if as_json:
                typer.echo(json.dumps([c.plain(settings.timezone) for c in found.cases], ensure_ascii=False, indent=2))
            elif found.cases and examples is None and chats is None:
                Console().print(_table(found.cases, settings))
            _tell(console, found)
            if examples is not None:
                _write_examples(console, found.cases, catalogue, examples, force=force)
            if chats is not None:
                _write_chats(console, store, catalogue, settings, chats, moment, force=force)


def _check_files(examples: Path | None, chats: Path | None, *, force: bool) -> None:
    """Find out before the store is read that a file cannot be written."""
    from shopassist.learning.whole import check_free

    if examples is not None and chats is not None and examples.resolve() == chats.resolve():
        raise InputError(f"{examples}: examples and chats need a file each")
    for file in filter(None, (examples, chats)):
        check_free(file, force=force)


def _tell(console: Console, found: Latest) -> None:
    """How many there are."""
    if not found.cases:
        console.print("No turns to look at.")
        return
    told = ", ".join(f"{count} {reason}" for reason, count in found.counts.most_common())
    more = f"; these are the newest {len(found.cases)}" if found.total > len(found.cases) else ""
    console.print(f"{found.total} turns to look at: {told}{more}", highlight=False)


def _write_examples(console: Console, cases: Iterable[Case], catalogue: Catalogue, file: Path, *, force: bool) -> None:
    from shopassist.learning.cases import examples, texts_of
    from shopassist.learning.whole import whole

    known = texts_of([f for f in sorted(file.parent.glob("*.jsonl")) if f.resolve() != file.resolve()])
    with whole(file, force=force) as lines:
        for line in examples(cases, catalogue, known):
            lines.add(line)
    console.print(
        f"{file}: {lines.count} examples; put `wishes` right and take `check` out of each line, then `shopassist train`"
        if lines.count
        else f"{file}: nothing is written, there are no new texts",
        highlight=False,
        soft_wrap=True,
    )


def _write_chats(
    console: Console,
    store: ConversationStore,
    catalogue: Catalogue,
    settings: Settings,
    file: Path,
    since: float | None,
    *,
    force: bool,
) -> None:
    from shopassist.learning.cases import as_line
    from shopassist.learning.chats import chats
    from shopassist.learning.whole import whole

    with whole(file, force=force) as lines:
        for chat in chats(store, catalogue, settings, since=since):
            lines.add(as_line(chat))
    console.print(
        f"{file}: {lines.count} chats"
        if lines.count
        else f"{file}: nothing is written, no answer of a language model is worth imitating",
        highlight=False,
        soft_wrap=True,
    )


def _table(cases: Iterable[Case], settings: Settings) -> Table:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("when", "why", "turn", box=None, padding=(0, 2, 1, 0), header_style="bold")
    table.columns[1].max_width = 18
    for case in cases:
        when = datetime.fromtimestamp(case.known, settings.timezone) if case.known else None
        why = Text("\n").join(
            Text(reason).append(f"\n{told}" if reason != "unsure" else "", style="dim")
            for reason, told in case.reasons.items()
        )
        said = Text(" ".join(case.text.split())[:SHOWN_CHARS], overflow="fold")
        wishes = ", ".join(f"{intent} {act} {score:.2f}" for intent, act, score in case.wishes) or "nothing"
        slots = f" ({', '.join(case.slots)})" if case.slots else ""
        around = [("before", case.before), ("answer", case.answer), ("after", case.after)]
        lines = [Text(f"{n}: {t}", "dim", no_wrap=True, overflow="ellipsis") for n, t in around if t]
        understood = Text(f"understood: {wishes}{slots}")
        table.add_row(f"{when:%m-%d %H:%M}" if when else "–", why, Group(said, understood, *lines))
    return table
