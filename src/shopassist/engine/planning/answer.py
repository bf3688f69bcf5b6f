"""What the customer's answer does to what was asked; only this may bring a write about."""

from __future__ import annotations

from dataclasses import replace

from shopassist.dialogue import Act, Answer, Consent, Slot, Task, Wish
from shopassist.engine.planning.context import placed
from shopassist.engine.planning.corrections import another_meant, changes, correct, in_city
from shopassist.engine.planning.parts import only_a_part
from shopassist.engine.planning.points import Query
from shopassist.engine.planning.sheet import CLOSED, Sheet, renewed, same_order, value
from shopassist.engine.planning.triggers import refuse

OPENS: frozenset[Act] = frozenset(("request", "can", "blocked"))
"""The acts that open a task: all others ask or tell."""

NAMES_DEED: frozenset[Act] = OPENS | {"verify"}
"""The acts that choose a deed where one of two was asked for: 换货吧 may only sound like a question."""

GIVEN_UP = {"unpaid": "cancel_order", "paid": "cancel_order", "shipped": "return_refund", "delivered": "return_refund"}
"""What 不要了 asks for, by the state of the order."""


def take_answer(sheet: Sheet) -> list[Wish]:
    """Read the answer, and give back the wishes that are left."""
    wishes = found_done(sheet, list(sheet.heard.wishes))
    expire(sheet)
    wishes = _about_consent(sheet, wishes)
    answer, asked = sheet.heard.answer, sheet.heard.asked
    if only_a_part(sheet):
        return wishes
    if sheet.heard.proviso and sheet.consent is not None:
        _no_bargain(sheet, sheet.consent)
        return wishes
    if asked is None or answer is None:
        return _bare_values(sheet, _without_choice(sheet, wishes))
    if asked.kind == "consent":
        if answer.bare and (sheet.before.asked is None or sheet.before.asked.kind != "consent"):
            return wishes  # a bare yes answers the question of the last reply only
        consented(sheet, answer, alone=not wishes)
    elif asked.kind == "offer" and asked.intent:
        if answer.kind == "yes":
            others = [w for w in wishes if w.intent != asked.intent]
            said = next((w.slots for w in wishes if w.intent == asked.intent), sheet.heard.slots)
            return [Wish(asked.intent, "request", said), *others]
        if answer.kind == "no" and not wishes and asked.task in sheet.tasks:
            sheet.drop(sheet.tasks[asked.task])
        elif (answer.kind == "no" and not wishes and answer.bare) or (answer.kind == "hold" and answer.bare):
            sheet.say("fact", "declined")
    elif asked.kind == "anything_else":
        if not wishes:
            sheet.say("fact", "goodbye" if answer.kind == "no" else "acknowledge")
    elif asked.slot == "intent":
        _chosen_deed(sheet, answer)
    else:
        wishes = _value(sheet, answer, wishes)
    return wishes


def found_done(sheet: Sheet, wishes: list[Wish]) -> list[Wish]:
    """Tell what came of a deed that was done already, whatever is said to its question; give back the other wishes."""
    task = sheet.tasks.get(sheet.consent_task or "")
    if sheet.settled is None or not sheet.settled.found or sheet.consent is None or task is None:
        return wishes
    _settle(sheet, task)
    return [w for w in wishes if w.intent != task.intent or not same_order(w.slots, task.slots)]


def expire(sheet: Sheet) -> None:
    """Forget a consent whose time is over, unless the customer has just said yes to it."""
    answer, consent = sheet.heard.answer, sheet.consent
    if consent is None or consent.expires > sheet.setting.now or (answer is not None and answer.kind == "yes"):
        return
    task = sheet.tasks.get(sheet.consent_task or "")
    sheet.consent = sheet.consent_task = None
    if task is not None:
        sheet.put(task, "cancelled")


def _about_consent(sheet: Sheet, wishes: list[Wish]) -> list[Wish]:
    """Take out what is said about the change that waits: another value for it, or that it is not wanted any more."""
    task = sheet.tasks.get(sheet.consent_task or "")
    if sheet.consent is None or task is None:
        return wishes
    left: list[Wish] = []
    if another_meant(sheet, task, wishes):
        return []
    if (number := _other_number(sheet, task)) and all(w.intent == task.intent for w in wishes):
        sheet.void(task, {**task.slots, "order_id": number})  # 不是这个，是002
        return []
    if not any(w.intent == task.intent and _another_order(sheet, w, task) for w in wishes) and correct(
        sheet, task, wishes
    ):
        return []
    for wish in wishes:
        if (
            sheet.heard.gives_up
            and {wish.intent, task.intent} <= {*GIVEN_UP.values()}
            and same_order(wish.slots, task.slots)
        ):
            continue  # 取消键盘 … 不想要了: why, and nothing new
        if wish.intent == task.intent and wish.act != "retract" and _another_order(sheet, wish, task):
            sheet.void(task)  # the same deed for another order: that one is asked about, this one waits
            sheet.put(task, "queued")
            sheet.apart.add((wish.intent, wish.span))
            left.append(wish)
        elif wish.intent != task.intent or not same_order(wish.slots, task.slots):
            left.append(wish)
        elif wish.act == "retract":
            sheet.drop(task)
        elif wish.act in OPENS and (changed := changes(in_city(wish.slots, task), task)):
            sheet.void(task, renewed(task.slots, changed))
        elif wish.act not in OPENS:
            left.append(wish)
    return left


def _other_number(sheet: Sheet, task: Task) -> tuple[Slot, ...] | None:
    """The number of another order than the one that the consent is for, where the text corrects or names only that."""
    said = sheet.heard.slots.get("order_id", ())
    if len(said) != 1 or not task.slots.get("order_id") or same_order({"order_id": said}, task.slots):
        return None
    answer = sheet.heard.answer
    return said if not sheet.heard.wishes and answer is not None and answer.kind == "no" else None


def _another_order(sheet: Sheet, wish: Wish, task: Task) -> bool:
    """Whether a wish for the same deed names or describes another order than the one that waits."""
    if not same_order(wish.slots, task.slots):
        return True
    described = wish.slots.get("product") or wish.slots.get("variant") or sheet.hints(wish.span)
    own = value(task.slots, "order_id")
    if wish.slots.get("order_id") or not described or own is None:
        return False
    bound = sheet.bound(wish.intent, wish.slots, wish.span)
    if bound is None:
        return False  # the shop is asked first, and the plan made again
    return own not in (
        [str(bound.order["id"])] if bound.order is not None else [o.value for o in bound.options] or [own]
    )


def consented(sheet: Sheet, answer: Answer, *, alone: bool) -> None:
    """A yes, a no or a 等等 to the change that waits; `alone` says that nothing else is wished beside it."""
    consent, task = sheet.consent, sheet.tasks.get(sheet.consent_task or "")
    if consent is None or task is None or task.status in CLOSED:
        return
    if answer.kind == "no":
        sheet.drop(task)
    elif answer.kind == "hold" and (answer.bare or alone):
        sheet.say("fact", "held", {"tool": consent.tool, "intent": task.intent})
        sheet.fresh = True  # it stays, and is not asked for again in this reply
    elif answer.kind == "yes" and consent.expires <= sheet.setting.now:
        sheet.say("fact", "expired")
        sheet.void(task)
    elif answer.kind == "yes" and (sheet.settled is None or sheet.settled.outcome is None):
        sheet.write = consent
    elif answer.kind == "yes":
        _settle(sheet, task)


def _no_bargain(sheet: Sheet, consent: Consent) -> None:
    """A change is made as the question says, or not at all: say so, with the rule that holds."""
    sheet.say("fact", "proviso", {"tool": consent.tool})
    if consent.quote.rule:
        sheet.search(Query(sheet.heard.text, policy=consent.quote.rule, valid_on=placed(sheet), quoted=True))


def _settle(sheet: Sheet, task: Task) -> None:
    """Say what the write came to; where the order has changed meanwhile, the task is open again."""
    assert sheet.consent is not None  # noqa: S101 - the caller's conditions
    assert sheet.settled is not None  # noqa: S101
    outcome, consent = sheet.settled.outcome, sheet.consent
    assert outcome is not None  # noqa: S101
    quote = consent.quote
    data = {"intent": task.intent, "amount": quote.amount, **quote.facts, **outcome.args, **outcome.facts}
    data |= {"id": outcome.id} if outcome.id else {}
    sheet.note(task.slots)
    sheet.consent = sheet.consent_task = None
    if order := outcome.args.get("order_id"):
        sheet.look_at(str(order))
    if outcome.status == "done":
        sheet.put(replace(task, number=outcome.id), "done")
        sheet.focus = replace(sheet.focus, last_write=outcome.name)
        sheet.say("done", outcome.name, data, task.id)
    elif outcome.status == "changed" or outcome.reason in ("expired", "consent"):
        sheet.put(task, "open")
        sheet.say("fact", "changed" if outcome.status == "changed" else "expired")
    elif outcome.status == "unknown":
        sheet.put(task, "handed")
        sheet.say("fact", "unknown", data, task.id)
    else:
        reason = "failed" if outcome.status == "failed" else outcome.reason or outcome.status
        refuse(sheet, task, f"{outcome.name}.{reason}")
        sheet.say("refused", f"{outcome.name}.{reason}", data, task.id)
        if outcome.rule:
            sheet.search(Query(sheet.heard.query, policy=outcome.rule, silent=True))


def _chosen_deed(sheet: Sheet, answer: Answer) -> None:
    """Of two deeds that exclude each other one was chosen; none, and both end."""
    asked = sheet.heard.asked
    assert asked is not None  # noqa: S101 - the caller's condition
    intents = [option.value for option in asked.options]
    for task in [t for t in sheet.tasks.values() if t.status == "asking" and t.intent in intents]:
        if answer.kind == "choice" and task.intent == answer.value:
            sheet.put(task, "open")
        elif answer.kind == "choice":
            sheet.put(task, "cancelled")
        elif answer.kind == "no":
            sheet.drop(task)


def _without_choice(sheet: Sheet, wishes: list[Wish]) -> list[Wish]:
    """Take out the wish that names one of two deeds that were put to choice: 换货吧 beside 退货还是换货."""
    asked = sheet.heard.asked
    if asked is None or asked.kind != "choice" or asked.slot != "intent":
        return wishes
    open_ = {
        o.value: t for o in asked.options for t in sheet.tasks.values() if (t.intent, t.status) == (o.value, "asking")
    }
    named = [
        w for w in wishes if w.intent in open_ and w.act in NAMES_DEED and same_order(w.slots, open_[w.intent].slots)
    ]
    if len({w.intent for w in named}) != 1:
        return wishes
    _chosen_deed(sheet, Answer("choice", named[0].intent))
    task = open_[named[0].intent]
    sheet.put(task, "open", renewed(task.slots, named[0].slots))
    return [w for w in wishes if w not in named]


def _value(sheet: Sheet, answer: Answer, wishes: list[Wish]) -> list[Wish]:
    """A value or a choice goes to the task that asked for it, or to the wish that was only a question."""
    asked = sheet.heard.asked
    assert asked is not None  # noqa: S101 - the caller's condition
    task = sheet.tasks.get(asked.task or "")
    if answer.kind == "hold":
        sheet.say("fact", "acknowledge")
        return wishes
    if answer.kind == "no":
        if task is not None and not wishes:
            sheet.drop(task)
        elif not wishes:
            sheet.say("fact", "declined")
        return wishes
    if answer.value is None or asked.slot is None:
        return wishes
    given = {asked.slot: (Slot(answer.value, "said", sheet.setting.turn),)}
    if task is not None:
        accepted = {*sheet.intent(task.intent).slots}
        others = {n: found for n, found in sheet.heard.slots.items() if n in accepted}
        sheet.put(task, "open", {**renewed(task.slots, others), **given})
        return wishes
    last = next((w for w in sheet.before.last if w.intent == asked.intent), None)
    return [replace(last, slots={**last.slots, **given}) if last else Wish(str(asked.intent), "status", given), *wishes]


def _bare_values(sheet: Sheet, wishes: list[Wish]) -> list[Wish]:
    """Values without a wish go to the task that still waits for some."""
    asked = sheet.before.asked
    task = sheet.tasks.get(asked.task or "") if asked is not None else None
    if wishes or task is None or task.status != "asking":
        return wishes
    accepted = {*sheet.intent(task.intent).slots, "product", "variant", "period", "date"}
    given = {n: found for n, found in sheet.heard.slots.items() if n in accepted}
    if given:
        sheet.put(task, "open", renewed(task.slots, given))
    return wishes
