"""`shopassist knowledge lint`: what is wrong with the shop's pages, and what to do about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from shopassist.knowledge.lint.findings import Finding
    from shopassist.knowledge.lint.material import Material
    from shopassist.settings import Settings

STAGES = {"files": "reading files", "checks": "checking pages"}
OF_A_KIND = 12
"""Findings of one kind that are shown; places of one finding that are."""
PLACES = 6
STYLES = {"error": "bold red", "warning": "yellow", "notice": "cyan"}

Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH]...",
        help="Files and folders as for `ingest`; all that were ever ingested if not given.",
        show_default=False,
    ),
]
OnDay = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day that pages are judged on; today.")
]


def lint(
    paths: Paths = None,
    on: OnDay = None,
    everything: Annotated[bool, typer.Option("--all", help="Show notices too, and all findings of a kind.")] = False,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Only findings of this kind; may be given several times.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
) -> None:
    """Look through the pages: contradictions, ended pages, duplicates, prices, lost links and more.

    Exit code 1 if there is an error; warnings and notices leave it 0.
    """
    with shown():
        from shopassist import settings as settings_
        from shopassist.knowledge.lint import lint as run

        settings = settings_.load()
        with progress() as bar:
            told = Told(bar)
            material = material_from(settings, paths or [], on.date() if on else settings.now().date(), told)
            found = [f for f in run(material, told) if not kinds or f.kind in kinds]
        if as_json:
            typer.echo(json.dumps([f.plain() for f in found], ensure_ascii=False, indent=2))
        else:
            _print(found, material, everything)
        if any(f.severity == "error" for f in found):
            raise typer.Exit(1)


def material_from(settings: Settings, paths: Sequence[Path], today: date, told: Told) -> Material:
    """The pages under the paths; without paths those that were ingested, as their files are now.

    Where the files are gone, or pages come from a site or a database, it is the index that is looked through.

    Raises `DocumentError`, `IndexMissing`, `IndexDamaged`, and for a broken `probes.yaml` `DocumentError`.
    """
    from dataclasses import replace

    from shopassist.assembly import knowledge_from
    from shopassist.knowledge import index, questions
    from shopassist.knowledge.inventory import WITHIN
    from shopassist.knowledge.lint.material import from_index, from_paths

    current = index.current(settings.index_dir) if paths else index.current_or_raise(settings.index_dir)
    if paths or current is None:
        roots = list(paths)
        material = from_paths(roots, today, told)
    else:
        meta = index.read_meta(current)
        roots = [Path(r) for r in meta["roots"]]
        elsewhere = any(WITHIN in d["source"] for d in meta["documents"].values())  # sites, databases: not asked again
        here = bool(roots) and not elsewhere and all(r.exists() for r in roots)
        material = from_paths(roots, today, told) if here else from_index(current, today)
    probes = questions.read(questions.places(settings.probes_file, list(map(str, roots))))
    if not (probes and current):
        return replace(material, probes=probes)
    return replace(material, probes=probes, fallen=questions.fallen(knowledge_from(settings), probes, today))


class Told:
    """Shows how far a long work is: called with a stage, how much is done, and of how much."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks = {name: bar.add_task(text, total=None, visible=False) for name, text in STAGES.items()}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the stage's bar on."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=None)
        self._bar.update(self._tasks[stage], completed=done, total=total, visible=True)


def progress() -> Progress:
    """Bars on stderr that vanish when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _print(found: Sequence[Finding], material: Material, everything: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table.grid(padding=(0, 2, 1, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    said: Counter[str] = Counter()
    for finding in found:
        if not everything and (finding.severity == "notice" or said[finding.kind] == OF_A_KIND):
            continue
        said[finding.kind] += 1
        table.add_row(_mark(finding), _cell(finding, first=said[finding.kind] == 1))
    if said:
        console.print(table)
    _summary(console, found, said, material, everything)


def _mark(finding: Finding) -> RenderableType:
    from rich.text import Text

    return Text.assemble((f"{finding.severity:<8}", STYLES[finding.severity]), finding.kind)


def _cell(finding: Finding, *, first: bool) -> RenderableType:
    """What is wrong, where, and, the first time that a kind is told, what to do."""
    from rich.console import Group
    from rich.text import Text

    from shopassist.knowledge.lint.findings import counted

    lines = [Text(finding.text)]
    for place in finding.places[:PLACES]:
        line = Text.assemble((f"{place}  ", "blue"), (" ".join(place.quote.split()), "dim"))
        line.no_wrap, line.overflow = True, "ellipsis"
        lines.append(line)
    if len(finding.places) > PLACES:
        lines.append(Text(f"and {counted(len(finding.places) - PLACES, 'more place')}", "dim"))
    if first:
        lines.append(Text(f"→ {finding.advice}", "green"))
    return Group(*lines)


def _summary(console: Console, found: Sequence[Finding], said: Counter[str], material: Material, whole: bool) -> None:
    from shopassist.knowledge.lint.findings import SEVERITIES, counted

    counts = Counter(f.severity for f in found)
    told = ", ".join(counted(counts[s], s) for s in SEVERITIES) if found else "Nothing was found"
    console.print(f"{told} in {counted(len(material.documents), 'page')}.", highlight=False)
    hidden = len(found) - sum(said.values())
    if hidden and not whole:
        console.print(f"{hidden} of them are not shown; --all shows them.", highlight=False, style="dim")
    if material.hidden:
        console.print(
            f"{counted(len(material.hidden), 'page')} not public were left out.", highlight=False, style="dim"
        )
