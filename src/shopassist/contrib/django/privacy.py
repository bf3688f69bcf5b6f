"""What a customer may ask for: everything that is stored of them, or that nothing is; and what is too old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import moment, reading, seconds, writing
from shopassist.contrib.django.store import DjangoStore
from shopassist.engine.owner_view import revealed
from shopassist.tools.ledger import SETTLED

BATCH = 500
"""How many conversations one look at the database names."""

TOMBSTONE = timedelta(days=1)
"""How long the empty row of an erased conversation keeps late answers out; no turn lives that long."""


def claim_visits(visitor: str, customer: str) -> int:
    """Make a visitor's conversations a customer's, at login; how many there were."""
    store = DjangoStore()
    with reading() as db:
        theirs = models.Conversation.objects.using(db).filter(visitor=visitor, owner=None, erased=None)
        found = list(theirs.values_list("pk", flat=True))
    for conversation in found:
        store.adopt(conversation, customer)
    return len(found)


def export_customer(customer: str) -> dict[str, Any]:
    """All that is stored of a customer, as plain JSON, with personal data in their places."""
    store = DjangoStore()
    with reading() as db:
        rows = list(models.Conversation.objects.using(db).filter(owner=customer).order_by("created"))
        feedback = models.Feedback.objects.using(db).filter(conversation__owner=customer).order_by("created")
        writes = models.Write.objects.using(db).filter(subject=customer).order_by("begun")
        given: dict[str, list[dict[str, Any]]] = {}
        for one in feedback:
            given.setdefault(one.conversation_id, []).append(
                {"turn": one.turn, "rating": one.rating, "reason": one.reason, "comment": one.comment}
            )
        changes = [_write(row) for row in writes]
    conversations = []
    for row in rows:
        if exported := store.export(row.pk):
            about = {"feedback": given.get(row.pk, []), "created": seconds(row.created)}
            conversations.append(revealed({**exported, **about}))
    return {"customer": customer, "conversations": conversations, "changes": changes}


def forget_customer(customer: str) -> dict[str, int]:
    """Erase all that is stored of a customer; how many conversations and changes there were.

    Changes of which nobody knows how they ended go too: `unsettled` counts them. A turn at work stores nothing more.
    """
    store = DjangoStore()
    with reading() as db:
        found = list(models.Conversation.objects.using(db).filter(owner=customer).values_list("pk", flat=True))
    for conversation in found:
        store.erase(conversation)
    with writing() as db:
        writes = models.Write.objects.using(db).filter(subject=customer)
        unsettled = writes.exclude(state__in=SETTLED).count()
        changes, _ = writes.delete()
    return {"conversations": len(found), "changes": changes, "unsettled": unsettled}


def purge(days: int) -> dict[str, int]:
    """Erase conversations whose last message is older than so many days, and settled changes of that age.

    Conversations that a person has, or that wait for one, stay. Empty rows of erased ones go after a day.
    """
    store, before = DjangoStore(), timezone.now() - timedelta(days=days)
    limit, erased = moment(before.timestamp()), 0
    while found := _old(limit):
        for conversation in found:
            store.erase(conversation)
        erased += len(found)
    with writing() as db:
        changes, _ = models.Write.objects.using(db).filter(state__in=SETTLED, begun__lt=limit).delete()
        gone = moment((timezone.now() - TOMBSTONE).timestamp())
        rows, _ = models.Conversation.objects.using(db).filter(erased__lt=gone).delete()
    return {"conversations": erased, "changes": changes, "empty rows": rows}


def old_conversations(days: int) -> int:
    """How many conversations `purge` would erase."""
    limit = moment((timezone.now() - timedelta(days=days)).timestamp())
    with reading() as db:
        return _older(db, limit).count()


def _old(limit: Any) -> list[str]:
    with reading() as db:
        return list(_older(db, limit).values_list("pk", flat=True)[:BATCH])


def _older(db: str, limit: Any) -> Any:
    rows = models.Conversation.objects.using(db).filter(touched__lt=limit, erased=None)
    return rows.exclude(handoffs__status__in=("waiting", "person")).order_by("touched")


def _write(row: models.Write) -> dict[str, Any]:
    return {
        "key": row.key,
        "tool": row.tool,
        "args": row.args,
        "consent": row.consent,
        "state": row.state,
        "begun": seconds(row.begun),
        "settled": seconds(row.settled) if row.settled else None,
        "outcome": row.outcome,
    }
