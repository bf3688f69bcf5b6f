"""The example shop as a whole: its pages, its settings, and the conversation that it shows."""

import subprocess
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from shopassist.contrib.django import assistant as process
from shopassist.knowledge.ingest import ingest

ROOT = Path(__file__).parents[3]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address(fresh, tmp_path):
    """The address of the shop on a server, with an index of the sample shop's pages."""
    from django.conf import settings

    ingest([ROOT / "knowledge"], tmp_path / "knowledge", None)
    with (
        override_settings(SHOPASSIST={**settings.SHOPASSIST, "DATA_DIR": tmp_path}),
        make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server,
    ):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        process.reset()


def test_the_example_talks_through_http_and_an_oscar_order_is_changed(address):
    script = ROOT / "examples" / "oscar_shop" / "talk.py"
    done = subprocess.run([sys.executable, str(script), address], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    first, *_, last = done.stdout.splitlines()
    assert (first, last) == ("ORD20241203003: Pending", "ORD20241203003: Cancelled")
    assert "599 元" in done.stdout
    assert "已付款，还没有发货" in done.stdout


def test_the_examples_adapter_passes_its_check(fresh, capsys):
    from django.core.management import call_command

    call_command("shopassist_adapter_check", skip_checks=True, no_color=True)
    told = capsys.readouterr().out
    assert "0 are broken" in told
    assert "a person is offered: urge_delivery, request_return" in told
