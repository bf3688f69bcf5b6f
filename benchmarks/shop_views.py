"""What a request of Django adds to a turn, and how soon a lost reader stops the model.

    python benchmarks/shop_views.py [--rounds 200] [--database URL] [--json FILE]

One question to the small shop of the tests, templates in place of a model, three ways in turn, so that a busy machine
is as busy for each:

- engine: `Assistant.reply` on the library's own SQL store
- store: `Assistant.reply` on the app's store in Django's ORM, on a connection that is open
- request: Django's WSGI handler from the environment to the closed response: connection (opened and closed again, as
  `CONN_MAX_AGE` is 0), middleware, session, login, JSON, the turn on the app's store, JSON

What the view adds is the median of each round's difference between request and store: the same engine on the same
store. What the ORM costs more than the library's own store is told apart. Then a uvicorn with a slow model: how long
after the reader left what was shown is stored and the conversation free. `--database` is SQLAlchemy's URL of a
PostgreSQL; files of SQLite if not given.
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


def overhead(rounds, url):
    """Milliseconds of a turn each way, and of them the processor's."""
    from django.contrib.auth import get_user_model
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connections
    from django.test import Client, RequestFactory

    from shopassist import Assistant, Customer
    from shopassist.contrib.django.assistant import get_assistant
    from shopassist.storage.sql import SqlStore

    user, client = get_user_model().objects.create_user("li", password="li"), Client()
    customer, shop, handler = Customer(str(user.pk)), get_assistant(), WSGIHandler()
    parts = {"knowledge": shop.knowledge, "model": None, "toolbox": shop.toolbox, "texts": shop.texts}
    bare = Assistant(settings=shop.settings, store=SqlStore(url), **parts)
    client.force_login(user)
    client.get("/assistant/conversations/")  # brings the token
    at = f"/assistant/conversations/{client.post('/assistant/conversations/').json()['id']}/messages/"
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    headers = {"Cookie": "; ".join(map("=".join, cookies.items())), "X-CSRFToken": cookies["csrftoken"]}

    def request():
        asked = RequestFactory().post(at, {"text": QUESTION}, "application/json", headers=headers).environ
        yield
        response = handler(asked, lambda status, headers: None)
        told = b"".join(response)
        response.close()
        assert response.status_code == 200, told

    def engine():
        yield
        bare.reply(QUESTION, conversation="engine", customer=customer)

    def store():
        connections["default"].ensure_connection()
        yield
        shop.reply(QUESTION, conversation="store", customer=customer)

    ways = {"engine": engine, "store": store, "request": request}
    taken = {name: [] for name in ways}
    for n in range(rounds + 10):
        for name, way in ways.items():
            run = way()
            next(run)  # what is not measured
            began = time.perf_counter(), time.process_time()
            next(run, None)
            ended = time.perf_counter(), time.process_time()
            if n >= 10:  # the first ones warm up
                taken[name].append([1000 * (e - b) for b, e in zip(began, ended, strict=True)])
            connections.close_all()
    bare.close()
    return {name: np.array(values) for name, values in taken.items()}


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
        values |= {"SITE_THROTTLE_USER": "100000/m", "SITE_THROTTLE_IP": "100000/m"}  # counted as in a shop
        values |= {"SITE_DATABASE": chosen.database} if chosen.database else {}
        os.environ.update(values)
        import django
        from django.core.management import call_command

        from shopassist.knowledge.ingest import ingest

        ingest([ROOT / "knowledge"], Path(folder) / "knowledge", None)
        django.setup()
        call_command("migrate", verbosity=0)
        taken = overhead(chosen.rounds, chosen.database or f"sqlite:///{folder}/engine.db")
        from servers import served

        with served("uvicorn", SITE_ANSWER=SLOW, SITE_DELAY=0.2) as address:
            left = stops(address, 10)
    figures = [Figure(f"a turn, {name}", np.median(values[:, 0]), "ms") for name, values in taken.items()]
    compared = (("the view, over the store", "request", "store", 5.0), ("the app's store", "store", "engine", None))
    for name, more, less, most in (*compared, ("view and store", "request", "engine", None)):
        added = np.median(taken[more] - taken[less], axis=0)
        figures.append(Figure(f"added by {name}", added[0], "ms", most))
        figures.append(Figure(f"added by {name}: processor", added[1], "ms"))
    figures.append(Figure("stored after the reader left, longest", max(left), "s", 2.0))
    describe()
    show("Django's views", figures)
    if chosen.json:
        save(chosen.json, figures)


if __name__ == "__main__":
    main()
