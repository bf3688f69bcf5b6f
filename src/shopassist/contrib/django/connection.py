"""Django's connections as the stores use them: held as briefly as can be, and errors that say what to do.

Django keeps a connection for each thread until a request ends. A turn waits for a model in between, and the engine's
threads (the lease's, a stream's) belong to no request: so whoever opens a connection here closes it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error, connections, router, transaction
from django.utils import timezone

from shopassist.contrib.django.models import Conversation
from shopassist.engine.owner_view import mapped
from shopassist.errors import StorageError
from shopassist.storage.reasons import code_of, reason_for
from shopassist.storage.rules import plain_json

LOCKED = "stayed locked; find out which process keeps it locked, or give its OPTIONS a longer timeout"
MIGRATE = "lacks its tables; run `manage.py migrate`"
_LOCK = "UPDATE shopassist_conversation SET fence = 0 WHERE id = ''"
_SYNCED = "SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous"
_REASONS = {"SQLITE_BUSY": LOCKED, "SQLITE_LOCKED": LOCKED, "55P03": LOCKED, "42P01": MIGRATE}


def alias() -> str:
    """The database of the conversations, as the project's routers say."""
    return router.db_for_write(Conversation)


@contextmanager
def reading() -> Iterator[str]:
    """The database's alias, with a connection that is closed again unless it was open before."""
    name = alias()
    with _translated(name), _closed_again(name):
        yield name


@contextmanager
def writing(*, soon: bool = False) -> Iterator[str]:
    """The same in a transaction. On SQLite it has the lock from its start.

    SQLite refuses a transaction that begins with a read and then writes, where another one wrote in between. One that
    is to be there `soon` waits for no disk: it is safe from a process that dies, and from the power only once a later
    one is stored that waits. Inside a transaction of the caller's that makes no difference.
    """
    name = alias()
    connection = connections[name]
    soon = soon and not connection.in_atomic_block
    with _translated(name), _closed_again(name), _unsynced(connection, soon), transaction.atomic(using=name):
        if connection.vendor == "sqlite":
            _run(connection, _LOCK)
        elif soon and connection.vendor == "postgresql":
            _run(connection, "SET LOCAL synchronous_commit = off")
        yield name


@contextmanager
def held() -> Iterator[None]:
    """One connection for all that follows in this thread, until `let_go`."""
    name = alias()
    with _translated(name), _closed_again(name):
        connections[name].ensure_connection()
        yield


def take_up() -> None:
    """Open this thread's connection for several uses, inside `held`, which closes it."""
    name = alias()
    with _translated(name):
        connections[name].ensure_connection()


def let_go() -> None:
    """Close this thread's connections, unless a transaction is open on them: that is somebody else's business."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def moment(seconds: float) -> datetime:
    """Seconds since the epoch as Django's fields want them."""
    if settings.USE_TZ:
        return datetime.fromtimestamp(seconds, UTC)
    return timezone.make_naive(datetime.fromtimestamp(seconds, UTC), timezone.get_default_timezone())


def seconds(when: datetime) -> float:
    """The same back."""
    return (timezone.make_aware(when) if timezone.is_naive(when) else when).timestamp()


def stored(values: Mapping[str, Any]) -> Any:
    """Values as a JSON field takes them on every database. Raises `StorageError` that names the key."""
    text = plain_json(values)
    value = json.loads(text)
    return mapped(value, _without_nul) if "\\u0000" in text else value  # PostgreSQL's JSON refuses the character 0


@contextmanager
def _unsynced(connection: Any, soon: bool) -> Iterator[None]:
    """Of SQLite with its write-ahead log: commits that wait for no disk, until this ends."""
    if not soon or connection.vendor != "sqlite" or _run(connection, _SYNCED) != ("wal", 2):
        yield
        return
    _run(connection, "PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        _run(connection, "PRAGMA synchronous = FULL")


def _run(connection: Any, statement: str) -> Any:
    """Run a statement that the ORM has no words for, or takes longer to build than SQLite to run; its first row."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


@contextmanager
def _closed_again(name: str) -> Iterator[None]:
    connection = connections[name]
    was_open = connection.connection is not None
    try:
        yield
    finally:
        if not was_open and not connection.in_atomic_block:
            connection.close()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except Error as error:
        # The cause would quote the statement's row, in PostgreSQL's DETAIL: a customer's text.
        raise StorageError(f"the database {name!r} {_reason(error)}") from None
    except UnicodeError:
        raise StorageError("an id cannot be stored: it holds half a character (a lone surrogate)") from None


def _reason(error: Error) -> str:
    code = code_of(error.__cause__)
    if not code:
        return f"cannot be reached; check that the server runs, and DATABASES ({type(error).__name__})"
    if code == "SQLITE_ERROR" and str(error.__cause__).startswith(("no such table", "no such column")):
        return MIGRATE
    known = next((reason for start, reason in _REASONS.items() if code.startswith(start)), None)
    return f"{known or reason_for(code)} ({type(error).__name__} {code})"
