"""The sample shop's rules: what is allowed for an order at a moment, and for what reason not. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from shopassist.dialogue import Quote
from shopassist.shop import OrderLine, VariantView
from shopassist.testing.case import ON_ITS_WAY, RECEIVED, REFUNDED, TO_SEND, WITHDRAWN, Case, Row, money
from shopassist.testing.terms import Terms
from shopassist.text import fold


@dataclass(frozen=True, slots=True)
class _Yes:
    amount: Decimal | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class _No(Exception):
    def __init__(self, reason: str, **facts: Any) -> None:
        self.reason, self.facts = reason, facts


def check(action: str, case: Case | None, args: Mapping[str, Any]) -> Quote:
    """Whether an action on an order is allowed; `case` is None for no order and for somebody else's.

    Facts are plain JSON: days and times in ISO form, amounts as decimal text, names by language. Raises ValueError
    for an action that is none.
    """
    try:
        rule, decide = _RULES[action]
    except KeyError:
        raise ValueError(f"{action!r} is no action; there are {', '.join(sorted(_RULES))}") from None
    if case is None:
        return no_order(rule)
    facts = _about(case)
    try:
        yes = decide(case, args)
    except _No as no:
        return Quote(False, rule, no.reason, None, facts | _facts(no.facts), case.order.version)
    amount = None if yes.amount is None else money(yes.amount)
    return Quote(True, rule, None, amount, facts | _facts(yes.facts), case.order.version)


def check_ticket(case: Case | None, args: Mapping[str, Any], now: datetime, terms: Terms) -> Quote:
    """Whether something can be left for a person; a ticket without an order has an empty version."""
    facts = _about(case) if case else {}
    version = case.order.version if case else ""
    if not _text(args, "text") and not _text(args, "subject"):
        return Quote(False, "service_hours", "needs_text", None, facts, version)
    answered = terms.desk_answers(now)
    facts |= _facts({"subject": _text(args, "subject"), "desk_open": answered == now, "answered_from": answered})
    return Quote(True, "service_hours", None, None, facts, version)


def no_order(rule: str) -> Quote:
    """The same refusal for an order that is not there and for somebody else's."""
    return Quote(False, rule, "no_order")


# --- Before delivery


def _cancel_order(case: Case, _args: Mapping[str, Any]) -> _Yes:
    _not_shipped(case, cancelled="already_cancelled")
    if case.order.status == "unpaid":
        return _Yes()
    back = (case.order.total or Decimal()) - sum((p["amount"] for p in case.past.protections), Decimal())
    return _Yes(back, {"refund_hours": case.terms.refund_hours})


def _change_address(case: Case, args: Mapping[str, Any]) -> _Yes:
    _not_shipped(case)
    address = _text(args, "address")
    if not address:
        raise _No("needs_address")
    if fold(address) == fold(case.order.address or ""):
        raise _No("unchanged", address=address)
    if case.terms.far(address) and not case.terms.far(case.order.address):
        return _Yes(case.terms.far_surcharge, {"address": address, "surcharge": case.terms.far_surcharge})
    return _Yes(facts={"address": address})


def _change_contact(case: Case, args: Mapping[str, Any]) -> _Yes:
    _not_shipped(case)
    given = {name: _text(args, name) for name in ("recipient", "phone") if _text(args, name)}
    if not given:
        raise _No("needs_contact")
    if all(value == getattr(case.order, name) for name, value in given.items()):
        raise _No("unchanged", **given)
    return _Yes(facts=given)


def _urge_delivery(case: Case, _args: Mapping[str, Any]) -> _Yes:
    order, facts = case.order, dict[str, Any]()
    if order.status not in ("paid", "shipped"):
        raise _No(order.status)
    if order.status == "shipped":
        facts = {"carrier": case.tracking.carrier, "eta": case.tracking.eta} if case.tracking else {}
        if not (case.tracking and case.tracking.late):
            raise _No("not_late", **facts)
    if any(urge["day"] == case.today for urge in case.past.urges):
        raise _No("already_urged_today", **facts)
    if order.status == "shipped":
        return _Yes(facts={"target": "carrier", **facts})
    return _Yes(facts={"target": "warehouse", "dispatch_hours": case.terms.dispatch_hours})


def _not_shipped(case: Case, cancelled: str = "cancelled") -> None:
    if case.order.status not in ("unpaid", "paid"):
        raise _No(cancelled if case.order.status == "cancelled" else case.order.status)


# --- After delivery


def _request_return(case: Case, args: Mapping[str, Any]) -> _Yes:
    _arrived(case)
    lines = chosen(case, args)
    days = case.terms.return_days(case.placed)
    last_day = case.delivered + timedelta(days)
    window: dict[str, Any] = {"days": days, "last_day": last_day}
    why = case.terms.words.reason(_text(args, "reason"))
    if case.today > last_day:
        exchange = case.delivered + timedelta(case.terms.exchange_days)
        raise _No("window_over", **window, exchange_until=exchange if case.today <= exchange else None)
    unopened = [case.item(line) for line in lines if line.product in case.hygiene]
    if unopened and why not in ("fault", "wrong_item"):
        if case.terms.words.opened.search(fold(_text(args, "reason"))):
            raise _No("opened_hygiene", only_unopened=unopened, **window)
        window["only_unopened"] = unopened
    window["postage"] = {"fault": "shop", "wrong_item": "shop", "unclear": "depends"}.get(why, "buyer")
    window["refund_days"] = list(case.terms.refund_days)
    return _Yes(case.paid(lines), {**window, "items": [case.item(line) for line in lines]})


def _cancel_return(case: Case, _args: Mapping[str, Any]) -> _Yes:
    if not case.past.returns:
        raise _No("no_return")
    latest = open_return(case) or case.past.returns[-1]
    facts = {"return": latest["id"], "state": latest["state"]}
    if latest["state"] not in (TO_SEND, ON_ITS_WAY):
        reasons = {RECEIVED: "return_received", REFUNDED: "already_refunded", WITHDRAWN: "already_withdrawn"}
        raise _No(reasons[latest["state"]], **facts)
    return _Yes(facts=facts)


def open_return(case: Case) -> Row | None:
    """The return that a customer can still withdraw: the latest that has not reached the warehouse."""
    return next((r for r in reversed(case.past.returns) if r["state"] in (TO_SEND, ON_ITS_WAY)), None)


def _request_exchange(case: Case, args: Mapping[str, Any]) -> _Yes:
    _arrived(case)
    lines = chosen(case, args)
    last_day = case.delivered + timedelta(case.terms.exchange_days)
    facts: dict[str, Any] = {"days": case.terms.exchange_days, "last_day": last_day}
    if case.today > last_day:
        raise _No("window_over", **facts)
    if len({line.product for line in lines}) > 1:
        raise _No("which_product", choices=[case.item(line) for line in lines], **facts)
    why = case.terms.words.reason(_text(args, "reason"))
    if refusal := {"none": "needs_reason", "change_of_mind": "not_a_fault", "own_damage": "own_damage"}.get(why):
        raise _No(refusal, **facts)
    line = lines[0]
    sent = wanted(case, line, _text(args, "variant"))
    facts |= {"items": [case.item(line)], "why": why, "postage": "shop", "stock": sent.stock}
    facts["wanted"] = {"zh": sent.name, "en": case.english.get((line.product, sent.name), "")}
    if (sent.stock or 0) >= line.quantity:
        return _Yes(facts=facts | {"remedy": "exchange"})
    return _Yes(case.paid([line]), facts | {"remedy": "refund", "restock": sent.restock})


def _request_invoice(case: Case, args: Mapping[str, Any]) -> _Yes:
    _arrived(case)
    if case.past.invoices:
        raise _No("already_invoiced", invoice=case.past.invoices[-1]["id"])
    lines = [line for line in case.order.lines if case.open_return(line.product) is None]
    if not lines:
        raise _No("already_returned")
    title, tax_no = _text(args, "title"), _text(args, "tax_no")
    words = case.terms.words
    special = bool(words.special_invoice.search(fold(_text(args, "invoice_type"))))
    facts = {"title": title, "type": "special" if special else "electronic"}
    if not title:
        raise _No("needs_title", type=facts["type"])
    if not tax_no and (special or words.company.search(fold(title))):
        raise _No("needs_tax_no", **facts)
    given = {name: _text(args, name) for name in ("tax_no", "email") if _text(args, name)}
    return _Yes(case.paid(lines), {**facts, **given, "hours": case.terms.invoice_hours})


def _request_price_protection(case: Case, _args: Mapping[str, Any]) -> _Yes:
    if case.order.status in ("unpaid", "cancelled"):
        raise _No(case.order.status)
    if case.past.protections:
        raise _No("already_protected", amount=sum(p["amount"] for p in case.past.protections))
    last_day = case.placed + timedelta(case.terms.protection_days)
    facts: dict[str, Any] = {"days": case.terms.protection_days, "last_day": last_day}
    if case.today > last_day:
        raise _No("window_over", **facts)
    lines = [line for line in case.order.lines if case.open_return(line.product) is None]
    if not lines:
        raise _No("already_returned")
    fallen = protected(case)
    if not fallen:
        prices = [case.item(line) | {"paid": line.price, "now": _now(case, line)} for line in lines]
        raise _No("no_price_fall", items=prices, **facts)
    items = [case.item(line) | {"paid": line.price, "now": _now(case, line)} for line, _ in fallen]
    return _Yes(sum((amount for _, amount in fallen), Decimal()), {**facts, "items": items})


def protected(case: Case) -> list[tuple[OrderLine, Decimal]]:
    """The lines whose price has fallen since the order, each with the difference times its quantity."""
    kept = [line for line in case.order.lines if case.open_return(line.product) is None]
    differences = [(line, ((line.price or Decimal()) - _now(case, line)) * line.quantity) for line in kept]
    return [(line, difference) for line, difference in differences if difference > 0]


def _arrived(case: Case) -> None:
    if case.order.status != "delivered":
        raise _No("cancelled" if case.order.status == "cancelled" else "not_delivered")


def chosen(case: Case, args: Mapping[str, Any]) -> list[OrderLine]:
    """The lines that the customer means and still has; the product is an id or a full name."""
    meant = fold(_text(args, "product"))
    lines = [line for line in case.order.lines if not meant or meant in _names(case, line)]
    if not lines:
        raise _No("not_in_order", choices=[case.item(line) for line in case.order.lines])
    kept = [line for line in lines if case.kept(line)]
    if kept:
        return kept
    if back := case.open_return(lines[0].product):
        raise _No("already_returned", **{"return": back["id"]}, state=back["state"], requested=back["requested"])
    raise _No("already_exchanged", exchange=case.past.exchanges[-1]["id"])


def wanted(case: Case, line: OrderLine, variant: str) -> VariantView:
    """The variant to send in exchange for a line: the named one (zh or en), else the one that was bought."""
    product = case.products.get(line.product)
    variants = product.variants if product else ()
    name = fold(variant or line.variant or (variants[0].name if len(variants) == 1 else ""))
    for one in variants:
        if name in (fold(one.name), fold(case.english.get((line.product, one.name), ""))) and name:
            return one
    choices = [{"zh": one.name, "en": case.english.get((line.product, one.name), "")} for one in variants]
    raise _No("unknown_variant" if name else "needs_variant", choices=choices)


def _names(case: Case, line: OrderLine) -> set[str]:
    product = case.products.get(line.product)
    return {fold(n) for n in (line.product, line.name, *((product.name, product.name_en) if product else ()))}


def _now(case: Case, line: OrderLine) -> Decimal:
    """A product that is no longer sold has no price that could have fallen."""
    product = case.products.get(line.product)
    return (line.price or Decimal()) if product is None or product.price is None else product.price


def _text(args: Mapping[str, Any], name: str) -> str:
    return str(args.get(name) or "").strip()


def _about(case: Case) -> dict[str, Any]:
    """What every quote tells of its order."""
    order = case.order
    items = [case.item(line) for line in order.lines]
    about: dict[str, Any] = {"order": order.id, "status": order.status, "placed": case.placed, "total": order.total}
    about |= {
        "items": items,
        "names": {"zh": "、".join(i["zh"] for i in items), "en": ", ".join(i["en"] for i in items)},
    }
    about |= {name: day for name in ("shipped", "delivered") if (day := getattr(order, name))}
    return _facts(about)


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON; a fact that is None is left out, so that a template asks whether it is there."""
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return money(value)
    return value.isoformat() if isinstance(value, date) else value


_RULES: Mapping[str, tuple[str, Callable[[Case, Mapping[str, Any]], _Yes]]] = {
    "cancel_order": ("cancel", _cancel_order),
    "change_address": ("address_change", _change_address),
    "change_contact": ("address_change", _change_contact),
    "urge_delivery": ("shipping", _urge_delivery),
    "request_return": ("returns", _request_return),
    "cancel_return": ("returns", _cancel_return),
    "request_exchange": ("exchange", _request_exchange),
    "request_invoice": ("invoice", _request_invoice),
    "request_price_protection": ("price_protection", _request_price_protection),
}
