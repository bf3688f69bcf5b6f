"""Run the one write that has its consent, or put the conversation into the desk's queue."""

from __future__ import annotations

from dataclasses import replace

from langgraph.runtime import Runtime

from shopassist.dialogue import Consent
from shopassist.engine.planning.contracts import Settled
from shopassist.engine.read import context_of
from shopassist.engine.state import Ports, Superseded, Turn
from shopassist.engine.summary import summary
from shopassist.replies import ToolFinished


def write(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Do it once. What was known before counts no more: the plan is made again on what is there now.

    Raises `Superseded` where a newer message waits, which may take the yes back; `StaleTurn` where a person has
    claimed the conversation or another worker has it, `ConversationErased` where it was forgotten: nothing begins then.
    """
    ports, made = runtime.context, state["plan"]
    if not state["outcomes"] and ports.newer():
        raise Superseded
    ports.renew()
    settled = state["settled"] or Settled()
    if made.write is not None:
        return _written(state, ports, made.write)
    assert made.handoff is not None  # noqa: S101 - the graph leads here for these two
    number = ports.hand_off(made.handoff, summary(state, ports))
    return {"settled": replace(settled, handoff=number, unreached=number is None), "events": ()}


def _written(state: Turn, ports: Ports, consent: Consent) -> Turn:
    outcome = ports.toolbox.write(consent.tool, consent.args, consent, context_of(state, ports))
    return {
        "settled": Settled(outcome),
        "known": {},
        "rounds": 0,
        "outcomes": (*state["outcomes"], outcome),
        "events": (ToolFinished(consent.tool, "write", outcome.status),),
    }
