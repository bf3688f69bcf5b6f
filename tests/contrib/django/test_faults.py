"""Bad input and faults in one process, each with an answer that a page can show."""

import json
from contextlib import contextmanager
from functools import partial

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings
from shopsite import routers

from shopassist.contrib.django import models


@pytest.fixture(autouse=True)
def _site(sqlite_site, configured):
    with configured():
        yield


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b"[" * 50_000, "application/json", 400, "malformed"),
        (b'{"text": NaN}', "application/json", 400, "malformed"),
        (b'"hello"', "application/json", 422, "invalid"),
        (b"{}", "application/json", 422, "invalid"),
        (b'{"text": 7}', "application/json", 422, "invalid"),
        (b'{"text": "x", "items": [{"order": "1", "product": "2"}]}', "application/json", 422, "invalid"),
        (b'{"text": "x", "items": [{"image": "javascript:alert(1)"}]}', "application/json", 422, "invalid"),
        (b'{"text": "x", "id": ""}', "application/json", 422, "invalid"),
        (json.dumps({"text": "x" * 5000}).encode(), "application/json", 422, "invalid"),
        (json.dumps({"text": "x" * 70_000}).encode(), "application/json", 413, "too_large"),
        (b"text=hello", "application/x-www-form-urlencoded", 415, "content_type"),
        (b"hello", "text/plain", 415, "content_type"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, bytes) else None,
)
def test_a_bad_body_is_a_problem_that_a_page_can_show(client_of, begin, body, kind, status, code):
    client = client_of()
    at = begin(client)
    response = client.post(f"{at}messages/", body, content_type=kind, headers={"Accept-Language": "zh-hans"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"].endswith("。")
    assert not models.Message.objects.exists()


def test_half_a_character_does_not_lose_the_message(client_of, begin):
    client = client_of()
    at = begin(client)
    response = client.post(
        f"{at}messages/", b'{"text": "\\ud83d\\u0000\xe4\xbd\xa0\xe5\xa5\xbd"}', content_type="application/json"
    )
    assert response.status_code == 200
    assert models.Message.objects.get(seq=1).text == "你好"


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=9999", "after=٣", "after=99999999999999999999"])
def test_a_bad_number_in_a_query_is_a_problem(client_of, begin, query):
    client = client_of()
    assert client.get(f"{begin(client)}messages/?{query}").status_code == 422


def test_a_wrong_method_says_what_is_allowed(client_of, begin):
    client = client_of()
    response = client.put(begin(client))
    assert (response.status_code, response.json()["code"]) == (405, "method")
    assert "DELETE" in response["Allow"]


def test_a_cache_that_is_down_is_told(client_of, begin, configured):
    down = {"default": {"BACKEND": "shopsite.caches.Down"}}
    with override_settings(CACHES=down), configured(THROTTLE_USER="5/m", THROTTLE_IP="5/m"):
        response = client_of().post("/assistant/conversations/")
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response["Retry-After"] == "5"


def test_where_all_places_are_taken_the_next_one_is_told_to_come_back(client_of, begin, say, configured):
    from shopassist.contrib.django.turns import places

    with configured(TURNS=1):
        client = client_of()
        at = begin(client)
        with places().one():
            response = say(client, at)
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert say(client, at).status_code == 200


def test_where_migrations_have_not_run_the_page_is_told_to_come_back(client_of, caplog):
    with connections[routers.current].cursor() as cursor:
        cursor.execute("ALTER TABLE shopassist_conversation RENAME TO elsewhere")
    try:
        response = client_of().get(f"/assistant/conversations/{'0' * 32}/")
    finally:
        with connections[routers.current].cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO shopassist_conversation")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert "manage.py migrate" in caplog.text
    assert "migrate" not in response.content.decode()


@contextmanager
def read_only(alias):
    """The database takes no writes: SQLite on this connection, PostgreSQL on each that is opened meanwhile."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        before = connection.settings_dict["OPTIONS"].get("options", "")
        switch = partial(_with_options, connection)
        on, off = partial(switch, f"{before} -cdefault_transaction_read_only=on"), partial(switch, before)
    else:
        on, off = (partial(_run, connection, f"PRAGMA query_only = {state}") for state in ("ON", "OFF"))
    on()
    try:
        yield
    finally:
        off()


def _with_options(connection, options):
    connection.close()
    connection.settings_dict["OPTIONS"]["options"] = options


def _run(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("place", ["sqlite", "postgres"])
def test_while_the_database_is_read_only_one_reads_and_is_told_to_write_later(place, request, client_of, begin, say):
    alias = request.getfixturevalue(f"{place}_site")
    client = client_of()
    at = begin(client)
    say(client, at, id="m1")
    with read_only(alias):
        refused = say(client, at, "还在吗", id="m2")
        begun = client.post("/assistant/conversations/")
        assert [m["id"] for m in client.get(f"{at}messages/").json()["messages"]] == ["m1", None]
    for response in (refused, begun):
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response["Content-Type"] == "application/problem+json"
        assert response["Retry-After"]
    assert say(client, at, "还在吗", id="m2").status_code == 200


@override_settings(MIDDLEWARE=settings.MIDDLEWARE[:-1])  # without the shop's own, which looks at the user first
def test_where_the_session_cannot_be_read_the_page_is_told_to_come_back(client_of, begin, shopper, caplog):
    client = client_of(shopper("li"))
    at = begin(client)
    with connections[routers.current].cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME TO elsewhere")
    try:
        response = client.get(at)
    finally:
        with connections[routers.current].cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO django_session")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert "django_session" not in caplog.text + response.content.decode()


def test_without_an_index_the_assistant_says_that_it_does_not_know(client_of, begin, say, tmp_path):
    own = {k: v for k, v in settings.SHOPASSIST.items() if k != "ASSISTANT"}
    with override_settings(SHOPASSIST={**own, "DATA_DIR": str(tmp_path)}):
        client = client_of()
        assert say(client, begin(client), "七天无理由怎么退？").json()["text"]
