"""Put the reply together, and what the conversation remembers of the turn."""

from __future__ import annotations

import uuid
from dataclasses import replace

from langgraph.runtime import Runtime

from shopassist.engine.state import REMEMBERED, REMEMBERED_CHARS, Ports, Turn
from shopassist.replies import Reply


def reply(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """The finished reply; usage is added by the caller, which has the times."""
    ports = runtime.context
    sentences = state["sentences"]
    text = ("" if state["language"] == "zh" else " ").join(sentences)
    question = state["kind"] == "question"
    finished = Reply(
        id=uuid.uuid4().hex,
        turn=ports.turn,
        text=text,
        sentences=sentences,
        language=state["language"],
        intents=state["intents"] if state.get("evidence") or not question else ("out_of_scope",),
        mood=state["mood"],
        query=state["query"] if question else None,
        valid_on=state["valid_on"] if question else None,
        citations=state["citations"],
        evidence=state.get("evidence", ()),
        considered=state.get("considered", ()),
        rejected=state["rejected"],
        degraded=ports.degraded,
    )
    memory = state.get("memory", ports.memory)
    angry = state["mood"] == "negative"
    said, told = state["text"][:REMEMBERED_CHARS], text[:REMEMBERED_CHARS]
    messages = (*memory.messages, ("customer", said), ("assistant", told))
    memory = replace(
        memory,
        language=state["language"],
        asked=ports.draft.asked if ports.draft else None,
        mood=state["mood"],
        mood_count=memory.mood_count + 1 if angry else 0,
        messages=messages[-REMEMBERED:],
    )
    return {"reply": finished, "memory": memory}
