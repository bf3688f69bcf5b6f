"""What to do about what was heard: a pure function of the conversation, the wishes and what is known so far.

It calls nothing. `Plan.reads` names what the shop has to be asked first; the same plan is then made again with the
answers, three rounds at most. A yes to a consent comes before everything else: the plan is then the write alone, and
is made again with what came of it. A plan with neither is final: the points of the reply in their order, and one
question at most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from shopassist.dialogue import Asked, Slot, Task, Wish
from shopassist.engine.figures import figures
from shopassist.engine.planning import context
from shopassist.engine.planning.answer import OPENS, found_done, take_answer
from shopassist.engine.planning.contracts import Dialogue, HandOffReason, Heard, Plan, Setting, Settled
from shopassist.engine.planning.lookup import Known, Lookup
from shopassist.engine.planning.meaning import meant, without_anger
from shopassist.engine.planning.points import Point, Query
from shopassist.engine.planning.returning import welcome
from shopassist.engine.planning.several import each
from shopassist.engine.planning.sheet import CLOSED, MOST_TASKS, Sheet, same_order, values
from shopassist.engine.planning.tasks import conflicts, queue
from shopassist.engine.planning.told import ASKS_RULE, about_order, about_products, own_reads, remember, said
from shopassist.engine.planning.triggers import at_once, count_turn, desk_hours, offer

MOST_WISHES = 3
"""Of the last turn's wishes so many are remembered."""

NAMED = 0.9
"""From this score on a wish names its deed, and does not only sound like it."""

RESOLVED = ("order_id", "variant", "address")
"""Slots that are said in part (尾号003, 红): the value in force is the shop's own."""

BEFORE = {"change_address": 0, "change_contact": 0, "change_delivery_time": 1}
"""What has to be settled before the rest: the address before the parcel is hurried."""


def plan(before: Dialogue, heard: Heard, setting: Setting, known: Known, settled: Settled | None = None) -> Plan:
    """Make the plan for a turn; `settled` is what was written in it already."""
    sheet = Sheet(before, heard, setting, Lookup(known), settled)
    if (alarm := at_once(heard, wished=False)) is not None:
        return _hand_over(sheet, alarm)
    if heard.talk == "resume":
        found_done(sheet, [])
        if not welcome(sheet):
            return Plan(reads=tuple(sheet.lookup.wanted))
        if not sheet.says_nothing:
            _ask_again(sheet)
        return _finished(sheet, [])
    left = take_answer(sheet)
    if sheet.write is not None:
        return Plan(write=sheet.write, dialogue=before)
    left = without_anger([meant(sheet, wish) for wish in left])
    for wish in sorted(left, key=lambda w: BEFORE.get(w.intent, 2)):
        _take(sheet, wish)
    if sheet.heard.payout and any("list_orders" in sheet.intent(w.intent).route(w.act).reads for w in left):
        sheet.search(Query(sheet.heard.payout, policy=sheet.intent("refund_status").route("how").policy, quoted=True))
    conflicts(sheet)
    queue(sheet)
    if sheet.lookup.wanted:
        return Plan(reads=tuple(sheet.lookup.wanted))
    if sheet.handoff is not None:
        return _hand_over(sheet, sheet.handoff)
    _small_talk(sheet)
    _unclear(sheet, left)
    if sheet.lookup.wanted:
        return Plan(reads=tuple(sheet.lookup.wanted))
    _ask_again(sheet)
    count_turn(sheet)
    offer(sheet)
    _anything_else(sheet)
    return _finished(sheet, left)


def _finished(sheet: Sheet, wishes: list[Wish]) -> Plan:
    asked, points = None, list(sheet.points)
    if sheet.question:
        asked, point = sheet.question
        asked = replace(asked, beside=_tells(sheet))
        points += [point] if point is not None else []
    for slots in [w.slots for w in wishes] or [sheet.heard.slots]:
        sheet.note({n: found for n, found in slots.items() if n not in RESOLVED or n not in sheet.in_force})
    remember(sheet)
    turn = sheet.setting.turn
    new = {n: tuple(replace(s, turn=turn) for s in found) for n, found in sheet.heard.slots.items()}
    dialogue = Dialogue(
        sheet.focus,
        asked,
        _kept(sheet),
        sheet.consent,
        sheet.consent_task,
        _last(sheet, wishes),
        {**sheet.before.said, **new},
    )
    return Plan(
        points=tuple(points),
        queries=tuple(sheet.queries),
        dialogue=dialogue,
        intents=_intents(sheet, wishes),
        slots={n: tuple(found) for n, found in sheet.in_force.items() if found},
    )


def _last(sheet: Sheet, wishes: list[Wish]) -> tuple[Wish, ...]:
    """What was wished last; a fault that was taken back goes with it."""
    last = tuple(wishes[:MOST_WISHES]) or sheet.before.last
    if not sheet.heard.sound:
        return last
    return tuple(replace(w, slots={n: f for n, f in w.slots.items() if n != "reason"}) for w in last)


def _tells(sheet: Sheet) -> bool:
    """Whether the reply tells something: what was asked, what was done or cannot be."""
    told = any(p.kind in ("done", "refused") or p.name in (*sheet.setting.reads, "repeat") for p in sheet.points)
    return told or any(not query.silent for query in sheet.queries)


def _intents(sheet: Sheet, wishes: list[Wish]) -> tuple[str, ...]:
    """What the turn was about: what was wished, and the task whose question was answered."""
    named = [w.intent for w in wishes or sheet.heard.wishes]
    answer, asked = sheet.heard.answer, sheet.heard.asked
    if answer is not None and asked is not None and asked.intent and not named and asked.kind != "anything_else":
        named = [answer.value if asked.slot == "intent" and answer.value else asked.intent]
    return tuple(dict.fromkeys(named))


def _take(sheet: Sheet, wish: Wish) -> None:
    """Open a task for a wish, look up what it asks, or put its question to the pages."""
    route = sheet.intent(wish.intent).route(wish.act)
    if wish.act == "retract":
        _retract(sheet, wish)
    elif route.handoff:
        sheet.handoff = _why(sheet) or at_once(sheet.heard, wished=True)
    elif route.write and wish.act in OPENS and route.write in sheet.setting.tools:
        if sheet.setting.known_customer:
            for one in each(sheet, wish, route.write):
                sheet.open(one)
        else:
            _login(sheet, wish)
    elif route.write and wish.act in OPENS and sheet.setting.reads:
        _no_tool(sheet, wish)  # the order's state would be no answer to who wants it changed
    elif "list_orders" not in route.reads and own_reads(sheet, wish, route):
        if route.policy:
            sheet.search(context.query(sheet, said(sheet, wish), route.policy))
    elif "list_orders" in route.reads and "list_orders" in sheet.setting.reads:
        if sheet.setting.known_customer:
            for one in each(sheet, wish):
                about_order(sheet, one, route)
        else:
            _login(sheet, wish)
    elif any(r in sheet.setting.reads for r in route.reads):
        about_products(sheet, wish, route)
    elif route.write or "list_orders" in route.reads:
        _no_tool(sheet, wish)
    elif wish.intent in ("greeting", "thanks", "chitchat", "out_of_scope", "complaint"):
        sheet.say("fact", wish.target or wish.intent)
    else:
        products = values(wish.slots, "product")
        sheet.look_at_products(products)
        if wish.intent == "policy_question":
            products = ()  # a rule may name the product that it is asked about, and stands on a page of its own
        elif not products and not context.waits(sheet):
            products = sheet.heard.products
        topics = values(wish.slots, "topic")
        asked = context.query(sheet, said(sheet, wish), route.policy, products, topics=topics, span=wish.span)
        sheet.search(replace(asked, rule=wish.intent == "policy_question"))
    if (route.offer == "human" and wish.act not in OPENS) or wish.intent == "out_of_scope":
        sheet.ask(Asked("offer", "human", None, None, (), sheet.setting.turn), Point("ask", "offer_human"))


def _login(sheet: Sheet, wish: Wish) -> None:
    """A visitor gets no order's data and no change; the rule may be told to anybody."""
    route = sheet.intent(wish.intent).route(wish.act)
    sheet.say("refused", "login")
    sheet.look_at_products(values(wish.slots, "product"))  # after the login they say: has it shipped?
    if route.policy and wish.act in ASKS_RULE:
        sheet.search(Query(said(sheet, wish), policy=route.policy, valid_on=sheet.heard.valid_on))


def _no_tool(sheet: Sheet, wish: Wish) -> None:
    """The shop has no tool for it: its page, if there is one, and a person."""
    route = sheet.intent(wish.intent).route(wish.act)
    if route.policy:
        sheet.search(Query(said(sheet, wish), policy=route.policy, valid_on=sheet.heard.valid_on))
    if wish.act in OPENS:
        sheet.say("refused", "no_tool", {"intent": wish.intent})
    sheet.ask(Asked("offer", "human", None, None, (), sheet.setting.turn), Point("ask", "offer_human"))


def _retract(sheet: Sheet, wish: Wish) -> None:
    """End the task of that target; where there is none, say that nothing was under way."""
    for task in list(sheet.tasks.values()):
        if task.intent == wish.intent and task.status not in CLOSED and same_order(wish.slots, task.slots):
            sheet.drop(task)
            return
    if not any(t.intent == wish.intent and t.touched == sheet.setting.turn for t in sheet.tasks.values()):
        named = wish.score >= NAMED  # 不改了 names no deed: what it sounds most like is nothing to speak of
        sheet.say("fact", "nothing_to_retract", {"intent": wish.intent} if named else {})


def _why(sheet: Sheet) -> HandOffReason | None:
    """The trigger that made us offer the person who is now wanted."""
    asked, answer = sheet.heard.asked, sheet.heard.answer
    if asked is None or answer is None or answer.kind != "yes":
        return None
    return cast("HandOffReason | None", asked.why)


def _hand_over(sheet: Sheet, reason: HandOffReason) -> Plan:
    """Hand the conversation to a person, or say that it waits for one already; nothing else is done.

    An alarm is put before the person even then: who waits for a word on an invoice may say that the charger burns.
    The words that say so come after the desk has it: where it cannot be reached, that is said instead.
    """
    settled, alarm = sheet.settled or Settled(), reason in ("danger", "legal")
    number, waiting = settled.handoff, sheet.setting.handoff
    if number is None and not settled.unreached and (waiting is None or alarm):
        return Plan(handoff=reason, dialogue=sheet.before)
    if reason == "danger":
        sheet.say("handoff", "danger")
    name = "waiting" if waiting else "any" if number else "unreached"
    if name == "waiting":
        _place(sheet)
    else:
        sheet.say("handoff", name, {"id": number, **desk_hours(sheet)})
    if not alarm:
        _ask_again(sheet)
    plan = _finished(sheet, list(sheet.heard.wishes))
    return replace(plan, intents=plan.intents or (("complaint",) if alarm else ("human",)))


def _place(sheet: Sheet) -> None:
    """Say where the customer stands who waits for a person."""
    setting = sheet.setting
    place = {"ahead": setting.ahead} if setting.ahead is not None else {}
    sheet.say("handoff", "waiting", {"id": setting.handoff, "hours": setting.desk_hours, **place, **desk_hours(sheet)})


def _small_talk(sheet: Sheet) -> None:
    """Answer small talk that is nothing else; a yes or a thanks beside a question needs no words of its own."""
    talk = sheet.heard.talk
    if talk is None or not sheet.says_nothing:
        return
    if talk == "queue":
        _place(sheet)
        return
    if talk == "grumble" and _waits(sheet):
        return  # sympathy, and the question again
    if talk == "repeat" and (sheet.setting.told or _waits(sheet)):
        if sheet.setting.told:
            sheet.say("fact", "repeat", {"text": sheet.setting.told})
        return
    sheet.say("fact", {"decline": "declined", "grumble": "complaint", "repeat": "remark"}.get(talk, talk))


def _unclear(sheet: Sheet, wishes: list[Wish]) -> None:
    """What nobody could make a wish of is put to the pages: most of it is a question."""
    heard = sheet.heard
    if (
        wishes
        or heard.wishes
        or heard.talk in ("grumble", "repeat")
        or not sheet.says_nothing
        or not heard.text.strip()
    ):
        return
    if heard.gives_up and not heard.slots and not sheet.tasks:
        sheet.say("fact", "declined")  # 太贵了，不要了: nothing was bought yet
        return
    if sheet.consent is not None and heard.answer is not None:
        return
    products = values(heard.slots, "product") or (() if context.waits(sheet) else heard.products)
    sheet.look_at_products(products)
    sheet.note({"product": tuple(Slot(p, "focus") for p in products)})
    topics = values(heard.slots, "topic")
    query = context.query(sheet, heard.query or heard.text, None, products, topics=topics)
    if heard.tells and query.context and not products and figures(heard.text):
        query = replace(query, policy=query.context, quoted=True)  # 买了20天了: what the rule makes of it
    sheet.search(query)


def _ask_again(sheet: Sheet) -> None:
    """After a digression the reply ends by asking again for the consent or the value that is still open."""
    if sheet.question is not None or sheet.fresh:
        return
    asked, turn = sheet.before.asked, sheet.setting.turn
    if sheet.consent is not None and sheet.consent_task in sheet.tasks:
        task = sheet.tasks[sheet.consent_task]
        quote = sheet.consent.quote
        about = {"intent": task.intent, "amount": quote.amount, **sheet.consent.args, **quote.facts}
        again = Asked("consent", task.intent, task.id, None, (), turn)
        sheet.ask(again, Point("consent", sheet.consent.tool, about, task.id))
    elif asked is not None and _still_open(sheet, asked):
        name = {"choice": "which_order"}.get(asked.kind, f"slot_{asked.slot}")
        data = {"intent": asked.intent, "options": [o.label for o in asked.options]}
        if asked.slot == "intent":
            name, data = "conflict", {"first": asked.options[0].value, "second": asked.options[1].value}
        sheet.ask(replace(asked, turn=turn), Point("ask", name, data, asked.task))


def _waits(sheet: Sheet) -> bool:
    """Whether a question is open that this reply asks again."""
    asked = sheet.before.asked
    return sheet.consent is not None or (asked is not None and _still_open(sheet, asked))


def _still_open(sheet: Sheet, asked: Asked) -> bool:
    if asked.kind not in ("slot", "choice"):
        return False
    if asked.task is None:
        return asked.slot == "intent" and any(t.status == "asking" for t in sheet.tasks.values())
    return asked.task in sheet.tasks and sheet.tasks[asked.task].status == "asking"


def _anything_else(sheet: Sheet) -> None:
    """After a change that was made the reply asks whether there is more, if it asks nothing else."""
    done = sheet.settled is not None and sheet.settled.outcome is not None and sheet.settled.outcome.status == "done"
    if done and sheet.question is None:
        asked = Asked("anything_else", None, None, None, (), sheet.setting.turn)
        sheet.ask(asked, Point("ask", "anything_else"))


def _kept(sheet: Sheet) -> tuple[Task, ...]:
    """The open tasks, and of the closed ones the latest, as many as there is room for."""
    tasks = sorted(sheet.tasks.values(), key=lambda t: (t.status not in CLOSED, t.touched))
    return tuple(sorted(tasks[-MOST_TASKS:], key=lambda t: t.opened))
