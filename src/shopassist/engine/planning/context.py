"""What the conversation is about while a question leaves it unsaid: 运费谁出 while a return waits for its yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopassist.engine.planning.points import Query
from shopassist.engine.planning.sheet import CLOSED, Sheet, value, values


def query(
    sheet: Sheet,
    text: str,
    policy: str | None = None,
    products: tuple[str, ...] = (),
    *,
    topics: tuple[str, ...] = (),
    span: tuple[int, int] | None = None,
) -> Query:
    """A question to the pages, with the rule that the conversation is about and the day of its order.

    What the text itself says comes first: a policy, a product, a day. What is wished beside it (想退货，运费谁出), then
    a task about a product that it names, then one that waits for an answer, is meant where the text leaves its subject
    unsaid, also where it names a topic; what was wished last, where it names none. `span` is that of the wish.
    """
    named = {*products, *values(sheet.heard.slots, "product")}
    recent = sorted(sheet.before.tasks, key=lambda t: -t.touched)
    of_product = [t.intent for t in recent if named.intersection(values(t.slots, "product"))]
    waiting = [t.intent for t in recent if t.status not in CLOSED]
    beside = [w.intent for w in sheet.heard.wishes if w.span != span]
    last = [] if topics else [w.intent for w in reversed(sheet.before.last)]
    about = _policy(sheet, last[:1] if sheet.heard.adds else [*beside, *of_product, *waiting, *last])
    context = None if policy or (products and not of_product) else about
    day = sheet.heard.valid_on
    if day is None and about is not None and about in (policy, context):
        day = placed(sheet)
    topic = topics[0] if topics and not policy else None
    if len(topics) > 1 and not beside:
        context = None  # 七天无理由退货运费谁出 says all by itself
    pending = context is not None and context == _policy(sheet, waiting)
    return Query(text, policy, products, day, context=context, topic=topic, pending=pending)


def waits(sheet: Sheet) -> bool:
    """Whether a task waits for the customer's answer."""
    return any(task.status in ("consent", "asking") for task in sheet.before.tasks)


def _policy(sheet: Sheet, intents: list[str]) -> str | None:
    """The rule of the first of these intents that has one."""
    for intent in intents:
        entry = sheet.intent(intent)
        if policy := entry.route("how").policy or entry.route("request").policy:
            return policy
    return None


def placed(sheet: Sheet) -> str | None:
    """The day on which the order in question was placed; None where there is none, or it is not known yet."""
    waiting = [t for t in sheet.before.tasks if t.status not in CLOSED]
    number = next((v for t in waiting if (v := value(t.slots, "order_id"))), None)
    number = number or next(iter(sheet.before.focus.orders), None)
    if number is None or not sheet.setting.known_customer or "list_orders" not in sheet.setting.reads:
        return None
    listed = sheet.lookup.read("list_orders")
    orders: list[Mapping[str, Any]] = list(listed.facts.get("orders", ())) if listed is not None else []
    return next((str(o["placed"])[:10] for o in orders if o["id"] == number), None)
