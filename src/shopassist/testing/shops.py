"""The claims that every shop behind the protocols of `shopassist.shop` must hold to."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from threading import Barrier
from typing import Any, ClassVar, Protocol
from unittest import SkipTest

from shopassist.dialogue import Quote
from shopassist.shop import (
    AFTER_SALES_ACTIONS,
    ORDER_ACTIONS,
    AfterSales,
    Catalogue,
    Deed,
    OrderLine,
    Orders,
    OrderView,
    unsupported_by,
)

Known = tuple[str, str]
"""An order that the tests may use: its customer, its id."""

Write = tuple[str, Known, Mapping[str, Any]]
"""An action, its order, its arguments."""


class Shop(Protocol):
    """A shop's three sides; one that it does not have is None."""

    @property
    def orders(self) -> Orders:
        """The customers' orders."""
        ...

    @property
    def catalogue(self) -> Catalogue | None:
        """The products."""
        ...

    @property
    def after_sales(self) -> AfterSales | None:
        """What happens after an order."""
        ...


class ShopClock:
    """A time that stands still until a test moves it: ``clock.now += timedelta(days=1)``."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class ShopConformance:
    """The claims that every shop must hold to, for pytest; each says what to do where it does not hold.

    Inherit it where pytest collects tests, and make a fresh shop that tells the time by `clock`::

        from shopassist.testing.shops import ShopConformance

        class TestMyShop(ShopConformance):
            def make_shop(self, clock):
                return MyShop(clock=clock)

    `make_shop` is called once in a test, after its fixtures; a shop with a method ``close`` is closed after the test.
    The orders that the tests use are the sample shop's. Another shop names its own below; what it sets to None it has
    not, and the tests that need it are skipped, as are those of a protocol that is None and of an action that a
    protocol names as `unsupported`.
    """

    now: ClassVar[datetime] = datetime(2024, 12, 5, 10, tzinfo=timezone(timedelta(hours=8)))
    """When the tests begin, in the shop's timezone."""

    stranger: ClassVar[str] = "u-1003"
    """A customer to whom none of the orders below belongs."""

    unpaid: ClassVar[Known | None] = ("u-1001", "ORD20241201002")
    paid: ClassVar[Known | None] = ("u-1001", "ORD20241203003")
    shipped: ClassVar[Known | None] = ("u-1001", "ORD20241201001")
    """On its way, and not late."""

    late: ClassVar[Known | None] = ("u-1002", "ORD20241202006")
    returnable: ClassVar[Known | None] = ("u-1004", "ORD20241125011")
    """Delivered; it can be returned now, and until `last_day`."""

    last_day: ClassVar[date | None] = date(2024, 12, 5)
    fallen: ClassVar[Known | None] = ("u-1004", "ORD20241125011")
    """The price of what is in it has fallen."""

    fault: ClassVar[str] = "质量问题：收到就是坏的"
    """A reason for which goods are exchanged."""

    whim: ClassVar[str | None] = "不喜欢"
    """A reason for which they are not; None where every reason will do."""

    phone: ClassVar[str] = "13600000000"
    address: ClassVar[str] = "杭州市西湖区文三路 1 号"
    company: ClassVar[tuple[str, str]] = ("云上科技有限公司", "91330106MA2ABCDE1X")
    """A company's title and tax number."""

    product: ClassVar[str | None] = "P-1001"
    words: ClassVar[str] = "降噪耳机"
    """A search that finds `product`."""

    threads: ClassVar[bool] = True
    """Whether several threads may write to the shop and commit; a shop on a database that is not for tests says no."""

    clocked: ClassVar[bool] = True
    """Whether the shop tells the time by `clock`; the tests that move it are skipped otherwise."""

    def make_shop(self, clock: Callable[[], datetime]) -> Shop:
        raise NotImplementedError("make_shop(self, clock) must return a fresh shop")

    def transaction(self) -> AbstractContextManager[Any]:
        """A transaction whose `tx` the shop's writes take, rolled back if an error leaves it.

        It is the shop's own ``transaction()``; override it where the shop's is called otherwise.
        """
        own = getattr(self.shop, "transaction", None)
        return own() if own else nullcontext()

    @cached_property
    def clock(self) -> ShopClock:
        return ShopClock(self.now)

    @cached_property
    def shop(self) -> Shop:
        return self.make_shop(self.clock)

    def teardown_method(self) -> None:
        close = getattr(vars(self).get("shop"), "close", None)
        if close:
            close()

    # Whose orders they are

    def test_every_method_is_there(self) -> None:
        """Write the methods that are missing; those of writes may be missing if `unsupported` names the action."""
        for side, methods in self._sides():
            missing = [name for name in methods if not callable(getattr(side, name, None))]
            assert not missing, f"{type(side).__name__} lacks {', '.join(missing)}"

    def test_a_customer_gets_the_orders_that_are_theirs(self) -> None:
        """`list` gives every order of the customer once, and `get` each of them by the id that `list` tells."""
        for customer, order_id in self._known():
            ids = [order.id for order in self.shop.orders.list(customer)]
            assert order_id in ids
            assert len(ids) == len(set(ids))
            assert self._get((customer, order_id)).id == order_id

    def test_the_newest_order_comes_first(self) -> None:
        """Sort `list` by `placed`, the latest first: a customer who names no order means that one."""
        for customer, _ in self._known():
            placed = [order.placed for order in self.shop.orders.list(customer)]
            assert placed == sorted(placed, reverse=True)

    def test_nobody_has_no_orders(self) -> None:
        """Look orders up by a customer who exists: no id, and one that is none, must not find those without an owner.

        In Django ``filter(user_id=None)`` means IS NULL, and finds the orders of guests.
        """
        for nobody in ("", "None", "null", "no-such-customer"):
            assert not self.shop.orders.list(nobody), nobody
            for _, order_id in self._known():
                assert self.shop.orders.get(nobody, order_id) is None, nobody

    def test_somebody_elses_order_is_no_order(self) -> None:
        """Find an order by its number and its customer, in every method: numbers can be guessed.

        `get`, `track` and `refund` give None, and `check` what it gives for an order that does not exist.
        """
        orders, nothing = self.shop.orders, "no-such-order"
        for _, order_id in self._known():
            assert orders.get(self.stranger, order_id) is None
            assert orders.track(self.stranger, order_id) is None
            assert order_id not in [order.id for order in orders.list(self.stranger)]
            assert self.shop.after_sales is None or self.shop.after_sales.refund(self.stranger, order_id) is None
        for action, (customer, order_id), args in self._writes():
            foreign = self._check((action, (self.stranger, order_id), args))
            assert not foreign.allowed
            assert foreign == self._check((action, (customer, nothing), args))

    def test_a_write_on_somebody_elses_order_does_nothing(self) -> None:
        """Every write looks for the order with its customer too, and raises `shopassist.tools.NotFound` without it."""
        for action, (customer, order_id), args in self._writes():
            before = self._get((customer, order_id))
            self._refused((action, (self.stranger, order_id), args))
            assert self._get((customer, order_id)) == before

    # What is told

    def test_an_order_is_told_in_its_types(self) -> None:
        """Amounts are `Decimal`, times have a timezone (Django: USE_TZ, or `timezone.make_aware`), `version` is set."""
        for known in self._known():
            order = self._get(known)
            assert order.placed.tzinfo is not None
            assert order.version
            assert order.lines
            assert order.status != "other" or order.state, "say in `state` what `other` is"
            assert all(isinstance(line, OrderLine) and line.quantity > 0 for line in order.lines)
            amounts = [order.total, *(line.price for line in order.lines)]
            assert all(amount is None or isinstance(amount, Decimal) for amount in amounts)

    def test_a_parcel_is_tracked_once_it_is_sent(self) -> None:
        """`track` gives None before an order is sent; then its number or at least an event, events by their times."""
        sent, waiting = self._have(self.shipped), self._have(self.paid)
        tracking = self.shop.orders.track(*sent)
        assert tracking is not None
        assert (tracking.order, tracking.late) == (sent[1], False)
        assert tracking.number or tracking.events
        assert list(tracking.events) == sorted(tracking.events)
        assert all(at.tzinfo is not None for at, _ in tracking.events)
        assert self.shop.orders.track(*waiting) is None

    def test_a_late_parcel_is_called_late(self) -> None:
        """`Tracking.late` says that the expected day is over and the parcel not there."""
        tracking = self.shop.orders.track(*self._have(self.late))
        assert tracking is not None
        assert tracking.late

    def test_a_parcel_is_not_late_on_its_day(self) -> None:
        """The expected day belongs to the time in which a parcel is not late, in the shop's timezone."""
        sent = self._have(self.shipped if self.clocked else None)
        tracking = self.shop.orders.track(*sent)
        assert tracking is not None
        expected: date = tracking.eta or _skip("the shipped order has no expected day")
        for days, late in ((0, False), (1, True)):
            self.clock.now = self._at(expected + timedelta(days), hour=23)
            moved = self.shop.orders.track(*sent)
            assert moved is not None
            assert moved.late is late

    def test_a_product_is_found_by_its_id_and_by_words(self) -> None:
        """`get` and `search` find a product that is sold, by its id and by words of its name; None for others.

        A price is a `Decimal`; stock is None where it is not counted.
        """
        catalogue, key = self._catalogue(), self._have(self.product)
        product = catalogue.get(key)
        assert product is not None
        assert product.id == key
        assert all(isinstance(price, Decimal) for price in product.costs)
        assert all(variant.stock is None or variant.stock >= 0 for variant in product.variants)
        assert key in [found.id for found in catalogue.search(self.words)]
        assert catalogue.get("no-such-product") is None

    def test_a_price_range_includes_its_ends(self) -> None:
        """`search` with a range finds what costs as much as one of its ends; `ProductView.is_within` tells."""
        catalogue, key = self._catalogue(), self._have(self.product)
        product = catalogue.get(key)
        assert product is not None
        if not product.costs:
            _skip(f"{key} has no price")
        low, high, cent = product.costs[0], product.costs[-1], Decimal("0.01")
        ranges: dict[tuple[Decimal | None, Decimal | None], bool]
        ranges = {(low, low): True, (high + cent, None): False, (None, low - cent): False, (None, low): True}
        for (least, most), there in ranges.items():
            assert (key in [found.id for found in catalogue.search(self.words, least, most)]) is there

    def test_coupons_are_told_in_their_types(self) -> None:
        """Amounts are `Decimal`, or None where `title` says it; a coupon has a code or a title."""
        for customer, _ in self._known():
            for coupon in self._catalogue().coupons(customer):
                assert coupon.code or coupon.title
                assert coupon.least is None or isinstance(coupon.least, Decimal)
                assert coupon.off is None or (isinstance(coupon.off, Decimal) and coupon.off > 0)

    # What is checked before it is done

    def test_a_check_changes_nothing_and_says_the_same_again(self) -> None:
        """`check` only reads. What it refuses here should be allowed, or named in `unsupported`."""
        for action, known, args in self._writes():
            before = self._get(known)
            quote = self._check((action, known, args))
            assert quote.allowed, (action, quote.reason)
            assert self._check((action, known, args)) == quote
            assert self._get(known) == before

    def test_a_check_takes_less_than_all_arguments(self) -> None:
        """`check` is asked before everything is known: use ``args.get("address")``, and refuse as ``needs_address``.

        Allowing it does as well: what a write requires is asked for before it runs.
        """
        for action, known, _ in self._writes():
            quote = self._check((action, known, {}))
            assert quote.allowed or quote.reason, action

    def test_a_quote_is_plain_json_and_bound_to_the_orders_version(self) -> None:
        """Facts are texts, numbers and lists (`str` for days and amounts); `version` is that of `get`."""
        for action, known, args in [*self._writes(), *self._forbidden()]:
            quote = self._check((action, known, args))
            json.dumps(dict(quote.facts), allow_nan=False)
            assert quote.amount is None or Decimal(quote.amount) >= 0
            assert quote.version == self._get(known).version

    def test_a_refused_check_names_its_reason(self) -> None:
        """`check` refuses what the order's state rules out, and `reason` says why: ``shipped``, ``not_delivered``."""
        for action, known, args in self._forbidden():
            quote = self._check((action, known, args))
            assert not quote.allowed, action
            assert quote.reason, action

    def test_an_unknown_action_is_not_allowed(self) -> None:
        """`check` allows what it knows and nothing else: ``raise ValueError(action)``, or ``Quote(False, …)``."""
        customer, order_id = self._known()[0]
        try:
            quote = self.shop.orders.check("drop_tables", customer, order_id, {})
        except ValueError:
            return
        assert not quote.allowed

    def test_what_the_shop_does_not_do_is_not_done(self) -> None:
        """`check` answers ``Quote(False, reason="no_tool")`` for what `unsupported` names, and the write refuses."""
        known, sides = self._known()[0], [side for side, _ in self._sides()]
        absent: list[Write] = [(action, known, {}) for side in sides for action in sorted(unsupported_by(side))]
        if not absent:
            _skip("the shop does all")
        for action, known, args in absent:
            before = self._get(known)
            quote = self._check((action, known, args))
            assert (quote.allowed, quote.reason) == (False, "no_tool"), action
            self._refused((action, known, args))
            assert self._get(known) == before, action

    # What is done

    def test_a_write_changes_the_orders_version(self) -> None:
        """A write does what its `check` allowed, and gives a `Deed` with the new version, which is not the old one."""
        for action, known, args in self._writes():
            self._fresh()
            before = self._get(known).version
            deed = self._write((action, known, args))
            assert deed.version == self._get(known).version != before, action
            json.dumps(dict(deed.facts), allow_nan=False)

    def test_what_is_forbidden_is_not_done(self) -> None:
        """A write checks once more and raises `shopassist.tools.Refused`: the order may have changed since."""
        for action, known, args in self._forbidden():
            before = self._get(known)
            self._refused((action, known, args))
            assert self._get(known) == before, action

    def test_a_cancelled_order_is_cancelled_once(self) -> None:
        """`cancel` makes the order's status ``cancelled``; afterwards nothing can be changed in it."""
        known = self._order_for("cancel_order", self.paid, self.unpaid)
        self._write(("cancel_order", known, {}))
        assert self._get(known).status == "cancelled"
        self._refused(("cancel_order", known, {}))
        self._refused(("change_address", known, {"address": self.address}))

    def test_an_order_goes_to_its_new_address(self) -> None:
        """`change_address` stores the text that the customer gave; `OrderView.address` has it in one line."""
        known = self._order_for("change_address", self.paid, self.unpaid)
        self._write(("change_address", known, {"address": self.address}))
        assert self.address in (self._get(known).address or "")

    def test_an_order_goes_to_its_new_recipient(self) -> None:
        """`change_contact` changes what it is given, and leaves what is None as it is."""
        known = self._order_for("change_contact", self.paid, self.unpaid)
        before = self._get(known)
        self._write(("change_contact", known, {"recipient": "赵敏", "phone": None}))
        assert (self._get(known).recipient, self._get(known).phone) == ("赵敏", before.phone)
        self._write(("change_contact", known, {"recipient": None, "phone": self.phone}))
        assert (self._get(known).recipient, self._get(known).phone) == ("赵敏", self.phone)

    def test_a_return_can_be_followed_and_withdrawn(self) -> None:
        """`refund` and `OrderView.returned` tell of the return that `request_return` opened, until it is withdrawn."""
        known, after_sales = self._order_for("request_return", self.returnable), self._after_sales()
        assert after_sales.refund(*known) is None
        deed = self._write(("request_return", known, {}))
        requested = after_sales.refund(*known)
        assert requested is not None
        assert (requested.id, requested.requested) == (deed.id, self.now.date())
        assert self._get(known).returned == requested
        self._refused(("request_return", known, {}))
        self._order_for("cancel_return", known)
        self._write(("cancel_return", known, {}))
        withdrawn = after_sales.refund(*known)
        assert withdrawn is None or withdrawn.state != requested.state
        self._refused(("cancel_return", known, {}))

    def test_a_window_includes_its_last_day(self) -> None:
        """What can be returned until a day can be returned on that day, to its last minute."""
        known = self._order_for("request_return", self.returnable)
        self.clock.now = self._at(self._have(self.last_day), hour=23, minute=59)
        assert self._check(("request_return", known, {})).allowed
        self.clock.now += timedelta(minutes=1)
        over = self._check(("request_return", known, {}))
        assert (over.allowed, bool(over.reason)) == (False, True)
        self._refused(("request_return", known, {}))

    def test_a_window_is_counted_in_the_shops_timezone(self) -> None:
        """A day begins and ends as the shop's customers count it, whatever timezone the clock tells."""
        known, last_day = self._order_for("request_return", self.returnable), self._have(self.last_day)
        for hour, minute, days in ((23, 59, 0), (0, 0, 1)):
            self.clock.now = self._at(last_day + timedelta(days), hour, minute).astimezone(timezone.utc)  # noqa: UP017
            assert self._check(("request_return", known, {})).allowed is (days == 0)

    def test_a_fallen_price_is_paid_back_once(self) -> None:
        """A price that has fallen is paid back by `request_price_protection` once, as much as the quote said."""
        known = self._order_for("request_price_protection", self.fallen)
        quote = self._check(("request_price_protection", known, {}))
        assert Decimal(quote.amount or 0) > 0
        self._write(("request_price_protection", known, {}))
        self._refused(("request_price_protection", known, {}))

    def test_every_ticket_has_its_own_id(self) -> None:
        """`open_ticket` gives the new ticket's number as `Deed.id`, with an order and without one."""
        after_sales, (customer, order_id) = self._after_sales(), self._order_for("open_ticket", self._known()[0])
        assert after_sales.check("open_ticket", customer, None, {"subject": "投诉", "text": "没人回复"}).allowed
        ids = set()
        for order in (None, order_id, order_id):
            with self.transaction() as tx:
                ids.add(after_sales.open_ticket(tx, customer, "投诉", "没人回复", order).id)
        assert len(ids - {None}) == 3

    # All or nothing

    def test_a_write_that_is_rolled_back_leaves_no_trace(self) -> None:
        """Write on `tx` alone and commit nothing: the deed shares the transaction of the ledger's row."""
        if isinstance(self.transaction(), nullcontext):
            _skip("the shop has no transactions")
        for action, known, args in self._writes():
            before, quote = self._get(known), self._check((action, known, args))
            try:
                with self.transaction() as tx:
                    self._call(tx, (action, known, args))
                    raise _ChangedMindError
            except _ChangedMindError:
                pass
            assert self._get(known) == before, action
            assert self._check((action, known, args)) == quote, action

    def test_of_several_writes_at_once_one_happens(self) -> None:
        """Lock the order's row (`select_for_update`), or change it ``WHERE version = …`` and raise `Changed`."""
        if not self.threads:
            _skip("threads of their own would commit what they write")
        known, together = self._order_for("cancel_order", self.paid, self.unpaid), Barrier(4)
        self._get(known)

        def cancel(_: int) -> bool:
            together.wait()
            try:
                self._write(("cancel_order", known, {}))
            except Exception:  # noqa: BLE001 - how a shop refuses is its own affair
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(cancel, range(4))) == 1
        assert self._get(known).status == "cancelled"

    # What the tests are made of

    def _writes(self) -> list[Write]:
        """Writes that are allowed, each on the shop as it was made."""
        title, tax_no = self.company
        before: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("cancel_order", self.unpaid, {"reason": "不想要了"}),
            ("cancel_order", self.paid, {}),
            ("change_address", self.paid, {"address": self.address}),
            ("change_contact", self.unpaid, {"recipient": "赵敏", "phone": None}),
            ("urge_delivery", self.paid, {}),
            ("urge_delivery", self.late, {}),
        ]
        after: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("request_return", self.returnable, {"product": None, "reason": "不喜欢"}),
            ("request_exchange", self.returnable, {"product": None, "variant": None, "reason": self.fault}),
            ("request_invoice", self.returnable, {"title": title, "tax_no": tax_no, "email": "a@example.com"}),
            ("request_price_protection", self.fallen, {}),
        ]
        return self._possible(before, after)

    def _forbidden(self) -> list[Write]:
        """Writes that every shop refuses, of those that it does."""
        before: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("cancel_order", self.shipped, {}),
            ("cancel_order", self.returnable, {}),
            ("change_address", self.shipped, {"address": self.address}),
            ("change_contact", self.shipped, {"phone": self.phone}),
            ("urge_delivery", self.shipped, {}),
            ("urge_delivery", self.returnable, {}),
        ]
        after: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("request_return", self.shipped, {}),
            ("cancel_return", self.returnable, {}),
            ("request_exchange", self.paid, {"reason": self.fault}),
            ("request_exchange", self.returnable if self.whim else None, {"reason": self.whim}),
            ("request_invoice", self.paid, {"title": "赵敏"}),
        ]
        return self._possible(before, after)

    def _possible(
        self,
        before: list[tuple[str, Known | None, Mapping[str, Any]]],
        after: list[tuple[str, Known | None, Mapping[str, Any]]],
    ) -> list[Write]:
        writes = before if self.shop.after_sales is None else before + after
        absent = unsupported_by(self.shop.orders) | unsupported_by(self.shop.after_sales)
        return [(action, known, args) for action, known, args in writes if known is not None and action not in absent]

    def _order_for(self, action: str, *orders: Known | None) -> Known:
        """The first of the orders that there is; the test is skipped where the shop does not do the action."""
        side = self.shop.orders if action in _ORDERS else self._after_sales()
        if action in unsupported_by(side):
            _skip(f"the shop names {action} as unsupported")
        known: Known = next((known for known in orders if known is not None), None) or _skip("the shop has none")
        return known

    def _sides(self) -> list[tuple[Any, list[str]]]:
        """The parts that the shop has, each with the methods that it must have."""
        found: list[tuple[Any, list[str]]] = [
            (self.shop.orders, ["list", "get", "track", "check", *_methods(self.shop.orders, ORDER_ACTIONS)])
        ]
        if self.shop.catalogue is not None:
            found.append((self.shop.catalogue, ["get", "search", "coupons"]))
        if self.shop.after_sales is not None:
            methods = _methods(self.shop.after_sales, AFTER_SALES_ACTIONS)
            found.append((self.shop.after_sales, ["refund", "check", *methods]))
        return found

    def _known(self) -> list[Known]:
        named = (self.unpaid, self.paid, self.shipped, self.late, self.returnable, self.fallen)
        return list(dict.fromkeys(known for known in named if known is not None))

    def _have(self, what: Any) -> Any:
        return what if what is not None else _skip("the shop has none")

    def _catalogue(self) -> Catalogue:
        return self.shop.catalogue or _skip("the shop has no catalogue")

    def _after_sales(self) -> AfterSales:
        return self.shop.after_sales or _skip("the shop has no after-sales")

    def _fresh(self) -> None:
        """Begin on a shop as it was made."""
        self.teardown_method()
        vars(self).pop("shop", None)

    def _get(self, known: Known) -> OrderView:
        order = self.shop.orders.get(*known)
        assert order is not None, f"{known[1]} is no order of {known[0]}"
        return order

    def _at(self, day: date, hour: int = 10, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.now.tzinfo)

    def _check(self, write: Write) -> Quote:
        action, (customer, order_id), args = write
        if action in ORDER_ACTIONS:
            return self.shop.orders.check(action, customer, order_id, args)
        return self._after_sales().check(action, customer, order_id, args)

    def _write(self, write: Write) -> Deed:
        with self.transaction() as tx:
            return self._call(tx, write)

    def _call(self, tx: Any, write: Write) -> Deed:
        action, (customer, order_id), args = write
        method, names = (_ORDERS | _AFTER_SALES)[action]
        side = self.shop.orders if action in _ORDERS else self._after_sales()
        deed: Deed = getattr(side, method)(tx, customer, order_id, *(args.get(name) for name in names))
        return deed

    def _refused(self, write: Write) -> None:
        """Any exception says no; a `Deed` says that it was done."""
        try:
            self._write(write)
        except Exception:  # noqa: BLE001 - how a shop refuses is its own affair
            return
        raise AssertionError(f"{write[0]} of {write[1][1]} for {write[1][0]} was done")


class _ChangedMindError(Exception):
    pass


_ORDERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cancel_order": ("cancel", ("reason",)),
    "change_address": ("change_address", ("address",)),
    "change_contact": ("change_contact", ("recipient", "phone")),
    "urge_delivery": ("urge", ()),
}
_AFTER_SALES: dict[str, tuple[str, tuple[str, ...]]] = {
    "request_return": ("request_return", ("product", "reason")),
    "cancel_return": ("cancel_return", ()),
    "request_exchange": ("request_exchange", ("product", "variant", "reason")),
    "request_invoice": ("request_invoice", ("title", "invoice_type", "tax_no", "email")),
    "request_price_protection": ("request_price_protection", ()),
    "open_ticket": ("open_ticket", ("text", "order_id")),
}


def _methods(side: Any, actions: tuple[str, ...]) -> list[str]:
    every = _ORDERS | _AFTER_SALES
    return [every[action][0] for action in actions if action not in unsupported_by(side)]


def _skip(reason: str) -> Any:
    raise SkipTest(reason)
