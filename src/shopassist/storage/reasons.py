"""Why a database refused, and what to do, by the code that its driver gives. None of it quotes a row."""

from __future__ import annotations

BUSY_SECONDS = 5
"""How long a writer waits for another one before it gives up."""

REASONS = {  # the start of SQLite's error name or of PostgreSQL's SQLSTATE
    "SQLITE_FULL": "has no room left on its disk; free some space",
    "SQLITE_BUSY": f"stayed locked for {BUSY_SECONDS} s; find out which process keeps it locked",
    "SQLITE_LOCKED": f"stayed locked for {BUSY_SECONDS} s; find out which process keeps it locked",
    "SQLITE_READONLY": "is read-only; give the process the right to write the file and its folder",
    "SQLITE_PERM": "is read-only; give the process the right to write the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that the file is a file and that its folder may be written",
    "SQLITE_NOTADB": "is not an SQLite database, or a damaged one; restore it from a backup",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_IOERR": "cannot be read or written; check the disk",
    "53100": "has no room left on its disk; free some space",
    "53": "has no connection or memory left; allow it more connections",
    "40": "was busy with the same conversation; try again",
    "55P03": f"stayed locked for {BUSY_SECONDS} s; find out which session keeps it locked",
    "25006": "is read-only; connect to the primary server",
    "42501": "refuses this user; grant it the rights on the schema and its tables",
    "42P01": "lacks its tables; restart, which creates them",
    "28": "refuses the login; check the URL's user and password",
    "3D": "does not exist; create the database",
    "08": "cannot be reached; check that the server runs",
    "57P": "cannot be reached; check that the server runs",
}


def code_of(cause: object) -> str:
    """SQLite's error name or PostgreSQL's SQLSTATE of a driver's error; empty where it has none."""
    named = (getattr(cause, name, None) for name in ("sqlite_errorname", "sqlstate", "pgcode"))
    return str(next(filter(None, named), ""))


def reason_for(code: str) -> str:
    """What a code means, to be read after the name of the store."""
    return next((reason for start, reason in REASONS.items() if code.startswith(start)), "refused a statement")
