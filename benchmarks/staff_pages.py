"""How long the staff's pages take with many conversations: the desk's list, and the admin's with its filters.

    python benchmarks/staff_pages.py [--conversations 1000] [--turns 10] [--rounds 20] [--database URL] [--json FILE]

The small shop of the tests: so many conversations, each with as many turns whose replies are as long as real ones (a
question to the sample shop's pages), and a hand-off for each. The pages are asked for by a client in this process, with
session, login and permissions as in a request. `--database` is SQLAlchemy's URL of a PostgreSQL; an SQLite file if not
given.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from report import Figure, describe, save, show
from sample import ROOT

sys.path[:0] = [str(ROOT / "tests" / "contrib" / "django"), str(ROOT / "tests")]

QUESTION = "七天无理由怎么退？"
ADMIN = "/admin/shopassist/"
PAGES = {
    "the desk's list": "/desk/queue/",
    "the desk's list, nothing changed": None,
    "the admin's list": f"{ADMIN}conversation/",
    "the same, by a wish and a mood": f"{ADMIN}conversation/?intent=return_refund&mood=neutral",
    "the same, by words": f"{ADMIN}conversation/?q=无理由",
    "statistics of 90 days": f"{ADMIN}statistics/?days=90",
}
TARGETS = {"the desk's list": 300.0, "the admin's list": 300.0}


def fill(conversations, turns):
    """Store the conversations; the reply is a real one, stored again and again."""
    from django.utils import timezone

    from shopassist.contrib.django import facts, models
    from shopassist.contrib.django.assistant import get_assistant

    get_assistant().reply(QUESTION, conversation="first")
    turn, now = models.Turn.objects.get(), timezone.now()
    known = facts.facts_of(turn.reply, turn.usage)
    summary = {"who": None, "language": "zh", "wishes": [{"intent": "return_refund"}], "mood": {"is": "neutral"}}
    for begin in range(0, conversations, 100):
        rows = [
            models.Conversation(id=f"c-{n}", mode="waiting", created=now, touched=now - timedelta(minutes=n))
            for n in range(begin, min(begin + 100, conversations))
        ]
        models.Conversation.objects.bulk_create(rows)
        of = [(row, n) for row in rows for n in range(1, turns + 1)]
        models.Message.objects.bulk_create(
            models.Message(conversation=row, seq=2 * n - away, role=role, text=text, turn=n, created=now)
            for row, n in of
            for away, role, text in ((1, "customer", QUESTION), (0, "assistant", turn.reply["text"]))
        )
        models.Turn.objects.bulk_create(
            models.Turn(conversation=row, number=n, reply=turn.reply, usage=turn.usage, created=now) for row, n in of
        )
        models.TurnFacts.objects.bulk_create(
            models.TurnFacts(conversation=row, number=n, created=now, **known) for row, n in of
        )
        models.HandOff.objects.bulk_create(
            models.HandOff(
                id=f"H{row.pk}", conversation=row, turn=turns, reason="asked", summary=summary, created=row.touched
            )
            for row in rows
        )


def timed(rounds):
    """Milliseconds of each page."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss"))
    mark = client.get("/desk/queue/").json()["mark"]
    taken = {}
    for name, address in PAGES.items():
        for n in range(rounds + 3):
            began = time.perf_counter()
            response = client.get(address) if address else client.get("/desk/queue/", {"mark": mark})
            assert response.status_code == 200, (name, response.status_code)
            if n >= 3:  # the first ones warm up
                taken.setdefault(name, []).append(1000 * (time.perf_counter() - began))
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        values = {"SITE_FOLDER": folder, "SITE_DATA": folder, "DJANGO_SETTINGS_MODULE": "shopsite.settings"}
        values |= {"SITE_DATABASE": chosen.database} if chosen.database else {}
        os.environ.update(values)
        import django
        from django.core.management import call_command

        from shopassist.knowledge.ingest import ingest

        ingest([ROOT / "knowledge"], Path(folder) / "knowledge", None)
        django.setup()
        call_command("migrate", verbosity=0)
        fill(chosen.conversations, chosen.turns)
        taken = timed(chosen.rounds)
    figures = [Figure(f"{name}, p95", np.quantile(ms, 0.95), "ms", TARGETS.get(name)) for name, ms in taken.items()]
    describe()
    show(f"Staff pages, {chosen.conversations} conversations of {chosen.turns} turns", figures)
    if chosen.json:
        save(chosen.json, figures)


if __name__ == "__main__":
    main()
