"""The sheet on which one plan is worked out: what is known, and what is decided so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shopassist.dialogue import Asked, Consent, Slot, Slots, Status, Task, Wish
from shopassist.engine.planning.binding import Bound, Hint, bind
from shopassist.engine.planning.contracts import Dialogue, HandOffReason, Heard, Setting, Settled
from shopassist.engine.planning.lookup import Lookup
from shopassist.engine.planning.points import Point, PointKind, Query
from shopassist.language.catalogue import Intent

CLOSED: tuple[Status, ...] = ("done", "refused", "cancelled", "handed")
MOST_TASKS = 6
"""Tasks that a conversation keeps. So many may be open: what is wished beyond them is told to wait, not dropped."""

FOCUSED = 6
"""How many orders and products stay in focus."""

DEPENDENT = {"invoice_title": "tax_no"}
"""Values that belong to another: the tax number of one company is not the next one's."""

_RANK = ("consent", "slot", "choice", "offer", "anything_else")


class Sheet:
    """`consent` waits for a yes; `fresh` says that this reply speaks of it and need not ask for it again."""

    def __init__(
        self, before: Dialogue, heard: Heard, setting: Setting, lookup: Lookup, settled: Settled | None
    ) -> None:
        self.before, self.heard, self.setting, self.lookup, self.settled = before, heard, setting, lookup, settled
        self.tasks = {task.id: task for task in before.tasks}
        self.focus = before.focus
        self.consent, self.consent_task = before.consent, before.consent_task
        self.fresh = False
        self.points: list[Point] = []
        self.queries: list[Query] = []
        self.question: tuple[Asked, Point | None] | None = None
        self.write: Consent | None = None
        self.handoff: HandOffReason | None = None
        self.apart: set[tuple[str, tuple[int, int]]] = set()  # wishes that are for another order than their like
        self.in_force: dict[str, list[str]] = {}

    # --- What the reply says

    def say(self, kind: PointKind, name: str, data: Mapping[str, Any] | None = None, task: str | None = None) -> None:
        """Add a point, once."""
        point = Point(kind, name, data or {}, task)
        if point not in self.points:
            self.points.append(point)

    def search(self, query: Query) -> None:
        """Add a question to the pages, once."""
        if query not in self.queries:
            self.queries.append(query)

    def ask(self, asked: Asked, point: Point | None) -> None:
        """Keep the question that matters most; the others are asked when their turn has come.

        A person is not offered while one is on the way.
        """
        if asked.kind == "offer" and asked.intent == "human" and self.setting.handoff is not None:
            return
        if self.question is None or _RANK.index(asked.kind) < _RANK.index(self.question[0].kind):
            self.question = asked, point

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to say yet."""
        return not (self.points or self.queries or self.question)

    # --- Tasks and the consent

    def intent(self, name: str) -> Intent:
        """The catalogue's entry."""
        return self.setting.catalogue[name]

    def put(self, task: Task, status: Status, slots: Slots | None = None) -> Task:
        """Keep the task in this status, touched in this turn."""
        changed = replace(task, status=status, slots=task.slots if slots is None else slots, touched=self.setting.turn)
        self.tasks[task.id] = changed
        return changed

    def drop(self, task: Task) -> None:
        """End a task that is no longer wanted, and say so."""
        self.put(task, "cancelled")
        self.say("fact", "dropped", {"intent": task.intent}, task.id)
        if self.consent_task == task.id:
            self.consent = self.consent_task = None

    def replaced(self, former: Task, task: Task) -> None:
        """End the task whose consent waits: another deed is wanted in its place."""
        self.put(former, "cancelled")
        self.say("fact", "replaced", {"former": former.intent, "intent": task.intent}, task.id)
        self.consent = self.consent_task = None

    def void(self, task: Task, slots: Slots | None = None) -> None:
        """Take the consent back and open its task again: something that it was given for has changed."""
        self.put(task, "open", slots)
        self.consent = self.consent_task = None

    def open(self, wish: Wish) -> None:
        """Open a task, or go on with the one that is open for the same thing; say so where there is no room for it."""
        for task in self.tasks.values() if (wish.intent, wish.span) not in self.apart else ():
            if (
                task.intent == wish.intent
                and task.status in ("open", "asking", "queued")
                and same_order(wish.slots, task.slots)
            ):
                part = task.part if wish.part is None else wish.part
                self.put(replace(task, part=part), "open", renewed(task.slots, wish.slots))
                return
        if sum(t.status not in CLOSED for t in self.tasks.values()) >= MOST_TASKS:
            self.say("fact", "too_many", {"intent": wish.intent, "most": MOST_TASKS})
            return
        number = sum(1 for t in self.tasks if t.startswith(f"t{self.setting.turn}-"))
        new = f"t{self.setting.turn}-{number}"
        turn = self.setting.turn
        self.tasks[new] = Task(new, wish.intent, "open", dict(wish.slots), turn, turn, wish.part)

    # --- What it is about

    def bound(self, intent: str, slots: Slots, span: tuple[int, int] | None) -> Bound | None:
        """The order that is meant; `span` is where in the text the wish stands, None where it is of an earlier turn."""
        hints = self.hints(span)
        entry = self.intent(intent)  # the same deed again, or the money for it: of the order just spoken of
        same = {intent, *(() if entry.route("request").write else entry.absorbs)}
        again = any(w.intent in same for w in self.before.last)
        back, focus = self.heard.back or again, self.focus
        if back and (number := self._same_before(intent)):
            focus = replace(focus, orders=first((number,), focus.orders))
        return bind(self.lookup, self.intent(intent), slots, focus, hints, back=back)

    def hints(self, span: tuple[int, int] | None) -> tuple[Hint, ...]:
        """What the text tells of the order that a wish of this place is about."""
        if span is None:
            return ()
        if len(self.heard.wishes) < 2:
            return self.heard.hints
        return tuple(h for h in self.heard.hints if span[0] < h.span[1] and h.span[0] < span[1])

    def _same_before(self, intent: str) -> str | None:
        """The order of the last task of this kind: 再给我开一张."""
        tasks = sorted((t for t in self.tasks.values() if t.intent == intent), key=lambda t: -t.touched)
        return next((number for t in tasks if (number := value(t.slots, "order_id"))), None)

    def look_at(self, order: str) -> None:
        """Put an order into focus."""
        self.focus = replace(self.focus, orders=first((order,), self.focus.orders))
        self.note({"order_id": (Slot(order, "resolver"),)})

    def look_at_products(self, products: Iterable[str]) -> None:
        """Put products into focus."""
        self.focus = replace(self.focus, products=first(products, self.focus.products))

    def note(self, slots: Slots) -> None:
        """These values are in force in this turn."""
        for name, found in slots.items():
            values = self.in_force.setdefault(name, [])
            for slot in found:
                if slot.value not in values:
                    values.append(slot.value)


def renewed(old: Slots, new: Slots) -> Slots:
    """The old values with the new ones; what belonged to a value that is another now goes with it."""
    gone = {d for name, d in DEPENDENT.items() if value(new, name) not in (None, value(old, name)) and d not in new}
    return {n: found for n, found in {**old, **new}.items() if n not in gone}


def same_order(one: Slots, other: Slots) -> bool:
    """Whether two may be about the same order and product: what one of them leaves open is no difference."""
    numbers = values(one, "order_id"), values(other, "order_id")
    if all(numbers) and not any(_ends(a, b) for a in numbers[0] for b in numbers[1]):
        return False
    return all(
        not (values(one, n) and values(other, n)) or set(values(one, n)) & set(values(other, n))
        for n in ("product", "variant")
        if not all(numbers)
    )


def _ends(one: str, other: str) -> bool:
    short, long = sorted((one.lstrip("*"), other.lstrip("*")), key=len)
    return long.endswith(short)


def value(slots: Slots, name: str) -> str | None:
    """The first value of a slot."""
    found = slots.get(name, ())
    return found[0].value if found else None


def values(slots: Slots, name: str) -> tuple[str, ...]:
    """All values of a slot."""
    return tuple(s.value for s in slots.get(name, ()))


def first(new: Iterable[str], old: Iterable[str]) -> tuple[str, ...]:
    """The new ones before the old ones, as many as stay in focus."""
    return tuple(dict.fromkeys((*new, *old)))[:FOCUSED]
