"""An Oscar order as its customer may see it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from shopassist.shop import OrderLine, OrderStatus, OrderView, Tracking

if TYPE_CHECKING:
    from shopassist.contrib.oscar.shop import OscarShop

CENT = Decimal("0.01")
RELATED = (
    "lines__product__parent__attribute_values__attribute",
    "lines__product__attribute_values__attribute",
    "lines__product__attribute_values__value_option",
    "shipping_events__event_type",
    "shipping_events__line_quantities",
)
"""What is read beside an order, a query each however many orders there are."""


def order_view(shop: OscarShop, order: Any) -> OrderView:
    """The order; what it cost in another currency than the shop's is left out."""
    status = status_of(shop, order)
    address = order.shipping_address
    return OrderView(
        id=order.number,
        status=status,
        placed=aware(order.date_placed),
        lines=tuple(order_line(shop, line) for line in order.lines.all()),
        total=order.total_incl_tax if order.currency == shop.currency else None,
        version=version_of(order),
        shipped=_first_day(order, shop.shipped_events | shop.delivered_events),
        delivered=_last_day(order, shop.delivered_events) if status == "delivered" else None,
        address=one_line(address) if address is not None else None,
        recipient=(address.name or None) if address is not None else None,
        phone=phone_of(address) if address is not None else None,
        state=order.status if status == "other" else None,
        url=_page_of(order),
    )


def _page_of(order: Any) -> str | None:
    """The customer's own page of the order; a shop may have taken it out."""
    try:
        return reverse("customer:order", kwargs={"order_number": order.number})
    except NoReverseMatch:
        return None


def status_of(shop: OscarShop, order: Any) -> OrderStatus:
    """How far an order is: a status that the shop explains, and what its shipping events say beyond that."""
    known = shop.statuses.get(order.status)
    if known is None:
        return "other"
    if known in ("cancelled", "delivered"):
        return known
    if _covers(order, shop.delivered_events):
        return "delivered"
    return "shipped" if known == "shipped" or has_shipped(shop, order) else known


def has_shipped(shop: OscarShop, order: Any) -> bool:
    """Whether anything of the order has left."""
    return any(e.event_type.name in shop.shipped_events | shop.delivered_events for e in order.shipping_events.all())


def order_line(shop: OscarShop, line: Any) -> OrderLine:
    """A line; a child product is a variant of its parent, a deleted one is what the order says it was."""
    price, product = _price_of_one(shop, line), line.product
    if product is None:
        return OrderLine(line.upc or line.partner_sku or line.title, line.title, None, line.quantity, price)
    whole = product.parent if product.parent_id else product
    variant = shop.variant_name(product) if product.parent_id else None
    return OrderLine(shop.product_key(whole), shop.names(whole)[0], variant or None, line.quantity, price)


def tracking(shop: OscarShop, order: Any) -> Tracking | None:
    """Where the order's parcel is, as its shipping events tell; None before the first that something has left."""
    if not has_shipped(shop, order):
        return None
    carrier, number = shop.parcel(order)
    events = sorted((aware(e.date_created), _told(e, number)) for e in order.shipping_events.all())
    expected = shop.expected(order)
    on_its_way = status_of(shop, order) == "shipped"
    late = on_its_way and expected is not None and expected < timezone.localdate()
    return Tracking(order.number, carrier, number, tuple(events), expected, late)


def version_of(order: Any) -> str:
    """A digest of what the order is now: Oscar keeps no version, and changes come from many sides."""
    address = order.shipping_address
    now = [
        [order.status, order.currency, order.total_incl_tax, order.user_id],
        [address.active_address_fields(), phone_of(address), address.notes] if address is not None else None,
        [[x.pk, x.quantity, x.status, x.line_price_incl_tax, x.product_id, x.title] for x in order.lines.all()],
        sorted(event.pk for event in order.shipping_events.all()),
    ]
    return hashlib.sha256(json.dumps(now, default=str).encode()).hexdigest()[:16]


def one_line(address: Any) -> str:
    """The address without the name."""
    fields = [name for name in address.base_fields if name != "salutation"]
    return ", ".join(address.get_address_field_values(fields))


def phone_of(address: Any) -> str | None:
    """The phone as it is dialled in the address's country, from abroad where it is of another one."""
    import phonenumbers

    number = getattr(address, "phone_number", None)
    if not number:
        return None
    kind = phonenumbers.PhoneNumberFormat
    if phonenumbers.region_code_for_number(number) != address.country_id:
        return str(phonenumbers.format_number(number, kind.E164))
    return str(phonenumbers.normalize_digits_only(phonenumbers.format_number(number, kind.NATIONAL)))


def aware(when: datetime) -> datetime:
    """The time with a timezone, whatever USE_TZ says, told by Django's clock."""
    told: datetime = timezone.localtime(when) if timezone.is_aware(when) else timezone.make_aware(when)
    return told


def _price_of_one(shop: OscarShop, line: Any) -> Decimal | None:
    if line.order.currency != shop.currency or not line.quantity:
        return None
    return Decimal(line.line_price_incl_tax / line.quantity).quantize(CENT)


def _told(event: Any, number: str) -> str:
    note = event.notes.strip()
    return f"{event.event_type.name}: {note}" if note and note != number else str(event.event_type.name)


def _events(order: Any, names: Collection[str]) -> Iterable[Any]:
    return (event for event in order.shipping_events.all() if event.event_type.name in names)


def _covers(order: Any, names: Collection[str]) -> bool:
    """Whether events of these types cover every piece of every line."""
    pieces: dict[int, int] = {}
    for event in _events(order, names):
        for part in event.line_quantities.all():
            pieces[part.line_id] = pieces.get(part.line_id, 0) + part.quantity
    lines = order.lines.all()
    return bool(lines) and all(pieces.get(line.pk, 0) >= line.quantity for line in lines)


def _first_day(order: Any, names: Collection[str]) -> date | None:
    return min((aware(e.date_created).date() for e in _events(order, names)), default=None)


def _last_day(order: Any, names: Collection[str]) -> date | None:
    return max((aware(e.date_created).date() for e in _events(order, names)), default=None)
