"""`shopassist doctor`: what is set up and what is not, each finding with the command that mends it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopassist.cli.errors import shown
from shopassist.cli.finding import Finding
from shopassist.cli.model_findings import model
from shopassist.errors import IndexDamaged, IndexMismatch, IndexMissing, SettingError, ShopAssistError

if TYPE_CHECKING:
    from shopassist.settings import Settings

SPACE = 2 * 1024**3
"""Free bytes below which the disk is mentioned: the embedded model's weights and an index."""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is set up and what is not. Exit code 1 if something is broken (what is only lacking is not)."""
    with shown():
        from shopassist import settings as settings_

        try:
            settings = settings_.load()
        except OSError as error:
            raise SettingError(f"{settings_.FILE} cannot be read: {error.strerror or error}") from error
        looks = (_settings, _embeddings, _knowledge, model, _store, _disk)
        if not report(found(settings, looks), as_json=as_json):
            raise typer.Exit(1)


def engine(settings: Settings) -> list[Finding]:
    """What is set up of the engine alone, wherever its settings come from and its conversations are."""
    return found(settings, (_embeddings, _knowledge, model, _disk))


def found(settings: Settings, looks: Iterable[Callable[[Settings], Iterator[Finding]]]) -> list[Finding]:
    """What several looks find."""
    return [finding for look in looks for finding in _safely(look, settings)]


def report(findings: Sequence[Finding], *, as_json: bool) -> bool:
    """Print findings; whether nothing is broken."""
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        _print(findings)
    return all(f.state != "broken" for f in findings)


def _safely(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    """A part that raises is a finding, and the other parts are looked at all the same."""
    about = look.__name__.strip("_")
    try:
        for found in look(settings):
            yield replace(found, text=_printable(found.text))
    except ShopAssistError as error:
        yield Finding(about, "broken", _printable(str(error)))
    except OSError as error:
        yield Finding(about, "broken", _printable(f"this check failed ({type(error).__name__}: {error})"))
    except Exception as error:  # noqa: BLE001 - of another library's error the kind alone: the text may hold a password
        yield Finding(about, "broken", f"this check failed ({type(error).__name__})")


def _printable(text: str) -> str:
    """A text without the bytes of a path that is not UTF-8, which no terminal and no JSON takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _settings(settings: Settings) -> Iterator[Finding]:
    from pathlib import Path

    from shopassist.settings import FILE, unknown_variables

    where = f"{FILE} and the environment" if Path(FILE).exists() else "the environment and defaults"
    yield Finding("settings", "ok", f"from {where}")
    for name, near in unknown_variables().items():
        yield Finding("settings", "lacking", f"{name} is no setting" + (f"; did you mean {near}?" if near else ""))


def _embeddings(settings: Settings) -> Iterator[Finding]:
    from shopassist.assembly import embedding_folder, embeddings_from

    if settings.embeddings == "none":
        yield Finding("embeddings", "ok", "none, as set: search by words alone")
        return
    embeddings = embeddings_from(settings)
    if embeddings is None:
        folder = embedding_folder(settings)
        yield Finding(
            "embeddings",
            "lacking",
            "search by words alone: questions in other words than the page's are found less often",
            "pip install 'shopassist[sentence-transformers]'" if folder else "shopassist pull --only embedding",
        )
        return
    embeddings.embed_query("?")
    yield Finding("embeddings", "ok", f"{type(embeddings).__name__} from {embedding_folder(settings)}")


def _knowledge(settings: Settings) -> Iterator[Finding]:
    from shopassist.assembly import knowledge_from
    from shopassist.knowledge.search import ChromaKnowledge

    try:
        knowledge = knowledge_from(settings)
    except IndexMissing as error:
        yield Finding("knowledge", "lacking", str(error), "shopassist ingest PATH")
    except (IndexMismatch, IndexDamaged) as error:
        yield Finding("knowledge", "broken", str(error), "shopassist ingest --rebuild")
    else:
        assert isinstance(knowledge, ChromaKnowledge)  # noqa: S101 - what knowledge_from builds
        meta = knowledge.generation.meta
        if not knowledge.generation.shelves:
            text = f"{knowledge.generation.path.name} is empty: the assistant says that it does not know"
            yield Finding("knowledge", "lacking", text, "shopassist ingest PATH")
            return
        counts = ", ".join(f"{len(s.rows)} in {name}" for name, s in sorted(knowledge.generation.shelves.items()))
        yield Finding(
            "knowledge",
            "ok",
            f"{knowledge.generation.path.name} of {meta['created']}: {len(meta['documents'])} documents, "
            f"passages: {counts}",
        )


def _store(settings: Settings) -> Iterator[Finding]:
    from shopassist.assembly import store_from

    store = store_from(settings)
    try:
        store.owner("doctor")
    finally:
        store.close()
    place = (
        "the database of SHOPASSIST_DATABASE_URL" if settings.database_url else settings.data_dir / "conversations.db"
    )
    yield Finding("conversations", "ok", f"kept in {place}")


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free
    state: Literal["ok", "lacking"] = "ok" if free >= SPACE else "lacking"
    yield Finding("disk", state, f"{free / 1024**3:.1f} GiB free")


def _print(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {"ok": ("✓", "green"), "lacking": ("–", "yellow"), "broken": ("✗", "red")}
    table = Table(box=None, show_header=False, padding=(0, 1))
    for finding in findings:
        mark, style = marks[finding.state]
        text = Text(finding.text)
        if finding.mend:
            text.append(f"\n→ {finding.mend}", style="bold")
        table.add_row(Text(mark, style=style), finding.about, text)
    Console().print(table)
