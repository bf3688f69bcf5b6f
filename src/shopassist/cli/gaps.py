"""`shopassist knowledge ask-gaps`: what customers asked and the pages did not answer well."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from shopassist.learning.gaps import Gap, Gaps
    from shopassist.protocols import Knowledge
    from shopassist.settings import Settings

WHY = {"nothing": "no answer", "weak": "weak answer", "handed_over": "ended with a person", "anger": "made angry"}
SHOWN = 3

Since = Annotated[
    str | None,
    typer.Option(metavar="AGO|DAY", help="Only what was asked since then: 7d, 12h, 2w or 2024-12-05."),
]


def ask_gaps(
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="How many gaps, the most frequent first.")] = 30,
    answered: Annotated[bool, typer.Option("--answered", help="Show also what a page answers by now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the gaps as JSON.")] = False,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print them as skeletons of pages, in YAML.")] = False,
    drafts: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a page to fill in for each, not yet public.")
    ] = None,
) -> None:
    """List questions of real conversations that found nothing good, those that mean the same together.

    Personal data is taken out as far as it is recognised; look through it before you pass it on.
    """
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assembly import embeddings_from, knowledge_from

        settings, console = settings_.load(), Console(stderr=True)
        embeddings = embeddings_from(settings)
        found = found_in(settings, knowledge_from(settings, embeddings), embeddings, since)
        wanted = [g for g in found.gaps if answered or not g.closed]
        gaps = wanted[:limit]
        if as_json:
            typer.echo(json.dumps([g.plain() for g in gaps], ensure_ascii=False, indent=2))
        elif as_yaml:
            typer.echo(_yaml(gaps), nl=False)
        elif gaps and drafts is None:
            Console().print(_table(gaps))
        if drafts is not None:
            _write(console, gaps, drafts)
        _tell(console, found, len(wanted), limit)


def found_in(settings: Settings, knowledge: Knowledge, embeddings: Embeddings | None, since: str | None) -> Gaps:
    """The gaps of the store that the settings name. Raises `StorageError`, `KnowledgeError`, `InputError`."""
    from shopassist.assembly import store_from
    from shopassist.cli.since import moment_of
    from shopassist.language.catalogue import Catalogue
    from shopassist.learning.gaps import gaps

    begin = moment_of(since, datetime.now(settings.timezone)) if since else None
    catalogue = Catalogue.load(*filter(None, [settings.intents_file]))
    with closing(store_from(settings, create=False)) as store:
        return gaps(
            store,
            catalogue,
            knowledge,
            embeddings,
            zone=settings.timezone,
            today=settings.now().date(),
            relevance=settings.relevance,
            since=begin,
        )


def _table(gaps: list[Gap]) -> Table:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("times", "question", "why", "nearest page", box=None, padding=(0, 2, 1, 0), header_style="bold")
    table.columns[0].justify = "right"
    table.columns[2].max_width = 22
    table.columns[3].max_width = 26
    for gap in gaps:
        lines = [Text(gap.question, "bold", overflow="fold")]
        lines += [Text(f"· {e}", "dim", overflow="ellipsis", no_wrap=True) for e in gap.examples[:SHOWN]]
        if gap.last:
            lines.append(Text(_days(gap), "dim"))
        why = Text("\n").join(Text(f"{WHY[w]} {n}" if n > 1 else WHY[w]) for w, n in gap.why.items())
        table.add_row(str(gap.count), Group(*lines), why, _nearest(gap))
    return table


def _days(gap: Gap) -> str:
    return f"{gap.first}" if gap.first == gap.last else f"{gap.first} to {gap.last}"


def _nearest(gap: Gap) -> Text:
    from rich.text import Text

    if gap.nearest is None:
        return Text("none", "dim")
    told = Text(f"{gap.nearest.title} ", overflow="fold")
    told.append(f"{gap.nearest.relevance:.2f}", "green" if gap.nearest.found else "yellow")
    return told.append(" by now", "green") if gap.closed else told


def _yaml(gaps: list[Gap]) -> str:
    import yaml

    pages = [
        {
            "page": _front(gap),
            "asked": gap.count,
            "questions": [gap.question, *gap.examples],
            "nearest": gap.nearest.document if gap.nearest else None,
        }
        for gap in gaps
    ]
    return yaml.safe_dump(pages, allow_unicode=True, sort_keys=False, width=120)


def _front(gap: Gap) -> dict[str, object]:
    """The front matter of the page that is to be written; it stays hidden until somebody has written it."""
    return {"title": gap.question, "language": gap.language, "public": False, "tags": ["draft"]}


def _write(console: Console, gaps: list[Gap], folder: Path) -> None:
    """A page for each gap; one that is there already stays as it is."""
    import yaml

    from shopassist.errors import InputError

    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for gap in gaps:
            name = hashlib.sha256(f"{gap.language} {gap.question}".encode()).hexdigest()[:8]
            file = folder / f"draft-{name}.md"
            if file.exists():
                continue
            front = yaml.safe_dump(_front(gap), allow_unicode=True, sort_keys=False, width=1000)
            asked = "\n".join(f"- {q}" for q in (gap.question, *gap.examples))
            file.write_text(f"---\n{front}---\n# {gap.question}\n\n{asked}\n", "utf-8")
            written += 1
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}") from error
    kept = f", {len(gaps) - written} were there already" if written < len(gaps) else ""
    console.print(
        f"{folder}: {written} pages to fill in{kept}. Write the answer in place of the questions, then take out "
        "`public: false` and ingest.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _tell(console: Console, found: Gaps, wanted: int, limit: int) -> None:
    if not found.gaps:
        console.print(f"No gaps: {found.looked_at} questions were looked up in the pages.", highlight=False)
        return
    console.print(
        f"{found.questions} of {found.looked_at} questions found nothing good; {wanted} gaps"
        + (f", the first {limit} are shown" if wanted > limit else "")
        + (f"; a page answers {len(found.gaps) - wanted} more by now (--answered)" if len(found.gaps) > wanted else "")
        + (f"; {found.left_out} more questions were left out" if found.left_out else ""),
        highlight=False,
        soft_wrap=True,
    )
