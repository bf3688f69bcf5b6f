"""Bring the index up to date with the shop's models: what was marked, or everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import router
from django.db.models import Max

from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.conf import options
from shopassist.contrib.django.connection import reading, writing
from shopassist.contrib.django.models import PageMark
from shopassist.contrib.django.pages import ModelSource, registered

if TYPE_CHECKING:
    from shopassist.knowledge.ingest import Report

Progress = Callable[[str, int, int], None]


def waiting() -> int:
    """How many marks wait to be worked on."""
    with reading():
        return PageMark.objects.count()


def update(
    *,
    reconcile: bool = False,
    rebuild: bool = False,
    dry_run: bool = False,
    wait: float = 0.0,
    progress: Progress = lambda stage, done, total: None,
) -> Report | None:
    """Read what was marked, or with `reconcile` every object, and the files of ``SHOPASSIST["PAGES"]``.

    `rebuild` makes the index from nothing, as another embedding model needs it; the former one answers meanwhile.
    None where nothing was marked, and nothing else is asked for. A mark that came in meanwhile, or whose object broke,
    stays. Raises what `shopassist.knowledge.ingest.ingest` raises, and `StorageError`.
    """
    from shopassist.assembly import embeddings_from
    from shopassist.knowledge import index
    from shopassist.knowledge.ingest import ingest
    from shopassist.knowledge.inventory import PROGRAM

    settings = engine_settings()
    with reading():
        last = PageMark.objects.aggregate(last=Max("pk"))["last"]
        marked = list(PageMark.objects.filter(pk__lte=last or 0).values_list("source", "key"))
    reconcile = reconcile or rebuild or index.current(settings.index_dir) is None
    if not (reconcile or marked):
        return None
    dirty: dict[str, set[str]] = {}
    for source, key in marked:
        dirty.setdefault(source, set()).add(key)
    sources = [ModelSource(p, None if reconcile else dirty.get(p.source, set())) for p in registered()]
    files = [Path(path) for path in options().pages]
    report = ingest(
        [*files, *sources],
        settings.index_dir,
        embeddings_from(settings),
        rebuild=rebuild,
        wait=wait,
        progress=progress,
        dry_run=dry_run,
    )
    if last and not dry_run:
        _work_off(last, {(b.source.removeprefix(PROGRAM), b.place.rpartition("/")[0]) for b in report.broken})
    return report


def _work_off(last: int, broken: set[tuple[str, str]]) -> None:
    """Drop the marks that were worked on; of a source that was not read whole all stay."""
    whole = {source for source, place in broken if not place}
    with writing():
        done = PageMark.objects.using(router.db_for_write(PageMark)).filter(pk__lte=last).exclude(source__in=whole)
        for source, key in broken:
            done = done.exclude(source=source, key=key)
        done.delete()
