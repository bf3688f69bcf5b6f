"""The state machine: every step and every way on one screen.

Sequential on purpose: parallel branches and the stream modes ``custom`` and ``messages`` leave the caller's thread
(langgraph#8820), and with it the shop's own database transaction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from shopassist.engine.compose import compose
from shopassist.engine.receive import receive
from shopassist.engine.reply import reply
from shopassist.engine.retrieve import retrieve
from shopassist.engine.state import Ports, Turn
from shopassist.engine.understand import understand

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

RECURSION_LIMIT = 64


def what_is_asked(state: Turn) -> Literal["retrieve", "compose"]:
    """Small talk needs no pages."""
    return "retrieve" if state["kind"] in ("question", "human") else "compose"


def whether_more_follows(state: Turn) -> Literal["compose", "reply"]:
    """One superstep a sentence, so that each is shown once it is checked."""
    return "reply" if state["complete"] else "compose"


@lru_cache(maxsize=1)
def graph() -> CompiledStateGraph[Turn, Ports, Turn, Turn]:
    """The compiled graph; the ports come with each run."""
    from langgraph.graph import END, START, StateGraph

    builder: Any = StateGraph(Turn, context_schema=Ports)
    builder.add_node("receive", receive)
    builder.add_node("understand", understand)
    builder.add_node("retrieve", retrieve)
    builder.add_node("compose", compose)
    builder.add_node("reply", reply)

    builder.add_edge(START, "receive")
    builder.add_edge("receive", "understand")
    builder.add_conditional_edges("understand", what_is_asked)
    builder.add_edge("retrieve", "compose")
    builder.add_conditional_edges("compose", whether_more_follows)
    builder.add_edge("reply", END)
    return builder.compile()  # type: ignore[no-any-return]
