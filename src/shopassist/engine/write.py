"""Run the one write that has its consent, or put the conversation into the desk's queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from shopassist.dialogue import Consent
from shopassist.engine.planning.contracts import Settled
from shopassist.engine.read import context_of
from shopassist.engine.state import Ports, Superseded, Turn
from shopassist.replies import ToolFinished


def write(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Do it once. What was known before counts no more: the plan is made again on what is there now.

    Raises `Superseded` where a newer message waits, which may take the yes back.
    """
    ports, made = runtime.context, state["plan"]
    if ports.newer():
        raise Superseded
    settled = state["settled"] or Settled()
    if made.write is not None:
        return _written(state, ports, made.write)
    assert made.handoff is not None  # noqa: S101 - the graph leads here for these two
    number = ports.hand_off(made.handoff, summary(state, ports))
    return {"settled": replace(settled, handoff=number), "events": ()}


def _written(state: Turn, ports: Ports, consent: Consent) -> Turn:
    outcome = ports.toolbox.write(consent.tool, consent.args, consent, context_of(state, ports))
    return {
        "settled": Settled(outcome),
        "known": {},
        "rounds": 0,
        "outcomes": (*state["outcomes"], outcome),
        "events": (ToolFinished(consent.tool, "write", outcome.status),),
    }


def summary(state: Turn, ports: Ports) -> Mapping[str, Any]:
    """What the person at the desk reads first, made without a model; personal data stays placeholders."""
    dialogue = ports.memory.dialogue
    return {
        "customer": ports.customer.id if ports.customer else None,
        "language": state["language"],
        "mood": state["mood"],
        "message": state["text"],
        "wishes": [{"intent": w.intent, "act": w.act} for w in state["heard"].wishes],
        "orders": list(dialogue.focus.orders),
        "tasks": [{"intent": t.intent, "status": t.status} for t in dialogue.tasks],
    }
