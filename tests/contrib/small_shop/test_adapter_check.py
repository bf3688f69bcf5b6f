"""The command on the tea shop, and on tea shops that get something wrong."""

import io

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import override_settings
from smallshop.models import Client, Purchase, Slip
from smallshop.shop import Orders, TeaShop

from shopassist import ShopParts


@pytest.fixture
def check(fill):
    """Run the command on a shop: what it printed, and the message of its failure."""
    fill()

    def run(shop="smallshop.shop.TeaShop", **chosen):
        from django.conf import settings

        out, failed = io.StringIO(), None
        with override_settings(SHOPASSIST={**settings.SHOPASSIST, "SHOP": shop}):
            try:
                call_command("shopassist_adapter_check", stdout=out, no_color=True, **chosen)
            except CommandError as error:
                failed = str(error)
        return out.getvalue(), failed

    return run


def broken(text):
    """The claims that the command calls broken."""
    return [line.removeprefix("BROKEN ").strip() for line in text.splitlines() if line.startswith("BROKEN")]


def test_an_adapter_that_keeps_to_the_protocols_passes(check):
    text, failed = check()
    assert failed is None
    assert broken(text) == []
    assert "an unpaid order: T/1 of customer K-LI" in text
    assert "an order that can be returned: none found" in text
    assert "a person is offered: change_contact, urge_delivery, request_exchange" in text


def test_nothing_that_it_tries_is_kept(check):
    def rows():
        return [*Purchase.objects.order_by("ref").values()], Slip.objects.count(), Client.objects.count()

    before = rows()
    check()
    assert rows() == before
    assert getattr(mail, "outbox", []) == []


class Open(Orders):
    """Finds an order by its number alone."""

    def get(self, customer, order_id):
        from smallshop.shop import view

        purchase = Purchase.objects.filter(ref=order_id).first()
        return view(purchase) if purchase else None


class OpenShop(TeaShop):
    def __init__(self):
        super().__init__()
        self.orders = Open(self)


def test_an_order_found_by_its_number_alone_is_called_out_with_what_to_do(check):
    text, failed = check(f"{__name__}.OpenShop")
    assert "somebody else's order is no order" in broken(text)
    assert "assert orders.get(self.stranger, order_id) is None" in text
    assert "order_id='T/1'" in text
    assert "Find an order by its number and its customer" in text
    assert "are broken" in failed


class Forgetful(Orders):
    unsupported = frozenset(("change_contact",))


class ForgetfulShop(TeaShop):
    def __init__(self):
        super().__init__()
        self.orders = Forgetful(self)


def test_a_method_that_is_missing_is_named_with_the_way_out(check):
    text, _ = check(f"{__name__}.ForgetfulShop")
    assert "every method is there" in broken(text)
    assert "Forgetful lacks urge" in text
    assert "may be missing if `unsupported` names the action" in text


class Eager(Orders):
    """Changes the order in its check."""

    def check(self, action, customer, order_id, args):
        Purchase.objects.filter(ref=order_id, client__code=customer).update(revision=99)
        return super().check(action, customer, order_id, args)


class EagerShop(TeaShop):
    def __init__(self):
        super().__init__()
        self.orders = Eager(self)


def test_a_check_that_changes_something_is_called_out_and_its_change_is_not_kept(check):
    text, _ = check(f"{__name__}.EagerShop")
    assert "a check changes nothing and says the same again" in broken(text)
    assert not Purchase.objects.filter(revision=99).exists()


class Raising(Orders):
    def track(self, customer, order_id):
        raise ZeroDivisionError("no parcels today")


class RaisingShop(TeaShop):
    def __init__(self):
        super().__init__()
        self.orders = Raising(self)


def test_a_shop_that_breaks_while_orders_are_looked_for_is_told_in_one_line(check):
    _, failed = check(f"{__name__}.RaisingShop")
    assert failed == "the shop breaks while its orders are read: ZeroDivisionError: no parcels today"


class RaisingInAWrite(Orders):
    def cancel(self, tx, customer, order_id, reason):
        raise ZeroDivisionError("no till")


class RaisingInAWriteShop(TeaShop):
    def __init__(self):
        super().__init__()
        self.orders = RaisingInAWrite(self)


def test_what_a_shop_raises_is_told_with_its_own_line(check):
    text, _ = check(f"{__name__}.RaisingInAWriteShop")
    assert "a write changes the order's version" in broken(text)
    assert "ZeroDivisionError: no till" in text
    assert f"{__file__}:" in text


orders_alone = ShopParts(orders=TeaShop().orders)


def test_a_shop_that_is_made_already_is_used_as_it_is(check):
    text, failed = check(f"{__name__}.orders_alone")
    assert (broken(text), failed) == ([], None)
    assert "open_ticket" in text


@pytest.mark.parametrize(
    ("shop", "chosen", "says"),
    [
        (None, {}, "SHOPASSIST has no key 'SHOP'"),
        ("smallshop.shop.Missing", {}, "cannot be imported"),
        ("smallshop.shop.Articles", {}, "lacks orders, catalogue, after_sales"),
        ("smallshop.shop.TeaShop", {"customer": ["K-WU"]}, "none of the customers has an order"),
    ],
)
def test_what_cannot_be_checked_says_what_to_do(check, shop, chosen, says):
    assert says in check(shop, **chosen)[1]
