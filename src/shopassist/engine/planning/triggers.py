"""When a person is called: the table of triggers, and what tasks count for it.

Only the words of this turn and the counts of the tasks under way call anybody: nothing that was said before does, and
never the bare word 退款. A count is of one matter: the same deed, wished again for the same order, goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from shopassist.dialogue import Asked, Task
from shopassist.engine.planning.contracts import Alarm, HandOffReason, Heard
from shopassist.engine.planning.points import Point
from shopassist.engine.planning.sheet import Sheet, same_order

Count = Literal["failed", "refused", "angry"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row: an `alarm` in the message, a wish for a person (`wished`), or a task's `count` from `times` on.

    `does`: it hands over at once, or it offers a person, and hands over after a yes.
    """

    reason: HandOffReason
    does: Literal["hands over", "offers"]
    alarm: Alarm | None = None
    wished: bool = False
    count: Count | None = None
    times: int = 0


TRIGGERS = (
    Trigger("danger", "hands over", alarm="danger"),  # 漏电, 起火, 受伤: language/alarms.yaml
    Trigger("legal", "hands over", alarm="legal"),  # 12315, 律师
    Trigger("asked", "hands over", wished=True),  # 转人工: a route with `handoff` in language/catalogue.yaml
    Trigger("failed", "offers", count="failed", times=2),  # asked again in vain, or the shop's tools failed
    Trigger("refused", "offers", count="refused", times=2),
    Trigger("angry", "offers", count="angry", times=2),
)

DOWN = ("failed", "timeout", "raised", "garbage")
"""Refusals that are the fault of the shop's tools, and of no rule."""

IDLE = ("chitchat", "out_of_scope", "complaint")
"""Wishes that are no reason to put off what was asked."""


def at_once(heard: Heard, *, wished: bool) -> HandOffReason | None:
    """The trigger that hands over now; `wished` says that a person is asked for."""
    for trigger in TRIGGERS:
        seen = trigger.wished and wished if trigger.alarm is None else trigger.alarm == heard.alarm
        if trigger.does == "hands over" and seen:
            return trigger.reason
    return None


def refuse(sheet: Sheet, task: Task, reason: str) -> None:
    """End a task that cannot be done, and count it."""
    count: Count = "failed" if reason.rpartition(".")[2] in DOWN else "refused"
    sheet.put(replace(_counted(sheet, task, count), reason=reason), "refused")


def count_turn(sheet: Sheet) -> None:
    """Count what the turn was to the tasks: a question that was asked again in vain, an angry word."""
    task = _asked_in_vain(sheet)
    if task is not None:
        sheet.tasks[task.id] = _counted(sheet, task, "failed")
    if sheet.heard.angry:
        for task in _concerned(sheet):
            sheet.tasks[task.id] = _counted(sheet, task, "angry")


def offer(sheet: Sheet) -> None:
    """Offer a person where a count is reached and no other task's question, and no consent, is in the way.

    The counts of the matter begin anew: whoever declines is not asked again at once.
    """
    if sheet.setting.handoff is not None:
        return
    asked = sheet.question[0] if sheet.question else None
    for trigger, task in _reached(_under_way(sheet)):
        own = asked is not None and asked.task == task.id and asked.kind != "consent"
        if asked is None or asked.kind in ("offer", "anything_else") or own:
            data = {"why": trigger.reason, **desk_hours(sheet)}
            person = Asked("offer", "human", task.id, None, (), sheet.setting.turn, why=trigger.reason)
            sheet.question = person, Point("ask", "offer_person", data, task.id)
            for same in _matter(sheet.tasks.values(), task):
                sheet.tasks[same.id] = replace(same, failed=0, refused=0, angry=0)
            return


def desk_hours(sheet: Sheet) -> dict[str, object]:
    """Whether the desk answers now, and from when on."""
    opens, now = sheet.setting.answered_from, sheet.setting.now
    open_now = opens is not None and opens <= now
    return {"desk_open": open_now} | ({"answered_from": opens.isoformat()} if opens is not None else {})


def _reached(tasks: Iterable[Task]) -> Iterable[tuple[Trigger, Task]]:
    """The triggers that a task's count has reached, the latest task first."""
    latest = sorted(tasks, key=lambda t: -t.touched)
    return ((t, task) for task in latest for t in TRIGGERS if t.count and getattr(task, t.count) >= t.times)


def _counted(sheet: Sheet, task: Task, count: Count) -> Task:
    """The task with one more, on top of what its matter had before this turn."""
    before = (getattr(t, count) for t in _matter(sheet.before.tasks, task))
    counts: dict[str, Any] = {count: 1 + max(before, default=0)}
    return replace(sheet.tasks.get(task.id, task), **counts)


def _matter(tasks: Iterable[Task], task: Task) -> list[Task]:
    """The task, and others that it goes on with: the same deed for the same order, not done and not taken back."""
    return [
        t
        for t in tasks
        if t.id == task.id
        or (t.intent == task.intent and t.status not in ("done", "cancelled") and same_order(t.slots, task.slots))
    ]


def _under_way(sheet: Sheet) -> list[Task]:
    return [t for t in sheet.tasks.values() if t.status not in ("done", "cancelled", "handed")]


def _concerned(sheet: Sheet) -> list[Task]:
    """The tasks that the turn is about: those it touched, else the last one."""
    tasks = _under_way(sheet)
    touched = [t for t in tasks if t.touched == sheet.setting.turn]
    return touched or sorted(tasks, key=lambda t: t.touched)[-1:]


def _asked_in_vain(sheet: Sheet) -> Task | None:
    """The task whose question this reply asks again, though the customer did not speak of something else."""
    before, heard = sheet.before.asked, sheet.heard
    now = sheet.question[0] if sheet.question else None
    if before is None or now is None or before.kind not in ("slot", "choice"):
        return None
    if (now.kind, now.task, now.slot) != (before.kind, before.task, before.slot):
        return None
    elsewhere = heard.talk is not None or any(w.intent not in (before.intent, *IDLE) for w in heard.wishes)
    waits = heard.answer is not None and heard.answer.kind == "hold"
    asks = heard.answer is None and not heard.tells
    return None if elsewhere or waits or asks else sheet.tasks.get(before.task or "")
