"""What differs from shop to shop in Oscar, and what its models make easy to get wrong."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model
from yunji.assistant import Shop

from shopassist.contrib.django.ledger import DjangoLedger
from shopassist.contrib.oscar import OscarShop
from shopassist.errors import ConfigurationError
from shopassist.tools import NotFound, Refused, builtin

Order, Product, Event = (
    get_model("order", "Order"),
    get_model("catalogue", "Product"),
    get_model("order", "ShippingEventType"),
)
Range, Condition, Benefit = (get_model("offer", name) for name in ("Range", "Condition", "Benefit"))
Offer, Voucher = get_model("offer", "ConditionalOffer"), get_model("voucher", "Voucher")
PAID, UNPAID, SHIPPED = "ORD20241203003", "ORD20241201002", "ORD20241201001"


@pytest.fixture
def shop(fresh):
    return Shop()


def order(number):
    return Order.objects.get(number=number)


def placed_by_a_guest():
    return Order.objects.create(
        number="GUEST1", user=None, guest_email="g@example.com", currency="CNY", total_incl_tax=1, total_excl_tax=1,
        status="Pending", date_placed=timezone.now(),
    )  # fmt: skip


# --- Whose orders they are


@pytest.mark.parametrize(
    "customer", [None, "", "None", "0", "-1", "abc", str(AnonymousUser().pk), "9" * 30, "1001 OR 1=1"]
)
def test_05_nobody_finds_the_orders_of_guests(shop, customer):
    guests = placed_by_a_guest()
    assert list(shop.orders.list(customer)) == []
    assert shop.orders.get(customer, guests.number) is None
    assert list(shop.catalogue.coupons(customer)) == []
    with shop.transaction() as tx, pytest.raises(NotFound):
        shop.orders.cancel(tx, customer, guests.number, None)


def test_06_somebody_elses_order_answers_as_one_that_is_not_there(shop):
    assert shop.orders.check("cancel_order", "1003", PAID, {}) == shop.orders.check("cancel_order", "1003", "none", {})


# --- What an order is told as


def test_a_status_that_nobody_explained_is_told_as_it_is_and_changed_by_a_person(shop):
    Order.objects.filter(number=PAID).update(status="Fraud review")
    seen = shop.orders.get("1001", PAID)
    assert (seen.status, seen.state) == ("other", "Fraud review")
    assert shop.orders.check("cancel_order", "1001", PAID, {}).reason == "no_tool"


def test_an_order_of_which_a_part_has_shipped_is_shipped_and_not_delivered(shop):
    parcel, delivered = order(PAID), Event.objects.get(name="Delivered")
    line = parcel.lines.first()
    type(line).objects.filter(pk=line.pk).update(quantity=2)
    shipped = parcel.shipping_events.create(event_type=Event.objects.get(name="Shipped"))
    shipped.line_quantities.create(line=parcel.lines.first(), quantity=1)
    assert shop.orders.get("1001", PAID).status == "shipped"
    assert shop.orders.check("cancel_order", "1001", PAID, {}).reason == "shipped"
    arrived = parcel.shipping_events.create(event_type=delivered)
    arrived.line_quantities.create(line=parcel.lines.first(), quantity=1)
    assert shop.orders.get("1001", PAID).status == "shipped"


def test_a_tracking_number_is_what_looks_like_one_and_other_notes_are_told(shop):
    tracked = shop.orders.track("1001", SHIPPED)
    assert tracked.number
    assert (tracked.carrier, tracked.eta, tracked.late) == ("", None, False)
    order(SHIPPED).shipping_events.update(notes="left with the neighbour at no. 4")
    told = shop.orders.track("1001", SHIPPED)
    assert told.number == ""
    assert "left with the neighbour" in told.events[-1][1]


def test_a_deleted_product_is_told_by_what_the_order_says(shop):
    line = order(PAID).lines.first()
    line.product.delete()
    told = shop.orders.get("1001", PAID).lines[0]
    assert (told.name, told.variant, told.product) == (line.title, None, line.upc)


def test_an_amount_in_another_currency_is_not_said(shop):
    Order.objects.filter(number=PAID).update(currency="EUR")
    seen = shop.orders.get("1001", PAID)
    assert (seen.total, seen.lines[0].price) == (None, None)
    assert "total" not in shop.orders.check("cancel_order", "1001", PAID, {}).facts


def test_any_change_of_the_order_is_another_version(shop):
    def version():
        return shop.orders.get("1001", PAID).version

    seen = {version()}
    order(PAID).lines.update(quantity=5)
    seen.add(version())
    order(PAID).shipping_events.create(event_type=Event.objects.get(name="Shipped"))
    seen.add(version())
    address = order(PAID).shipping_address
    address.line1 = "别处"
    address.save()
    seen.add(version())
    assert len(seen) == 4


def test_the_number_of_queries_does_not_grow_with_the_orders(shop):
    def queries(customer):
        with CaptureQueriesContext(
            connection,
        ) as made:
            found = shop.orders.list(customer)
        return len(found), len(made)

    some = {queries(str(pk)) for pk in (1001, 1002, 1004)}
    assert max(count for count, _ in some) >= 3
    assert len({made for _, made in some}) == 1


# --- What is done


def test_a_cancelled_order_frees_its_stock_and_says_who_did_it(shop):
    before = order(PAID).lines.first()
    held = before.stockrecord.num_allocated
    with shop.transaction() as tx:
        shop.orders.cancel(tx, "1001", PAID, "买错了")
    after = order(PAID)
    assert after.status == "Cancelled"
    assert [line.status for line in after.lines.all()] == ["Cancelled"] * after.lines.count()
    assert after.lines.first().stockrecord.num_allocated == held - before.num_allocated
    assert after.status_changes.get().new_status == "Cancelled"
    assert "买错了" in after.notes.get().message


def test_the_shops_pipeline_decides_whether_an_order_can_be_cancelled(shop, monkeypatch):
    monkeypatch.setattr(Order, "pipeline", {"Pending": ("Being processed",)})
    assert shop.orders.check("cancel_order", "1001", PAID, {}).reason == "no_tool"


def test_an_order_whose_money_was_taken_is_cancelled_by_a_person_unless_the_shop_pays_back(shop):
    source = get_model("payment", "SourceType").objects.create(name="card")
    order(PAID).sources.create(source_type=source, currency="CNY", amount_allocated=100, amount_debited=Decimal(100))
    assert shop.orders.check("cancel_order", "1001", PAID, {}).reason == "no_tool"
    with shop.transaction() as tx, pytest.raises(Refused):
        shop.orders.cancel(tx, "1001", PAID, None)

    class PaysBack(Shop):
        pays_back = True

    assert PaysBack().orders.check("cancel_order", "1001", PAID, {}).allowed


def test_a_line_without_a_stock_record_does_not_keep_an_order_from_being_cancelled(shop):
    order(PAID).lines.update(stockrecord=None)
    with shop.transaction() as tx:
        shop.orders.cancel(tx, "1001", PAID, None)
    assert order(PAID).status == "Cancelled"


def test_an_address_that_two_orders_share_is_changed_for_one(shop):
    Order.objects.filter(number=UNPAID).update(shipping_address=order(PAID).shipping_address)
    with shop.transaction() as tx:
        shop.orders.change_address(tx, "1001", PAID, "杭州市西湖区文三路 1 号")
    assert "文三路" in shop.orders.get("1001", PAID).address
    assert "文三路" not in shop.orders.get("1001", UNPAID).address


@pytest.mark.parametrize(("given", "reason"), [("12", "no_tool"), ("not a phone", "no_tool"), ("13600000000", None)])
def test_a_phone_that_oscar_would_not_take_is_left_to_a_person(shop, given, reason):
    assert shop.orders.check("change_contact", "1001", PAID, {"phone": given}).reason == reason


def test_an_address_longer_than_its_line_is_left_to_a_person(shop):
    assert shop.orders.check("change_address", "1001", PAID, {"address": "很" * 256}).reason == "no_tool"


@override_settings(OSCAR_REQUIRED_ADDRESS_FIELDS=("last_name", "line1", "line4", "postcode", "country"))
def test_where_an_address_needs_more_than_a_line_its_change_is_left_to_a_person(shop):
    assert shop.orders.unsupported == {"urge_delivery", "change_address"}
    names = {tool.name for tool in builtin(shop.orders, shop.catalogue, shop.after_sales)}
    assert names == {"get_order", "list_orders", "track_delivery", "get_product", "search_products", "list_coupons", "cancel_order", "change_contact"}  # fmt: skip


def test_a_write_and_the_ledgers_row_share_the_shops_transaction(shop):
    with DjangoLedger().transaction() as tx:
        shop.orders.cancel(tx, "1001", PAID, None)
        assert order(PAID).status == "Cancelled"
        transaction.set_rollback(True, using=tx)
    assert order(PAID).status == "Pending"
    assert not order(PAID).notes.exists()


@pytest.mark.parametrize("tx", [None, "default", "elsewhere"])
def test_a_write_without_a_transaction_is_an_error(shop, tx):
    with pytest.raises(ConfigurationError, match="open transaction"):
        shop.orders.cancel(tx, "1001", PAID, None)


# --- Products


def test_15_a_product_that_is_not_public_is_neither_found_nor_priced(shop):
    Product.objects.filter(upc="P-1001").update(is_public=False)
    assert shop.catalogue.get("P-1001") is None
    assert shop.catalogue.get("P-1001-1") is None
    assert "P-1001" not in [found.id for found in shop.catalogue.search("降噪耳机")]
    Product.objects.filter(upc="P-1002-1").update(is_public=False)
    assert len(shop.catalogue.get("P-1002").variants) == 1


def test_a_parent_has_its_childrens_price_or_leaves_it_to_them(shop):
    whole = shop.catalogue.get("p-1001")
    assert (whole.name, whole.name_en, whole.price) == ("无线降噪耳机Pro", "Noise-Cancelling Earbuds Pro", Decimal(599))
    assert [(v.name, v.stock) for v in whole.variants] == [("曜石黑", 32), ("珍珠白", 0), ("星空蓝", 8)]
    Product.objects.get(upc="P-1001-3").stockrecords.update(price=Decimal(699))
    apart = shop.catalogue.get("P-1001")
    assert (apart.price, apart.costs) == (None, (Decimal(599), Decimal(599), Decimal(699)))
    assert "P-1001" in [found.id for found in shop.catalogue.search("降噪耳机", Decimal(650), Decimal(700))]


def test_a_product_that_is_not_counted_has_no_stock_and_one_without_a_record_is_not_for_sale(shop):
    get_model("catalogue", "ProductClass").objects.update(track_stock=False)
    assert {v.stock for v in shop.catalogue.get("P-1001").variants} == {None}
    Product.objects.get(upc="P-1001-1").stockrecords.all().delete()
    assert shop.catalogue.get("P-1001").variants[0].stock == 0


def test_a_price_in_another_currency_or_without_its_tax_is_not_said(shop, monkeypatch):
    Product.objects.get(upc="P-2002-1").stockrecords.update(price_currency="EUR")
    assert shop.catalogue.get("P-2002").price is None
    from oscar.apps.partner import strategy

    monkeypatch.setattr(strategy.Selector, "strategy", lambda *_, **__: strategy.US())
    assert shop.catalogue.get("P-1003").costs == ()


def test_a_title_is_in_one_language_unless_the_shop_says_more(fresh):
    named = OscarShop().catalogue.get("P-1001")
    assert (named.name, named.name_en) == ("无线降噪耳机Pro", "")


def test_a_product_without_a_upc_is_found_by_its_key_alone(shop):
    named = Product.objects.get(upc="P-2002")
    assert shop.catalogue.get(str(named.pk)) is None
    Product.objects.filter(pk=named.pk).update(upc=None)
    assert shop.catalogue.get(str(named.pk)).id == str(named.pk)


@pytest.mark.parametrize(("words", "found"), [("", 12), ("  ", 12), ("？！", 0), ("%", 0), ("' OR 1=1 --", None)])
def test_odd_words_are_no_error(shop, words, found):
    assert len(shop.catalogue.search(words)) == found or found is None


# --- Offers


def test_open_offers_are_told_and_codes_of_vouchers_are_not(shop):
    every = Range.objects.create(name="all", includes_all_products=True)
    condition = Condition.objects.create(range=every, type=Condition.VALUE, value=300)
    off = Benefit.objects.create(range=every, type=Benefit.FIXED, value=30)
    tenth = Benefit.objects.create(range=every, type=Benefit.PERCENTAGE, value=10)
    Offer.objects.create(name="满300减30", offer_type=Offer.SITE, condition=condition, benefit=off)
    Offer.objects.create(name="九折", offer_type=Offer.SITE, condition=condition, benefit=tenth)
    ended = timezone.now() - timedelta(1)
    Offer.objects.create(name="过期", offer_type=Offer.SITE, condition=condition, benefit=off, end_datetime=ended)
    secret = Offer.objects.create(name="专属", offer_type=Offer.VOUCHER, condition=condition, benefit=off)
    now = timezone.now()
    voucher = Voucher.objects.create(name="给张伟", code="ZHANG", start_datetime=ended, end_datetime=now + timedelta(9))
    voucher.offers.add(secret)
    told = {(c.code, c.title, c.least, c.off) for c in shop.catalogue.coupons("1001")}
    assert told == {("", "满300减30", Decimal(300), Decimal(30)), ("", "九折", None, None)}

    class Tells(Shop):
        def vouchers(self, user):
            return Voucher.objects.filter(name__contains=user.first_name)

    assert "ZHANG" in [c.code for c in Tells().catalogue.coupons("1001")]
    assert "ZHANG" not in [c.code for c in Tells().catalogue.coupons("1003")]
