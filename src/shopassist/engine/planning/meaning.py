"""What a wish comes to in a conversation: it may undo, give up, ask for the other deed, or suppose what holds."""

from __future__ import annotations

from dataclasses import replace

from shopassist.dialogue import Slot, Wish
from shopassist.engine.planning.answer import GIVEN_UP, OPENS
from shopassist.engine.planning.sheet import CLOSED, Sheet, same_order
from shopassist.engine.planning.tasks import AGAINST


def without_anger(wishes: list[Wish]) -> list[Wish]:
    """The wishes without a complaint that only says how the customer feels about the others."""
    return [w for w in wishes if w.intent != "complaint" or w.act in OPENS or len(wishes) == 1]


def meant(sheet: Sheet, wish: Wish) -> Wish:
    """What a wish comes to in this conversation.

    不退了 where no return is under way here undoes the one that is: its intent says by which. A condition that holds
    already is none. What is not wanted any more is cancelled or sent back, as its order's state has it. What is said
    of a thing that the shop sells is never out of its scope.
    """
    entry = sheet.intent(wish.intent)
    if wish.act == "retract" and entry.undo and not _under_way(sheet, wish) and _returned(sheet):
        return replace(wish, intent=entry.undo, act="request")
    if sheet.heard.gives_up and wish.act in OPENS and wish.intent in GIVEN_UP.values():
        return _given_up(sheet, wish)
    if sheet.heard.other and wish.act in ("status", "how") and _after_rival(sheet, wish):
        return replace(wish, act="can")
    if wish.act == "conditional" and _holds(sheet, wish):
        return replace(wish, act="request")
    product = sheet.heard.slots.get("product")
    if wish.intent in ("out_of_scope", "chitchat") and product:
        return replace(wish, intent="product_question", slots={**wish.slots, "product": product})
    return wish


def _after_rival(sheet: Sheet, wish: Wish) -> bool:
    """Whether a deed is asked about after the one that it takes the place of, and is not under way itself."""
    rival = any(w.act in OPENS and frozenset((w.intent, wish.intent)) in AGAINST for w in sheet.before.last)
    rival = rival or any(
        t.touched >= sheet.setting.turn - 2 and frozenset((t.intent, wish.intent)) in AGAINST
        for t in sheet.before.tasks
    )
    if not rival or not sheet.setting.known_customer or "list_orders" not in sheet.setting.reads:
        return False
    bound = sheet.bound(wish.intent, wish.slots, wish.span)
    return bound is not None and bound.order is not None and not bound.order.get("returned")


def _given_up(sheet: Sheet, wish: Wish) -> Wish:
    """The deed by which the order in question is given up; none where it was never bought."""
    if not sheet.setting.known_customer or "list_orders" not in sheet.setting.reads:
        return wish
    slots = wish.slots
    if not slots.get("product") and not slots.get("order_id") and not sheet.hints(wish.span) and sheet.focus.orders:
        slots = {**slots, "order_id": (Slot(sheet.focus.orders[0], "focus", sheet.setting.turn),)}
    bound = sheet.bound(wish.intent, slots, wish.span)
    if bound is None or bound.order is None:
        return wish
    wish = replace(wish, slots=slots)
    return replace(wish, intent=GIVEN_UP.get(bound.order["status"], "return_refund"))


def _holds(sheet: Sheet, wish: Wish) -> bool:
    """Whether what the wish supposes of its order is so: 没发货的话帮我取消 asks for it then."""
    write = sheet.intent(wish.intent).route("request").write
    if not sheet.heard.supposed or write not in sheet.setting.tools or not sheet.setting.known_customer:
        return False
    bound = sheet.bound(wish.intent, wish.slots, wish.span)
    return bound is not None and bound.order is not None and bound.order["status"] in sheet.heard.supposed


def _returned(sheet: Sheet) -> bool:
    """Whether there is a return in the shop that could be meant."""
    if not sheet.setting.known_customer or "list_orders" not in sheet.setting.reads:
        return False
    listed = sheet.lookup.read("list_orders")
    return listed is not None and any(o.get("returned") for o in listed.facts.get("orders", ()))


def _under_way(sheet: Sheet, wish: Wish) -> bool:
    tasks = [t for t in sheet.tasks.values() if t.intent == wish.intent and same_order(wish.slots, t.slots)]
    return any(t.status not in CLOSED or (t.touched == sheet.setting.turn and t.status != "done") for t in tasks)
