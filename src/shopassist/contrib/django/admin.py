"""The pages for the shop's staff in Django's admin. It is loaded where `django.contrib.admin` is installed.

Nobody changes by hand what the assistant writes. Personal data are shown on request alone, to who has the permission
`view_personal`; each such look leaves a row in `Look`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopassist.contrib.django import admin_reports, admin_templates, dialogue_page, models, names
from shopassist.contrib.django.admin_base import ReadOnlyAdmin, badge, conversation_link, customer, whose
from shopassist.contrib.django.admin_filters import HandOffFilter, IntentFilter, MoodFilter, UnansweredFilter, searched
from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.looks import hidden_fields, may_see, note
from shopassist.learning.neutral import neutral
from shopassist.storage.rules import OPEN

EXCERPT = 60
_TONES = {"negative": "bad", "positive": "good"}
_STATES = {"done": "good", "refused": "warn", "unknown": "bad", "called": "warn", "reserved": "warn"}

admin.site.register(models.AnswerTemplate, admin_templates.AnswerTemplateAdmin)
admin.site.register(models.Statistics, admin_reports.StatisticsAdmin)
admin.site.register(models.KnowledgeReport, admin_reports.KnowledgeReportAdmin)


@admin.register(models.Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations: found by words, wish, mood and fate; each with the trail of its answers."""

    list_display = ("said", "who_has_it", "how", "revision", "touched")
    list_filter = (IntentFilter, MoodFilter, HandOffFilter, UnansweredFilter, "mode", "touched")
    search_fields = ("id",)
    search_help_text = gettext_lazy("Words of the messages, or the number of a hand-off.")
    ordering = ("-touched",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Conversations that were not erased, with what the list tells of them."""
        messages = models.Message.objects.filter(conversation=OuterRef("pk"), role="customer").order_by("-seq")
        facts = models.TurnFacts.objects.filter(conversation=OuterRef("pk")).order_by("-number")
        handed = models.HandOff.objects.filter(conversation=OuterRef("pk")).order_by("-created")
        rows = super().get_queryset(request).filter(erased=None).defer("state", "vault")
        return rows.annotate(
            last_text=Subquery(messages.values("text")[:1]),
            last_mood=Subquery(facts.values("mood")[:1]),
            last_unanswered=Subquery(facts.values("unanswered")[:1]),
            handoff_status=Subquery(handed.values("status")[:1]),
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, with the customers as this reader may see them."""
        first, *rest = self.list_display
        return (first, whose(request, "owner"), *rest)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """Search the messages as they are stored: with placeholders for personal data."""
        if not search_term.strip():
            return queryset, False
        return searched(queryset, search_term, personal=may_see(request.user)), False

    @admin.display(description=gettext_lazy("said last"))
    def said(self, row: Any) -> str:
        """What the customer said last, without personal data."""
        text = Truncator(" ".join((row.last_text or "").split())).chars(EXCERPT)
        return neutral(text, "zh", {}).text or _("(no words)")

    @admin.display(description=gettext_lazy("who has it"), ordering="mode")
    def who_has_it(self, row: Any) -> SafeString:
        """The assistant, a person, or nobody yet."""
        mode = row.handoff_status if row.handoff_status in OPEN else "bot"
        return badge(models.Mode(mode).label, {"waiting": "bad", "person": "warn"}.get(mode, "plain"))

    @admin.display(description=gettext_lazy("how it went"))
    def how(self, row: Any) -> SafeString:
        """The last mood, and what is to be looked at."""
        found = SafeString("")
        if row.last_mood in _TONES:
            found += badge(names.MOODS[row.last_mood], _TONES[row.last_mood])
        if row.last_unanswered:
            found += badge(_("no page answered"), "warn")
        if row.handoff_status:
            found += badge(_("called a person"), "plain")
        return found or SafeString("–")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The conversation with its trails. A POST with ``reveal`` shows personal data, and is written down."""
        self.need_view(request)
        row = models.Conversation.objects.filter(pk=unquote(object_id), erased=None).first()
        if row is None:
            raise Http404(_("There is no such conversation."))
        revealed = _revealed(request, row.pk, "admin")
        found = dialogue_page.page(
            row, engine_settings().relevance, revealed=revealed, number=_number(request, "page"),
            turn=_number(request, "turn"),
        )  # fmt: skip
        opened = models.HandOff.objects.filter(conversation=row.pk, status__in=OPEN).first()
        return self.page(
            request,
            "conversation.html",
            _("Conversation"),
            row=row,
            page_=found,
            numbers=range(1, found.pages + 1),
            revealed=revealed,
            may_reveal=may_see(request.user) and not revealed,
            owner=customer(row.owner, request),
            opened=opened,
            desk=_desk() if request.user.has_perm("shopassist.work_at_desk") else None,
            turn=_number(request, "turn"),
        )


@admin.register(models.Write)
class WriteAdmin(ReadOnlyAdmin):
    """Changes in the shop that customers agreed to."""

    list_display = ("deed", "ended", "begun", "settled")
    list_filter = ("state", "tool", "begun")
    search_fields = ("key", "tool")
    ordering = ("-begun",)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, with the customers as this reader may see them."""
        return (*self.list_display[:2], whose(request, "subject"), *self.list_display[2:])

    @admin.display(description=gettext_lazy("change"), ordering="tool")
    def deed(self, row: models.Write) -> str:
        """What was done, in words."""
        return names.deed(row.tool)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def ended(self, row: models.Write) -> SafeString:
        """How far it came."""
        return badge(row.get_state_display(), _STATES.get(row.state, "plain"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The change, with its arguments without what is personal, unless that is asked for by POST."""
        self.need_view(request)
        row = models.Write.objects.filter(pk=unquote(object_id)).first()
        if row is None:
            raise Http404
        revealed = _revealed(request, row.pk, "write")
        quote = (row.consent or {}).get("quote") or {}
        parts = [
            (_("Arguments"), row.args),
            (_("What was agreed to"), quote.get("facts") or {}),
            (_("What came of it"), (row.outcome or {}).get("facts") or {}),
        ]
        shown = [(title, _fields(values if revealed else hidden_fields(values))) for title, values in parts if values]
        return self.page(
            request, "write.html", names.deed(row.tool), row=row, parts=shown, amount=quote.get("amount"),
            rule=quote.get("rule"), reason=(row.outcome or {}).get("reason"), state=self.ended(row),
            owner=customer(row.subject, request), revealed=revealed,
            may_reveal=may_see(request.user) and not revealed,
        )  # fmt: skip


@admin.register(models.Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """What customers think of answers."""

    list_display = ("judged", "reason", "told", "answer", "created")
    list_display_links = None
    list_filter = ("rating", "reason", "created")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each with the answer that it is about."""
        texts = models.Message.objects.filter(
            conversation=OuterRef("conversation"), turn=OuterRef("turn"), role="assistant"
        )
        return super().get_queryset(request).annotate(said=Subquery(texts.values("text")[:1]))

    @admin.display(description=gettext_lazy("judgement"), ordering="rating")
    def judged(self, row: models.Feedback) -> SafeString:
        """Helpful or not."""
        return badge(row.get_rating_display(), "good" if row.rating == "up" else "bad")

    @admin.display(description=gettext_lazy("comment"))
    def told(self, row: models.Feedback) -> str:
        """The customer's words, without personal data."""
        return neutral(row.comment, "zh", {}).text

    @admin.display(description=gettext_lazy("answer"))
    def answer(self, row: Any) -> SafeString:
        """The answer, and the way to it."""
        text = neutral(Truncator(row.said or "").chars(EXCERPT), "zh", {}).text
        return conversation_link(row.conversation_id, text or _("turn %(turn)d") % {"turn": row.turn}, row.turn)


@admin.register(models.HandOff)
class HandOffAdmin(ReadOnlyAdmin):
    """Hand-offs, the open ones first to be seen at the desk."""

    list_display = ("id", "why", "how_far", "agent", "dialogue", "created")
    list_display_links = None
    list_filter = ("status", "created")
    search_fields = ("id",)
    ordering = ("-created",)

    @admin.display(description=gettext_lazy("reason"), ordering="reason")
    def why(self, row: models.HandOff) -> str:
        """Why a person was called."""
        return names.word("trigger", row.reason)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def how_far(self, row: models.HandOff) -> SafeString:
        """How far it is."""
        return badge(row.get_status_display(), {"waiting": "bad", "person": "warn"}.get(row.status, "plain"))

    @admin.display(description=gettext_lazy("conversation"))
    def dialogue(self, row: models.HandOff) -> SafeString:
        """The way to the conversation."""
        return conversation_link(row.conversation_id, _("turn %(turn)d") % {"turn": row.turn}, row.turn)


@admin.register(models.Look)
class LookAdmin(ReadOnlyAdmin):
    """Who saw whose personal data; never the data."""

    list_display = ("created", "name", "place", "what")
    list_display_links = None
    list_filter = ("place", "created")
    search_fields = ("name", "conversation")

    @admin.display(description=gettext_lazy("conversation"))
    def what(self, row: models.Look) -> Any:
        """The way to what was seen."""
        if row.place == models.LookPlace.WRITE:
            address = reverse("admin:shopassist_write_change", args=(row.conversation,))
            return format_html('<a href="{}">{}</a>', address, row.conversation[:12])
        return conversation_link(row.conversation, row.conversation[:12])


def _revealed(request: HttpRequest, conversation: str, place: str) -> bool:
    """Whether personal data are asked for; it is written down before they are shown."""
    if request.method != "POST":
        return False
    if "reveal" not in request.POST or not may_see(request.user):
        raise PermissionDenied
    note(request.user, conversation, place)
    return True


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _fields(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(names.slot(name), _told(value)) for name, value in values.items() if value not in (None, "", [], {})]


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return " · ".join(f"{names.slot(k)} {_told(v)}" for k, v in value.items())
    return " / ".join(map(_told, value)) if isinstance(value, list | tuple) else str(value)


def _desk() -> str | None:
    try:
        return reverse("shopassist_desk:page")
    except NoReverseMatch:
        return None
