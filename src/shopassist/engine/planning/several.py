"""One wish that names several things: a wish for each, so that each is bound to its own order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shopassist.dialogue import Slot, Wish
from shopassist.engine.planning.binding import Hint, bind, is_told
from shopassist.engine.planning.sheet import Sheet, values
from shopassist.language.parts import joined

DESCRIBING = ("product", "variant", "period", "date")
"""Slots that tell an order without its number."""


def each(sheet: Sheet, wish: Wish, tool: str | None = None) -> list[Wish]:
    """A wish for each order, else for each product, that it names: 净化器和充电宝都要退.

    `tool` is the write that it leads to: products of one order are one wish for a tool that takes no product, and for
    what is only read.
    """
    if described := _described(sheet, wish):
        return described
    wish = _with_kinds(sheet, wish)
    for name in ("order_id", "product"):
        several = wish.slots.get(name, ())
        if len(several) > 1:
            apart = [replace(wish, slots={**wish.slots, name: (slot,)}) for slot in several]
            takes_product = tool is not None and "product" in sheet.setting.tools[tool][1]
            together = name == "product" and not takes_product and _one_order(sheet, apart)
            return [wish] if together else apart
    return [wish]


def _described(sheet: Sheet, wish: Wish) -> list[Wish]:
    """A wish for each order that is described, where descriptions are joined: 没付款的那单和充电器.

    Nothing where it is one description, or one of them does not tell which order is meant.
    """
    objects = [found for found in _objects(sheet, wish) if any(name != "variant" for name, _ in found)]
    if len(objects) < 2 or wish.part or wish.slots.get("order_id") or not _tells_orders(objects):
        return []
    entry, found = sheet.intent(wish.intent), dict[str, Wish]()
    for one in objects:
        slots: dict[str, tuple[Slot, ...]] = {n: s for n, s in wish.slots.items() if n not in DESCRIBING}
        for name, mark in one:
            if isinstance(mark, Slot):
                slots[name] = (*slots.get(name, ()), mark)
        hints = tuple(mark for _, mark in one if isinstance(mark, Hint))
        bound = bind(sheet.lookup, entry, slots, sheet.focus, hints)
        if bound is None or bound.order is None or not all(is_told(bound.order, hint) for hint in hints):
            return []
        number = str(bound.order["id"])
        slots["order_id"] = (Slot(number, "resolver", sheet.setting.turn),)
        found.setdefault(number, replace(wish, slots=slots))
    return list(found.values())


_Marks = list[tuple[str, Slot | Hint]]


def _objects(sheet: Sheet, wish: Wish) -> list[_Marks]:
    """What a wish names, thing by thing, each with the words that describe it."""
    first, last = wish.span
    marks: list[tuple[tuple[int, int], str, Slot | Hint]] = [
        (slot.span, name, slot)
        for name in DESCRIBING
        for slot in wish.slots.get(name, ())
        if slot.span is not None and first <= slot.span[0] < last
    ]
    marks += [(h.span, "hint", h) for h in sheet.heard.hints if first <= h.span[0] < last]
    found: list[_Marks] = []
    end = None
    for span, name, mark in sorted(marks, key=lambda m: (m[0], m[1])):
        if end is None or joined(sheet.heard.text[end : span[0]]):
            found.append([])
        found[-1].append((name, mark))
        end = max(end or 0, span[1])
    return found


def _tells_orders(objects: Sequence[_Marks]) -> bool:
    """Whether one of several things is told by more than its name."""
    return any(name != "product" for marks in objects for name, _ in marks)


def _with_kinds(sheet: Sheet, wish: Wish) -> Wish:
    """The wish with the product that is meant by a word for its kind, where another is named beside it: 耳机和充电器.

    It is the one that the customer bought. What another wish named does not stand beside it, but gives way.
    """
    said = tuple(s for s in wish.slots.get("product", ()) if s.source == "said")
    named = values(wish.slots, "product")
    others = [h.products for h in sheet.hints(wish.span) if h.products and not set(h.products) & {*named}]
    if not named or wish.slots.get("order_id") or not others:
        return wish
    bought = [_bought(sheet, wish, kinds) for kinds in others]
    meant = (*(Slot(p, "resolver", sheet.setting.turn) for p in bought if p is not None), *said)
    slots = {n: found for n, found in wish.slots.items() if n != "product"}
    return replace(wish, slots={**slots, "product": meant} if meant else slots)


def _bought(sheet: Sheet, wish: Wish, products: Sequence[str]) -> str | None:
    """The one of the products that is in an order of the kind that the wish is about; None where several are."""
    listed = sheet.lookup.read("list_orders")
    orders = listed.facts.get("orders", ()) if listed is not None else ()
    fits = sheet.intent(wish.intent).fits
    for fitting in ([o for o in orders if o["status"] in fits], orders):
        found = {line["product"] for o in fitting for line in o["lines"]} & {*products}
        if found:
            return str(found.pop()) if len(found) == 1 else None
    return None


def _one_order(sheet: Sheet, wishes: list[Wish]) -> bool:
    """Whether all of them are about one order."""
    bound = [sheet.bound(w.intent, w.slots, w.span) for w in wishes]
    return len({b.order["id"] if b is not None and b.order is not None else n for n, b in enumerate(bound)}) == 1
