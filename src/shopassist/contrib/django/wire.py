"""What is stored, as its owner's page gets it: their own data in their places, and nothing of how it came about."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from pydantic import ValidationError

from shopassist import replies
from shopassist.contrib.django import bodies, models
from shopassist.contrib.django.connection import reading, seconds
from shopassist.engine.owner_view import owner_view
from shopassist.messages import ITEMS
from shopassist.storage.rules import OPEN
from shopassist.vault import Vault

LISTED = 50
"""How many conversations a list has at most."""

TITLE = 80
"""How many characters of a conversation's first message are its title."""


def reply(found: replies.Reply, seq: int | None) -> dict[str, Any]:
    """A reply that its owner sees (`owner_view`)."""
    consent = found.consent
    return bodies.Reply(
        id=found.id,
        turn=found.turn,
        seq=seq,
        text=found.text,
        language=found.language,
        mode=found.mode,
        asked=found.asked,
        items=_items(found),
        consent=bodies.Consent(tool=consent.tool, expires=consent.expires) if consent else None,
        options=[bodies.Option(value=o.value, label=o.label) for o in found.options],
        citations=[
            bodies.Citation(document=c.document, title=c.title, quote=c.quote, url=c.url) for c in found.citations
        ],
        outcomes=[bodies.Outcome(name=o.name, status=o.status, id=o.id) for o in found.tool_outcomes],
        handoff=found.handoff,
        superseded=found.superseded,
        degraded=found.degraded is not None,
        merged=list(found.merged),
    ).model_dump(mode="json")


def _items(found: replies.Reply) -> list[bodies.Card]:
    """The orders and products that a reply is about, as cards name them; what cannot be an id is left out."""
    made: list[bodies.Card] = []
    for slot, kind in (("order_id", bodies.OrderCard), ("product", bodies.ProductCard)):
        named = found.slots.get(slot, ())
        for value in (named,) if isinstance(named, str) else named:
            with suppress(ValidationError):
                made.append(kind.model_validate({slot.removesuffix("_id"): value}))
    return made[:ITEMS]


def seq_of(conversation: str, turn: int) -> int | None:
    """The number of a turn's last message: what is asked for `after` it is new."""
    with reading() as db:
        rows = models.Message.objects.using(db).filter(conversation=conversation, turn=turn)
        return rows.aggregate(last=Max("seq"))["last"]


def with_last(rows: QuerySet[models.Conversation]) -> QuerySet[models.Conversation]:
    """Conversations with what `conversation` tells of them, in one query."""
    messages = models.Message.objects.filter(conversation=OuterRef("pk")).order_by("-seq")
    said = models.Message.objects.filter(conversation=OuterRef("pk"), role="customer").exclude(text="").order_by("seq")
    handed = models.HandOff.objects.filter(conversation=OuterRef("pk"), status__in=OPEN)
    return rows.annotate(
        last_seq=Coalesce(Subquery(messages.values("seq")[:1]), 0),
        first_said=Coalesce(Subquery(said.values("text")[:1]), Value("", TextField())),
        handoff_id=Subquery(handed.values("id")[:1]),
        handoff_status=Subquery(handed.values("status")[:1]),
    )


def conversation(row: Any) -> dict[str, Any]:
    """A conversation that `with_last` found."""
    handed = {"id": row.handoff_id, "status": row.handoff_status} if row.handoff_id else None
    return {
        "id": row.pk,
        "mode": row.handoff_status or "bot",
        "handoff": handed,
        "title": Vault(row.vault).reveal(row.first_said)[:TITLE],
        "busy": row.lease_until is not None and row.lease_until > time.time(),
        "seq": row.last_seq,
        "created": _iso(row.created),
        "touched": _iso(row.touched),
    }


def messages(row: Any, after: int, limit: int) -> dict[str, Any]:
    """The messages of a conversation that `with_last` found: three queries at most."""
    vault = Vault(row.vault)
    with reading() as db:
        found = models.Message.objects.using(db).filter(conversation=row.pk, seq__gt=after).order_by("seq")
        rows = list(found[: limit + 1])
        shown = rows[:limit]
        numbers = [m.turn for m in shown if m.role == "assistant"]
        turns = models.Turn.objects.using(db).filter(conversation=row.pk, number__in=numbers) if numbers else ()
        answers = {turn.number: replies.Reply.from_dict({**turn.reply, "usage": turn.usage}) for turn in turns}
    told = [_message(m, vault, answers) for m in shown]
    return {"messages": told, "more": len(rows) > limit, "conversation": conversation(row)}


def _message(row: models.Message, vault: Vault, answers: Mapping[int, replies.Reply]) -> dict[str, Any]:
    answer = answers.get(row.turn) if row.role == "assistant" and row.turn is not None else None
    return {
        "seq": row.seq,
        "role": row.role,
        "text": vault.reveal(row.text),
        "id": row.client_id,
        "turn": row.turn,
        "items": row.items,
        "partial": vault.reveal(row.partial),
        "created": _iso(row.created),
        "reply": reply(owner_view(answer, vault), row.seq) if answer else None,
    }


def _iso(when: datetime) -> str:
    """A moment as RFC 3339 has it."""
    return datetime.fromtimestamp(seconds(when), UTC).isoformat().replace("+00:00", "Z")
