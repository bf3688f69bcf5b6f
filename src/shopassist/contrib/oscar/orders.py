"""`shopassist.shop.Orders` over Oscar's orders."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connections, router
from oscar.core.loading import get_class, get_model

from shopassist.contrib.oscar.views import RELATED, has_shipped, one_line, order_view, phone_of, status_of, tracking
from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError
from shopassist.shop import ORDER_ACTIONS, Deed, OrderView, Tracking
from shopassist.text import fold
from shopassist.tools.outcome import NotFound, Refused

if TYPE_CHECKING:
    from shopassist.contrib.oscar.shop import OscarShop

NO_TOOL = "no_tool"
"""The reason that offers the customer a person."""


class OscarOrders:
    """The customer's orders. Guests' orders are nobody's: they have no user to show them to."""

    def __init__(self, shop: OscarShop) -> None:
        self._shop = shop

    @property
    def unsupported(self) -> frozenset[str]:
        """Oscar has nothing by which to hurry somebody; `change_address` depends on what an address has to have."""
        return frozenset(("urge_delivery",) if self._shop.takes_addresses else ("urge_delivery", "change_address"))

    def list(self, customer: str) -> Sequence[OrderView]:
        """All orders of the customer, the newest first."""
        found = self._of(customer).order_by("-date_placed", "-pk")
        return [order_view(self._shop, order) for order in found]

    def get(self, customer: str, order_id: str) -> OrderView | None:
        """One order of the customer, by its number."""
        order = self._find(customer, order_id)
        return None if order is None else order_view(self._shop, order)

    def track(self, customer: str, order_id: str) -> Tracking | None:
        """Where the parcel is, by the order's shipping events."""
        order = self._find(customer, order_id)
        return None if order is None else tracking(self._shop, order)

    def check(self, action: str, customer: str, order_id: str, args: Mapping[str, Any]) -> Quote:
        """Whether an action is allowed; raises ValueError for one that is none."""
        if action not in ORDER_ACTIONS:
            raise ValueError(f"{action!r} is no action; there are {', '.join(ORDER_ACTIONS)}")
        order = self._find(customer, order_id)
        if order is None:
            return Quote(False, self._shop.rules.get(action), "no_order")
        return self._quote(action, order, args)

    def cancel(self, tx: Any, customer: str, order_id: str, reason: str | None) -> Deed:
        """Cancel the order by Oscar's `EventHandler`, with a note, and free what it holds of the stock."""
        order, quote = self._allowed(tx, "cancel_order", customer, order_id, {"reason": reason})
        handler = get_class("order.processing", "EventHandler")(order.user)
        note = "Cancelled by the customer in the assistant." + (f" Reason: {reason}" if reason else "")
        handler.handle_order_status_change(order, self._shop.cancelled, note_msg=note)
        # A line whose stock record is gone breaks Oscar's; a shop's own handler may have freed the others already.
        lines = [line for line in order.lines.all() if line.stockrecord_id and not line.allocation_cancelled]
        if lines:
            handler.cancel_stock_allocations(order, lines, [line.num_allocated for line in lines])
        return self._deed(tx, order, {**quote.facts, "status": "cancelled"}, quote.amount)

    def change_address(self, tx: Any, customer: str, order_id: str, address: str) -> Deed:
        """Change the address of an order of which nothing has shipped."""
        order, quote = self._allowed(tx, "change_address", customer, order_id, {"address": address})
        self._change(order, self._shop.address_from(address.strip()))
        return self._deed(tx, order, quote.facts)

    def change_contact(self, tx: Any, customer: str, order_id: str, recipient: str | None, phone: str | None) -> Deed:
        """Change the recipient or the phone of an order of which nothing has shipped."""
        order, quote = self._allowed(tx, "change_contact", customer, order_id, {"recipient": recipient, "phone": phone})
        self._change(order, _contact(recipient, phone))
        return self._deed(tx, order, quote.facts)

    def urge(self, tx: Any, customer: str, order_id: str) -> Deed:
        """Oscar has no way to hurry anybody: always raises `Refused`."""
        raise Refused(NO_TOOL)

    # Finding an order

    def _of(self, customer: str, using: str | None = None) -> Any:
        model = get_model("order", "Order")
        key = self._shop.user_pk(customer)
        orders = model._default_manager.using(using)
        if key is None:
            return orders.none()
        return orders.filter(user_id=key).select_related("shipping_address__country").prefetch_related(*RELATED)

    def _find(self, customer: str, order_id: str, using: str | None = None) -> Any:
        return self._of(customer, using).filter(number=order_id).first()

    def _allowed(
        self, tx: Any, action: str, customer: str, order_id: str, args: Mapping[str, Any]
    ) -> tuple[Any, Quote]:
        """The order, locked until `tx` ends, and its quote. Raises `NotFound` or `Refused`."""
        _check_transaction(tx)
        locked = self._of(customer, tx).select_related(None).prefetch_related(None).filter(number=order_id)
        list(locked.select_for_update().values_list("pk"))
        order = self._find(customer, order_id, tx)
        if order is None:
            raise NotFound("order", rule=self._shop.rules.get(action))
        quote = self._quote(action, order, args)
        if not quote.allowed:
            raise Refused(quote.reason, rule=quote.rule, facts=quote.facts)
        return order, quote

    # What is allowed

    def _quote(self, action: str, order: Any, args: Mapping[str, Any]) -> Quote:
        view = order_view(self._shop, order)
        facts = self._facts(order, view)
        reason = NO_TOOL if action in self.unsupported else _RULES[action](self, order, args)
        if reason is None:
            facts |= {name: text for name in ("address", "recipient", "phone") if (text := _text(args, name))}
        return Quote(reason is None, self._shop.rules.get(action), reason, None, facts, view.version)

    def _may_cancel(self, order: Any, _args: Mapping[str, Any]) -> str | None:
        if status_of(self._shop, order) == "cancelled":
            return "already_cancelled"
        if reason := self._too_late(order):
            return reason
        if self._shop.cancelled not in order.available_statuses():
            return NO_TOOL
        return NO_TOOL if not self._shop.pays_back and self._shop.to_pay_back(order) > 0 else None

    def _may_change_address(self, order: Any, args: Mapping[str, Any]) -> str | None:
        if reason := self._too_late(order):
            return reason
        address = _text(args, "address")
        if not address:
            return "needs_address"
        if order.shipping_address is None:
            return NO_TOOL
        if fold(one_line(order.shipping_address)) == fold(address):
            return "unchanged"
        return _fault(order.shipping_address, self._shop.address_from(address))

    def _may_change_contact(self, order: Any, args: Mapping[str, Any]) -> str | None:
        if reason := self._too_late(order):
            return reason
        recipient, phone = _text(args, "recipient"), _text(args, "phone")
        if not recipient and not phone:
            return "needs_contact"
        address = order.shipping_address
        if address is None:
            return NO_TOOL
        if recipient in ("", address.name) and phone in ("", phone_of(address)):
            return "unchanged"
        return _fault(address, _contact(recipient, phone))

    def _too_late(self, order: Any) -> str | None:
        """Why an order is changed no more; a status that nobody explained may mean anything, and a person looks."""
        status = status_of(self._shop, order)
        if status in ("unpaid", "paid"):
            return "shipped" if has_shipped(self._shop, order) else None
        return NO_TOOL if status == "other" else status

    def _facts(self, order: Any, view: OrderView) -> dict[str, Any]:
        items: list[dict[str, Any]] = []
        for line, told in zip(order.lines.all(), view.lines, strict=True):
            whole = line.product.parent if line.product and line.product.parent_id else line.product
            chinese, english = self._shop.names(whole) if whole else (line.title, "")
            variant = {"zh": told.variant, "en": ""} if told.variant else None
            names = {"zh": chinese, "en": english}
            items.append({"product": told.product, **names, "variant": variant, "quantity": told.quantity})
        facts: dict[str, Any] = {"order": view.id, "status": view.status, "placed": view.placed.date().isoformat()}
        if view.total is not None:
            facts["total"] = str(view.total)
        return facts | {
            "items": items,
            "names": {"zh": "、".join(i["zh"] for i in items), "en": ", ".join(i["en"] for i in items if i["en"])},
        }

    # What is done

    def _change(self, order: Any, values: Mapping[str, str]) -> None:
        """Write to the order's address; one that another order has too stays, and this order gets its own."""
        address, model = order.shipping_address, type(order)
        _set(address, values)
        if model._default_manager.filter(shipping_address_id=address.pk).exclude(pk=order.pk).exists():
            address.pk, address._state.adding = None, True
        address.save()
        if order.shipping_address_id != address.pk:
            model._default_manager.filter(pk=order.pk).update(shipping_address=address)

    def _deed(self, tx: str, order: Any, facts: Mapping[str, Any], amount: str | None = None) -> Deed:
        changed = self._of(str(order.user_id), tx).get(pk=order.pk)
        told = dict(facts) if amount is None else {**facts, "amount": amount}
        return Deed(told, order_view(self._shop, changed).version)


_RULES: Mapping[str, Callable[[OscarOrders, Any, Mapping[str, Any]], str | None]] = {
    "cancel_order": OscarOrders._may_cancel,
    "change_address": OscarOrders._may_change_address,
    "change_contact": OscarOrders._may_change_contact,
}


def _check_transaction(tx: Any) -> None:
    home = router.db_for_write(get_model("order", "Order"))
    if tx not in connections or not connections[tx].in_atomic_block:
        raise ConfigurationError("a write to an Oscar order needs an open transaction: the DjangoLedger's, as `tx`")
    if tx != home:
        raise ConfigurationError(
            f"the orders are in the database {home!r} and the ledger in {tx!r}, which share no transaction; "
            "route the models of the app `shopassist` to the orders' database"
        )


def _contact(recipient: str | None, phone: str | None) -> dict[str, str]:
    """The fields of a name and a phone, without those that are not given."""
    fields: dict[str, str] = {}
    if recipient and recipient.strip():
        first, _, last = recipient.strip().rpartition(" ")
        fields |= {"title": "", "first_name": first, "last_name": last}
    return fields | ({"phone_number": phone.strip()} if phone and phone.strip() else {})


def _set(address: Any, values: Mapping[str, str]) -> None:
    """Put values into an address; a phone without a country's number is one of the address's country."""
    import phonenumbers

    for name, value in values.items():
        if name == "phone_number":
            setattr(address, name, phonenumbers.format_number(
                phonenumbers.parse(value, address.country_id), phonenumbers.PhoneNumberFormat.E164
            ))  # fmt: skip
        else:
            setattr(address, name, value)


def _fault(address: Any, values: Mapping[str, str]) -> str | None:
    """Why Oscar would not take such an address; a person has to find out what is meant."""
    import phonenumbers

    tried = copy.copy(address)
    try:
        _set(tried, values)
        tried.full_clean(exclude=[f.name for f in tried._meta.fields if f.name not in values])
    except (ValidationError, phonenumbers.NumberParseException):
        return NO_TOOL
    return None


def _text(args: Mapping[str, Any], name: str) -> str:
    return str(args.get(name) or "").strip()
