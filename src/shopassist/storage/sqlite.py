"""SQLite's connections as several processes need them: writers wait in line, and a read sees what is committed."""

from __future__ import annotations

import sqlite3
import time

import sqlalchemy as sa

from shopassist.storage.reasons import BUSY_SECONDS

READS = {"shopassist_reads": True}
"""Execution options of a connection that only reads: its transaction takes no lock of a writer."""


SOON = {"shopassist_soon": True}
"""Execution options of a transaction that may be lost with the power, until a later one without them is stored: it
waits for no disk. What a process wrote that dies stays all the same."""


def prepare(engine: sa.Engine) -> None:
    """Set up each connection of an engine of SQLite, and begin its transactions as they are meant (`READS`, `SOON`).

    A transaction with `READS` begins with BEGIN and sees one moment; every other one begins with BEGIN IMMEDIATE, so
    that of two writers the later one waits instead of failing half way.
    """
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "begin", _begin)


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's recipe: BEGIN is ours to write
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased leaves no bytes in free pages
    _switch_to_wal(connection)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Wait in a loop: SQLite's own waiting does not cover this switch, and several processes may start at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options().items()
    if READS.items() <= options:
        connection.exec_driver_sql("BEGIN")
        return
    wanted = "NORMAL" if SOON.items() <= options else "FULL"
    if connection.info.get("synchronous") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous = {wanted}")
        connection.info["synchronous"] = wanted
    connection.exec_driver_sql("BEGIN IMMEDIATE")
