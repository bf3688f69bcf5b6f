"""The state machine: every step and every way on one screen.

Sequential on purpose: parallel branches and the stream modes ``custom`` and ``messages`` leave the caller's thread
(langgraph#8820), and with it the shop's own database transaction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from shopassist.engine.compose import compose
from shopassist.engine.plan import ROUNDS, plan
from shopassist.engine.read import read
from shopassist.engine.recall import keep, recall
from shopassist.engine.receive import receive
from shopassist.engine.reply import reply
from shopassist.engine.retrieve import retrieve
from shopassist.engine.state import Ports, Turn
from shopassist.engine.understand import understand
from shopassist.engine.write import write

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

RECURSION_LIMIT = 64


def what_is_needed(state: Turn) -> Literal["read", "write", "recall", "compose"]:
    """The shop's answers first, then the write; the pages only where there is a question to them."""
    made = state["plan"]
    if made.reads and state["rounds"] < ROUNDS:
        return "read"
    if made.write is not None or made.handoff is not None:
        return "write"
    return "recall" if made.queries else "compose"


def whether_known(state: Turn) -> Literal["retrieve", "compose"]:
    """An answer that was kept needs no search; it is shown, stored and remembered like any other."""
    return "retrieve" if state["recalled"] is None else "compose"


def whether_more_follows(state: Turn) -> Literal["compose", "keep", "reply"]:
    """One superstep a sentence, so that each is shown once it is checked."""
    if not state["complete"]:
        return "compose"
    return "keep" if state["hot"] is not None and state["recalled"] is None else "reply"


@lru_cache(maxsize=1)
def graph() -> CompiledStateGraph[Turn, Ports, Turn, Turn]:
    """The compiled graph; the ports come with each run."""
    from langgraph.graph import END, START, StateGraph

    builder: Any = StateGraph(Turn, context_schema=Ports)
    for step in (receive, understand, plan, read, write, recall, retrieve, compose, keep, reply):
        builder.add_node(step.__name__, step)

    builder.add_edge(START, "receive")
    builder.add_edge("receive", "understand")
    builder.add_edge("understand", "plan")
    builder.add_conditional_edges("plan", what_is_needed)
    builder.add_edge("read", "plan")
    builder.add_edge("write", "plan")
    builder.add_conditional_edges("recall", whether_known)
    builder.add_edge("retrieve", "compose")
    builder.add_conditional_edges("compose", whether_more_follows)
    builder.add_edge("keep", "reply")
    builder.add_edge("reply", END)
    return builder.compile()  # type: ignore[no-any-return]
