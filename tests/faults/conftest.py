"""Where the workers work: in SQLite files and in PostgreSQL."""

import pytest
import worker


@pytest.fixture(scope="session")
def _nursery():
    worker.nursery()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path, _nursery):
    """A place without a shop."""
    if request.param == "sqlite":
        return worker.Place(f"sqlite:///{tmp_path}/conversations.db", f"sqlite:///{tmp_path}/shop.db", tmp_path)
    url = request.getfixturevalue("postgres_url")
    return worker.Place(url, url, tmp_path)
