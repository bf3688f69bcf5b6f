"""The commands' functions as Celery's tasks, where Celery is installed: its autodiscovery imports this."""

from __future__ import annotations

from celery import shared_task

from shopassist.contrib.django import privacy
from shopassist.contrib.django.conf import options


@shared_task(name="shopassist.purge")
def purge(days: int | None = None) -> dict[str, int]:
    """Erase what is older than so many days, or than `RETENTION_DAYS`; nothing where neither is given."""
    chosen = days if days is not None else options().retention_days
    return privacy.purge(chosen) if chosen else {}


@shared_task(name="shopassist.forget")
def forget(customer: str) -> dict[str, int]:
    """Erase all that is stored of a customer."""
    return privacy.forget_customer(customer)
