"""What the assistant came to, by day, out of the facts of turns, each counted once when it was stored (`facts_of`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from shopassist.contrib.django.connection import moment, reading, seconds
from shopassist.contrib.django.models import TurnFacts

_FIELDS = (
    "conversation_id", "created", "intents", "mood", "handed", "searched", "unanswered", "cached", "degraded",
    "replaced", "model_calls", "saved_calls", "saved_seconds", "seconds",
)  # fmt: skip
_SUMS = (
    "handed", "searched", "unanswered", "cached", "degraded", "replaced", "model_calls", "saved_calls", "saved_seconds",
)  # fmt: skip


@dataclass(slots=True)
class Count:
    """Counts over turns in which the assistant spoke; `times` are their seconds."""

    turns: int = 0
    conversations: set[str] = field(default_factory=set)
    handed: int = 0
    searched: int = 0
    unanswered: int = 0
    cached: int = 0
    degraded: int = 0
    replaced: int = 0
    model_calls: int = 0
    saved_calls: int = 0
    saved_seconds: float = 0.0
    moods: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def add(self, row: Sequence[Any]) -> None:
        """Count one turn: the values of `_FIELDS`."""
        values = dict(zip(_FIELDS, row, strict=True))
        self.turns += 1
        self.conversations.add(str(values["conversation_id"]))
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + values[name])
        self.moods[str(values["mood"])] += 1
        self.intents.update(filter(None, str(values["intents"]).split("|")))
        self.times.append(float(str(values["seconds"])))

    def quantile(self, share: float) -> float:
        """The seconds within which so large a share of the turns was answered; 0 without any."""
        found = sorted(self.times)
        return found[max(0, ceil(share * len(found)) - 1)] if found else 0.0


def statistics(last: date, days: int, zone: ZoneInfo) -> tuple[Count, dict[date, Count]]:
    """All turns of so many days up to `last` together, and each day by itself, those without a turn too."""
    first = last - timedelta(days=days - 1)
    found = {first + timedelta(days=n): Count() for n in range(days)}
    total = Count()
    begin = datetime.combine(first, time.min, zone)
    for row in _rows(begin, datetime.combine(last + timedelta(days=1), time.min, zone)):
        day = datetime.fromtimestamp(seconds(row[1]), zone).date()
        total.add(row)
        found[day].add(row)
    return total, found


def _rows(begin: datetime, end: datetime) -> Iterator[tuple[Any, ...]]:
    with reading() as db:
        rows = TurnFacts.objects.using(db).filter(
            said=True, created__gte=moment(begin.timestamp()), created__lt=moment(end.timestamp())
        )
        yield from rows.order_by().values_list(*_FIELDS).iterator(chunk_size=2000)
