"""A wish for a part of an order, where the shop's tool takes only the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shopassist.dialogue import Task
from shopassist.engine.planning.sheet import Sheet, values

Line = Mapping[str, Any]


def more_than_wanted(sheet: Sheet, task: Task, lines: Sequence[Line]) -> None:
    """Say that only the whole can be had, where the write would take more than what is wanted.

    What is wanted are the products that the task names, or a part that the customer spoke of. A tool that takes a
    product takes all of its pieces.
    """
    route = sheet.intent(task.intent).route("request")
    if not route.whole or route.write is None or task.part is False:
        return
    named = values(task.slots, "product")
    wanted = [line for line in lines if line["product"] in named]
    _, names = sheet.setting.tools[route.write]
    if "product" in names:
        more = task.part and any(line["quantity"] > 1 for line in wanted or lines)
    else:
        some = 0 < len(wanted) < len(lines)
        more = some or (task.part and sum(line["quantity"] for line in lines) > 1)
    if more:
        part = {"wanted": [dict(line) for line in wanted]} if wanted and not task.part else {}
        sheet.say("fact", "whole_only", {"intent": task.intent, **part}, task.id)


def only_a_part(sheet: Sheet) -> bool:
    """Say it also where the whole was asked about and a part is meant: no yes to that, whatever else is in it."""
    task, consent = sheet.tasks.get(sheet.consent_task or ""), sheet.consent
    if task is None or consent is None or sheet.settled is not None:
        return False
    lines = consent.quote.facts.get("items", ())
    said = {*values(sheet.heard.slots, "product")} & {line["product"] for line in lines}
    same = all(w.intent == task.intent and w.part is not False for w in sheet.heard.wishes)
    if not sheet.heard.part and not (said and same):
        return False
    slots = {**task.slots, "product": sheet.heard.slots.get("product", ())} if said else task.slots
    before = len(sheet.points)
    more_than_wanted(sheet, replace(task, slots=slots, part=sheet.heard.part or task.part), lines)
    return len(sheet.points) > before
