"""What to do about what was heard: a pure function of the conversation, the wishes and what is known so far.

It calls nothing. `Plan.reads` names what the shop has to be asked first; the same plan is then made again with the
answers, three rounds at most. A plan without reads is final: one write at most, the points of the reply in their order,
and one question at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shopassist.dialogue import Act, Answer, Asked, Consent, Focus, Option, Quote, Slot, Slots, Task, Wish
from shopassist.engine.binding import Bound, bind, label
from shopassist.engine.lookup import Call, Known, Lookup
from shopassist.engine.points import Point, Query
from shopassist.language.catalogue import Catalogue, Route

MOST_TASKS = 6
LIVES = timedelta(minutes=15)
"""How long a consent question can be answered."""

OPENS: frozenset[Act] = frozenset(("request", "can", "blocked"))
CLOSED = ("done", "refused", "cancelled", "handed")
BEFORE: Mapping[str, int] = {"change_address": 0, "change_contact": 0, "change_delivery_time": 1}
"""What has to be settled before the rest: the address before the parcel is hurried."""

AGAINST = frozenset((frozenset(("cancel_order", "urge_delivery")), frozenset(("return_refund", "exchange"))))
"""Wishes about one order that exclude each other; the customer says which one holds."""

ARGUMENT = {"invoice_title": "title"}
"""Slots that a tool calls otherwise."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What of the conversation the planner reads and writes."""

    focus: Focus = field(default_factory=Focus)
    asked: Asked | None = None
    tasks: tuple[Task, ...] = ()
    consent: Consent | None = None
    consent_task: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What understanding made of the turn's text."""

    text: str
    wishes: tuple[Wish, ...] = ()
    answer: Answer | None = None
    slots: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the turn.

    `tools` gives each write's required and optional arguments, `reads` the arguments of each read; `key` makes the
    consents' ids unique.
    """

    turn: int
    now: datetime
    catalogue: Catalogue
    key: str
    tools: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    reads: Mapping[str, frozenset[str]]
    known_customer: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """See the module. `write_task` is the task whose consent `write` is."""

    reads: tuple[Call, ...] = ()
    write: Consent | None = None
    write_task: str | None = None
    points: tuple[Point, ...] = ()
    queries: tuple[Query, ...] = ()
    dialogue: Dialogue = field(default_factory=Dialogue)


def plan(before: Dialogue, heard: Heard, setting: Setting, known: Known) -> Plan:
    """Make the plan for a turn."""
    return _Planner(before, heard, setting, Lookup(known)).run()


class _Planner:
    def __init__(self, before: Dialogue, heard: Heard, setting: Setting, lookup: Lookup) -> None:
        self.before, self.heard, self.setting, self.lookup = before, heard, setting, lookup
        self.tasks = {t.id: t for t in before.tasks}
        self.focus = before.focus
        self.points: list[Point] = []
        self.queries: list[Query] = []
        self.question: tuple[Asked, Point] | None = None
        self.consent, self.consent_task = before.consent, before.consent_task
        self.fresh = False  # whether the consent is asked for in this reply
        self.write: tuple[Consent, str] | None = None

    def run(self) -> Plan:
        left = self._answer(list(self.heard.wishes))
        for wish in sorted(left, key=lambda w: BEFORE.get(w.intent, 2)):
            self._wish(wish)
        self._conflicts()
        for task in [t for t in self.tasks.values() if t.status in ("open", "queued")]:
            self._advance(task)
        if self.lookup.wanted:
            return Plan(reads=tuple(self.lookup.wanted))
        self._ask_again()
        asked, points = None, self.points
        if self.question:
            asked, point = self.question
            points = [*points, point]
        consent, write_task = self.write or (None, None)
        dialogue = Dialogue(self.focus, asked, self._kept(), self.consent, self.consent_task)
        return Plan((), consent, write_task, tuple(points), tuple(self.queries), dialogue)

    # --- The answer to what we asked

    def _answer(self, wishes: list[Wish]) -> list[Wish]:
        """Read the answer, and give back the wishes that are left."""
        asked, answer = self.before.asked, self.heard.answer
        wishes = self._about_consent(wishes)
        if answer is None or asked is None:
            return wishes
        if asked.kind == "consent":
            self._consented(answer)
        elif asked.kind == "offer" and asked.intent:
            if answer.kind == "yes":
                wishes = [Wish(asked.intent, "request", self.heard.slots), *wishes]
            elif answer.kind == "no":
                self.points.append(Point("fact", "declined"))
        elif asked.kind == "anything_else":
            if answer.kind == "no":
                self.points.append(Point("fact", "goodbye"))
        elif asked.task in self.tasks and answer.value is not None and asked.slot:
            self._fill(asked.task, asked.slot, answer.value, "said")
        return wishes

    def _about_consent(self, wishes: list[Wish]) -> list[Wish]:
        """A wish about the deed that waits: said again it is a yes; it may also change the deed, or take it back."""
        task = self.tasks.get(self.consent_task or "")
        if self.consent is None or task is None:
            return wishes
        left = []
        for wish in wishes:
            same = wish.intent == task.intent and self._same_order(wish, task)
            if same and wish.act == "retract":
                self._drop(task, "cancelled")
            elif same and wish.act in OPENS and self._changes(wish, task):
                self._void(replace(task, status="open", slots={**task.slots, **wish.slots}))
            elif same and wish.act == "request":
                self._consented(Answer("yes", bare=False))
            else:
                left.append(wish)
        return left

    def _same_order(self, wish: Wish, task: Task) -> bool:
        named, own = wish.slots.get("order_id", ()), task.slots.get("order_id", ())
        return not named or not own or own[0].value.endswith(named[0].value.lstrip("*"))

    def _changes(self, wish: Wish, task: Task) -> bool:
        names = set(wish.slots) & {"address", "recipient", "phone", "email", "invoice_title", "tax_no", "variant"}
        return any(wish.slots[n] and _value(wish.slots, n) != _value(task.slots, n) for n in names)

    def _consented(self, answer: Answer) -> None:
        consent, task = self.consent, self.tasks.get(self.consent_task or "")
        if consent is None or task is None or self.write is not None:
            return
        if answer.kind == "no":
            self._drop(task, "cancelled")
        elif answer.kind == "yes" and consent.expires <= self.setting.now:
            self.points.append(Point("fact", "expired"))
            self._void(replace(task, status="open"))
        elif answer.kind == "yes":
            self.write = consent, task.id
            self.tasks[task.id] = replace(task, status="done", touched=self.setting.turn)
            self.consent = self.consent_task = None
        elif answer.kind == "hold":
            self.points.append(Point("fact", "held", {"tool": consent.tool}))
            self.fresh = True  # it stays, and is not asked for again in this reply

    def _drop(self, task: Task, status: Any) -> None:
        self.tasks[task.id] = replace(task, status=status, touched=self.setting.turn)
        self.points.append(Point("fact", "dropped", {"intent": task.intent}, task.id))
        if self.consent_task == task.id:
            self.consent = self.consent_task = None

    def _void(self, task: Task) -> None:
        self.tasks[task.id] = task
        self.consent = self.consent_task = None

    # --- Wishes

    def _wish(self, wish: Wish) -> None:
        route = self.setting.catalogue[wish.intent].route(wish.act)
        if wish.act == "retract":
            self._retract(wish)
        elif route.write and wish.act in OPENS and route.write in self.setting.tools:
            self._open(wish)
        elif "list_orders" in route.reads and self.setting.known_customer and "list_orders" in self.setting.reads:
            self._about_order(wish, route)
        elif route.reads and any(r in self.setting.reads for r in route.reads):
            self._about_products(wish, route)
        elif route.policy or wish.intent.endswith(("question", "help")):
            self.queries.append(Query(self._said(wish), policy=route.policy, products=_values(wish.slots, "product")))
        else:
            self.points.append(Point("fact", wish.target or wish.intent))
        if "list_orders" in route.reads and not self.setting.known_customer:
            self.points.append(Point("fact", "login"))

    def _said(self, wish: Wish) -> str:
        start, end = wish.span
        return self.heard.text[start:end] or self.heard.text

    def _retract(self, wish: Wish) -> None:
        for task in list(self.tasks.values()):
            if task.intent == wish.intent and task.status not in CLOSED and self._same_order(wish, task):
                self._drop(task, "cancelled")
                return
        self.points.append(Point("fact", "nothing_to_retract", {"intent": wish.intent}))

    def _open(self, wish: Wish) -> None:
        """Open a task, or go on with the one that is open for the same thing."""
        for task in self.tasks.values():
            if (
                task.intent == wish.intent
                and task.status in ("open", "asking", "queued")
                and self._same_order(wish, task)
            ):
                slots = {**task.slots, **wish.slots}
                self.tasks[task.id] = replace(task, status="open", slots=slots, touched=self.setting.turn)
                return
        number = sum(1 for t in self.tasks if t.startswith(f"t{self.setting.turn}-"))
        new = f"t{self.setting.turn}-{number}"
        self.tasks[new] = Task(new, wish.intent, "open", dict(wish.slots), self.setting.turn, self.setting.turn)

    def _conflicts(self) -> None:
        """Two new wishes for one order that exclude each other: ask which one holds, and do neither before."""
        opened = [t for t in self.tasks.values() if t.status == "open"]
        for a in opened:
            for b in opened:
                if a.id < b.id and frozenset((a.intent, b.intent)) in AGAINST and _alike(a.slots, b.slots):
                    options = tuple(Option(t.intent, t.intent) for t in (a, b))
                    for task in (a, b):
                        self.tasks[task.id] = replace(task, status="cancelled")
                    self._ask(
                        Asked("choice", a.intent, None, "intent", options, self.setting.turn),
                        Point("ask", "conflict", {"first": a.intent, "second": b.intent}),
                    )

    # --- Tasks

    def _advance(self, task: Task) -> None:
        """Bring a task to its next question, its consent or its refusal."""
        route = self.setting.catalogue[task.intent].route("request")
        assert route.write is not None  # noqa: S101 - only such a wish opens a task
        required, optional = self.setting.tools[route.write]
        slots = dict(task.slots)
        if "order_id" in required | optional and self.setting.known_customer:
            bound = bind(self.lookup, task.intent, slots, self.focus.orders)
            if bound is None:
                return
            if not self._take(task, bound):
                return
            assert bound.order is not None  # noqa: S101 - _take says so
            slots["order_id"] = (Slot(str(bound.order["id"]), bound.source, self.setting.turn),)
            self._look_at(str(bound.order["id"]))
        args = self._args(route.write, task, slots)
        missing = sorted(required - args.keys())
        if missing:
            self._ask_slot(replace(task, slots=slots), missing[0])
            return
        quote = self.lookup.check(route.write, args)
        if quote is not None:
            self._quoted(replace(task, slots=slots), route, args, quote)

    def _take(self, task: Task, bound: Bound) -> bool:
        """Whether the task has its order; if not, say or ask why."""
        if bound.problem:
            self.tasks[task.id] = replace(task, status="refused", touched=self.setting.turn)
            self.points.append(Point("refused", bound.problem, {"intent": task.intent}, task.id))
            return False
        if bound.options:
            asked = Asked("choice", task.intent, task.id, "order_id", bound.options, self.setting.turn)
            self.tasks[task.id] = replace(task, status="asking", touched=self.setting.turn)
            data = {"intent": task.intent, "options": [o.label for o in bound.options]}
            self._ask(asked, Point("ask", "which_order", data, task.id))
            return False
        return bound.order is not None

    def _args(self, tool: str, task: Task, slots: Slots) -> dict[str, Any]:
        required, optional = self.setting.tools[tool]
        named = {ARGUMENT.get(name, name): _value(slots, name) for name in slots}
        args = {n: v for n, v in named.items() if n in required | optional and v}
        if tool == "open_ticket":
            args = {"subject": task.intent, "text": self.heard.text} | args
        return args

    def _ask_slot(self, task: Task, argument: str) -> None:
        slot = next((s for s, a in ARGUMENT.items() if a == argument), argument)
        self.tasks[task.id] = replace(task, status="asking", touched=self.setting.turn)
        asked = Asked("slot", task.intent, task.id, slot, (), self.setting.turn)
        self._ask(asked, Point("ask", f"slot_{slot}", {"intent": task.intent}, task.id))

    def _quoted(self, task: Task, route: Route, args: Mapping[str, Any], quote: Quote) -> None:
        data = {"intent": task.intent, "amount": quote.amount, **args, **quote.facts}
        if not quote.allowed:
            lacking = str(quote.reason or "").removeprefix("needs_")
            slot = next((s for s, a in ARGUMENT.items() if a == lacking), lacking)
            if str(quote.reason).startswith("needs_") and slot in self.setting.catalogue[task.intent].slots:
                self._ask_slot(task, lacking)
                return
            self.tasks[task.id] = replace(task, status="refused", touched=self.setting.turn)
            self.points.append(Point("refused", f"{route.write}.{quote.reason}", data, task.id))
            if quote.rule:
                self.queries.append(Query(self.heard.text, policy=quote.rule, silent=True))
            return
        if self.consent is not None or (self.question and self.question[0].kind == "consent"):
            self.tasks[task.id] = replace(task, status="queued", touched=self.setting.turn)
            self.points.append(Point("fact", "queued", {"intent": task.intent}, task.id))
            return
        expires = self.setting.now + LIVES
        self.consent = Consent(
            f"{self.setting.key}:{task.id}:{self.setting.turn}", str(route.write), args, quote, expires
        )
        self.consent_task, self.fresh = task.id, True
        self.tasks[task.id] = replace(task, status="consent", touched=self.setting.turn)
        asked = Asked("consent", task.intent, task.id, None, (), self.setting.turn)
        self._ask(asked, Point("consent", str(route.write), data, task.id))

    def _fill(self, task: str, slot: str, value: str, source: Any) -> None:
        old = self.tasks[task]
        slots = {**old.slots, slot: (Slot(value, source, self.setting.turn),)}
        self.tasks[task] = replace(old, status="open", slots=slots, touched=self.setting.turn)

    # --- What is only looked up

    def _about_order(self, wish: Wish, route: Route) -> None:
        """Tell the state of an order, of its parcel or of its money, and offer what helps."""
        bound = bind(self.lookup, wish.intent, wish.slots, self.focus.orders)
        if bound is None:
            return
        if bound.problem:
            self.points.append(Point("refused", bound.problem, {"intent": wish.intent}))
            return
        if bound.options:
            listed = self.lookup.read("list_orders")
            wanted = {o.value for o in bound.options}
            orders = [o for o in listed.facts["orders"] if o["id"] in wanted] if listed else []
            self.points.append(Point("fact", "list_orders", {"orders": orders}))
            return
        assert bound.order is not None  # noqa: S101 - nothing else is left
        order = str(bound.order["id"])
        self._look_at(order)
        for name in [r for r in route.reads if r in self.setting.reads and "order_id" in self.setting.reads[r]][-1:]:
            outcome = self.lookup.read(name, order_id=order)
            if outcome is not None:
                facts = {"order": label(bound.order), "status": bound.order["status"], **outcome.facts}
                self.points.append(Point("fact", name if outcome.status == "done" else "failed", facts))
        waits = bound.order["status"] == "paid" and wish.act in ("status", "report")  # when it ships, a rule tells
        if route.policy and (waits or wish.act in ("verify", "conditional", "how")):
            placed = str(bound.order["placed"])[:10]
            self.queries.append(Query(self._said(wish), policy=route.policy, valid_on=placed))
        if route.offer and wish.act in ("report", "conditional"):
            offer = Asked("offer", route.offer, None, None, (), self.setting.turn)
            self._ask(offer, Point("ask", f"offer_{route.offer}", {"order": label(bound.order)}))

    def _about_products(self, wish: Wish, route: Route) -> None:
        products = _values(wish.slots, "product") or self.focus.products[:1]
        if "get_product" in route.reads and products:
            for product in products:
                outcome = self.lookup.read("get_product", product=product)
                if outcome is not None and outcome.status == "done" and wish.intent == "price_stock":
                    self.points.append(Point("fact", "get_product", {**outcome.facts, **_said(wish.slots, "variant")}))
            self.focus = replace(self.focus, products=_first(products, self.focus.products))
        for name in [r for r in route.reads if r in ("search_products", "list_coupons") and not products]:
            args = {"words": self._said(wish), "price_range": _value(wish.slots, "price_range")}
            outcome = self.lookup.read(name, **(args if name == "search_products" else {}))
            if outcome is not None and outcome.status == "done" and outcome.facts["count"]:
                self.points.append(Point("fact", name, outcome.facts))
        if wish.intent != "price_stock":
            self.queries.append(Query(self._said(wish), policy=route.policy, products=products))

    # --- The one question

    def _ask(self, asked: Asked, point: Point) -> None:
        """Keep the question that matters most; the others are asked when their turn has come."""
        order = ("consent", "slot", "choice", "offer", "anything_else")
        if self.question is None or order.index(asked.kind) < order.index(self.question[0].kind):
            self.question = asked, point

    def _ask_again(self) -> None:
        """After a digression the reply ends by asking again for the consent or the value that is still open."""
        if self.question is not None or self.fresh or not (self.points or self.queries):
            return
        asked = self.before.asked
        if self.consent is not None and self.consent_task in self.tasks and self.consent.expires > self.setting.now:
            task = self.tasks[self.consent_task]
            again = Asked("consent", task.intent, task.id, None, (), self.setting.turn)
            quote = self.consent.quote
            about = {"intent": task.intent, "amount": quote.amount, **self.consent.args, **quote.facts}
            self.question = again, Point("consent", self.consent.tool, about, task.id)
        elif asked is not None and asked.task in self.tasks and self.tasks[asked.task].status == "asking":
            name = "which_order" if asked.kind == "choice" else f"slot_{asked.slot}"
            data: dict[str, Any] = {"intent": asked.intent, "options": [o.label for o in asked.options]}
            self.question = replace(asked, turn=self.setting.turn), Point("ask", name, data, asked.task)

    def _look_at(self, order: str) -> None:
        self.focus = replace(self.focus, orders=_first((order,), self.focus.orders))

    def _kept(self) -> tuple[Task, ...]:
        """The open tasks, and of the closed ones the latest, as many as there is room for."""
        tasks = sorted(self.tasks.values(), key=lambda t: (t.status not in CLOSED, t.touched))
        return tuple(sorted(tasks[-MOST_TASKS:], key=lambda t: t.opened))


def _alike(one: Slots, other: Slots) -> bool:
    """Whether two tasks may be about the same thing: 退A，换B are about two."""
    named = [n for n in ("order_id", "product", "variant") if n in one and n in other]
    return all(set(_values(one, n)) & set(_values(other, n)) for n in named)


def _value(slots: Slots, name: str) -> str | None:
    found = slots.get(name, ())
    return found[0].value if found else None


def _values(slots: Slots, name: str) -> tuple[str, ...]:
    return tuple(s.value for s in slots.get(name, ()))


def _said(slots: Slots, name: str) -> dict[str, str]:
    value = _value(slots, name)
    return {name: value} if value else {}


def _first(new: Iterable[str], old: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*new, *old)))[:6]
