"""Wishes for a part of what an order holds: 取消耳塞，手环留着."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shopassist.dialogue import Slots, Wish
from shopassist.language.parts import kept, names_order, says_part
from shopassist.language.slots import Found


def in_part(wishes: Sequence[Wish], text: str, language: str, found: Sequence[Found]) -> list[Wish]:
    """The wishes without the things that are only named to say that they stay, and whether each is for a part."""
    stays, orders = kept(text, language, found), names_order(text, language, found)

    def part(wish: Wish) -> bool | None:
        if says_part(text[slice(*wish.span)], language):
            return True
        return False if _products(wish) & orders else None

    named = frozenset[str]().union(*map(_products, wishes))
    if named <= stays:  # 除了手环都取消: what goes has no name, and the name still tells the order
        some = bool(stays)
        return [w if w.act == "retract" else replace(w, part=some or part(w)) for w in wishes]
    left = [w for w in wishes if w.act != "retract" or not _products(w) or not _products(w) <= stays]
    left = [replace(w, slots=_without(w.slots, stays)) for w in left]
    return [replace(w, part=part(w)) for w in left]


def _products(wish: Wish) -> frozenset[str]:
    return frozenset(s.value for s in wish.slots.get("product", ()))


def _without(slots: Slots, products: frozenset[str]) -> Slots:
    left = tuple(s for s in slots.get("product", ()) if s.value not in products)
    return {**{n: found for n, found in slots.items() if n != "product"}, **({"product": left} if left else {})}
