"""The widget in Debian's Chromium, against a real server in a process of its own.

Without the extras django and browser the modules are skipped by name: nothing of theirs is imported here.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "contrib" / "django"))


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the tests of one module: Playwright's loop would stand in the way of what runs in its thread after."""
    from playwright.sync_api import expect, sync_playwright
    from windows import CHROMIUM, FLAGS

    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    expect.set_options(timeout=30_000)  # a loaded machine is slow; nothing here is about seconds
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Make a shop; its server runs within ``with start(kind="gunicorn") as site``."""
    from shop_site import Site

    from shopassist.knowledge.ingest import ingest

    index = tmp_path_factory.mktemp("data")
    ingest([ROOT / "knowledge"], index / "knowledge", None)

    def made(kind="uvicorn", **values):
        return Site(kind, tmp_path_factory.mktemp("site"), {"SITE_DATA": index, **values})

    return made


@pytest.fixture(scope="session")
def site(start):
    """A shop under uvicorn."""
    with start() as running:
        yield running


@pytest.fixture(scope="session")
def slow(start):
    """The same with a model that takes its time."""
    with start(SITE_DELAY=0.15, SITE_ANSWER_CACHE=0) as running:
        yield running


@pytest.fixture
def visit(browser, site):
    """Open a page as a new visitor, or in another tab of one: ``visit("/product/P-1001/", width=390)``."""
    from windows import Visit

    contexts = []

    def opened(path="/", *, at=None, beside=None, width=1100, height=760, **options):
        if beside is None:
            options = {"locale": "zh-CN", "viewport": {"width": width, "height": height}, **options}
            contexts.append(browser.new_context(**options))
        context = beside.page.context if beside else contexts[-1]
        return Visit(context.new_page(), (at or site).address).go(path)

    yield opened
    for context in contexts:
        context.close()
