"""Databases: SQLite always; PostgreSQL where SHOPASSIST_TEST_POSTGRES holds a URL (a schema of its own is made in it)."""

import os
from uuid import uuid4

import pytest
import sqlalchemy as sa

POSTGRES = os.environ.get("SHOPASSIST_TEST_POSTGRES")


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path}/conversations.db"


@pytest.fixture
def postgres_url():
    if not POSTGRES:
        pytest.skip("SHOPASSIST_TEST_POSTGRES holds no URL of a PostgreSQL database")
    schema, engine = f"shopassist_test_{uuid4().hex[:12]}", sa.create_engine(POSTGRES)
    with engine.begin() as db:
        db.execute(sa.schema.CreateSchema(schema))
    yield (
        sa.make_url(POSTGRES)
        .update_query_dict({"options": f"-csearch_path={schema}"})
        .render_as_string(hide_password=False)
    )
    with engine.begin() as db:
        db.execute(sa.schema.DropSchema(schema, cascade=True))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request):
    return request.getfixturevalue(f"{request.param}_url")
