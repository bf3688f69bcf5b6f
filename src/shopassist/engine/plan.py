"""The step that plans: it gathers what the planner needs, and calls it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from langgraph.runtime import Runtime

from shopassist.dialogue import Quote
from shopassist.engine.planning.contracts import Heard, Plan, Setting, Settled
from shopassist.engine.planning.lookup import Call
from shopassist.engine.planning.planner import plan as make_plan
from shopassist.engine.read import context_of
from shopassist.engine.state import Ports, Turn
from shopassist.replies import ToolOutcome, ToolStarted
from shopassist.tools.toolbox import Toolbox

log = logging.getLogger(__name__)

ROUNDS = 3
"""How often the shop may be asked in one turn; what is still unknown then counts as failed."""


def plan(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Make the plan with what is known so far."""
    ports = runtime.context
    setting, known = _setting(ports, state["heard"]), dict(state["known"])
    before: Turn = {}
    made = make_plan(ports.memory.dialogue, state["heard"], setting, known, state["settled"])
    if made.write is None and (before := _done_before(state, ports)):
        state = {**state, **before}
        made = make_plan(ports.memory.dialogue, state["heard"], setting, known, state["settled"])
    while made.reads and state["rounds"] >= ROUNDS:
        log.warning("the shop was asked %d times and the plan wants more: %s", ROUNDS, made.reads[0].name)
        known |= {call: _failed(call) for call in made.reads}
        made = make_plan(ports.memory.dialogue, state["heard"], setting, known, state["settled"])
    return {**before, "plan": made, "events": _started(made)}


def _done_before(state: Turn, ports: Ports) -> Turn:
    """What a worker did with the consent that still waits, and died or lost the conversation before it was stored.

    Empty where nothing was done. The customer may have said no since, or something else.
    """
    consent = ports.memory.dialogue.consent
    if consent is None or state["settled"] is not None or state["rounds"]:
        return {}
    outcome = ports.toolbox.earlier(consent, context_of(state, ports))
    if outcome is None:
        return {}
    return {"settled": Settled(outcome, found=True), "outcomes": (*state["outcomes"], outcome)}


def _failed(call: Call) -> ToolOutcome | Quote:
    if call.effect == "check":
        return Quote(False, reason="failed")
    return ToolOutcome(call.name, dict(call.args), "failed")


def _started(made: Plan) -> tuple[ToolStarted, ...]:
    """Said before the step that calls them, so that somebody who waits sees for what."""
    if made.write is not None:
        return (ToolStarted(made.write.tool, "write"),)
    return tuple(ToolStarted(call.name, call.effect) for call in made.reads)


def _setting(ports: Ports, heard: Heard) -> Setting:
    tools, reads, partial = _arguments(ports.toolbox)
    return Setting(
        turn=ports.turn,
        now=ports.now,
        catalogue=ports.catalogue,
        key=uuid4().hex,
        tools=tools,
        reads=reads,
        partial=partial,
        known_customer=ports.customer is not None,
        handoff=ports.memory.handoff,
        answered_from=answered_from(ports.now, ports.settings.desk_minutes),
        desk_hours=ports.settings.desk_hours,
        ahead=ports.ahead() if ports.memory.handoff is not None and _asks_for_person(ports, heard) else None,
        told=ports.memory.told,
        seen=ports.memory.seen,
        rested=ports.memory.away(ports.now, ports.settings.resume_after),
        consent_lasts=timedelta(minutes=ports.settings.consent_minutes),
    )


def _asks_for_person(ports: Ports, heard: Heard) -> bool:
    wished = any(ports.catalogue[w.intent].route(w.act).handoff for w in heard.wishes)
    return wished or heard.talk == "queue" or heard.alarm is not None


def _arguments(
    toolbox: Toolbox,
) -> tuple[Mapping[str, tuple[frozenset[str], frozenset[str]]], Mapping[str, frozenset[str]], frozenset[str]]:
    tools = [tool for name in toolbox.names if (tool := toolbox.get(name)) is not None]
    writes = {t.name: (t.arguments.required, t.arguments.names) for t in tools if t.effect == "write"}
    reads = {t.name: t.arguments.names for t in tools if t.effect == "read"}
    return writes, reads, frozenset(t.name for t in tools if t.partial)


def answered_from(now: datetime, hours: tuple[int, int]) -> datetime:
    """The moment from which a person answers: now within the hours, else the next opening. `hours` are minutes."""
    opens, closes = hours
    minute = now.hour * 60 + now.minute
    if opens <= minute < closes:
        return now
    start = now.replace(hour=opens // 60, minute=opens % 60, second=0, microsecond=0)
    return start if minute < opens else start + timedelta(days=1)
