"""A query's rows as documents, read within a transaction that cannot write."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, ResourceClosedError, SQLAlchemyError

from shopassist.knowledge.sources.records import check_template, record
from shopassist.protocols import SourceText, Unchanged, Unreadable

READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}
"""What keeps a connection from writing, by SQLAlchemy's dialect."""


class Query:
    """A source that is a database query; `template` as in a CSV's side file, with the query's columns in braces.

    The database is an SQLAlchemy URL, better the name of an environment variable that holds one: neither stands in
    messages or in the index. Raises `ValueError`.
    """

    def __init__(
        self,
        name: str,
        sql: str,
        *,
        database: str | None = None,
        database_variable: str | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(sql, str) or not sql.strip():
            raise ValueError("sql must be one query")
        if (database is None) == (database_variable is None):
            raise ValueError("needs either database (an SQLAlchemy URL) or database_variable (where one stands)")
        if database is None and not (database := os.environ.get(str(database_variable))):
            raise ValueError(f"the environment has no {database_variable}, which should hold the database's URL")
        self.name = name
        self.sql = sql
        self.template = check_template(template or {})
        self._url = _address(str(database))

    def read(self, marks: Mapping[str, str]) -> Iterator[SourceText | Unchanged | Unreadable]:
        """One text a row. Raises `ValueError` where the database does not answer or refuses the query."""
        try:
            engine = sa.create_engine(self._url, poolclass=sa.pool.NullPool)
            with engine.connect() as connection:
                connection.exec_driver_sql(READ_ONLY[self._url.get_backend_name()])
                rows = connection.execution_options(stream_results=True).execute(sa.text(self.sql)).mappings()
                for number, row in enumerate(rows, start=1):
                    yield record(dict(row), self.template, self.name, number)
                connection.rollback()
        except ResourceClosedError as error:
            raise ValueError("the query gives no rows; it must be a SELECT") from error
        except NoSuchModuleError as error:
            raise ValueError(f"SQLAlchemy knows no database {self._url.get_backend_name()!r}") from error
        except ImportError as error:
            raise ValueError(f"the database needs the package {error.name}") from error
        except DBAPIError as error:
            raise ValueError(f"the database says: {self._without_secrets(str(error.orig))}") from error
        except SQLAlchemyError as error:
            raise ValueError(f"the query failed ({type(error).__name__})") from error

    def _without_secrets(self, text: str) -> str:
        line = (text.strip().splitlines() or ["nothing"])[0]
        password = self._url.password
        return line.replace(str(password), "***") if password else line


def _address(database: str) -> sa.URL:
    try:
        url = sa.make_url(database)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ValueError("the database's URL is none such as postgresql+psycopg://USER:PASSWORD@HOST/NAME") from None
    if backend not in READ_ONLY:
        raise ValueError(f"a {backend} database cannot be held to reading; known are {', '.join(READ_ONLY)}")
    file = url.database if backend == "sqlite" else None
    if file and not file.startswith("file:") and not os.path.isfile(file):
        raise ValueError(f"there is no database file {file}")
    return url
