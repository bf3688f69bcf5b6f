"""The example shop on Oscar, with its models in an SQLite file that each test gets anew.

Django has one project a process: where another one is set up already, `test_projects.py` runs this folder by itself.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

OURS = "yunji.settings"
collect_ignore_glob = []

if os.environ.get("DJANGO_SETTINGS_MODULE", OURS) != OURS:
    collect_ignore_glob = ["test_*.py"]
else:
    pytest.importorskip("oscar", reason="the extra oscar is not installed")
    import django
    from django.test.utils import setup_test_environment

    _folder = tempfile.TemporaryDirectory(prefix="oscar-shop-")
    os.environ |= {"DJANGO_SETTINGS_MODULE": OURS, "OSCAR_SHOP_DATA": _folder.name, "OSCAR_SHOP_DEBUG": "0"}
    sys.path.insert(0, str(Path(__file__).parents[3] / "examples" / "oscar_shop"))
    django.setup()
    setup_test_environment()


@pytest.fixture(scope="session")
def prepared():
    """A database with the sample shop; made from the models, since migrating them takes a minute."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from yunji.sample import load

    settings.MIGRATION_MODULES = dict.fromkeys((app.rpartition(".")[2] for app in _labels()), None)
    call_command("migrate", run_syncdb=True, verbosity=0)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    load()
    connections["default"].close()
    whole = Path(settings.DATABASES["default"]["NAME"])
    kept = whole.with_name("prepared.db")
    shutil.copyfile(whole, kept)
    return kept


def _labels():
    from django.apps import apps

    return [config.label for config in apps.get_app_configs()]


@pytest.fixture
def fresh(prepared):
    """Make the shop as it was loaded; a test may call it again."""
    from django.conf import settings
    from django.db import connections

    whole = Path(settings.DATABASES["default"]["NAME"])

    def again():
        connections["default"].close()
        for rest in whole.parent.glob("shop.db*"):
            rest.unlink()
        shutil.copyfile(prepared, whole)

    again()
    yield again
    connections["default"].close()
