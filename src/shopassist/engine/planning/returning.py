"""Coming back: what has changed since the last turn, what was open, and what is not gone on with by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shopassist.dialogue import Asked, Task
from shopassist.engine.planning.contracts import Dialogue
from shopassist.engine.planning.lookup import Call, Known
from shopassist.engine.planning.points import Point
from shopassist.engine.planning.sheet import CLOSED, FOCUSED, Sheet, value
from shopassist.replies import ToolOutcome

Order = Mapping[str, Any]


def seen(before: Mapping[str, str], dialogue: Dialogue, known: Known, done: Iterable[ToolOutcome]) -> dict[str, str]:
    """How the orders in focus stand, as far as this turn or one before looked; what it changed itself is not known."""
    changed = {o.args.get("order_id") for o in done if o.status != "refused"}
    kept = {number: mark for number, mark in before.items() if number not in changed}
    listed = known.get(Call("list_orders"))
    if isinstance(listed, ToolOutcome):
        kept |= {str(o["id"]): mark_of(o) for o in listed.facts.get("orders", ())}
    return {number: kept[number] for number in dialogue.focus.orders[:FOCUSED] if number in kept}


def mark_of(order: Order) -> str:
    """What a customer would want to hear of when it is another: the order's state, and its return's."""
    back, stands = order.get("returned"), str(order.get("state") or order["status"])
    return f"{stands} {back['state']}" if back else stands


def rested(dialogue: Dialogue) -> Dialogue:
    """The conversation after a long pause: nothing is asked any more, and what was open waits until it is spoken of."""
    tasks = tuple(replace(t, status="asking") if t.status not in CLOSED else t for t in dialogue.tasks)
    return replace(dialogue, tasks=tasks, asked=None, consent=None, consent_task=None)


def welcome(sheet: Sheet) -> bool:
    """Say what has changed and offer to go on with what was open; False while the shop is asked first.

    Where neither is so, nothing is said. A change whose time is over, or whose order is another now, is not asked for a
    yes as it was.
    """
    changed = _changed(sheet)
    if changed is None:
        return False
    consent = sheet.tasks.get(sheet.consent_task or "")
    over = sheet.consent is not None and sheet.consent.expires <= sheet.setting.now
    if consent is not None and (over or value(consent.slots, "order_id") in changed):
        sheet.put(consent, "asking")
        sheet.consent = sheet.consent_task = None
    latest = max((t for t in sheet.tasks.values() if t.status not in CLOSED), key=lambda t: t.touched, default=None)
    was_asked = consent is not None and latest is not None and consent.id == latest.id
    if latest is not None and latest.status == "asking" and (sheet.setting.rested or was_asked):
        _offer(sheet, latest)
    if sheet.setting.rested and not sheet.says_nothing:
        sheet.points.insert(0, Point("fact", "welcome_back"))
    return True


def _changed(sheet: Sheet) -> set[str] | None:
    """Say which of the orders that were spoken of are not as they were; None while the shop is asked."""
    before = sheet.setting.seen
    if not before or not sheet.setting.known_customer or "list_orders" not in sheet.setting.reads:
        return set()
    listed = sheet.lookup.read("list_orders")
    if listed is None:
        return None
    settled = sheet.settled.outcome if sheet.settled is not None else None
    own = settled.args.get("order_id") if settled is not None else None  # told already, as what was done
    orders = [o for o in listed.facts.get("orders", ()) if before.get(str(o["id"])) not in (None, mark_of(o))]
    orders = [o for o in orders if o["id"] != own]
    for order in orders:
        sheet.say("fact", "changed_since", dict(order))
    return {str(order["id"]) for order in orders}


def _offer(sheet: Sheet, task: Task) -> None:
    """Offer to go on with a task."""
    asked = Asked("offer", task.intent, task.id, None, (), sheet.setting.turn)
    sheet.ask(asked, Point("ask", "go_on", {"intent": task.intent, "order": value(task.slots, "order_id")}, task.id))
