"""The example shop on Oscar, with its models in a database that each test gets anew: SQLite, then PostgreSQL.

Django has one project a process: where another one is set up already, `test_projects.py` runs this folder by itself.
"""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

OURS = "yunji.settings"
collect_ignore_glob = []

if os.environ.get("DJANGO_SETTINGS_MODULE", OURS) != OURS:
    collect_ignore_glob = ["test_*.py"]
else:
    pytest.importorskip("oscar", reason="the extra oscar is not installed")
    pytest.importorskip("sorl", reason="sorl-thumbnail is not installed (extra example)")
    import django
    from django.test.utils import setup_test_environment

    _folder = tempfile.TemporaryDirectory(prefix="oscar-shop-")
    os.environ |= {"DJANGO_SETTINGS_MODULE": OURS, "OSCAR_SHOP_DATA": _folder.name, "OSCAR_SHOP_DEBUG": "0"}
    here = Path(__file__).parents[1]
    sys.path[:0] = [str(here.parents[1] / "examples" / "oscar_shop"), str(here / "django")]  # the latter for `dj_url`
    django.setup()
    setup_test_environment()


class Sqlite:
    """A file that is copied."""

    def __init__(self, settings):
        self.settings = settings
        self.file = Path(settings["NAME"])

    def keep(self):
        shutil.copyfile(self.file, self.file.with_name("prepared.db"))

    def bring_back(self):
        for rest in self.file.parent.glob("shop.db*"):
            rest.unlink()
        shutil.copyfile(self.file.with_name("prepared.db"), self.file)

    def drop(self):
        pass


class Postgres:
    """A database that is the template of the next one."""

    def __init__(self, server, settings):
        self.name = f"oscar_{uuid4().hex[:12]}"
        self.engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        self.settings = {**settings, "NAME": self.name, "ATOMIC_REQUESTS": True}
        self._run(f"CREATE DATABASE {self.name}")

    def keep(self):
        self._run(f"ALTER DATABASE {self.name} RENAME TO {self.name}_kept")

    def bring_back(self):
        self._run(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {self.name} TEMPLATE {self.name}_kept")

    def drop(self):
        for name in (self.name, f"{self.name}_kept"):
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.engine.dispose()

    def _run(self, statement):
        with self.engine.connect() as db:
            db.exec_driver_sql(statement)


@contextmanager
def _default(database):
    """The project's database is this one, for all threads that begin within."""
    from django.db import connections

    def use(settings):
        connections.close_all()
        connections.settings["default"] = settings
        with suppress(AttributeError):  # this thread has none
            del connections["default"]

    before = connections.settings["default"]
    use(connections.configure_settings({"default": database.settings})["default"])
    try:
        yield
    finally:
        use(before)


def _database(kind, request):
    from django.conf import settings
    from shopsite.dj_url import parsed

    if kind == "sqlite":
        return Sqlite(settings.DATABASES["default"])
    server = request.getfixturevalue("postgres_server")
    return Postgres(server, parsed(server))


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def prepared(request):
    """A database with the sample shop; made from the models, since migrating them takes a minute."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from yunji.sample import load

    settings.MIGRATION_MODULES = dict.fromkeys(_labels(), None)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    database = _database(request.param, request)
    with _default(database):
        call_command("migrate", run_syncdb=True, verbosity=0)
        load()
        connections["default"].close()
        database.keep()
        yield database
        connections.close_all()
        database.drop()


def _labels():
    from django.apps import apps

    return [config.label for config in apps.get_app_configs()]


@pytest.fixture
def fresh(prepared):
    """Make the shop as it was loaded; a test may call it again."""
    from django.db import connections

    def again():
        connections.close_all()
        prepared.bring_back()

    again()
    yield again
    connections.close_all()
