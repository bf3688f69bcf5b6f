"""Answer templates in the admin: written, approved, and drafted from questions that customers ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shopassist.contrib.django import frequent, models, placeholders
from shopassist.contrib.django.admin_base import CSS, badge
from shopassist.contrib.django.assistant import get_assistant
from shopassist.errors import InputError, ShopAssistError

PERMISSION = "shopassist.approve_answertemplate"
DAYS = 30
"""How many days of conversations are looked through for frequent questions."""

STATES: Mapping[str, tuple[Any, str]] = {
    "draft": (gettext_lazy("draft"), "warn"),
    "off": (gettext_lazy("not in use"), "plain"),
    "coming": (gettext_lazy("later"), "plain"),
    "over": (gettext_lazy("over"), "plain"),
    "said": (gettext_lazy("is said"), "good"),
}
WORDS = ("language", "kind", "name", "question", "text", "valid_from", "valid_to")
"""Fields whose change takes an approval back."""


class ApprovalFilter(SimpleListFilter):
    """Drafts, or what is approved."""

    title, parameter_name = gettext_lazy("approval"), "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two."""
        return [("draft", _("drafts")), ("approved", _("approved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen one."""
        return queryset.filter(approved__isnull=self.value() == "draft") if self.value() else queryset


class AnswerTemplateAdmin(admin.ModelAdmin):
    """Who may change templates writes drafts; only who may approve lets the assistant say them."""

    class Media:
        """The app's own style sheet."""

        css: Mapping[str, tuple[str, ...]] = {"all": (CSS,)}
        js = ("shopassist/template_form.js",)

    change_form_template = "shopassist/admin/template_form.html"
    change_list_template = "shopassist/admin/template_list.html"
    list_display = ("__str__", "language", "kind", "stands", "days", "asked", "approved_by", "updated")
    list_filter = (ApprovalFilter, "kind", "language", "active")
    search_fields = ("name", "question", "text")
    actions = ("approve",)
    readonly_fields = ("asked", "author", "approved", "approved_by")
    fieldsets = (
        (None, {"fields": ("kind", "language", "name", "question", "text")}),
        (gettext_lazy("When it is said"), {"fields": ("active", "valid_from", "valid_to")}),
        (gettext_lazy("Where it comes from"), {"fields": ("author", "asked", "approved_by", "approved")}),
    )
    ordering = ("-updated",)

    @admin.display(description=gettext_lazy("state"), ordering="approved")
    def stands(self, row: models.AnswerTemplate) -> SafeString:
        """Draft, said, later or over."""
        return badge(*STATES[row.state])

    @admin.display(description=gettext_lazy("days"))
    def days(self, row: models.AnswerTemplate) -> str:
        """On which days it is said."""
        if not row.valid_from and not row.valid_to:
            return _("always")
        return f"{row.valid_from or '…'} – {row.valid_to or '…'}"

    @admin.action(description=gettext_lazy("Approve"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the assistant say the chosen ones; those that it could not say are named."""
        done = 0
        for row in queryset:
            try:
                row.approve(request.user.get_username(), timezone.now())
            except ValidationError as error:
                self.message_user(request, f"{row}: {' '.join(error.messages)}", messages.ERROR)
            else:
                row.save()
                self.log_change(request, row, _("Approved."))
                done += 1
        if done:
            text = ngettext("%(count)d template approved.", "%(count)d templates approved.", done) % {"count": done}
            self.message_user(request, text, messages.SUCCESS)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may approve templates."""
        return bool(request.user.has_perm(PERMISSION))

    def save_model(self, request: HttpRequest, obj: models.AnswerTemplate, form: forms.ModelForm, change: bool) -> None:
        """Store it as a draft if its words changed, approved if that is asked for and allowed."""
        who = request.user.get_username()
        if not change:
            obj.author = who
        if not change or {*form.changed_data} & {*WORDS}:
            obj.approved, obj.approved_by = None, ""
        if "_approve" in request.POST:
            if not self.has_approve_permission(request):
                raise PermissionDenied
            try:
                obj.approve(who, timezone.now())
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
        super().save_model(request, obj, form, change)
        if obj.approved is None:
            self.message_user(
                request, _("It is a draft: it is not said before somebody approves it."), messages.WARNING
            )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form, with the fields that a sentence may have beside it."""
        row = self.get_object(request, object_id) if object_id else None
        chosen = (row.language, row.kind, row.name) if row else ("zh", "", "")
        context = {
            "beside": placeholders.beside(*chosen),
            "fields_url": reverse("admin:shopassist_answertemplate_fields"),
            "may_approve": self.has_approve_permission(request),
            "standing": STATES[row.state] if row else None,
        }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        """A new one answers a question, in the shop's language."""
        given = {"kind": "answer", "language": get_assistant().settings.language}
        return {**given, **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with the way to the import."""
        context = {"import_url": reverse("admin:shopassist_answertemplate_import")}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def get_urls(self) -> list[URLPattern]:
        """The pages of a model, the import, and the fields of a sentence."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="shopassist_answertemplate_import"),
            path("fields/", wrap(self.fields_view), name="shopassist_answertemplate_fields"),
            *super().get_urls(),
        ]

    def fields_view(self, request: HttpRequest) -> HttpResponse:
        """What a sentence may hold, and how it is said without a template."""
        if not (self.has_view_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        chosen = (request.GET.get(name, "") for name in ("language", "kind", "name"))
        found = placeholders.beside(*chosen)
        told = {"fields": [*found.fields], "sentences": [*found.sentences], "names": [*found.names]}
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Drafts from frequent questions of real conversations, or from a CSV."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        found: list[frequent.Frequent] | None = None
        try:
            if request.method == "POST" and "file" in request.FILES:
                data = request.FILES["file"].read(frequent.FILE_BYTES + 1)
                return self._imported(request, frequent.from_csv(data, request.user.get_username()))
            if request.method == "POST" or "look" in request.GET:
                since = timezone.now() - timedelta(days=DAYS)
                found = frequent.frequent(get_assistant(), since=since)
            if request.method == "POST" and found is not None:
                wanted = {*request.POST.getlist("question")}
                chosen = [one for one in found if f"{one.language} {one.question}" in wanted]
                return self._imported(request, frequent.draft(chosen, request.user.get_username()))
        except InputError as error:
            self.message_user(request, str(error), messages.ERROR)
        except ShopAssistError:
            self.message_user(request, _("The questions cannot be read now; the log says why."), messages.ERROR)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "found": found, "days": DAYS,
            "title": _("Drafts from questions"),
        }  # fmt: skip
        return TemplateResponse(request, "shopassist/admin/import.html", context)

    def _imported(self, request: HttpRequest, imported: frequent.Imported) -> HttpResponse:
        for line in imported.wrong[:20]:
            self.message_user(request, line, messages.WARNING)
        told = _("%(made)d drafts made, %(known)d questions have a template already.")
        self.message_user(request, told % {"made": imported.made, "known": imported.known}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:shopassist_answertemplate_changelist") + "?approval=draft")
