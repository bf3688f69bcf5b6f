"""`shopassist intents`: whether the examples that a shop has added to the catalogue help or hurt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from shopassist.learning.check import Confusion, Findings, Heard, Pair

app = typer.Typer(no_args_is_help=True, help="What customers want, as the shop's file and the built-in one say it.")

MOST = 12
"""Rows of a table."""

_T = TypeVar("_T")


@app.callback()
def _intents() -> None:
    """Keep `check` a command of its own, though it is the only one."""


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Labelled messages (.jsonl), or folders of them.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the confusions to this file, .svg or .html.", show_default=False)
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if an example stands in two intents or is won by another.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all that was found as one JSON object.")] = False,
) -> None:
    """Show examples that stand in two intents, that sound like another intent, and acts without a labelled message."""
    with shown():
        from shopassist.learning.picture import confusions, writable, write

        if picture is not None:
            writable(picture, ".svg", ".html")
        found = _found(files or [])
        if picture is not None:
            write(picture, confusions(found.names, found.matrix, found.own))
        if as_json:
            typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        else:
            _print(found, Console())
        if strict and not found.clean:
            raise typer.Exit(1)


def _found(files: list[Path]) -> Findings:
    from shopassist import settings as settings_
    from shopassist.assembly import classifier_from, embeddings_from
    from shopassist.language.catalogue import Catalogue
    from shopassist.learning.check import check
    from shopassist.learning.examples import with_built_in

    settings, console = settings_.load(), Console(stderr=True)
    if settings.intents_file is None:
        console.print("No file of the shop's own (setting `intents_file`): this is the built-in catalogue.")
    with console.status("reading the examples …"):
        classifier = classifier_from(settings, embeddings_from(settings) if settings.intents_file else None)
        return check(classifier, Catalogue.load(), with_built_in(files, classifier.catalogue))


def _as_json(found: Findings) -> dict[str, Any]:
    return {**asdict(found), "own": sorted(found.own), "clean": found.clean}


def _print(found: Findings, console: Console) -> None:
    own = (_heard, _taken) if found.own else ()
    for part in (_pairs, *own, _confusions, _uncovered, _few):
        verdict, table = part(found)
        console.print(Text(f"• {verdict}"))
        if table is not None:
            console.print(table)


_Part = tuple[str, Table | None]


def _pairs(found: Findings) -> _Part:
    shown = _first(found, found.pairs, lambda p: p.own)
    same = sum(p.same for p in shown)
    if not shown:
        return "No example stands, or nearly stands, in two intents.", None
    verdict = (
        f"{_count(len(shown), 'pair')} of examples nearly the same in two intents, {same} of them word for word: "
        "keep each with the intent that customers mean by it."
    )
    return verdict, _table(("example", "of", "like", "of", "alike"), shown, _pair)


def _pair(pair: Pair) -> tuple[str, ...]:
    alike = "same" if pair.same else f"{pair.similarity:.2f}"
    return pair.one.text, pair.one.intent, pair.other.text, pair.other.intent, alike


def _heard(found: Findings) -> _Part:
    if not (found.won or found.unsure):
        return "Each example of the shop's own is read as its own intent.", None
    verdict = f"Another intent wins {_count(len(found.won), 'example')} of the shop's own"
    if found.unsure:
        verdict += f", and {len(found.unsure)} are read with too low a score to count"
    verdict += ": move them, or write more like them and run `shopassist train`."
    columns = ("example", "of", "score", "is read as", "score")
    return verdict, _table(columns, [*found.won, *found.unsure], _reading)


def _reading(heard: Heard) -> tuple[str, ...]:
    own, first = f"{heard.own_score:.2f}", f"{heard.score:.2f}"
    return heard.example.text, heard.example.intent, own, heard.intent, first


def _confusions(found: Findings) -> _Part:
    shown = _first(found, found.confusions, lambda c: c.intent in found.own or c.other in found.own)
    wrong = sum(len(c.examples) for c in found.confusions)
    verdict = (
        f"Each left out, {1 - wrong / max(found.examples, 1):.0%} of {found.examples:,} examples sound like the others "
        "of their intent"
    )
    if not shown:
        return f"{verdict}.", None
    verdict += "; below, what sounds like another one: where that is much of an intent, write what tells the two apart."
    return verdict, _table(("examples of", "sound like", "share", "how many", "one of them"), shown, _confusion)


def _confusion(one: Confusion) -> tuple[str, ...]:
    first = next((t for t in one.examples if t.own), one.examples[0])
    return one.intent, one.other or "nothing", f"{one.share:.0%}", str(len(one.examples)), first.text


def _taken(found: Findings) -> _Part:
    if not found.taken:
        return "No built-in example is read otherwise for what the shop has added.", None
    verdict = (
        f"{_count(len(found.taken), 'built-in example')} now read as an intent that the shop added or changed: "
        "make its patterns narrower, or take away the examples that they are like."
    )
    return verdict, _table(("example", "of", "score", "is read as", "score"), found.taken, _reading)


def _uncovered(found: Findings) -> _Part:
    shown = _first(found, found.uncovered, lambda u: u.own)
    if not shown:
        return "Every act that leads somewhere has a labelled message.", None
    verdict = (
        f"{_count(len(shown), 'intent')} with acts that no labelled message has, so that how they are told is a guess: "
        "write such messages into a .jsonl file, and give it to this command and to `shopassist train`."
    )
    return verdict, _table(("intent", "acts without a message"), shown, lambda u: (u.intent, ", ".join(u.acts)))


def _few(found: Findings) -> _Part:
    from shopassist.learning.check import FEW

    shown = _first(found, found.few, lambda f: f.own)
    if not shown:
        return f"Every intent has {FEW} examples or more in each language.", None
    verdict = (
        f"Too few examples to know other words for the same by: write {FEW} or more for each language that customers "
        "write in, as different from each other as they can be."
    )
    return verdict, _table(("intent", "language", "examples"), shown, lambda f: (f.intent, f.language, str(f.count)))


def _first(found: Findings, every: Sequence[_T], own: Callable[[_T], bool]) -> list[_T]:
    """What concerns the shop's own intents; all where it has none."""
    return [one for one in every if own(one)] if found.own else list(every)


def _table(columns: Sequence[str], every: Sequence[_T], row: Callable[[_T], tuple[str, ...]]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold", caption_justify="left")
    for column in columns:
        right = column in ("score", "share", "alike", "examples", "how many")
        table.add_column(column, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for cells in _rows(every, row):
        table.add_row(*cells)
    if len(every) > MOST:
        table.caption = f"  and {len(every) - MOST:,} more (--json has all)"
    return table


def _rows(every: Sequence[_T], row: Callable[[_T], tuple[str, ...]]) -> Iterator[tuple[Text, ...]]:
    """Plain text: what a shop has written is no markup."""
    for one in every[:MOST]:
        yield tuple(map(Text, row(one)))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
