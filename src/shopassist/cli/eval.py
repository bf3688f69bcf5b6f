"""`shopassist eval`: whole dialogues and single utterances held against what must come of them."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from shopassist.evaluation.run import Result
    from shopassist.evaluation.scenario import Scenario
    from shopassist.settings import Settings

PAGES = Path("knowledge")
"""Where the sample shop's pages lie in a checkout."""

BAD_FILE = 2
"""The exit code for a file that is no scenarios; 1 says that something was missed."""


def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Scenarios in YAML, single utterances in JSON lines (.jsonl).")],
    model: Annotated[str, typer.Option(help="none (templates), embedded or ollama; utterances use none.")] = "none",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; by the number of files if not given, 1 with a model.")
    ] = None,
) -> None:
    """Play scenarios on the sample shop and say what was missed. Exit code 1 if one was, 2 if a file is wrong."""
    with shown():
        from shopassist import settings as settings_

        if not played(files, settings_.load(model=model), as_json=as_json, jobs=jobs):
            raise typer.Exit(1)


def played(files: Sequence[Path], settings: Settings, *, as_json: bool, jobs: int | None) -> bool:
    """Play files and print what came of them; whether nothing was missed. Exit code 2 for a file that is wrong."""
    from rich.console import Console

    from shopassist.evaluation import report

    console = Console(stderr=True)
    scenarios = _load(files, settings, console)
    with _with_pages(settings, console) as ready:
        results = _play(scenarios, ready, jobs, console)
    if as_json:
        typer.echo(json.dumps(report.as_json(results), ensure_ascii=False, indent=2, default=str))
    else:
        Console().print(report.table(results))
    return all(r.passed for r in results)


def _load(files: Sequence[Path], settings: Settings, console: Console) -> list[Scenario]:
    """The scenarios of all files that can be played with what is there."""
    from shopassist.errors import InputError
    from shopassist.evaluation.sample import has
    from shopassist.evaluation.scenario import built_in, load

    intents = built_in()
    try:
        found = [scenario for file in files for scenario in load(file, intents)]
    except InputError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(BAD_FILE) from None
    there = has(settings)
    playable = [scenario for scenario in found if scenario.needs <= there]
    if left := len(found) - len(playable):
        console.print(
            f"Left out for want of embeddings: {left} of {len(found)} (`shopassist doctor` says what is lacking)."
        )
    return playable


@contextmanager
def _with_pages(settings: Settings, console: Console) -> Iterator[Settings]:
    """Settings with an index: that of `data_dir`, else one of the pages that lie here, for this run alone."""
    from shopassist.assembly import embeddings_from
    from shopassist.knowledge import index
    from shopassist.knowledge.ingest import ingest

    if index.current(settings.index_dir) is not None or not PAGES.is_dir():
        yield settings
        return
    with TemporaryDirectory(prefix="shopassist-") as data:
        own = settings.model_copy(update={"data_dir": Path(data)})
        with console.status(f"no index in {settings.index_dir}: reading {PAGES}/ for this run"):
            ingest([PAGES], own.index_dir, embeddings_from(settings))
        yield own


def _play(scenarios: Sequence[Scenario], settings: Settings, jobs: int | None, console: Console) -> list[Result]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from shopassist.evaluation.parallel import jobs_for, run_all
    from shopassist.evaluation.sample import SampleAssistants

    several = jobs_for(len(scenarios), len({s.file for s in scenarios}), os.cpu_count() or 1)
    # A model fills the machine by itself; a second copy of it would only take the memory.
    workers = jobs or (several if settings.model == "none" else 1)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("playing", total=len(scenarios))
        return run_all(
            scenarios, partial(SampleAssistants, settings), jobs=workers, done=lambda count: bar.advance(task, count)
        )
