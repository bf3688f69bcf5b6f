"""The ledger in the shop's own database: a change and its row share one transaction of Django's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import moment, reading, seconds, stored, writing
from shopassist.tools.ledger import SETTLED, Write, WriteState, unseen


class DjangoLedger:
    """A `Ledger` in the model `Write`. `context.tx` is the alias of the database whose transaction is open.

    A tool uses the ORM as ever: what it changes in that database is committed with the row, or not at all. Raises
    `StorageError` without quoting any row.
    """

    def transaction(self) -> AbstractContextManager[str]:
        """Open a transaction that writes; on SQLite it has the write lock from its start."""
        return writing()

    def begin(self, write: Write, tx: str | None = None) -> Write | None:
        """Add the row, or return the one with its key."""
        with self._within(tx) as db:
            try:
                with transaction.atomic(using=db):
                    models.Write.objects.using(db).create(**_values(write))
            except IntegrityError:
                if (found := _found(db, write.key)) is not None:
                    return found
                raise unseen() from None
            return None

    def settle(
        self, write: Write, state: WriteState, outcome: Mapping[str, Any], when: datetime, tx: str | None = None
    ) -> bool:
        """Say how a write ended."""
        with self._within(tx) as db:
            return _update(_open(db, write.key).filter(fence=write.fence), state, outcome, when)

    def find(self, key: str) -> Write | None:
        """The row with this key."""
        with reading() as db:
            return _found(db, key)

    def unsettled(self, before: datetime) -> list[Write]:
        """The rows that wait for a person, the oldest first."""
        with reading() as db:
            rows = models.Write.objects.using(db).exclude(state__in=SETTLED)
            return [_write(row) for row in rows.filter(begun__lt=moment(before.timestamp())).order_by("begun")]

    def since(self, when: datetime) -> list[Write]:
        """All rows begun since then, the oldest first."""
        with reading() as db:
            rows = models.Write.objects.using(db).filter(begun__gte=moment(when.timestamp()))
            return [_write(row) for row in rows.order_by("begun")]

    def reconcile(
        self, key: str, state: Literal["done", "refused"], outcome: Mapping[str, Any], when: datetime
    ) -> bool:
        """Settle a row by what somebody found out."""
        with writing() as db:
            return _update(_open(db, key), state, outcome, when, fence=F("fence") + 1)

    @contextmanager
    def _within(self, tx: str | None) -> Iterator[str]:
        with writing() if tx is None else nullcontext(tx) as db:
            yield db


def _open(db: str, key: str) -> QuerySet[models.Write]:
    return models.Write.objects.using(db).filter(key=key).exclude(state__in=SETTLED)


def _update(
    rows: QuerySet[models.Write], state: str, outcome: Mapping[str, Any], when: datetime, **values: Any
) -> bool:
    return rows.update(state=state, outcome=stored(outcome), settled=moment(when.timestamp()), **values) == 1


def _found(db: str, key: str) -> Write | None:
    row = models.Write.objects.using(db).filter(key=key).first()
    return None if row is None else _write(row)


def _values(write: Write) -> dict[str, Any]:
    return {
        "key": write.key,
        "tool": write.tool,
        "subject": write.subject,
        "args": stored(write.args),
        "consent": stored(write.consent),
        "state": write.state,
        "fence": write.fence,
        "begun": moment(write.begun.timestamp()),
        "settled": moment(write.settled.timestamp()) if write.settled else None,
        "outcome": stored(write.outcome),
    }


def _write(row: models.Write) -> Write:
    return Write(
        key=row.key,
        tool=row.tool,
        subject=row.subject,
        args=row.args,
        consent=row.consent,
        state=row.state,
        begun=_aware(row.begun),
        fence=row.fence,
        settled=_aware(row.settled) if row.settled else None,
        outcome=row.outcome,
    )


def _aware(when: datetime) -> datetime:
    return datetime.fromtimestamp(seconds(when), UTC)
