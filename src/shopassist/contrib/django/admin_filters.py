"""By what conversations are found: what was wished, the mood, hand-offs, what was not answered."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopassist.contrib.django import models, names
from shopassist.contrib.django.admin_base import catalogue


def with_turn(rows: QuerySet[Any], **conditions: Any) -> QuerySet[Any]:
    """Conversations of which a turn is so."""
    return rows.filter(Exists(models.TurnFacts.objects.filter(conversation=OuterRef("pk"), **conditions)))


class IntentFilter(SimpleListFilter):
    """By a wish that a turn of it understood."""

    title, parameter_name = _("intent"), "intent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The intents that there are, in words."""
        return [(intent.name, names.intent(intent.name)) for intent in catalogue()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with the wish."""
        return with_turn(queryset, intents__contains=f"|{self.value()}|") if self.value() else queryset


class MoodFilter(SimpleListFilter):
    """By the mood of any turn."""

    title, parameter_name = _("mood"), "mood"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The moods, in words."""
        return [(mood, str(text)) for mood, text in names.MOODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with the mood."""
        return with_turn(queryset, mood=self.value()) if self.value() else queryset


class HandOffFilter(SimpleListFilter):
    """By whether a person was called, and how far that is."""

    title, parameter_name = _("hand-off"), "handoff"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Any, none, or the status."""
        return [("any", _("called a person")), *models.HandOffStatus.choices, ("none", _("never"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in the status."""
        if not self.value():
            return queryset
        handed = models.HandOff.objects.filter(conversation=OuterRef("pk"))
        if self.value() in models.HandOffStatus.values:
            return queryset.filter(Exists(handed.filter(status=self.value())))
        return queryset.filter(Exists(handed) if self.value() == "any" else ~Exists(handed))


class UnansweredFilter(SimpleListFilter):
    """By what stayed without an answer: a question to the pages, a message, or all of it to a person."""

    title, parameter_name = _("unanswered"), "unanswered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The ways of being unanswered."""
        return [
            ("page", _("a question no page answers")),
            ("message", _("a message without a reply")),
            ("down", _("judged not helpful")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that are."""
        if self.value() == "page":
            return with_turn(queryset, unanswered=True, said=True)
        if self.value() == "message":
            waiting = models.Message.objects.filter(conversation=OuterRef("pk"), role="customer", turn=None)
            return queryset.filter(Exists(waiting))
        if self.value() == "down":
            return queryset.filter(Exists(models.Feedback.objects.filter(conversation=OuterRef("pk"), rating="down")))
        return queryset


def searched(rows: QuerySet[Any], words: str, *, personal: bool) -> QuerySet[Any]:
    """Conversations that hold all the words, or have this id or hand-off; a customer's id finds for who may see it."""
    text = words.strip()
    messages = models.Message.objects.filter(conversation=OuterRef("pk"))
    held = [Exists(messages.filter(text__icontains=word)) for word in text.split()[:8]]
    handed = models.HandOff.objects.filter(conversation=OuterRef("pk"), id__iexact=text)
    found = Q(pk=text) | Q(Exists(handed))
    if personal:
        found |= Q(owner=text)
    return rows.filter(found | Q(*held))
