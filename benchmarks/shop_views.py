"""What Django's views add to a turn, and how soon a lost reader stops the model.

    python benchmarks/shop_views.py [--rounds 200] [--database URL] [--json FILE]

The small shop of the tests, templates in place of a model: the same question through the view (a client in this
process, session and login and CSRF as in a request) and to the assistant on the same store, by turns. Then a uvicorn
with a slow model: how long after the reader left what was shown is stored and the conversation free. `--database` is
SQLAlchemy's URL of a PostgreSQL; an SQLite file if not given.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from report import Figure, describe, save, show
from sample import ROOT

sys.path[:0] = [str(ROOT / "tests" / "contrib" / "django"), str(ROOT / "tests")]

QUESTION = "七天无理由怎么退？"
SPOKEN = "无线降噪耳机Pro续航多久"
SLOW = "单次续航 8 小时，配合充电盒共 30 小时。" + "防水等级是 IPX4。" * 40


def overhead(rounds):
    """Milliseconds of a turn, by the view and by the assistant alone."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from shopassist import Customer
    from shopassist.contrib.django.assistant import get_assistant

    user = get_user_model().objects.create_user("li", password="li")
    client, assistant = Client(), get_assistant()
    client.force_login(user)
    at = f"/assistant/conversations/{client.post('/assistant/conversations/').json()['id']}/messages/"
    customer, taken = Customer(str(user.pk)), {"view": [], "assistant": []}
    for n in range(rounds + 10):
        for name, call in (
            ("view", lambda: client.post(at, {"text": QUESTION}, content_type="application/json")),
            ("assistant", lambda: assistant.reply(QUESTION, conversation="bare", customer=customer)),
        ):
            began = time.perf_counter()
            call()
            if n >= 10:  # the first ones warm up
                taken[name].append(1000 * (time.perf_counter() - began))
    return taken


def stops(address, rounds):
    """Seconds from the moment a reader leaves until what was shown can be read."""
    from servers import Visitor, events

    taken = []
    for _ in range(rounds):
        visitor = Visitor(address)
        with visitor.stream(SPOKEN) as response:
            next(data for name, data in events(response) if name == "sentence")
        began = time.monotonic()
        while not visitor.http.get(f"{visitor.at}messages/").json()["messages"][0]["partial"]:
            time.sleep(0.01)
        taken.append(time.monotonic() - began)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
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
        taken = overhead(chosen.rounds)
        from servers import served

        with served("uvicorn", SITE_ANSWER=SLOW, SITE_DELAY=0.2) as address:
            left = stops(address, 10)
    added = np.median(taken["view"]) - np.median(taken["assistant"])
    figures = [Figure(f"a turn by the {name}, median", np.median(values), "ms") for name, values in taken.items()]
    figures.append(Figure("added by the view, median", added, "ms", 5.0))
    figures.append(Figure("stored after the reader left, longest", max(left), "s", 2.0))
    describe()
    show("Django's views", figures)
    if chosen.json:
        save(chosen.json, figures)


if __name__ == "__main__":
    main()
