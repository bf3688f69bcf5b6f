"""Tasks: from what a customer wants done to its order, its arguments, its quote and the question for consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopassist.dialogue import Asked, Consent, Option, Quote, Slot, Slots, Task
from shopassist.engine.planning.binding import Bound
from shopassist.engine.planning.naming import variant_of
from shopassist.engine.planning.parts import more_than_wanted
from shopassist.engine.planning.points import Point, Query
from shopassist.engine.planning.sheet import Sheet, same_order, value, values
from shopassist.engine.planning.triggers import refuse

AGAINST = frozenset((frozenset(("cancel_order", "urge_delivery")), frozenset(("return_refund", "exchange"))))
"""Wishes about one order that exclude each other; the customer says which one holds."""

CHANGES = ("change_address", "change_contact", "change_delivery_time")
"""What makes no sense for an order that is cancelled."""

ARGUMENT = {"invoice_title": "title"}
"""Slots that a tool calls otherwise."""

CARRIED = ("address", "recipient", "phone", "email", "invoice_title", "tax_no", "variant")
"""Slots that a task takes over from what was said before, if the message points back: 也改成这个地址."""

REASON_TURNS = 4
"""For so many turns a reason that was told counts for what is wanted then: 左耳没声音了 … 那换一个吧."""


def conflicts(sheet: Sheet) -> None:
    """Two new wishes for one order that exclude each other: ask which one holds, and do neither before."""
    opened = [t for t in sheet.tasks.values() if t.status == "open"]
    pairs = [(a, b) for a in opened for b in opened if a.id < b.id and frozenset((a.intent, b.intent)) in AGAINST]
    for task in opened:
        if task.intent == "cancel_order":
            _moot(sheet, task)
    for a, b in pairs:
        orders = _order_of(sheet, a), _order_of(sheet, b)
        if not same_order(a.slots, b.slots) or (all(orders) and orders[0] != orders[1]):
            continue
        order = orders[0] or orders[1]
        number = {"order_id": (Slot(order, "resolver", sheet.setting.turn),)} if order else {}
        if order:
            sheet.look_at(order)
        for task in (a, b):
            sheet.put(task, "asking", {**task.slots, **number})
        options = tuple(Option(t.intent, t.intent) for t in (a, b))
        asked = Asked("choice", a.intent, None, "intent", options, sheet.setting.turn)
        sheet.ask(asked, Point("ask", "conflict", {"first": a.intent, "second": b.intent}))


def _moot(sheet: Sheet, cancelling: Task) -> None:
    """What an order was to be changed in before it is cancelled needs no answer any more: 算了直接取消这单."""
    for task in list(sheet.tasks.values()):
        older = task.status in ("asking", "consent", "queued") and task.opened < cancelling.opened
        if older and task.intent in CHANGES and same_order(task.slots, cancelling.slots):
            sheet.drop(task)


def _order_of(sheet: Sheet, task: Task) -> str | None:
    """The number of the task's order, where it can be told by now."""
    bound = sheet.bound(task.intent, task.slots, _span(sheet, task))
    return str(bound.order["id"]) if bound is not None and bound.order is not None else None


def _span(sheet: Sheet, task: Task) -> tuple[int, int] | None:
    """Where in the text the task's wish stands; None for a task of an earlier turn."""
    said = (w for w in sheet.heard.wishes if w.intent == task.intent and same_order(w.slots, task.slots))
    wish = next(said, None)
    return wish.span if wish is not None else None


def advance(sheet: Sheet, task: Task) -> None:
    """Bring a task to its next question, its consent or its refusal."""
    route = sheet.intent(task.intent).route("request")
    if route.write is None or route.write not in sheet.setting.tools:
        refuse(sheet, task, "no_tool")  # the shop took the tool away since the task was opened
        sheet.say("refused", "no_tool", {"intent": task.intent}, task.id)
        return
    required, names = sheet.setting.tools[route.write]
    slots = dict(task.slots)
    bound_lines: tuple[Mapping[str, Any], ...] = ()
    if "order_id" in names:
        wish = next(
            (w for w in sheet.heard.wishes if w.intent == task.intent and same_order(w.slots, task.slots)), None
        )
        bound = sheet.bound(task.intent, slots, wish.span if wish else None)
        if bound is None:
            return
        if "order_id" in required or bound.order is not None or _orders_matter(slots, bound):
            if not _take(sheet, task, bound):
                return
            assert bound.order is not None  # noqa: S101 - _take says so
            slots["order_id"] = (Slot(str(bound.order["id"]), bound.source, sheet.setting.turn),)
            bound_lines = tuple(bound.order["lines"])
            sheet.look_at(str(bound.order["id"]))
            sheet.look_at_products(values(slots, "product"))
    slots |= _carried(sheet, task, slots, names)
    if "variant" in names and slots.get("variant") and bound_lines:
        named = _variant(sheet, slots, bound_lines)
        if named is None:
            return
        slots["variant"] = named
    task = sheet.put(task, "open", slots)
    sheet.note(slots)
    args = _args(sheet, route.write, task)
    missing = sorted(required - args.keys())
    if missing and route.write not in sheet.setting.partial:
        ask_slot(sheet, task, missing[0])
        return
    quote = sheet.lookup.check(route.write, args)
    if quote is not None and quote.allowed and missing:
        ask_slot(sheet, task, missing[0])
    elif quote is not None:
        _quoted(sheet, task, route.write, args, quote, bound_lines)


def _variant(sheet: Sheet, slots: Slots, lines: tuple[Mapping[str, Any], ...]) -> tuple[Slot, ...] | None:
    """The variant by the shop's own name: 黑 is its 曜石黑; None while the shop is asked."""
    product = value(slots, "product") or (str(lines[0]["product"]) if len(lines) == 1 else None)
    said = slots["variant"]
    if product is None or "get_product" not in sheet.setting.reads:
        return said
    outcome = sheet.lookup.read("get_product", product=product)
    if outcome is None:
        return None
    names = [str(v["name"]) for v in outcome.facts.get("variants", ())]
    return (replace(said[0], value=variant_of(said[0].value, names)),)


def _orders_matter(slots: Slots, bound: Bound) -> bool:
    """Whether a deed that needs no order is about one all the same: it was named, or the customer must log in."""
    return bool(slots.get("order_id")) or bound.problem in ("login", "failed")


def _take(sheet: Sheet, task: Task, bound: Bound) -> bool:
    """Whether the task has its order; if not, say or ask why."""
    if bound.problem:
        refuse(sheet, task, bound.problem)
        sheet.say("refused", bound.problem, {"intent": task.intent}, task.id)
        return False
    if bound.options:
        asked = Asked("choice", task.intent, task.id, "order_id", bound.options, sheet.setting.turn)
        sheet.put(task, "asking")
        data = {"intent": task.intent, "options": [o.label for o in bound.options]}
        sheet.ask(asked, Point("ask", "which_order", data, task.id))
        return False
    return bound.order is not None


def _carried(sheet: Sheet, task: Task, slots: Slots, names: frozenset[str]) -> Slots:
    """What was said before and counts here too."""
    wanted = {name for name in CARRIED if ARGUMENT.get(name, name) in names and not slots.get(name)}
    said = sheet.before.said
    found = {n: said[n] for n in wanted if sheet.heard.back and n in said and task.opened == sheet.setting.turn}
    if (rival := _rival(sheet, task)) is not None:
        found |= {
            n: rival.slots[n] for n in ("product", "reason") if n in names and rival.slots.get(n) and not slots.get(n)
        }
    takes_reason = "reason" in names and "reason" in sheet.intent(task.intent).slots and not slots.get("reason")
    if takes_reason and not found.get("reason") and (told := _told_before(sheet, slots)):
        found["reason"] = told
    return found


def _rival(sheet: Sheet, task: Task) -> Task | None:
    """The task whose consent waits, if a later wish for the same order excludes it: can I swap it instead."""
    waiting = sheet.tasks.get(sheet.consent_task or "")
    if waiting is None or waiting.opened >= task.opened or frozenset((waiting.intent, task.intent)) not in AGAINST:
        return None
    return waiting if same_order(waiting.slots, task.slots) else None


def _told_before(sheet: Sheet, slots: Slots) -> tuple[Slot, ...]:
    """The reason that the last wishes told, unless they were about another thing, or nothing is wrong after all."""
    if sheet.heard.sound:
        return ()
    for wish in sheet.before.last:
        told = wish.slots.get("reason", ())
        if told and sheet.setting.turn - told[0].turn <= REASON_TURNS and same_order(wish.slots, slots):
            return told
    return ()


def _args(sheet: Sheet, tool: str, task: Task) -> dict[str, Any]:
    _, names = sheet.setting.tools[tool]
    named = {ARGUMENT.get(name, name): value(task.slots, name) for name in task.slots}
    args: dict[str, Any] = {n: v for n, v in named.items() if n in names and v}
    if tool == "open_ticket":
        args = {"subject": task.intent, "text": value(task.slots, "text") or sheet.heard.text} | args
    return args


def slot_of(argument: str) -> str:
    """The slot that an argument of a tool is filled from."""
    return next((s for s, a in ARGUMENT.items() if a == argument), argument)


def ask_slot(
    sheet: Sheet, task: Task, argument: str, data: Mapping[str, Any] | None = None, refusal: str | None = None
) -> None:
    """Ask for a value; where the shop's pre-check lacks it, in the words of its `refusal`."""
    slot = slot_of(argument)
    sheet.put(task, "asking")
    asked = Asked("slot", task.intent, task.id, slot, (), sheet.setting.turn)
    about = {"intent": task.intent, **(data or {})}
    sheet.ask(
        asked, Point("refused", refusal, about, task.id) if refusal else Point("ask", f"slot_{slot}", about, task.id)
    )


def _quoted(
    sheet: Sheet,
    task: Task,
    tool: str,
    args: Mapping[str, Any],
    quote: Quote,
    lines: tuple[Mapping[str, Any], ...],
) -> None:
    data = {"intent": task.intent, "amount": quote.amount, **args, **quote.facts}
    if not quote.allowed:
        _refused(sheet, task, tool, quote, data)
        return
    if (former := _rival(sheet, task)) is not None:
        sheet.replaced(former, task)
    if sheet.consent is not None or (sheet.question and sheet.question[0].kind == "consent"):
        sheet.put(task, "queued")
        named = {name: data[name] for name in ("order_id", "names") if data.get(name)}
        sheet.say("fact", "queued", {"intent": task.intent, **named}, task.id)
        return
    more_than_wanted(sheet, task, lines)
    expires = sheet.setting.now + sheet.setting.consent_lasts
    sheet.consent = Consent(f"{sheet.setting.key}:{task.id}", tool, args, quote, expires)
    sheet.consent_task, sheet.fresh = task.id, True
    sheet.put(task, "consent")
    sheet.ask(
        Asked("consent", task.intent, task.id, None, (), sheet.setting.turn), Point("consent", tool, data, task.id)
    )


def _refused(sheet: Sheet, task: Task, tool: str, quote: Quote, data: Mapping[str, Any]) -> None:
    """A refusal says its rule; where only a value is lacking, the value is asked for."""
    reason = str(quote.reason or "any")
    slots = sheet.intent(task.intent).slots
    lacking = LACKING.get(reason, reason.removeprefix("needs_"))
    if reason.startswith("needs_") and slot_of(lacking) in slots:
        ask_slot(sheet, task, lacking, quote.facts, f"{tool}.{reason}")
        return
    if reason in WRONG_VALUE and WRONG_VALUE[reason] in slots:
        slot = WRONG_VALUE[reason]
        kept = {n: found for n, found in task.slots.items() if n != slot}
        sheet.put(task, "asking", kept)
        asked = Asked("slot", task.intent, task.id, slot, (), sheet.setting.turn)
        sheet.ask(asked, Point("refused", f"{tool}.{reason}", data, task.id))
        return
    refuse(sheet, task, f"{tool}.{reason}")
    if reason == "no_tool":
        sheet.say("refused", "no_tool", {"intent": task.intent}, task.id)
        sheet.ask(Asked("offer", "human", None, None, (), sheet.setting.turn), Point("ask", "offer_human"))
    else:
        sheet.say("refused", f"{tool}.{reason}", data, task.id)
    if quote.rule:
        placed = str(data.get("placed") or "")[:10] or None
        sheet.search(Query(sheet.heard.query, policy=quote.rule, valid_on=placed, silent=True))


LACKING = {"needs_contact": "recipient"}
"""What is asked for where the shop lacks one of several values; the others are taken too."""

WRONG_VALUE = {"unknown_variant": "variant", "which_product": "product", "not_in_order": "product"}
"""Refusals that another value of a slot settles: the reply that refuses asks for it."""


def queue(sheet: Sheet) -> None:
    """Go on with all open tasks, in their order; one question is asked, the others wait."""
    order = {"change_address": 0, "change_contact": 0, "change_delivery_time": 1}
    waiting = [t for t in sheet.tasks.values() if t.status in ("open", "queued")]
    for task in sorted(waiting, key=lambda t: (t.status != "open", order.get(t.intent, 2))):
        advance(sheet, task)
