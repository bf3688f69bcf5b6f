"""What the customer puts right in a change that waits for a yes: the old value must not be what a yes then brings."""

from __future__ import annotations

from dataclasses import replace

from shopassist.dialogue import Focus, Slot, Slots, Task, Wish
from shopassist.engine.planning.binding import bind
from shopassist.engine.planning.sheet import Sheet, renewed, same_order, value, values
from shopassist.engine.planning.tasks import ARGUMENT, ask_slot
from shopassist.language.addresses import within
from shopassist.language.amendments import amended, doubted, mistyped
from shopassist.language.reasons import complains

ARGUMENTS = ("address", "recipient", "phone", "email", "invoice_title", "tax_no", "invoice_type", "variant")
"""Slots that a consent is bound to: another value takes it back."""

ABOUT = ("order_id", "product", "variant")
"""Slots that say what a change is for; those of one thing are not the next one's."""


def another_meant(sheet: Sheet, task: Task, wishes: list[Wish]) -> bool:
    """Whether the text puts right which order or product the waiting change is for: 说错了，是003那个.

    The change is then asked about anew, for that one, and not for both. True as well while the shop is asked first.
    """
    heard = sheet.heard
    if not heard.corrects or any(w.intent != task.intent and w.act != "report" for w in wishes):
        return False
    if any(w.act == "retract" for w in wishes):
        return False
    named = {n: heard.slots[n] for n in ("order_id", "product") if heard.slots.get(n)}
    if (not named and not heard.hints) or (named.get("order_id") and value(task.slots, "phone")):
        return False
    bound = bind(sheet.lookup, sheet.intent(task.intent), named, Focus(), heard.hints)
    if bound is None:
        return True
    own, kept = value(task.slots, "order_id"), {n: f for n, f in task.slots.items() if n not in ABOUT}
    if bound.order is not None and bound.order["id"] == own:
        if not named.get("product") or same_order(named, task.slots):
            return False
        kept["order_id"] = task.slots["order_id"]
    elif bound.order is not None:
        kept["order_id"] = (Slot(str(bound.order["id"]), "resolver", sheet.setting.turn),)
    elif not bound.options or own in [o.value for o in bound.options]:
        return False
    sheet.void(task, {**kept, **{n: f for n, f in named.items() if n == "product" or not kept.get("order_id")}})
    return True


def correct(sheet: Sheet, task: Task, wishes: list[Wish]) -> bool:
    """Whether the text only puts a value of the waiting change right, or doubts one: then it is asked about anew."""
    ends = [s.value for s in sheet.heard.slots.get("order_id", ()) if s.value.startswith("*")]
    if ends and value(task.slots, "phone"):
        return _doubt(sheet, task)
    if not all(_of(sheet, w, task) for w in wishes):
        return False
    corrections = _taken(sheet, {**changes(in_city(_put_right(sheet, task), task), task), **_reason(sheet, task)}, task)
    if corrections:
        said = {n: found for n, found in corrections.items() if n in sheet.heard.slots}
        if mistyped(sheet.heard.text):
            said = {}  # a slip of the pen in the company's name: its tax number stays
        sheet.void(task, {**renewed(task.slots, said), **corrections})  # 写错了，是5号楼: a value, or a part of one
        return True
    return _doubt(sheet, task)


def _doubt(sheet: Sheet, task: Task) -> bool:
    """Ask anew for a value that the text says to be wrong; beside a number that may be an order's it must be named."""
    answer, said = sheet.heard.answer, sheet.heard.slots
    if answer is not None and (answer.bare or answer.kind == "yes"):
        return False
    names = [n for n in ARGUMENTS if value(task.slots, n)]
    doubt = doubted(sheet.heard.text, names, named=bool(said.get("order_id")))
    if doubt is None or said.get(doubt):
        return False
    kept = {n: found for n, found in task.slots.items() if n != doubt}
    sheet.void(task, kept)
    ask_slot(sheet, sheet.tasks[task.id], doubt)
    return True


def in_city(said: Slots, task: Task) -> Slots:
    """A street alone stays in the city that was named before."""
    new, old = value(said, "address"), value(task.slots, "address")
    if not new or not old:
        return said
    return {**said, "address": (replace(said["address"][0], value=within(new, old)),)}


def changes(said: Slots, task: Task) -> Slots:
    """The values that differ from those that the consent was asked for."""
    return {n: said[n] for n in ARGUMENTS if said.get(n) and value(said, n) != value(task.slots, n)}


def _reason(sheet: Sheet, task: Task) -> Slots:
    """Another reason than the one that was told: 不是不喜欢，是右耳没声音. Who pays the postage may hang on it."""
    said, told = sheet.heard.slots, value(task.slots, "reason")
    if told is not None and sheet.heard.sound and complains(told):
        return {"reason": ()}  # 说实话也没坏: no fault is claimed any more
    if not sheet.heard.corrects or told is None or value(said, "reason") in (None, told):
        return {}
    return {"reason": said["reason"]}


def _taken(sheet: Sheet, said: Slots, task: Task) -> Slots:
    """The values that the waiting change can take: 蓝色耳机哪天到 changes nothing of a cancellation."""
    _, names = sheet.setting.tools[sheet.consent.tool] if sheet.consent else ((), frozenset[str]())
    return {n: found for n, found in said.items() if ARGUMENT.get(n, n) in names}


def _of(sheet: Sheet, wish: Wish, task: Task) -> bool:
    """Whether a wish may be no more than the correction itself: it names no other order or thing."""
    named, own = values(wish.slots, "product"), values(task.slots, "product")
    if wish.slots.get("order_id") or wish.act == "retract" or (own and not {*named} <= {*own}):
        return False
    return wish.intent == task.intent or wish.act == "report" or not sheet.intent(wish.intent).changes


def _put_right(sheet: Sheet, task: Task) -> Slots:
    """The values that the text names, and those that it puts right in part: 是18号不是8号."""
    said = dict(sheet.heard.slots)
    for name in ARGUMENTS:
        old = value(task.slots, name)
        if old is None or said.get(name) or old.startswith("<"):
            continue
        if new := amended(old, sheet.heard.text, address=name == "address"):
            said[name] = (Slot(new, "said", sheet.setting.turn),)
            break
    return said
