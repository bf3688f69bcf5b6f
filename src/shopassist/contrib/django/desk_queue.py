"""What the desk's page shows before anybody is claimed: who waits, who is there, whether it is service time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery, Sum
from django.utils import timezone

from shopassist.contrib.django import models, names
from shopassist.contrib.django.connection import moment, reading, seconds, writing
from shopassist.engine.plan import answered_from
from shopassist.settings import Settings
from shopassist.storage.rules import OPEN

LISTED = 1000
"""Open hand-offs that the list has at most, oldest first."""

EXCERPT = 90
PRESENT = 75
"""Seconds since a page was last heard of in which its person counts as present."""


def queue(agent: str, settings: Settings) -> dict[str, Any]:
    """The open hand-offs, the people and the hours: three queries, however many hand-offs wait."""
    said = models.Message.objects.filter(conversation=OuterRef("conversation"), role="customer").order_by("-seq")
    with reading() as db:
        rows = models.HandOff.objects.using(db).filter(status__in=OPEN)
        rows = rows.annotate(said=Subquery(said.values("text")[:1]), spoke=Subquery(said.values("created")[:1]))
        found = list(
            rows.order_by("created", "conversation_id", "turn").values(
                "id", "status", "agent", "reason", "summary", "created", "said", "spoke", "conversation__owner"
            )[: LISTED + 1]
        )
        people = present(db)
        marked = mark(db)
    known = {one["agent"]: one["name"] for one in people}
    return {
        "mark": marked,
        "handoffs": [_entry(row, agent, known) for row in found[:LISTED]],
        "more": len(found) > LISTED,
        "people": people,
        "hours": hours(settings),
        "now": seconds(timezone.now()),
    }


def mark(db: str) -> str:
    """A text that is another one as soon as the queue, a message in it or the people are: two small queries.

    A claim's fence grows with each change of who has a conversation.
    """
    rows = models.HandOff.objects.using(db).filter(status__in=OPEN).order_by()
    told = rows.values("status").annotate(
        count=Count("pk"), last=Max("conversation__touched"), fences=Sum("conversation__fence")
    )
    parts = sorted(f"{r['status']}{r['count']}.{seconds(r['last'])}.{r['fences']}" for r in told)
    return "|".join([*parts, *(f"{p['agent']}{p['away']:d}" for p in present(db))])


def present(db: str) -> list[dict[str, Any]]:
    """Who is at the desk now, in the order of their names."""
    since = moment((timezone.now() - timedelta(seconds=PRESENT)).timestamp())
    rows = models.Presence.objects.using(db).filter(seen__gte=since).order_by("name", "agent")
    return list(rows.values("agent", "name", "away"))


def be_there(agent: str, name: str, *, away: bool | None = None) -> None:
    """Note that somebody's page is open; `away` None leaves that as it was."""
    values: dict[str, Any] = {"name": name, "seen": moment(timezone.now().timestamp())}
    if away is not None:
        values["away"] = away
    with writing() as db:
        models.Presence.objects.using(db).update_or_create(agent=agent, defaults=values)


def leave(agent: str) -> None:
    """Note that somebody closed the page."""
    with writing() as db:
        models.Presence.objects.using(db).filter(agent=agent).delete()


def hours(settings: Settings) -> dict[str, Any]:
    """Whether the desk answers now, its hours, and from when it answers."""
    now = settings.now()
    opens = answered_from(now, settings.desk_minutes)
    return {"open": opens <= now, "hours": settings.desk_hours, "from": f"{opens:%m-%d %H:%M}"}


def _entry(row: dict[str, Any], agent: str, known: dict[str, str]) -> dict[str, Any]:
    """One hand-off in the list; personal data are placeholders."""
    summary = row["summary"]
    wishes = dict.fromkeys(names.intent(one["intent"]) for one in summary.get("wishes", ()))
    said = " ".join((row["said"] or "").split())
    return {
        "id": row["id"],
        "state": "mine" if row["agent"] == agent and row["status"] == "person" else row["status"],
        "with": known.get(row["agent"], row["agent"]) if row["status"] == "person" else None,
        "reason": names.word("trigger", row["reason"]),
        "urgent": row["reason"] in ("danger", "legal"),
        "wishes": list(wishes)[:3],
        "angry": summary.get("mood", {}).get("is") == "negative",
        "language": summary.get("language"),
        "visitor": row["conversation__owner"] is None,
        "said": said[:EXCERPT] + ("…" if len(said) > EXCERPT else ""),
        "created": seconds(row["created"]),
        "spoke": seconds(row["spoke"]) if row["spoke"] else None,
    }
