"""Facts of the turns that are there, and the templates that are said already stay said."""

from typing import Any

from django.db import migrations
from django.db.models import F

BATCH = 500


def facts(reply: dict[str, Any], usage: dict[str, Any]) -> dict[str, Any]:
    """As `shopassist.contrib.django.facts.facts_of` was when this was written."""
    saved = usage.get("saved") or {}
    searched = reply.get("query") is not None
    intents = "|"
    for intent in dict.fromkeys(reply.get("intents") or ()):
        if len(intents) + len(intent) + 1 > 500:
            break
        intents += f"{intent}|"
    return {
        "said": bool(reply.get("text")),
        "intents": intents,
        "mood": reply.get("mood") or "neutral",
        "handed": reply.get("handoff") is not None,
        "searched": searched,
        "unanswered": searched and not reply.get("evidence"),
        "cached": bool(saved),
        "degraded": reply.get("degraded") is not None,
        "replaced": len(reply.get("rejected") or ()),
        "model_calls": usage.get("model_calls") or 0,
        "saved_calls": saved.get("calls") or 0,
        "saved_seconds": saved.get("seconds") or 0.0,
        "first": usage.get("first_sentence"),
        "seconds": usage.get("total") or 0.0,
    }


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    turns, rows = apps.get_model("shopassist", "Turn"), apps.get_model("shopassist", "TurnFacts")
    batch: list[Any] = []
    for turn in turns.objects.using(alias).order_by("pk").iterator(chunk_size=BATCH):
        own = facts(turn.reply, turn.usage)
        batch.append(rows(conversation_id=turn.conversation_id, number=turn.number, created=turn.created, **own))
        if len(batch) == BATCH:
            rows.objects.using(alias).bulk_create(batch, ignore_conflicts=True)
            batch = []
    rows.objects.using(alias).bulk_create(batch, ignore_conflicts=True)


def approve(apps: Any, schema_editor: Any) -> None:
    templates = apps.get_model("shopassist", "AnswerTemplate").objects.using(schema_editor.connection.alias)
    templates.filter(approved=None).update(approved=F("updated"))


class Migration(migrations.Migration):
    dependencies = [("shopassist", "0003_staff")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(approve, migrations.RunPython.noop, elidable=True),
    ]
