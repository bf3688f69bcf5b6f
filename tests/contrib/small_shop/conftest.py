"""A tea shop that looks nothing like Oscar.

Django has one project a process: where another one is set up already, `test_projects.py` runs this folder by itself.
"""

import os
import sys
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

OURS = "smallshop.settings"
collect_ignore_glob = []

if os.environ.get("DJANGO_SETTINGS_MODULE", OURS) != OURS:
    collect_ignore_glob = ["test_*.py"]
else:
    django = pytest.importorskip("django", reason="the extra django is not installed")
    from django.test.utils import setup_test_environment

    _folder = tempfile.TemporaryDirectory(prefix="tea-")
    os.environ |= {"DJANGO_SETTINGS_MODULE": OURS, "SMALL_SHOP_DATA": _folder.name}
    sys.path.insert(0, str(Path(__file__).parent))
    django.setup()
    setup_test_environment()


@pytest.fixture(scope="session")
def _tables():
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


@pytest.fixture
def fill(_tables):
    """Put the tea shop's rows back as they were at first."""
    from django.core.management import call_command
    from django.db import connections

    def again():
        call_command("flush", interactive=False, verbosity=0)
        _rows()

    yield again
    connections["default"].close()


def _rows():
    from django.contrib.auth.models import User
    from smallshop.models import Article, Client, Purchase

    for code in ("K-LI", "K-WU"):
        Client.objects.create(code=code, user=User.objects.create_user(code.lower()))
    oolong = Article.objects.create(code="oolong-50", label="高山乌龙茶 50 克", net=Decimal("70.80"))
    Article.objects.create(code="secret", label="还没上市的白茶", net=Decimal("99"), hidden=True)
    states = {"T/1": 10, "T/2": 20, "T/3": 30, "T/4": 40, "T/5": 25}
    for day, (ref, state) in enumerate(states.items(), start=1):
        purchase = Purchase.objects.create(
            ref=ref, client_id="K-LI", state=state, bought=datetime(2024, 11, day, 3, tzinfo=UTC), goes_to="苏州",
            handed_over=date(2024, 11, 21) if state == 40 else None,
        )  # fmt: skip
        purchase.positions.create(article=oolong, pieces=2, net_each=Decimal("70.80"))
        if state >= 30:
            purchase.scans.create(at=datetime(2024, 11, 18, tzinfo=UTC), what="已交给快递")
    Purchase.objects.create(ref="T/9", client=None, bought=datetime(2024, 11, 9, tzinfo=UTC), goes_to="访客")
