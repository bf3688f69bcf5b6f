"""The shop as the assistant is given it, and what differs between shops on Oscar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connections, router, transaction
from django.utils import translation
from oscar.core.loading import get_model

from shopassist.contrib.oscar.catalogue import OscarCatalogue
from shopassist.contrib.oscar.orders import OscarOrders
from shopassist.shop import OrderStatus

ENOUGH_OF_AN_ADDRESS = frozenset(("title", "first_name", "last_name", "line1", "country", "phone_number"))
"""What an address consists of where its text can be kept in one line."""

LARGEST_KEY = 63
"""Bits of a number that databases take."""


class OscarShop:
    """An Oscar shop: its orders and its catalogue. Oscar knows neither returns nor tickets, and so there are none.

    Name it, or a class of your own on top of it, in the settings: ``SHOPASSIST = {"SHOP": "shop.assistant.Shop"}``::

        class Shop(OscarShop):
            statuses = {**OscarShop.statuses, "Awaiting payment": "unpaid"}
            rules = {"cancel_order": "cancelling"}

    A shop with returns of its own gives an `after_sales` of its own.
    """

    statuses: ClassVar[Mapping[str, OrderStatus]] = {
        "": "paid",
        "Pending": "paid",
        "Being processed": "paid",
        "Processed": "paid",
        "Complete": "shipped",
        "Cancelled": "cancelled",
    }
    """Oscar's statuses are words of each shop's own: what they mean. One that is not here is told as it is.

    Oscar places an order once it is paid for. Shipping events take precedence over a status that says less.
    """

    cancelled: ClassVar[str] = "Cancelled"
    """The status that a cancelled order gets; where the pipeline does not lead to it, a person has to cancel."""

    shipped_events: ClassVar[frozenset[str]] = frozenset(("Shipped", "Dispatched"))
    delivered_events: ClassVar[frozenset[str]] = frozenset(("Delivered",))
    """Names of shipping event types."""

    rules: ClassVar[Mapping[str, str]] = {}
    """The pages that decide, by action: ``{"cancel_order": "cancelling"}``; a refusal then cites its page."""

    after_sales: Any = None

    def __init__(self) -> None:
        self.orders = OscarOrders(self)
        self.catalogue = OscarCatalogue(self)

    @property
    def currency(self) -> str:
        """The currency that the assistant speaks of. What is in another one has no price, and goes to a person."""
        return str(settings.OSCAR_DEFAULT_CURRENCY)

    def user_pk(self, customer: str) -> Any:
        """The primary key of a customer's user, or None; the inverse of the setting ``CUSTOMER_ID``."""
        try:
            key = get_user_model()._meta.pk.to_python(customer)
        except ValidationError:
            return None
        if key in (None, "") or (isinstance(key, int) and key.bit_length() > LARGEST_KEY):
            return None  # with None, a filter would find the orders of guests
        return key

    # Products

    def product_key(self, product: Any) -> str:
        """What a product is called in orders, pages and prices: its UPC, else its primary key."""
        return str(product.upc or product.pk)

    def names(self, product: Any) -> tuple[str, str]:
        """The title in Chinese and in English; the second is empty where there is none.

        Oscar keeps one title. Under django-modeltranslation it has one in each language, which this finds; a shop
        that keeps the other elsewhere (in an attribute ``title_en``, say) says so here.
        """
        with translation.override("zh-hans"):
            chinese = str(product.get_title())
        with translation.override("en"):
            english = str(product.get_title())
        return chinese, english if english != chinese or english.isascii() else ""

    def variant_name(self, product: Any) -> str:
        """What tells a child product from its siblings: the values of its attributes, else its title."""
        values = [str(value.value_as_text) for value in product.attribute_values.all()]
        return " ".join(values) or str(product.title)

    def vouchers(self, user: Any) -> Any:
        """The vouchers whose codes a customer may be told. None by default: a code is often meant for one person."""
        return get_model("voucher", "Voucher").objects.none()

    # Orders

    def expected(self, order: Any) -> date | None:
        """The day on which an order is expected; Oscar keeps none, and without one no parcel is late."""
        return None

    def parcel(self, order: Any) -> tuple[str, str]:
        """Carrier and number of an order's parcel, empty where they are not known.

        Oscar keeps them as free text in a shipping event's notes, if at all: notes of one word with a digit are taken
        for the number.
        """
        for event in order.shipping_events.all():
            note = event.notes.strip()
            if event.event_type.name in self.shipped_events and len(note.split()) == 1 and any(map(str.isdigit, note)):
                return "", note
        return "", ""

    def to_pay_back(self, order: Any) -> Decimal:
        """What was taken from the customer's means of payment and not given back, as Oscar's payment sources say."""
        sources = get_model("payment", "Source").objects.filter(order_id=order.pk)
        return sum((source.amount_debited - source.amount_refunded for source in sources), Decimal())

    pays_back: ClassVar[bool] = False
    """Whether cancelling gives the money back: a shop whose receivers of ``order_status_changed`` see to it says True.

    Otherwise an order whose payment was taken is cancelled by a person.
    """

    @property
    def takes_addresses(self) -> bool:
        """Whether an address can be made of one line of text; a shop that overrides `address_from` may say True."""
        return ENOUGH_OF_AN_ADDRESS.issuperset(settings.OSCAR_REQUIRED_ADDRESS_FIELDS)

    def address_from(self, text: str) -> Mapping[str, str]:
        """The fields of an address whose text the customer gave: all of it in the first line, the others empty."""
        return {"line1": text, **dict.fromkeys(("line2", "line3", "line4", "state", "postcode"), "")}

    @contextmanager
    def transaction(self) -> Iterator[str]:
        """A transaction as a ledger gives it: what it yields is the `tx` of the writes."""
        model = get_model("order", "Order")
        alias = router.db_for_write(model)
        with transaction.atomic(using=alias):
            if connections[alias].vendor == "sqlite":  # the lock from its start: a read first could not become a write
                model.objects.using(alias).filter(pk=-1).update(status="")
            yield alias
