"""`manage.py shopassist_adapter_check`: whether the shop's side keeps to the protocols, tried on its own orders."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connections, transaction
from django.test.utils import override_settings
from django.utils import timezone

from shopassist.contrib.django.commands import told
from shopassist.contrib.django.conf import load, makes, options
from shopassist.contrib.django.connection import alias
from shopassist.contrib.django.identity import customer_key
from shopassist.errors import ConfigurationError
from shopassist.testing.shop_check import Cases, Claim, absent, claims, find_cases

MARKS = {"holds": "ok     ", "broken": "BROKEN ", "skipped": "skipped"}
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


class Command(BaseCommand):
    """Each claim is tried in transactions that are rolled back; nothing is committed, and no mail is sent."""

    help = (
        "Try SHOPASSIST['SHOP'] against the claims that every shop must hold to, on orders that are there, and say "
        "what is missing and what to do. All databases are rolled back and e-mail is off; whatever else the shop does "
        "when an order is saved (calls to other services) does happen: use a copy where it matters."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--customer", action="append", metavar="ID", help="try with this customer's orders; can be given again"
        )
        parser.add_argument(
            "--users", type=int, default=200, metavar="N", help="otherwise: of the latest N users (200)"
        )

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Try and tell."""
        with told():
            path = options().shop
            found = load(path) if path else None
        if path is None:
            raise CommandError("SHOPASSIST has no key 'SHOP': name the shop's side there, 'shop.assistant.Shop' say")
        customers = chosen["customer"] or [*_customers(chosen["users"])]
        if not customers:
            raise CommandError("there are no users whose orders could be looked at; make one with an order")
        with override_settings(EMAIL_BACKEND=NO_MAIL), _RolledBack() as rolled_back:
            with rolled_back.claim():
                cases = self._cases(_make(found, timezone.localtime), customers)
            self._tell_cases(path, cases)
            values = {
                "now": timezone.localtime(),
                "clocked": _takes_clock(found),
                "threads": False,
                "transaction": lambda _suite: _writing(),
            }

            def make(clock: Any) -> Any:
                rolled_back.again()
                return _make(found, clock)

            tried = [self._tell(claim) for claim in claims(make, cases, around=rolled_back.claim, **values)]
            self._sum_up(tried, absent(_make(found, timezone.localtime)))

    def _cases(self, shop: Any, customers: list[str]) -> Cases:
        lacking = [part for part in ("orders", "catalogue", "after_sales") if not hasattr(shop, part)]
        if lacking or shop.orders is None:
            raise CommandError(
                f"{type(shop).__name__} lacks {', '.join(lacking or ['orders'])}: give the shop `orders`, and None for "
                "`catalogue` and `after_sales` where it has none (shopassist.ShopParts has all three)"
            )
        try:
            return find_cases(shop, customers)
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        except Exception as error:
            raise CommandError(f"the shop breaks while its orders are read: {type(error).__name__}: {error}") from error

    def _tell_cases(self, path: str, cases: Cases) -> None:
        self.stdout.write(f"{path}, tried in transactions that are rolled back, on:")
        roles = [*cases.told()]
        for words, order in roles:
            self.stdout.write(f"  {words}: {order or 'none found; what needs one is skipped'}")
        if not any(order for _, order in roles[:-1]):
            raise CommandError(
                "none of the customers has an order that the claims could be tried on: place one (unpaid or paid is "
                "best), or name its customer with --customer ID"
            )

    def _tell(self, claim: Claim) -> Claim:
        style = {"holds": self.style.SUCCESS, "broken": self.style.ERROR, "skipped": self.style.NOTICE}[claim.state]
        skipped = f": {claim.why}" if claim.state == "skipped" else ""
        self.stdout.write(f"{style(MARKS[claim.state])} {claim.words}{skipped}")
        if claim.state == "broken":
            self.stdout.write(f"          {claim.why}")
            for line in (claim.mend or "").splitlines():
                self.stdout.write(f"          {line}".rstrip())
        return claim

    def _sum_up(self, tried: list[Claim], actions: list[str]) -> None:
        if actions:
            self.stdout.write(f"Not done by this shop, so that a person is offered: {', '.join(actions)}")
        count = {state: sum(claim.state == state for claim in tried) for state in MARKS}
        text = f"{count['holds']} hold, {count['broken']} are broken, {count['skipped']} were skipped"
        if count["broken"]:
            raise CommandError(text)
        self.stdout.write(text)


def _customers(most: int) -> Iterator[str]:
    """The latest users as the shop knows them."""
    for user in get_user_model()._default_manager.order_by("-pk")[:most]:
        if (customer := customer_key(user)) is not None:
            yield customer


def _takes_clock(found: Any) -> bool:
    try:
        return callable(found) and "clock" in inspect.signature(found).parameters
    except ValueError:
        return False


def _make(found: Any, clock: Any) -> Any:
    """A fresh shop; one that is no class and no function is used as it is."""
    if _takes_clock(found):
        return found(clock=clock)
    return found() if makes(found) else found


class _RolledBack:
    """Transactions on all databases, which end with nothing done; `claim` is one within them, `again` its beginning."""

    def __init__(self) -> None:
        self._points: dict[str, str] = {}

    def __enter__(self) -> _RolledBack:
        self._held = ExitStack()
        for name in connections:
            try:
                self._held.enter_context(transaction.atomic(using=name))
            except Error as error:
                self._held.close()
                raise CommandError(f"the database {name!r} cannot be used: {type(error).__name__}") from None
            self._held.callback(transaction.set_rollback, True, using=name)
        return self

    def __exit__(self, *error: object) -> None:
        self._held.close()

    @contextmanager
    def claim(self) -> Iterator[None]:
        with ExitStack() as held:
            for name in connections:
                held.enter_context(transaction.atomic(using=name))
                held.callback(transaction.set_rollback, True, using=name)
                self._points[name] = transaction.savepoint(using=name)
            yield
        self._points.clear()

    def again(self) -> None:
        for name, point in self._points.items():
            transaction.savepoint_rollback(point, using=name)


@contextmanager
def _writing() -> Iterator[str]:
    """What the ledger gives to a write."""
    name = alias()
    with transaction.atomic(using=name):
        yield name
