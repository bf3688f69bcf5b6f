"""What is only looked up: the state of an order, a parcel, a refund; a product's price; the coupons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shopassist.dialogue import Act, Asked, Slot, Wish
from shopassist.engine.planning.binding import label
from shopassist.engine.planning.naming import variant_of
from shopassist.engine.planning.points import Point, Query
from shopassist.engine.planning.sheet import Sheet, value, values
from shopassist.language.catalogue import Route

BUILT_IN = frozenset(
    ("list_orders", "get_order", "track_delivery", "refund_status", "get_product", "search_products", "list_coupons")
)
"""Reads whose arguments and words are known here; of all others the catalogue and points.yaml say what they are for."""

UNDERWAY = ("unpaid", "paid", "shipped")
"""States of an order that the customer does not have yet."""

ASKS_RULE: frozenset[Act] = frozenset(("verify", "conditional", "how", "can"))
"""Acts whose answer is the shop's rule, beside the state of things."""


def about_order(sheet: Sheet, wish: Wish, route: Route) -> None:
    """Tell the state of an order, of its parcel or of its money, and offer what helps."""
    bound = sheet.bound(wish.intent, wish.slots, wish.span)
    if bound is None:
        return
    if bound.problem:
        sheet.say("refused", bound.problem, {"intent": wish.intent})
        if route.policy and wish.act in ASKS_RULE:
            sheet.search(Query(said(sheet, wish), policy=route.policy, valid_on=sheet.heard.valid_on, quoted=True))
        return
    if bound.options:
        _which(sheet, wish, route, tuple(bound.options))
        return
    assert bound.order is not None  # noqa: S101 - nothing else is left
    order = bound.order
    sheet.look_at(str(order["id"]))
    sheet.look_at_products(values(wish.slots, "product"))
    facts = _read(sheet, route, order)
    if facts is None:
        return
    _rule(sheet, wish, route, order)
    _offer(sheet, wish, route, order, facts)


def _which(sheet: Sheet, wish: Wish, route: Route, options: tuple[Any, ...]) -> None:
    """Several orders may be meant: list them where the list is an answer, ask where it is not."""
    asked = Asked("choice", wish.intent, None, "order_id", options, sheet.setting.turn)
    if wish.act in ASKS_RULE and route.policy:
        sheet.search(Query(said(sheet, wish), policy=route.policy, valid_on=sheet.heard.valid_on, quoted=True))
        if wish.act in ("how", "conditional"):
            return
    elif route.policy and not sheet.intent(wish.intent).route("request").write and wish.act in ("report", "blocked"):
        sheet.search(Query(said(sheet, wish), policy=route.policy))  # a rule helps; which order it was, hardly
        return
    if "get_order" in route.reads and wish.intent == "order_status":
        listed = sheet.lookup.read("list_orders")
        wanted = {o.value for o in options}
        orders = [o for o in listed.facts["orders"] if o["id"] in wanted] if listed else []
        sheet.say("fact", "list_orders", {"orders": orders})
        sheet.ask(asked, None)
        return
    data = {"intent": wish.intent, "options": [o.label for o in options]}
    sheet.ask(asked, Point("ask", "which_order", data))


def _read(sheet: Sheet, route: Route, order: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Say what the route's last read of the order tells; None while the shop still has to be asked."""
    reads = [r for r in route.reads if "order_id" in sheet.setting.reads.get(r, frozenset())]
    if "get_order" in reads and order["status"] in UNDERWAY:
        reads = [r for r in reads if r != "refund_status"]  # nothing can have been sent back
    reads = reads[-1:]
    for name in reads:
        outcome = sheet.lookup.read(name, order_id=str(order["id"]))
        if outcome is None:
            return None
        facts = {"order": label(order), "status": order["status"], **outcome.facts}
        topic = value(sheet.heard.slots, "topic")
        facts |= {"topic": topic} if topic else {}
        sheet.say("fact", name if outcome.status == "done" else "failed", facts)
        return facts
    return {}


def _policy(sheet: Sheet, wish: Wish, route: Route, order: Mapping[str, Any]) -> str | None:
    """The page that decides; of what has not come yet, it is the one about cancelling."""
    early = wish.intent == "return_refund" and order["status"] in UNDERWAY
    return (sheet.intent("cancel_order").route("request").policy if early else None) or route.policy


def _rule(sheet: Sheet, wish: Wish, route: Route, order: Mapping[str, Any]) -> None:
    waits = order["status"] == "paid" and route.policy == "shipping"  # when it ships, a rule tells
    money = wish.act in ("status", "report") and "refund_status" in route.reads
    wrong = (
        wish.act == "report" and "get_order" in route.reads and not {"track_delivery", "refund_status"} & {*route.reads}
    )
    if route.policy and (wish.act in ASKS_RULE or waits or money or wrong):
        placed = str(order["placed"])[:10]
        policy, matter = _policy(sheet, wish, route, order), "money" if money else "parcel"
        state = (matter, str(order["status"])) if money or (waits and wish.act not in ASKS_RULE) else None
        sheet.search(Query(said(sheet, wish), policy=policy, valid_on=placed, quoted=True, state=state))


def _offer(sheet: Sheet, wish: Wish, route: Route, order: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Offer what the route names, where it may help: hurrying only what waits or is late."""
    late = bool(facts.get("late"))
    offer = "urge_delivery" if late else route.offer
    if offer is None or (wish.act not in ("report", "conditional") and not late):
        return
    if offer == "urge_delivery" and not (late or order["status"] == "paid"):
        return
    intent = sheet.intent(offer)
    write = intent.route("request").write
    if write is not None and (
        write not in sheet.setting.tools or order["status"] not in (intent.fits or order["status"])
    ):
        return
    asked = Asked("offer", offer, None, None, (), sheet.setting.turn)
    sheet.ask(asked, Point("ask", f"offer_{offer}", {"order": label(order)}))


def own_reads(sheet: Sheet, wish: Wish, route: Route) -> bool:
    """Tell what the shop's own reads say, with the arguments that the wish has values for; whether there are any."""
    names = [r for r in route.reads if r in sheet.setting.reads and r not in BUILT_IN]
    for name in names:
        args = {n: value(wish.slots, n) for n in sheet.setting.reads[name]}
        outcome = sheet.lookup.read(name, **args)
        if outcome is None:
            continue
        if outcome.status == "done":
            sheet.say("fact", name, outcome.facts)
        else:
            sheet.say("refused", outcome.reason or outcome.status, {"intent": wish.intent, "tool": name})
    return bool(names)


def about_products(sheet: Sheet, wish: Wish, route: Route) -> None:
    """Tell a product's price and stock, what there is to buy, or the coupons; the pages tell the rest."""
    spoken_of = {"recommend": 0, "compare_products": 2}.get(wish.intent, 1)
    if sheet.heard.asks_range:
        spoken_of = 0
    products = values(wish.slots, "product") or sheet.focus.products[:spoken_of]
    told = False
    if "get_product" in route.reads and products:
        sheet.look_at_products(products)
        sheet.note({"product": tuple(Slot(p, "focus") for p in products)})
        told = wish.intent == "price_stock" and _prices(sheet, wish, products)
    elif wish.intent == "recommend" and products:
        sheet.look_at_products(products)
    if not told and "search_products" in route.reads and (wish.intent == "recommend" or not products):
        told = _found(sheet, wish)
    if "list_coupons" in route.reads and "list_coupons" in sheet.setting.reads:
        outcome = sheet.lookup.read("list_coupons")
        if outcome is not None and outcome.status == "done":
            sheet.say("fact", "list_coupons", outcome.facts)
            _short_of(sheet, outcome.facts["coupons"], products[:1])
            told = wish.act not in ASKS_RULE
    if not told:
        about = () if "list_coupons" in route.reads else products  # no product's page tells of coupons
        asked = Query(said(sheet, wish), policy=route.policy, products=about, valid_on=sheet.heard.valid_on)
        sheet.search(asked)


def _short_of(sheet: Sheet, coupons: Sequence[Mapping[str, Any]], products: tuple[str, ...]) -> None:
    """Say which coupons the product spoken of is too cheap for."""
    for product in products if "get_product" in sheet.setting.reads else ():
        outcome = sheet.lookup.read("get_product", product=product)
        price = outcome.facts.get("price") if outcome is not None else None
        short = [c for c in coupons if price is not None and Decimal(str(c.get("least") or 0)) > Decimal(str(price))]
        if outcome is not None and short:
            sheet.say("fact", "coupon_short", {**outcome.facts, "coupons": short})


def _prices(sheet: Sheet, wish: Wish, products: tuple[str, ...]) -> bool:
    """Price and stock of each product; whether the shop told them, or still has to."""
    told = False
    for product in products:
        outcome = sheet.lookup.read("get_product", product=product)
        if outcome is None:
            told = True
        elif outcome.status == "done":
            variant = value(wish.slots, "variant")
            if variant:
                variant = variant_of(variant, [str(v["name"]) for v in outcome.facts.get("variants", ())])
                sheet.note({"variant": (Slot(variant, "tool"),)})
            sheet.say("fact", "get_product", {**outcome.facts, **({"variant": variant} if variant else {})})
            told = True
    return told


def _found(sheet: Sheet, wish: Wish) -> bool:
    """What the shop has that fits; whether it told anything."""
    words = said(sheet, wish)
    outcome = sheet.lookup.read("search_products", words=words, price_range=_range(wish))
    if outcome is None:
        return True
    if outcome.status != "done" or (not outcome.facts["count"] and wish.intent not in ("recommend", "price_stock")):
        return False
    sheet.say("fact", "search_products", outcome.facts)
    sheet.look_at_products(p["id"] for p in outcome.facts["products"][:3])
    return True


def _range(wish: Wish) -> str | None:
    """The price range as the tool takes it: 200-300 is 200..300, both ends included."""
    low, dash, high = (value(wish.slots, "price_range") or "").partition("-")
    return f"{low}..{high}" if dash else None


def said(sheet: Sheet, wish: Wish) -> str:
    """The wish's own words, as a question that stands alone."""
    start, end = wish.span
    return sheet.heard.queries.get(wish.span) or sheet.heard.text[start:end] or sheet.heard.query or sheet.heard.text


def remember(sheet: Sheet) -> None:
    """Keep the question for what comes next and leaves it unsaid."""
    if sheet.heard.query and (sheet.heard.wishes or sheet.queries):
        sheet.focus = replace(sheet.focus, last_question=sheet.heard.query[:200])
