"""Ask the shop: reads and pre-checks, for the customer of the runtime context."""

from __future__ import annotations

from langgraph.runtime import Runtime

from shopassist.dialogue import Quote
from shopassist.engine.planning.lookup import Call
from shopassist.engine.state import Ports, Turn
from shopassist.replies import Event, ToolFinished, ToolOutcome
from shopassist.tools.context import ToolContext


def read(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Run what the plan wants to know, one after the other."""
    ports, known = runtime.context, dict(state["known"])
    context, names = context_of(state, ports), list(state["reads"])
    events: list[Event] = []
    for call in state["plan"].reads:
        found = _ask(call, ports, context)
        known[call] = found
        status = ("done" if found.allowed else "refused") if isinstance(found, Quote) else found.status
        events.append(ToolFinished(call.name, call.effect, status))
        if call.effect == "read" and call.name not in names:
            names.append(call.name)
    return {"known": known, "rounds": state["rounds"] + 1, "reads": tuple(names), "events": tuple(events)}


def _ask(call: Call, ports: Ports, context: ToolContext) -> ToolOutcome | Quote:
    run = ports.toolbox.check if call.effect == "check" else ports.toolbox.read
    return run(call.name, dict(call.args), context)


def context_of(state: Turn, ports: Ports) -> ToolContext:
    """Who asks and when; personal data comes back out of the vault for tools that declare it."""
    return ToolContext(ports.customer, ports.now, state["language"], reveal=ports.vault.normal)
