"""Put the reply together, and what the conversation remembers of the turn."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from langgraph.runtime import Runtime

from shopassist.engine.check import joined
from shopassist.engine.owner_view import mapped
from shopassist.engine.planning.contracts import Dialogue
from shopassist.engine.planning.returning import seen
from shopassist.engine.state import REMEMBERED, REMEMBERED_CHARS, Memory, Ports, Turn
from shopassist.engine.summary import quoted
from shopassist.replies import Reply
from shopassist.text import sentences


def reply(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """The finished reply; usage is added by the caller, which has the times."""
    ports, made = runtime.context, state["plan"]
    heard, cover = state["heard"], _cover(ports)
    sentences = tuple(map(cover, state["sentences"]))
    text = joined(sentences, state["language"])
    memory = _memory(state, ports)
    searched = next((found for found in state["looked"] if not found.silent), None)
    dialogue = memory.dialogue
    outcomes = tuple(replace(o, facts=mapped(o.facts, cover)) for o in state["outcomes"])
    finished = Reply(
        id=uuid.uuid4().hex,
        turn=ports.turn,
        text=text,
        sentences=sentences,
        language=state["language"],
        intents=_intents(state),
        wishes=heard.wishes,
        slots={name: found[0] if len(found) == 1 else found for name, found in made.slots.items()},
        mood=state["mood"],
        mood_cause=state["mood_cause"],
        mode=memory.mode,
        asked=dialogue.asked.kind if dialogue.asked is not None else None,
        consent=dialogue.consent,
        options=dialogue.asked.options if dialogue.asked is not None else (),
        reads=state["reads"],
        tool_outcomes=outcomes,
        query=searched.query if searched else None,
        valid_on=state["valid_on"] if searched else None,
        citations=state["citations"],
        evidence=state["evidence"],
        considered=tuple(dict.fromkeys(p for found in state["looked"] for p in found.considered)),
        rejected=state["rejected"],
        handoff=_handed(state, ports),
        degraded=ports.degraded,
        superseded=ports.superseded,
    )
    return {"reply": finished, "memory": memory, "events": ()}


def _handed(state: Turn, ports: Ports) -> str | None:
    """The hand-off that this turn made; one that was made in an earlier turn is none, whatever it waits for now."""
    number = state["settled"].handoff if state["settled"] is not None else None
    return None if number == ports.memory.handoff else number


def _cover(ports: Ports) -> Callable[[str], str]:
    """Takes out of what is kept what the shop's tools told of the customer; the owner still sees it."""
    return lambda text: str(ports.vault.cover(text, ports.turn * 1000))


def _intents(state: Turn) -> tuple[str, ...]:
    """What the turn was about. A question that no wish names is one about a product or the rules, if a page knew it."""
    made, heard = state["plan"], state["heard"]
    if made.intents:
        return made.intents
    if any(not found.silent for found in state["looked"]):
        if not state["evidence"]:
            return ("out_of_scope",)
        return ("product_question",) if heard.products else ("policy_question",)
    return {
        "thanks": ("thanks",),
        "greeting": ("greeting",),
        "queue": ("human",),
        "foreign": ("out_of_scope",),
        "empty": (),
    }.get(heard.talk or "", ("chitchat",) if heard.talk in ("goodbye", "identity") else ())


def _memory(state: Turn, ports: Ports) -> Memory:
    memory, dialogue, heard = ports.memory, state["plan"].dialogue, state["heard"]
    if dialogue.consent is not None:
        quote = dialogue.consent.quote
        quote = replace(quote, facts=mapped(quote.facts, _cover(ports)))
        dialogue = replace(dialogue, consent=replace(dialogue.consent, quote=quote))
    if ports.superseded:  # the question comes last: it was not shown
        dialogue = replace(dialogue, asked=None)
    elif ports.draft is not None and ports.draft.asked is not None and dialogue.asked is None:
        dialogue = replace(dialogue, asked=ports.draft.asked)
    number = state["settled"].handoff if state["settled"] is not None else None
    angry = state["mood"] == "negative"
    answered = ports.draft.answered if ports.draft is not None else ()
    messages = memory.messages
    if answered:  # the model's history: what tools told of the customer is none of its business
        told = " ".join(map(_cover(ports), answered))
        messages += (("customer", _short(state["text"])), ("assistant", _short(told)))
    return replace(
        memory,
        customer=ports.customer.id if ports.customer else None,
        language=state["language"],
        mode="waiting" if number else memory.mode,
        handoff=number or memory.handoff,
        dialogue=dialogue,
        last_valid_on=heard.valid_on if state["looked"] else memory.last_valid_on,
        mood=state["mood"],
        mood_count=memory.mood_count + 1 if angry else 0,
        messages=messages[-REMEMBERED:],
        at=ports.now.isoformat(timespec="seconds"),
        seen=seen(memory.seen, dialogue, state["known"], state["outcomes"]),
        told=_told(state, dialogue, cover=_cover(ports)),
        quotes=quoted(memory.quotes, state["text"]),
        angry=memory.angry + angry,
        causes=quoted(memory.causes, *state["mood_cause"]) if angry else memory.causes,
    )


def _told(state: Turn, dialogue: Dialogue, cover: Callable[[str], str]) -> str:
    """What the reply says without its question, which comes last and is asked anew."""
    said = state["sentences"][:-1] if dialogue.asked is not None else state["sentences"]
    return _short(cover(" ".join(said)))


def _short(text: str) -> str:
    """The first whole sentences of a text that a conversation's state holds."""
    kept = ""
    for sentence in sentences(text):
        if len(kept) + len(sentence) > REMEMBERED_CHARS:
            break
        kept += sentence
    return kept or text[:REMEMBERED_CHARS]
