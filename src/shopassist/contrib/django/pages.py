"""The shop's own models as pages of the assistant's knowledge.

In a module ``assistant_pages.py`` of any app, which is found by itself::

    from shopassist.contrib.django.pages import Pages, register
    from shop.models import Feature, Product

    @register(Product)
    class ProductPages(Pages):
        tags = ["product"]
        title = "{name}"
        text = "{description}"
        html = ["description"]
        depends = {Feature: "product"}

        def queryset(self):
            return Product.objects.filter(is_public=True)

Only what the queryset gives is ever read. Prices and stock change by the hour and do not belong in pages: tools tell
them. A change of an object only marks it, in the same transaction; `manage.py shopassist_index` then reads it anew.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from shopassist.protocols import SourceText, Unchanged, Unreadable

CHUNK = 500
"""Objects that are read at once."""

FIELDS = ("title", "language", "valid_from", "valid_to", "url", "tags", "aliases")

Template = str | Callable[[Any], Any]


class Pages:
    """How the objects of a model become pages, an attribute for each field of a page (docs/knowledge.md).

    An attribute is a value in which fields stand in braces (``"{name}: {brand.name}"``), or a method that is given the
    object. `html` names the fields of the model that hold HTML. `depends` names the models whose change changes a page,
    and the field, or the path of fields with ``__``, that leads from them to the object of the page.
    """

    name: str | None = None
    """What the index calls these pages; the model's label where it is None. It must stay."""
    id: Template = "{pk}"
    """What names a page; of two models it must not be the same."""
    title: Template | None = None
    """What the object is called as a text (``str``), where it is None."""
    text: Template = ""
    language: Template | None = None
    valid_from: Template | None = None
    valid_to: Template | None = None
    url: Template | None = "get_absolute_url"
    tags: Sequence[str] | Callable[[Any], Sequence[str]] = ()
    aliases: Sequence[str] | Callable[[Any], Sequence[str]] = ()
    html: Sequence[str] = ()
    depends: ClassVar[Mapping[type[Model] | str, str]] = {}

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.source = f"django:{self.name or model._meta.label_lower}"

    def queryset(self) -> QuerySet[Any]:
        """The objects that may be shown to everybody."""
        return self.model._default_manager.all()

    def texts(self, page: Any) -> Iterable[dict[str, Any]]:
        """The pages of one object, each with ``id``, ``text`` and fields of front matter; one, if not changed."""
        fields = {name: self._value(name, page) for name in FIELDS}
        fields = {name: _plain(value) for name, value in fields.items() if value not in (None, "", ())}
        yield {"id": str(self._value("id", page)), "text": str(self._value("text", page)), **fields}

    @property
    def mark(self) -> str:
        """Changes with the class, so that objects are read anew after a release that changes how they are told."""
        try:
            told = inspect.getsource(type(self))
        except (OSError, TypeError):  # made in a shell
            told = json.dumps({name: repr(getattr(type(self), name, None)) for name in (*FIELDS, "id", "text")})
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _value(self, name: str, page: Any) -> Any:
        wanted = getattr(self, name)
        if name == "title" and wanted is None:
            return str(page)
        if name == "url" and wanted == "get_absolute_url":
            own = getattr(page, wanted, None)
            return own() if own is not None else None
        if callable(wanted):
            return wanted(page)
        return wanted.format_map(_Fields(page, self.html)).strip() if isinstance(wanted, str) else wanted


class _Fields(dict[str, Any]):
    """An object's fields by name, for a template; HTML as Markdown."""

    def __init__(self, page: Any, html: Collection[str]) -> None:
        super().__init__()
        self._page, self._html = page, html

    def __missing__(self, name: str) -> Any:
        value = getattr(self._page, name)
        if value is None:
            return ""
        return markdown(str(value)) if name in self._html else value


def markdown(html: str) -> str:
    """What HTML of a field says, as Markdown."""
    from shopassist.knowledge.sources.html import parse

    return str(parse(f"<main>{html}</main>")["text"]) if html.strip() else ""


def _plain(value: Any) -> Any:
    """As front matter has it."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    return list(value) if isinstance(value, tuple) else value


class ModelSource:
    """The pages of a model as a source (`shopassist.protocols.Source`).

    Of `dirty` objects, and of those that the index does not have, the pages are read; None reads all.
    """

    def __init__(self, pages: Pages, dirty: Collection[str] | None = None) -> None:
        self.pages, self._dirty = pages, dirty

    @property
    def name(self) -> str:
        """What the index calls the source."""
        return self.pages.source

    def read(self, marks: Mapping[str, str]) -> Iterator[SourceText | Unchanged | Unreadable]:
        """The pages of all objects that the queryset has now."""
        mark = self.pages.mark
        known: dict[str, list[str]] = {}
        if self._dirty is not None:
            for place, former in marks.items():
                if former == mark:
                    known.setdefault(place.rpartition("/")[0], []).append(place)
        keys = iter(self.pages.queryset().order_by("pk").values_list("pk", flat=True).distinct().iterator(CHUNK))
        while chunk := list(islice(keys, CHUNK)):
            fresh = [key for key in chunk if str(key) not in known or str(key) in (self._dirty or ())]
            objects = self.pages.queryset().filter(pk__in=fresh).distinct()
            read = {page.pk: page for page in objects} if fresh else {}
            for key in chunk:
                if key in read:
                    yield from self._read(read[key], mark)
                elif str(key) in known and str(key) not in (self._dirty or ()):
                    yield from map(Unchanged, known[str(key)])

    def _read(self, page: Any, mark: str) -> Iterator[SourceText | Unreadable]:
        try:
            for number, fields in enumerate(self.pages.texts(page)):
                given = dict(fields)
                key, text = str(given.pop("id", page.pk)), str(given.pop("text", ""))
                yield SourceText(key, text, given, f"{page.pk}/{number}", mark)
        except Exception as error:  # noqa: BLE001 - the shop's own code; one object must not keep the others out
            yield Unreadable(
                f"{page.pk}/0", f"{type(self.pages).__name__} broke on it: {type(error).__name__}: {error}"
            )


_registered: dict[str, Pages] = {}

P = TypeVar("P", bound=type[Pages])


def register(model: type[Model]) -> Callable[[P], P]:
    """Make the objects of a model pages, as the decorated class says. Raises `ImproperlyConfigured`."""

    def registered(made: P) -> P:
        if not (inspect.isclass(made) and issubclass(made, Pages)):
            raise ImproperlyConfigured(f"{made!r} must be a class over shopassist.contrib.django.pages.Pages")
        pages = made(model)
        before = _registered.get(pages.source)
        if before is not None and type(before).__qualname__ != made.__qualname__:
            raise ImproperlyConfigured(
                f"{made.__qualname__} and {type(before).__qualname__} are both called {pages.source!r}; set `name`"
            )
        _registered[pages.source] = pages
        return made

    return registered


def registered() -> tuple[Pages, ...]:
    """All that are registered, in the order of their names."""
    return tuple(_registered[name] for name in sorted(_registered))
