"""What the pages of the admin have in common: nothing is changed by hand, and pages of our own in the admin's frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.conf import on_reset
from shopassist.contrib.django.looks import customer_mark, may_see
from shopassist.language.catalogue import Catalogue

CSS = "shopassist/admin.css"


class ReadOnlyAdmin(admin.ModelAdmin):
    """A model whose rows the assistant writes and people only read."""

    class Media:
        """The app's own style sheet."""

        css: Mapping[str, tuple[str, ...]] = {"all": (CSS,)}

    show_full_result_count = False
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes them: `shopassist_forget` and `shopassist_purge` do."""
        return False

    def need_view(self, request: HttpRequest) -> None:
        """Raise `PermissionDenied` for who may not see these rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        """A page of our own in the admin's frame."""
        values = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, f"shopassist/admin/{template}", values)
        response.headers["Cache-Control"] = "no-store"
        return response


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The intents that the project knows."""
    return Catalogue.load(*filter(None, [engine_settings().intents_file]))


on_reset.append(catalogue.cache_clear)


def customer(owner: str | None, request: HttpRequest) -> str:
    """Whose conversation it is: their id for who may see it, else a mark."""
    if not owner:
        return _("visitor")
    return owner if may_see(request.user) else _("customer %(mark)s") % {"mark": customer_mark(owner)}


def whose(request: HttpRequest, field: str) -> Callable[[Any], str]:
    """A column with `customer` for one request: an admin object serves many at once."""

    @admin.display(description=_("customer"), ordering=field)
    def shown(row: Any) -> str:
        return customer(getattr(row, field), request)

    return shown


def badge(text: Any, tone: str) -> SafeString:
    """A word on a coloured ground; `tone` is good, bad, warn or plain."""
    return format_html('<span class="sa-badge sa-{}">{}</span>', tone, text)


def conversation_link(conversation: str, text: str, turn: int | None = None) -> SafeString:
    """A link to a conversation, and to a turn in it."""
    address = reverse("admin:shopassist_conversation_change", args=(conversation,))
    query, place = (f"?turn={turn}", f"#turn-{turn}") if turn else ("", "")
    return format_html('<a href="{}{}{}">{}</a>', address, query, place, text)
