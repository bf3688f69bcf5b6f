"""A shop in plain dicts, for tests: nothing to set up, nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any

from shopassist.testing.case import Row
from shopassist.testing.desk import Clock
from shopassist.testing.sample_shop import SampleShop
from shopassist.testing.seed import Rows, rows_of, sample, terms_of


class MemoryShop(SampleShop):
    """A shop made from a document in the form of ``sample_shop.yaml``, which stays as it is.

    ``MemoryShop.sample(clock)`` is a fresh copy of the sample shop. A write happens at once, whatever its `tx`;
    within `transaction` it is undone if an error leaves the block.
    """

    def __init__(self, data: Mapping[str, Any], clock: Clock) -> None:
        terms = terms_of(data)
        self._rows = _MemoryBook(rows_of(data, terms.timezone))
        super().__init__(self._rows, clock, terms)

    @classmethod
    def sample(cls, clock: Clock) -> MemoryShop:
        """A fresh copy of the sample shop."""
        return cls(sample(), clock)

    @property
    def tables(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows by table, as they are now: what a test counts."""
        return self._rows.tables

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """All or nothing; other threads wait until it ends."""
        with self._rows.reading() as tx:
            before = {table: [dict(row) for row in rows] for table, rows in self._rows.tables.items()}
            try:
                yield tx
            except BaseException:
                self._rows.tables.update(before)
                raise

    def change_order(self, order_id: str, **values: Any) -> None:
        """A change from outside the conversation, as the warehouse makes one: ``status="shipped"``."""
        with self.transaction() as tx:
            self._change_order(tx, order_id, values)

    def change_return(self, return_id: str, state: str) -> None:
        """A return's next state."""
        with self.transaction() as tx:
            self._change_return(tx, return_id, state)


class _MemoryBook:
    rolls_back = False

    def __init__(self, tables: Rows) -> None:
        self.tables = tables
        self._lock = RLock()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._lock:
            yield self

    @contextmanager
    def writing(self, tx: Any) -> Iterator[Any]:
        with self._lock:
            yield self

    def rows(self, tx: Any, table: str, **where: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.tables[table] if _is(row, where)]

    def insert(self, tx: Any, table: str, row: Row) -> None:
        self.tables[table].append(dict(row))

    def update(self, tx: Any, table: str, where: Row, values: Row) -> int:
        found = [row for row in self.tables[table] if _is(row, where)]
        for row in found:
            row.update(values)
        return len(found)


def _is(row: Row, where: Row) -> bool:
    return all(row[name] in value if isinstance(value, list) else row[name] == value for name, value in where.items())
