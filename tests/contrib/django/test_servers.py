"""Under real servers: uvicorn and gunicorn, with ATOMIC_REQUESTS, GZipMiddleware and a shop's own middleware."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from servers import Visitor, events, served

QUESTION = "无线降噪耳机Pro续航多久"
SENTENCE = "单次续航 8 小时，配合充电盒共 30 小时。"
SLOW = SENTENCE + "防水等级是 IPX4。" + "蓝牙是 5.3。" * 40
STREAMS = 25
PATIENT = tuple(f"SHOPASSIST_MODEL_{name}" for name in ("DEADLINE", "FIRST_TOKEN", "NEXT_TOKEN"))


def until(condition, seconds=30.0):
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)
    return condition()


class Site:
    """A running server and a look into its database."""

    def __init__(self, address, engine, name):
        self.address, self.engine, self.name = address, engine, name

    def visitor(self):
        return Visitor(self.address)

    def value(self, statement, **values):
        with self.engine.connect() as db:
            return db.scalar(sa.text(statement), values)

    def turns(self, visitor):
        return self.value("SELECT count(*) FROM shopassist_turn WHERE conversation_id = :of", of=visitor.id)

    def at_work(self, visitors):
        held = "SELECT count(*) FROM shopassist_conversation WHERE lease_until IS NOT NULL AND id = ANY(:these)"
        return self.value(held, these=[visitor.id for visitor in visitors])

    def connections(self):
        return self.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name", name=self.name)


@pytest.fixture(scope="module")
def database(site_postgres_url, _postgres):
    """The URL of the tables in PostgreSQL, and an engine on it."""
    engine = sa.create_engine(site_postgres_url)
    yield site_postgres_url, engine
    engine.dispose()


@pytest.fixture(scope="module")
def start(database, data_dir):
    """Start a server whose model writes slowly."""
    url, engine = database
    with ExitStack() as running:

        def started(kind, **values):
            name = f"{kind}-of-the-tests"
            own = sa.make_url(url).update_query_dict({"application_name": name}).render_as_string(hide_password=False)
            values = {"SITE_DATABASE": own, "SITE_DATA": data_dir, "SITE_ATOMIC": 1, "SITE_ANSWER": SLOW, **values}
            values |= dict.fromkeys(PATIENT, 120)  # a machine that is busy with other tests
            values |= {"SITE_ANSWER_CACHE": 0}  # the same question comes again and again, and shall be written
            return Site(running.enter_context(served(kind, **values)), engine, name)

        yield started


@pytest.fixture(scope="module")
def uvicorn(start):
    return start("uvicorn", SITE_DELAY=0.1)


@pytest.fixture(scope="module")
def gunicorn(start):
    return start("gunicorn", SITE_DELAY=0.1)


def test_09_under_asgi_the_first_sentence_comes_before_the_end_of_generation(uvicorn):
    visitor = uvicorn.visitor()
    with visitor.stream(QUESTION) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["content-encoding"] == "identity"
        got = events(response)
        shown = next(data for name, data in got if name == "sentence")
        assert "8 小时" in shown["text"]
        assert uvicorn.turns(visitor) == 0
        name, done = list(got)[-1]
    assert name == "done"
    assert done["text"].startswith(shown["text"].strip())
    assert uvicorn.turns(visitor) == 1


def test_09_under_wsgi_the_answer_is_json_also_where_a_stream_was_asked_for(gunicorn):
    visitor = gunicorn.visitor()
    with visitor.stream(QUESTION) as response:
        response.read()
    assert response.headers["content-type"] == "application/json"
    assert "8 小时" in response.json()["text"]


def test_10_streams_and_json_survive_gzip_atomic_requests_and_the_shops_own_middleware(uvicorn):
    visitor = uvicorn.visitor()
    assert visitor.ask("你好").json()["text"]
    assert visitor.http.get(f"{visitor.at}messages/").json()["messages"][0]["text"] == "你好"
    with visitor.stream("你好呀") as response:
        assert response.request.headers["accept-encoding"] == "gzip"
        names = [name for name, _ in events(response)]
    assert (names[0], names[-1]) == ("started", "done")
    assert {"stage", "sentence"} < set(names)


def test_11_open_streams_hold_no_connection(start):
    site = start("uvicorn", SITE_DELAY=5)  # or the first ones have ended before the last have begun
    visitors, kept = [], []
    with ExitStack() as open_streams, ThreadPoolExecutor(STREAMS) as pool:

        def open_one(visitor):
            got = events(open_streams.enter_context(visitor.stream(QUESTION)))
            kept.append(got)  # a reader that is dropped closes its stream
            next(data for name, data in got if name == "stage" and data["name"] == "retrieve")

        for many in (STREAMS, 2 * STREAMS):
            more = [site.visitor() for _ in range(many - len(visitors))]
            visitors.extend(more)
            list(pool.map(open_one, more))
            # A lease is renewed now and then, which takes a connection for a moment.
            assert until(lambda: site.connections() == 0 and site.at_work(visitors) == len(visitors))


def test_11_an_answer_in_json_holds_no_connection_while_the_model_writes(gunicorn):
    visitors = [gunicorn.visitor() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(visitor.ask, QUESTION) for visitor in visitors]
        assert until(lambda: gunicorn.connections() == 0 and gunicorn.at_work(visitors) == 4)
        assert all("8 小时" in done.result().json()["text"] for done in asked)


def test_12_a_client_that_goes_away_stops_the_model_and_what_was_shown_is_kept(uvicorn):
    visitor = uvicorn.visitor()
    with visitor.stream(QUESTION, id="m1") as response:
        shown = next(data for name, data in events(response) if name == "sentence")["text"]
    free = "SELECT lease_token IS NULL FROM shopassist_conversation WHERE id = :of"
    partial = "SELECT partial FROM shopassist_message WHERE conversation_id = :of AND client_id = 'm1'"
    assert until(lambda: uvicorn.value(partial, of=visitor.id))
    assert uvicorn.value(free, of=visitor.id)
    assert uvicorn.turns(visitor) == 0
    kept = visitor.http.get(f"{visitor.at}messages/").json()["messages"][0]["partial"]
    assert kept.startswith(shown)
    stopped = visitor.http.post(f"{visitor.at}stop/").json()
    assert stopped["text"] == kept
    assert stopped["superseded"]
    assert visitor.ask(QUESTION, id="m1").json()["text"] == kept
    assert visitor.http.post(f"{visitor.at}stop/").status_code == 204


def test_12_after_a_lost_stream_the_same_message_gets_the_whole_answer(uvicorn):
    visitor = uvicorn.visitor()
    with visitor.stream(QUESTION, id="m1") as response:
        next(data for name, data in events(response) if name == "sentence")
    with visitor.stream(QUESTION, id="m1") as response:
        name, done = list(events(response))[-1]
    assert name == "done"
    assert done["merged"] == ["m1"]
    found = visitor.http.get(f"{visitor.at}messages/?after=0").json()["messages"]
    assert [(m["role"], m["partial"]) for m in found] == [("customer", ""), ("assistant", "")]


def test_a_silent_model_keeps_the_stream_open_and_bad_input_is_told_before_it(start):
    site = start("uvicorn", SITE_DELAY=4, SITE_KEEP_ALIVE=1, SITE_ANSWER=SENTENCE)
    visitor = site.visitor()
    with visitor.stream("") as response:
        response.read()
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    with visitor.stream(QUESTION) as response:
        assert any(line == ": still here" for line in response.iter_lines())
