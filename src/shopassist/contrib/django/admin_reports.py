"""Two pages of figures in the admin: statistics, and what the knowledge holds and lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shopassist.contrib.django import charts, indexing, names
from shopassist.contrib.django.admin_base import ReadOnlyAdmin
from shopassist.contrib.django.assistant import engine_settings, get_assistant
from shopassist.contrib.django.frequent import embeddings_of
from shopassist.contrib.django.statistics import Count, statistics
from shopassist.contrib.django.store import DjangoStore
from shopassist.errors import ShopAssistError
from shopassist.knowledge import generations
from shopassist.knowledge.generations import Listed
from shopassist.learning.gaps import Gap, gaps

RANGES = (7, 30, 90)
GAPS = 30
"""Gaps that are shown, the most frequent first."""

TOP = 10
"""Wishes that are listed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure above the charts."""

    name: str
    value: str
    note: str = ""


class StatisticsAdmin(ReadOnlyAdmin):
    """How much was asked, how it went, how long it took and what was spared."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page, of so many days."""
        self.need_view(request)
        asked = request.GET.get("days", "")
        days = int(asked) if asked in map(str, RANGES) else RANGES[1]
        settings = engine_settings()
        total, found = statistics(settings.now().date(), days, settings.timezone)
        labels = [date_format(day, "n/j") for day in found]
        return self.page(
            request, "statistics.html", _("Statistics"), days=days, ranges=RANGES, figures=_figures(total),
            charts=_charts(labels, [*found.values()]), wishes=_wishes(total),
        )  # fmt: skip


class KnowledgeReportAdmin(ReadOnlyAdmin):
    """The index that answers, and the questions that it does not."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page; the gaps are looked for when they are asked for, since that takes seconds."""
        self.need_view(request)
        listed: list[Listed] = []
        found: list[tuple[Gap, list[str]]] | None = None
        try:
            listed = generations.status(engine_settings().index_dir)
            if "gaps" in request.GET:
                found = [(gap, _why(gap.why)) for gap in _gaps(30)]
        except ShopAssistError:
            self.message_user(request, _("The knowledge cannot be read now; the log says why."), messages.ERROR)
        current = next((one for one in listed if one.current), None)
        return self.page(
            request, "knowledge.html", _("Knowledge and gaps"), current=current,
            generations=[(one, _local(one.created)) for one in listed[::-1]],
            waiting=indexing.waiting(), found=found,
        )  # fmt: skip


def _local(created: str | None) -> datetime | None:
    return datetime.fromisoformat(created) if created else None


def _gaps(days: int) -> list[Gap]:
    """The gaps of so many days that no page answers yet. Raises `ShopAssistError`."""
    assistant = get_assistant()
    if assistant.knowledge is None:
        return []
    settings = assistant.settings
    found = gaps(
        DjangoStore(),
        assistant.classifier.catalogue,
        assistant.knowledge,
        embeddings_of(assistant),
        zone=settings.timezone,
        today=settings.now().date(),
        relevance=settings.relevance,
        since=(timezone.now() - timedelta(days=days)).timestamp(),
    )
    return [gap for gap in found.gaps if not gap.closed][:GAPS]


def _why(why: Mapping[Any, int]) -> list[str]:
    return [f"{names.GAP_REASONS[reason]} {count}" for reason, count in why.items()]


def _figures(total: Count) -> list[Figure]:
    return [
        Figure(
            _("Conversations"), f"{len(total.conversations):,}",
            _("%(count)s answers") % {"count": f"{total.turns:,}"},
        ),
        Figure(_("Handed over"), _share(total.handed, total.turns), f"{total.handed:,}"),
        Figure(
            _("No page answered"), _share(total.unanswered, total.searched),
            _("of %(count)s questions to the pages") % {"count": f"{total.searched:,}"},
        ),
        Figure(_("Displeased"), _share(total.moods["negative"], total.turns), f"{total.moods['negative']:,}"),
        Figure(
            _("Answered within"), f"{total.quantile(0.5):.1f} s",
            _("95 of 100 within %(seconds)s s") % {"seconds": f"{total.quantile(0.95):.1f}"},
        ),
        Figure(
            _("Model calls saved"), f"{total.saved_calls:,}",
            _("%(calls)s made, %(seconds)s s saved")
            % {"calls": f"{total.model_calls:,}", "seconds": f"{total.saved_seconds:,.0f}"},
        ),
        Figure(_("Sentences replaced"), f"{total.replaced:,}", _("by the check")),
    ]  # fmt: skip


def _charts(labels: list[str], days: list[Count]) -> list[charts.Chart]:
    def by_day(name: str) -> list[float | None]:
        return [float(getattr(day, name)) for day in days]

    def percent(part: str, whole: str) -> list[float | None]:
        return [100 * getattr(d, part) / getattr(d, whole) if getattr(d, whole) else None for d in days]

    moods = [charts.Series(str(text), mood, [float(d.moods[mood]) for d in days]) for mood, text in names.MOODS.items()]
    times = [(_("50 of 100"), "first", 0.5), (_("95 of 100"), "second", 0.95)]
    return [
        charts.columns(_("Answers"), _("a day"), labels, [charts.Series(_("answers"), "first", by_day("turns"))]),
        charts.columns(_("Moods"), _("answers a day"), labels, moods),
        charts.lines(
            _("Handed over"), _("share of the answers"), labels,
            [charts.Series(_("called a person"), "third", percent("handed", "turns"))], "%",
        ),
        charts.lines(
            _("No page answered"), _("share of the questions to the pages"), labels,
            [charts.Series(_("unanswered"), "negative", percent("unanswered", "searched"))], "%",
        ),
        charts.lines(
            _("Time to the whole answer"), _("seconds"), labels,
            [
                charts.Series(name, colour, [d.quantile(share) if d.turns else None for d in days])
                for name, colour, share in times
            ],
            " s",
        ),
        charts.columns(
            _("Model calls"), _("a day"), labels,
            [
                charts.Series(_("made"), "first", by_day("model_calls")),
                charts.Series(_("saved by kept answers"), "positive", by_day("saved_calls")),
            ],
        ),
    ]  # fmt: skip


def _wishes(total: Count) -> list[tuple[str, str, int, int]]:
    """The most frequent wishes: name, words, how often, and the share of the most frequent one in percent."""
    most = max(total.intents.values(), default=1)
    found = total.intents.most_common(TOP)
    return [(name, names.intent(name), count, round(100 * count / most)) for name, count in found]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
