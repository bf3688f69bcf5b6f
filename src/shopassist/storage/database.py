"""A connection pool to SQLite or PostgreSQL whose errors say what to do and quote neither texts nor passwords."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shopassist.errors import MissingExtra, StorageError
from shopassist.storage.reasons import BUSY_SECONDS, REASONS, code_of, reason_for
from shopassist.storage.sqlite import READS, SOON, prepare

log = logging.getLogger(__name__)

SCRUB_SECONDS = 0.2
"""How long the emptying of SQLite's log waits for readers."""

POSTGRESQL_READS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of a connection that only reads: all its tables at one moment, and never waiting for a writer."""

_SETTING_UP = 0x73686F70  # the number of PostgreSQL's advisory lock: "shop"


class Database:
    """One engine and its two kinds of transactions.

    An SQLite file has a connection for each thread at work, and those that write queue up: SQLite itself lets them try
    again and again, in no order. SQLite in memory has a single one, and all its transactions queue up.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Raises `StorageError`, also where there is no file and none is to be made (`create`)."""
        parsed = _parse(url)
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        self._in_memory = self._is_sqlite and parsed.database in (None, "", ":memory:")
        self._name = _public_name(parsed)
        self._queue: AbstractContextManager[Any] = Lock() if self._in_memory else nullcontext()
        self._line = Lock()
        self._closed = False
        self._unscrubbed = False
        file = Path(str(parsed.database)) if self._is_sqlite and not self._in_memory else None
        if file is not None and create:
            _make_folder(file)
        elif file is not None and not file.exists():
            raise self.absent()
        self._writer = _engine(parsed, in_memory=self._in_memory)
        self._hasty = self._writer.execution_options(**(SOON if self._is_sqlite else {}))
        self._reader = self._writer.execution_options(**(READS if self._is_sqlite else POSTGRESQL_READS))

    @contextmanager
    def setting_up(self) -> Iterator[sa.Connection]:
        """Open a writing transaction that keeps out other processes that set up; afterwards a fork is safe."""
        try:
            with self.writing() as db:
                if not self._is_sqlite:
                    db.execute(sa.select(sa.func.pg_advisory_xact_lock(_SETTING_UP)))
                yield db
        finally:
            if not self._in_memory:
                self._writer.dispose()

    @contextmanager
    def writing(self, *, soon: bool = False) -> Iterator[sa.Connection]:
        """Open a transaction that writes; whatever the database refuses becomes a `StorageError`.

        One that is to be there `soon` waits for no disk: it is safe from a process that dies, and from the power only
        once a later one is stored that waits.
        """
        engine = self._hasty if soon else self._writer
        with self._translating(), self._queue, self._in_line(), engine.begin() as db:
            if soon and not self._is_sqlite:
                db.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield db
        if self._unscrubbed:
            self.scrub()

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        """Hold this process's place among an SQLite file's writers."""
        if not self._is_sqlite or self._in_memory:
            yield
            return
        if not self._line.acquire(timeout=BUSY_SECONDS):
            raise StorageError(f"the conversation store {self._name} {REASONS['SQLITE_BUSY']}")
        try:
            yield
        finally:
            self._line.release()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads, and takes no lock that a writer would wait for."""
        with self._translating(), self._queue, self._reader.begin() as db:
            yield db

    def scrub(self) -> None:
        """Take what was deleted out of SQLite's log too, where it would stay until the last connection is closed.

        While somebody reads what was there before, that cannot be done; each later write tries again.
        """
        if not self._is_sqlite or self._in_memory:
            return
        wait = 0.0 if self._unscrubbed else SCRUB_SECONDS
        try:
            with closing(self._writer.raw_connection()) as connection:
                run = connection.cursor().execute
                run(f"PRAGMA busy_timeout = {wait * 1000:.0f}")
                busy = bool(run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
                run(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        except (sqlite3.Error, SQLAlchemyError) as error:  # the deletion is stored; this must not undo it
            log.warning("the log of %s cannot be emptied: %s", self._name, type(error).__name__)
            busy = True
        if busy and not self._unscrubbed:
            log.warning("erased texts stay in the log of %s until a write after its readers are done", self._name)
        self._unscrubbed = busy

    def absent(self) -> StorageError:
        """Make the error for a store that is not there and is not to be made."""
        return StorageError(f"there are no conversations at {self._name}; the first message to an assistant makes them")

    def close(self) -> None:
        """Close the connections; the next transaction is refused."""
        self._closed = True
        self._writer.dispose()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        if self._closed:
            raise StorageError(f"the conversation store {self._name} was closed; make a new one")
        try:
            yield
        except SQLAlchemyError as error:
            # The cause would quote the statement's row, in PostgreSQL's DETAIL: a customer's text.
            raise StorageError(f"the conversation store {self._name} {_reason(error)}") from None
        except UnicodeError:
            raise StorageError("an id cannot be stored: it holds half a character (a lone surrogate)") from None


def insert_new(db: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert a row unless there is one with its key already."""
    dialect = sqlite if db.dialect.name == "sqlite" else postgresql
    db.execute(dialect.insert(table).values(values).on_conflict_do_nothing())


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise StorageError("the conversation store's URL is none; sqlite:///conversations.db is an example") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StorageError(f"conversations are kept in sqlite or postgresql, not in {parsed.get_backend_name()}")
    return parsed


def _public_name(url: sa.URL) -> str:
    # The query is left out with the user: drivers take a password there too.
    return sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the conversation store's folder {file.parent}: {error.strerror}") from error


def _engine(url: sa.URL, *, in_memory: bool) -> sa.Engine:
    options: dict[str, Any] = {"hide_parameters": True}
    if in_memory:
        options |= {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
    is_sqlite = url.get_backend_name() == "sqlite"
    if not is_sqlite:
        options |= {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
    try:
        engine = sa.create_engine(url, **options)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{url.drivername} needs the package {error.name}: pip install {error.name}") from None
    except SQLAlchemyError:
        raise StorageError(f"SQLAlchemy knows no driver {url.drivername}; postgresql+psycopg is one") from None
    if is_sqlite:
        prepare(engine)
    else:
        sa.event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    cursor.close()
    connection.commit()


def _reason(error: SQLAlchemyError) -> str:
    if isinstance(error, PoolTimeout):
        return "has no connection free; fewer threads may use it at once"
    cause = getattr(error, "orig", None)
    code = code_of(cause)
    if not code and isinstance(error, OperationalError):
        return "cannot be reached; check that the server runs, and the URL's host, database, user and password"
    return f"{reason_for(code)} ({type(cause or error).__name__} {code}".rstrip() + ")"
