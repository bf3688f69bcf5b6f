"""`shopassist knowledge report`: findings, gaps, periods and a map of the passages, in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown
from shopassist.cli.gaps import Since, found_in
from shopassist.cli.lint import OnDay, Paths, Told, material_from, progress
from shopassist.errors import IndexMissing, StorageError

if TYPE_CHECKING:
    from rich.console import Console

    from shopassist.evaluation.pages.chart import Chart
    from shopassist.learning.gaps import Gaps
    from shopassist.settings import Settings


def report(
    paths: Paths = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")] = Path(
        "knowledge-report.html"
    ),
    on: OnDay = None,
    since: Since = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a page to look at the pages with: what is wrong, what is missing, when what holds, and a map.

    The file asks the network for nothing and may be passed on as it is; look through the gaps before you do.
    """
    with shown():
        from rich.console import Console
        from rich.filesize import decimal

        from shopassist import settings as settings_
        from shopassist.evaluation.pages.report import Report, page
        from shopassist.knowledge.lint import lint
        from shopassist.learning.whole import check_free, whole

        console = Console(stderr=True)
        check_free(out, force=force)
        settings = settings_.load()
        made = on.replace(tzinfo=settings.timezone) if on else settings.now()
        with progress() as bar:
            told = Told(bar)
            material = material_from(settings, paths or [], made.date(), told)
            findings = lint(material, told)
            gaps, drawn = _index(settings, since, console)
            text = page(Report(settings.shop_name, made, material, findings, gaps, drawn))
        with whole(out, force=force) as lines:
            lines.add(text)
        console.print(f"{out}: {decimal(len(text.encode()))}, to be opened in a browser", markup=False, highlight=False)


def _index(settings: Settings, since: str | None, console: Console) -> tuple[Gaps | None, Chart | None]:
    """The gaps and the map; without conversations no gaps, without an index neither."""
    from shopassist.assembly import embeddings_from, vector_store_from
    from shopassist.evaluation.pages.chart import chart
    from shopassist.knowledge.search import ChromaKnowledge

    embeddings = embeddings_from(settings)
    try:
        knowledge = ChromaKnowledge(settings.index_dir, embeddings, store=vector_store_from(settings))
    except IndexMissing as error:
        console.print(f"Without gaps and map: {error}", markup=False, highlight=False, soft_wrap=True)
        return None, None
    try:
        gaps = found_in(settings, knowledge, embeddings, since)
    except StorageError as error:
        console.print(f"Without gaps: {error}", markup=False, highlight=False, soft_wrap=True)
        gaps = None
    return gaps, chart(knowledge.generation, gaps.gaps if gaps else (), embeddings)
