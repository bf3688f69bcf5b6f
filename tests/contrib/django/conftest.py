"""A small shop with the app in it, on SQLite and on PostgreSQL."""

import os
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

django = pytest.importorskip("django", reason="the extra django is not installed")

_folder = tempfile.TemporaryDirectory(prefix="shopsite-")
os.environ["DJANGO_SETTINGS_MODULE"] = "shopsite.settings"
os.environ["SITE_FOLDER"] = _folder.name
sys.path.insert(0, str(Path(__file__).parent))
django.setup()

from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from shopsite import assistants, dj_url, routers  # noqa: E402
from shopsite.models import Order, Shopper  # noqa: E402

import postgres  # noqa: E402
from shopassist.contrib.django import assistant as assistant_module  # noqa: E402
from shopassist.knowledge.ingest import ingest  # noqa: E402

PAGES = Path(__file__).parents[3] / "knowledge"
setup_test_environment()


@pytest.fixture(scope="session")
def _sqlite():
    call_command("migrate", verbosity=0)
    return "default"


@pytest.fixture(scope="session")
def site_postgres_url(postgres_server):
    """The URL of a schema in PostgreSQL that this process has for all its tests."""
    with postgres.schema(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _postgres(site_postgres_url):
    both = {"default": connections.settings["default"], "postgres": dj_url.parsed(site_postgres_url)}
    connections.settings["postgres"] = connections.configure_settings(both)["postgres"]
    routers.current = "postgres"
    call_command("migrate", database="postgres", verbosity=0)
    yield "postgres"
    connections["postgres"].close()


@contextmanager
def _used(alias):
    routers.current = alias
    try:
        yield alias
    finally:
        routers.current = alias
        assistants.model = assistants.embeddings = None
        assistant_module.reset()
        cache.clear()
        with connections[alias].cursor() as cursor:
            for table in reversed(connections[alias].introspection.table_names(cursor)):
                if table.startswith(("shopassist_", "shopsite_", "django_session", "django_admin_log")):
                    _empty(cursor, table)
        connections[alias].close()
        routers.current = "default"


def _empty(cursor, table):
    if cursor.db.vendor == "postgresql":
        cursor.execute(f'TRUNCATE "{table}" CASCADE')
    else:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("PRAGMA foreign_keys = ON")


@pytest.fixture
def sqlite_site(_sqlite):
    """The alias of an SQLite file with the project's tables, empty."""
    with _used(_sqlite) as alias:
        yield alias


@pytest.fixture
def postgres_site(_postgres):
    """The same of PostgreSQL."""
    with _used(_postgres) as alias:
        yield alias


@pytest.fixture(params=["sqlite", "postgres"])
def site(request):
    """The same of both, one after the other."""
    return request.getfixturevalue(f"{request.param}_site")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder with an index of the sample shop's pages, by words alone."""
    folder = tmp_path_factory.mktemp("data")
    ingest([PAGES], folder / "knowledge", None)
    return folder


@pytest.fixture
def configured(data_dir):
    """Change keys of SHOPASSIST for a test: ``with configured(THROTTLE_USER="2/m"): ...``."""
    from django.conf import settings

    def change(**values):
        return override_settings(SHOPASSIST={**settings.SHOPASSIST, "DATA_DIR": str(data_dir), **values})

    return change


@pytest.fixture
def shopper():
    """Make a customer: ``shopper("li")``; a client that is logged in as one: `client_of`."""

    def make(name):
        return Shopper.objects.create_user(name, password=name)

    return make


@pytest.fixture
def staff():
    """Make somebody of the staff with these permissions: ``staff("lan", "view_conversation")``."""
    from django.contrib.auth.models import Permission

    def make(name, *permissions):
        user = Shopper.objects.create_user(name, password=name, is_staff=True)
        found = Permission.objects.filter(content_type__app_label="shopassist", codename__in=permissions)
        assert found.count() == len(permissions), permissions
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def client_of():
    """A client, logged in as somebody or not at all; `csrf` makes it as strict as a browser's server."""

    def make(user=None, *, csrf=False):
        client = Client(enforce_csrf_checks=csrf)
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def begin():
    """Begin a conversation with a client; the address below which it is."""

    def begun(client):
        response = client.post("/assistant/conversations/")
        assert response.status_code == 201, response.content
        return f"/assistant/conversations/{response.json()['id']}/"

    return begun


@pytest.fixture
def say():
    """Send a message: ``say(client, at, "你好")``; the response."""

    def said(client, at, text="你好", **body):
        return client.post(f"{at}messages/", {"text": text, **body}, content_type="application/json")

    return said


@pytest.fixture
def order():
    """Make an order of a shopper."""

    def make(shopper, number="ORD20241201002", **values):
        new = {"placed": datetime(2024, 12, 1, 10, tzinfo=UTC), "total": Decimal(399)}
        return Order.objects.create(number=number, shopper=shopper, **{**new, **values})

    return make
