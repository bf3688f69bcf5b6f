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

from shopassist.dialogue import Quote
from shopassist.shop import AfterSales, Catalogue, Deed, OrderLine, Orders, OrderView

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
    """The claims that every shop must hold to, for pytest.

    Inherit it where pytest collects tests, and make a fresh shop that tells the time by `clock`::

        from shopassist.testing.shops import ShopConformance

        class TestMyShop(ShopConformance):
            def make_shop(self, clock):
                return MyShop(clock=clock)

    `make_shop` is called once in a test, after its fixtures; a shop with a method ``close`` is closed after the test.
    The orders that the tests use are the sample shop's. Another shop names its own below; what it sets to None it has
    not, and the tests that need it are skipped, as are those of a protocol that is None.
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

    last_day: ClassVar[date] = date(2024, 12, 5)
    fallen: ClassVar[Known | None] = ("u-1004", "ORD20241125011")
    """The price of what is in it has fallen."""

    fault: ClassVar[str] = "质量问题：收到就是坏的"
    """A reason for which goods are exchanged."""

    address: ClassVar[str] = "杭州市西湖区文三路 1 号"
    company: ClassVar[tuple[str, str]] = ("云上科技有限公司", "91330106MA2ABCDE1X")
    """A company's title and tax number."""

    product: ClassVar[str | None] = "P-1001"
    words: ClassVar[str] = "降噪耳机"
    """A search that finds `product`."""

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

    def test_a_customer_gets_the_orders_that_are_theirs(self) -> None:
        for customer, order_id in self._known():
            ids = [order.id for order in self.shop.orders.list(customer)]
            assert order_id in ids
            assert len(ids) == len(set(ids))
            assert self._get((customer, order_id)).id == order_id

    def test_the_newest_order_comes_first(self) -> None:
        for customer, _ in self._known():
            placed = [order.placed for order in self.shop.orders.list(customer)]
            assert placed == sorted(placed, reverse=True)

    def test_somebody_elses_order_is_no_order(self) -> None:
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
        for action, (customer, order_id), args in self._writes():
            before = self._get((customer, order_id))
            self._refused((action, (self.stranger, order_id), args))
            assert self._get((customer, order_id)) == before

    # What is told

    def test_an_order_is_told_in_its_types(self) -> None:
        for known in self._known():
            order = self._get(known)
            assert order.placed.tzinfo is not None
            assert order.version
            assert order.lines
            assert all(isinstance(line, OrderLine) and line.quantity > 0 for line in order.lines)
            assert all(isinstance(amount, Decimal) for amount in (order.total, *(line.price for line in order.lines)))

    def test_a_parcel_is_tracked_once_it_is_sent(self) -> None:
        sent, waiting = self._have(self.shipped), self._have(self.paid)
        tracking = self.shop.orders.track(*sent)
        assert tracking is not None
        assert (tracking.order, bool(tracking.number), tracking.late) == (sent[1], True, False)
        assert list(tracking.events) == sorted(tracking.events)
        assert all(at.tzinfo is not None for at, _ in tracking.events)
        assert self.shop.orders.track(*waiting) is None

    def test_a_late_parcel_is_called_late(self) -> None:
        tracking = self.shop.orders.track(*self._have(self.late))
        assert tracking is not None
        assert tracking.late

    def test_a_parcel_is_not_late_on_its_day(self) -> None:
        sent = self._have(self.shipped)
        tracking = self.shop.orders.track(*sent)
        assert tracking is not None
        expected: date = tracking.eta or _skip("the shipped order has no expected day")
        for days, late in ((0, False), (1, True)):
            self.clock.now = self._at(expected + timedelta(days), hour=23)
            moved = self.shop.orders.track(*sent)
            assert moved is not None
            assert moved.late is late

    def test_a_product_is_found_by_its_id_and_by_words(self) -> None:
        catalogue, key = self._catalogue(), self._have(self.product)
        product = catalogue.get(key)
        assert product is not None
        assert (product.id, isinstance(product.price, Decimal)) == (key, True)
        assert all(variant.stock >= 0 for variant in product.variants)
        assert key in [found.id for found in catalogue.search(self.words)]
        assert catalogue.get("no-such-product") is None

    def test_a_price_range_includes_its_ends(self) -> None:
        catalogue, key = self._catalogue(), self._have(self.product)
        product = catalogue.get(key)
        assert product is not None
        price, cent = product.price, Decimal("0.01")
        ranges = {(price, price): True, (price + cent, None): False, (None, price - cent): False, (None, price): True}
        for (least, most), there in ranges.items():
            assert (key in [found.id for found in catalogue.search(self.words, least, most)]) is there

    def test_coupons_are_told_in_their_types(self) -> None:
        for customer, _ in self._known():
            for coupon in self._catalogue().coupons(customer):
                assert isinstance(coupon.least, Decimal)
                assert coupon.off > 0

    # What is checked before it is done

    def test_a_check_changes_nothing_and_says_the_same_again(self) -> None:
        for action, known, args in self._writes():
            before = self._get(known)
            quote = self._check((action, known, args))
            assert quote.allowed, (action, quote.reason)
            assert self._check((action, known, args)) == quote
            assert self._get(known) == before

    def test_a_quote_is_plain_json_and_bound_to_the_orders_version(self) -> None:
        for action, known, args in [*self._writes(), *self._forbidden()]:
            quote = self._check((action, known, args))
            json.dumps(dict(quote.facts), allow_nan=False)
            assert quote.amount is None or Decimal(quote.amount) >= 0
            assert quote.version == self._get(known).version

    def test_a_refused_check_names_its_rule_and_its_reason(self) -> None:
        for action, known, args in self._forbidden():
            quote = self._check((action, known, args))
            assert not quote.allowed, action
            assert quote.rule, action
            assert quote.reason, action

    def test_an_unknown_action_is_an_error(self) -> None:
        import pytest

        customer, order_id = self._known()[0]
        with pytest.raises(ValueError, match="drop_tables"):
            self.shop.orders.check("drop_tables", customer, order_id, {})

    # What is done

    def test_a_write_changes_the_orders_version(self) -> None:
        for action, known, args in self._writes():
            self._fresh()
            before = self._get(known).version
            deed = self._write((action, known, args))
            assert deed.version == self._get(known).version != before, action
            json.dumps(dict(deed.facts), allow_nan=False)

    def test_what_is_forbidden_is_not_done(self) -> None:
        for action, known, args in self._forbidden():
            before = self._get(known)
            self._refused((action, known, args))
            assert self._get(known) == before, action

    def test_a_cancelled_order_is_cancelled_once(self) -> None:
        known = self._have(self.paid)
        self._write(("cancel_order", known, {}))
        assert self._get(known).status == "cancelled"
        self._refused(("cancel_order", known, {}))
        self._refused(("change_address", known, {"address": self.address}))

    def test_an_order_goes_to_its_new_address_and_recipient(self) -> None:
        known = self._have(self.paid)
        self._write(("change_address", known, {"address": self.address}))
        self._write(("change_contact", known, {"recipient": "赵敏", "phone": None}))
        order = self._get(known)
        assert (order.address, order.recipient) == (self.address, "赵敏")
        self._write(("change_contact", known, {"recipient": None, "phone": "13600000000"}))
        assert (self._get(known).recipient, self._get(known).phone) == ("赵敏", "13600000000")

    def test_an_order_is_urged_once_a_day(self) -> None:
        known = self._have(self.paid)
        self._write(("urge_delivery", known, {}))
        self._refused(("urge_delivery", known, {}))
        self.clock.now = self._at(self.now.date() + timedelta(1))
        assert self._check(("urge_delivery", known, {})).allowed

    def test_a_late_parcel_gets_a_ticket(self) -> None:
        assert self._write(("urge_delivery", self._have(self.late), {})).id

    def test_a_return_can_be_followed_and_withdrawn(self) -> None:
        known, after_sales = self._have(self.returnable), self._after_sales()
        assert after_sales.refund(*known) is None
        deed = self._write(("request_return", known, {}))
        requested = after_sales.refund(*known)
        assert requested is not None
        assert (requested.id, requested.requested) == (deed.id, self.now.date())
        assert self._get(known).returned == requested
        self._refused(("request_return", known, {}))
        self._write(("cancel_return", known, {}))
        withdrawn = after_sales.refund(*known)
        assert withdrawn is None or withdrawn.state != requested.state
        self._refused(("cancel_return", known, {}))

    def test_a_window_includes_its_last_day(self) -> None:
        known = self._have(self.returnable)
        self._after_sales()
        self.clock.now = self._at(self.last_day, hour=23, minute=59)
        assert self._check(("request_return", known, {})).allowed
        self.clock.now += timedelta(minutes=1)
        over = self._check(("request_return", known, {}))
        assert (over.allowed, bool(over.rule)) == (False, True)
        self._refused(("request_return", known, {}))

    def test_a_window_is_counted_in_the_shops_timezone(self) -> None:
        known = self._have(self.returnable)
        self._after_sales()
        for hour, minute, days in ((23, 59, 0), (0, 0, 1)):
            self.clock.now = self._at(self.last_day + timedelta(days), hour, minute).astimezone(timezone.utc)  # noqa: UP017
            assert self._check(("request_return", known, {})).allowed is (days == 0)

    def test_a_fallen_price_is_paid_back_once(self) -> None:
        known = self._have(self.fallen)
        self._after_sales()
        quote = self._check(("request_price_protection", known, {}))
        assert Decimal(quote.amount or 0) > 0
        self._write(("request_price_protection", known, {}))
        self._refused(("request_price_protection", known, {}))

    def test_a_company_needs_its_tax_number(self) -> None:
        known, (title, tax_no) = self._have(self.returnable), self.company
        self._after_sales()
        assert not self._check(("request_invoice", known, {"title": title})).allowed
        assert self._check(("request_invoice", known, {"title": title, "tax_no": tax_no})).allowed

    def test_every_ticket_has_its_own_id(self) -> None:
        after_sales, (customer, order_id) = self._after_sales(), self._known()[0]
        assert after_sales.check("open_ticket", customer, None, {"subject": "投诉", "text": "没人回复"}).allowed
        ids = set()
        for order in (None, order_id, order_id):
            with self.transaction() as tx:
                ids.add(after_sales.open_ticket(tx, customer, "投诉", "没人回复", order).id)
        assert len(ids - {None}) == 3

    # All or nothing

    def test_a_write_that_is_rolled_back_leaves_no_trace(self) -> None:
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
        known, together = self._have(self.paid), Barrier(4)
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
        """Writes that every shop refuses."""
        before: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("cancel_order", self.shipped, {}),
            ("cancel_order", self.returnable, {}),
            ("change_address", self.shipped, {"address": self.address}),
            ("change_contact", self.shipped, {"phone": "13600000000"}),
            ("urge_delivery", self.shipped, {}),
            ("urge_delivery", self.returnable, {}),
        ]
        after: list[tuple[str, Known | None, Mapping[str, Any]]] = [
            ("request_return", self.shipped, {}),
            ("cancel_return", self.returnable, {}),
            ("request_exchange", self.paid, {"reason": self.fault}),
            ("request_exchange", self.returnable, {"reason": "不喜欢"}),
            ("request_invoice", self.paid, {"title": "赵敏"}),
        ]
        return self._possible(before, after)

    def _possible(
        self,
        before: list[tuple[str, Known | None, Mapping[str, Any]]],
        after: list[tuple[str, Known | None, Mapping[str, Any]]],
    ) -> list[Write]:
        writes = before if self.shop.after_sales is None else before + after
        return [(action, known, args) for action, known, args in writes if known is not None]

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
        if action in _ORDERS:
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
        import pytest

        with pytest.raises(Exception):  # noqa: B017, PT011
            self._write(write)


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
}


def _skip(reason: str) -> Any:
    import pytest

    pytest.skip(reason)
