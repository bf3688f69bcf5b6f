"""Which objects changed since their pages were read: receivers that only mark, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import router
from django.db.models import Manager, Model
from django.db.models.signals import m2m_changed, post_save, pre_delete

from shopassist.contrib.django.models import PageMark
from shopassist.contrib.django.pages import Pages, registered


def connect() -> None:
    """Connect the receivers of all pages that are registered."""
    for pages in registered():
        _watch(pages, pages.model, "")
        for related, path in pages.depends.items():
            _watch(pages, apps.get_model(related) if isinstance(related, str) else related, path)


def _watch(pages: Pages, model: type[Model], path: str) -> None:
    def changed(*, instance: Any, **_: Any) -> None:
        mark(pages.source, (page.pk for page in follow([instance], path)))

    name = f"shopassist.pages.{pages.source}.{model._meta.label_lower}"
    for signal in (post_save, pre_delete):  # what a deleted row led to can still be found before it is gone
        signal.connect(changed, sender=model, dispatch_uid=name, weak=False)
    for field in model._meta.many_to_many:
        _watch_links(pages, model, field.name, path)


def _watch_links(pages: Pages, model: type[Model], field: str, path: str) -> None:
    def linked(*, instance: Any, reverse: bool, pk_set: set[Any] | None, **_: Any) -> None:
        own: Iterable[Any] = [instance]
        if reverse:  # from the other side: what it is linked to, or, while it is cleared, what it was linked to
            by = {field: instance} if pk_set is None else {"pk__in": pk_set}
            own = model._default_manager.filter(**by)
        mark(pages.source, (page.pk for page in follow(own, path)))

    name = f"shopassist.pages.{pages.source}.{model._meta.label_lower}.{field}"
    m2m_changed.connect(linked, sender=getattr(model, field).through, dispatch_uid=name, weak=False)


def follow(found: Iterable[Any], path: str) -> list[Any]:
    """What a path of fields leads to. Raises `ImproperlyConfigured` where there is no such field."""
    for field in filter(None, path.split("__")):
        following: list[Any] = []
        for one in found:
            try:
                value = getattr(one, field)
            except ObjectDoesNotExist:
                continue
            except AttributeError:
                text = f"`depends` of pages names {path!r}, and {type(one).__name__} has no {field!r}"
                raise ImproperlyConfigured(text) from None
            following += value.all() if isinstance(value, Manager) else [value] if value is not None else []
        found = following
    return list(found)


def mark(source: str, keys: Iterable[Any]) -> None:
    """Note that these objects' pages must be read anew."""
    rows = [PageMark(source=source, key=str(key)) for key in dict.fromkeys(keys) if key is not None]
    if rows:
        PageMark.objects.using(router.db_for_write(PageMark)).bulk_create(rows)
