"""What an allowed write changes, as rows: pure, so that every shop over these tables does the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from shopassist.dialogue import Quote
from shopassist.testing.case import TO_SEND, WITHDRAWN, Case
from shopassist.testing.rules import chosen, open_return, protected, wanted

PREFIXES = {"returns": "RET", "exchanges": "EXC", "price_protections": "PPR", "invoices": "INV", "tickets": "TCK"}
"""How the ids of what a write makes begin; a date and a number follow."""

NewId = Callable[[str], str]
"""The next id of a table."""


@dataclass(frozen=True, slots=True)
class Change:
    """New values of the order, new rows, changed rows (table, which, values); `id` is that of what was made."""

    order: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[tuple[str, Mapping[str, Any]]] = ()
    updates: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = ()
    id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def change(action: str, case: Case, args: Mapping[str, Any], quote: Quote, new_id: NewId) -> Change:
    """The change that carries out an action which `quote` allows."""
    return _DEEDS[action](case, args, quote, new_id)


def ticket(customer: str, order_id: str | None, args: Mapping[str, Any], now: datetime, new_id: NewId) -> Change:
    """The change that leaves something for a person."""
    made = new_id("tickets")
    row = _ticket(made, customer, order_id, str(args.get("subject") or ""), str(args.get("text") or ""), now)
    return Change(rows=[("tickets", row)], id=made, facts={"id": made})


def _cancel_order(case: Case, args: Mapping[str, Any], _quote: Quote, _new_id: NewId) -> Change:
    values = {"status": "cancelled", "cancelled": case.today, "cancel_reason": args.get("reason")}
    return Change(values, facts={"status": "cancelled"})


def _change_address(case: Case, _args: Mapping[str, Any], quote: Quote, _new_id: NewId) -> Change:
    values: dict[str, Any] = {"address": quote.facts["address"]}
    if case.order.status == "unpaid" and quote.amount:  # what was paid already is settled by a person
        values["total"] = (case.order.total or Decimal()) + Decimal(quote.amount)
    return Change(values)


def _change_contact(_case: Case, _args: Mapping[str, Any], quote: Quote, _new_id: NewId) -> Change:
    return Change({name: quote.facts[name] for name in ("recipient", "phone") if name in quote.facts})


def _urge_delivery(case: Case, _args: Mapping[str, Any], quote: Quote, new_id: NewId) -> Change:
    urge = {"order_id": case.order.id, "day": case.today, "target": quote.facts["target"], "ticket": None}
    if quote.facts["target"] == "warehouse":
        return Change(rows=[("urges", urge)])
    made, customer = new_id("tickets"), case.customer
    text = f"{quote.facts.get('carrier', '')} {case.tracking.number if case.tracking else ''}".strip()
    row = _ticket(made, customer, case.order.id, "urge_delivery", text, case.now)
    return Change(rows=[("tickets", row), ("urges", urge | {"ticket": made})], id=made, facts={"id": made})


def _request_return(case: Case, args: Mapping[str, Any], quote: Quote, new_id: NewId) -> Change:
    made, order = new_id("returns"), case.order.id
    row = {"id": made, "order_id": order, "state": TO_SEND, "requested": case.today, "reason": args.get("reason")}
    rows: list[tuple[str, Mapping[str, Any]]] = [("returns", row | {"amount": Decimal(quote.amount or 0)})]
    rows += [
        ("return_lines", {"return_id": made, "order_id": order, "product": product})
        for product in dict.fromkeys(line.product for line in chosen(case, args))
    ]
    return Change(rows=rows, id=made, facts={"id": made, "state": TO_SEND})


def _cancel_return(case: Case, _args: Mapping[str, Any], quote: Quote, _new_id: NewId) -> Change:
    found = open_return(case)
    key = {"id": found["id"] if found else quote.facts["return"]}
    return Change(updates=[("returns", key, {"state": WITHDRAWN})], id=key["id"], facts={"state": WITHDRAWN})


def _request_exchange(case: Case, args: Mapping[str, Any], quote: Quote, new_id: NewId) -> Change:
    line = chosen(case, args)[0]
    sent = wanted(case, line, str(args.get("variant") or "").strip())
    made, remedy = new_id("exchanges"), quote.facts["remedy"]
    row = {"id": made, "order_id": case.order.id, "product": line.product, "variant": sent.name, "remedy": remedy}
    row |= {"reason": args.get("reason"), "requested": case.today}
    key = {"product": line.product, "name": sent.name}
    reserved = [("variants", key, {"stock": (sent.stock or 0) - line.quantity})] if remedy == "exchange" else []
    return Change(rows=[("exchanges", row)], updates=reserved, id=made, facts={"id": made})


def _request_invoice(case: Case, args: Mapping[str, Any], quote: Quote, new_id: NewId) -> Change:
    made = new_id("invoices")
    row = {"id": made, "order_id": case.order.id, "title": quote.facts["title"], "type": quote.facts["type"]}
    row |= {"tax_no": quote.facts.get("tax_no"), "email": quote.facts.get("email"), "requested": case.today}
    return Change(rows=[("invoices", row | {"amount": Decimal(quote.amount or 0)})], id=made, facts={"id": made})


def _request_price_protection(case: Case, _args: Mapping[str, Any], _quote: Quote, new_id: NewId) -> Change:
    made = new_id("price_protections")
    common = {"id": made, "order_id": case.order.id, "requested": case.today}
    rows = [
        ("price_protections", common | {"product": line.product, "variant": line.variant, "amount": amount})
        for line, amount in protected(case)
    ]
    return Change(rows=rows, id=made, facts={"id": made})


def _ticket(made: str, customer: str, order_id: str | None, subject: str, text: str, now: datetime) -> dict[str, Any]:
    return {
        "id": made,
        "customer": customer,
        "order_id": order_id,
        "subject": subject,
        "text": text,
        "requested": now.date(),
        "opened": now,
    }


_DEEDS: Mapping[str, Callable[[Case, Mapping[str, Any], Quote, NewId], Change]] = {
    "cancel_order": _cancel_order,
    "change_address": _change_address,
    "change_contact": _change_contact,
    "urge_delivery": _urge_delivery,
    "request_return": _request_return,
    "cancel_return": _cancel_return,
    "request_exchange": _request_exchange,
    "request_invoice": _request_invoice,
    "request_price_protection": _request_price_protection,
}
