"""Bring the index up to date with the shop's models: what was marked, or everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.conf import options
from shopassist.contrib.django.connection import reading, writing
from shopassist.contrib.django.models import PageMark
from shopassist.contrib.django.pages import ModelSource, registered

if TYPE_CHECKING:
    from shopassist.knowledge.ingest import Report

AT_ONCE = 500
"""Marks that one statement takes away: databases bound its length."""

Progress = Callable[[str, int, int], None]


def waiting() -> int:
    """How many marks wait to be worked on."""
    with reading() as db:
        return PageMark.objects.using(db).count()


def files() -> list[Path]:
    """The files and folders of ``SHOPASSIST["PAGES"]``."""
    return [Path(path) for path in options().pages]


def update(
    *,
    reconcile: bool = False,
    rebuild: bool = False,
    dry_run: bool = False,
    with_files: bool = True,
    wait: float = 0.0,
    progress: Progress = lambda stage, done, total: None,
) -> Report | None:
    """Read what was marked, or with `reconcile` every object, and the files of ``SHOPASSIST["PAGES"]``.

    `rebuild` makes the index from nothing, as another embedding model needs it; the former one answers meanwhile.
    Without `with_files` the files are left as they are, unless everything is read. None where there is nothing to
    read. A mark that came in meanwhile, or whose object broke, stays. Raises what
    `shopassist.knowledge.ingest.ingest` raises, and `StorageError`.
    """
    from shopassist.assembly import embeddings_from
    from shopassist.knowledge import index
    from shopassist.knowledge.ingest import ingest
    from shopassist.knowledge.inventory import PROGRAM

    settings = engine_settings()
    with reading() as db:
        marked = list(PageMark.objects.using(db).values_list("pk", "source", "key"))
    reconcile = reconcile or rebuild or index.current(settings.index_dir) is None
    named = files() if with_files or reconcile else []
    if not (reconcile or marked or named):
        return None
    dirty: dict[str, set[str]] = {}
    for _, source, key in marked:
        dirty.setdefault(source, set()).add(key)
    sources = [ModelSource(p, None if reconcile else dirty.get(p.source, set())) for p in registered()]
    report = ingest(
        [*named, *(sources if reconcile or marked else ())],
        settings.index_dir,
        embeddings_from(settings),
        rebuild=rebuild,
        wait=wait,
        progress=progress,
        dry_run=dry_run,
    )
    if marked and not dry_run:
        broken = {(b.source.removeprefix(PROGRAM), b.place.rpartition("/")[0]) for b in report.broken}
        _work_off(marked, broken)
    return report


def _work_off(marked: Sequence[tuple[int, str, str]], broken: set[tuple[str, str]]) -> None:
    """Drop the marks that were worked on; of a source that was not read whole all stay."""
    whole = {source for source, place in broken if not place}
    done = [pk for pk, source, key in marked if source not in whole and (source, key) not in broken]
    with writing() as db:
        for begin in range(0, len(done), AT_ONCE):
            PageMark.objects.using(db).filter(pk__in=done[begin : begin + AT_ONCE]).delete()
