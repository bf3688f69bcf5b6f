"""What the person at the desk reads first, made from tasks, outcomes and quotes, without a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shopassist.dialogue import Act, Slots, Task, Wish
from shopassist.engine.planning.sheet import value
from shopassist.engine.state import QUOTED_CHARS, QUOTES, Memory, Ports, Turn
from shopassist.language.catalogue import Catalogue

TALK = ("greeting", "thanks", "chitchat", "out_of_scope")
"""Intents that are nothing to settle."""


def summary(state: Turn, ports: Ports) -> Mapping[str, Any]:
    """What it is when the turn hands over. Plain JSON; personal data stay placeholders.

    ``who`` is the customer's id, None for a visitor. ``wishes`` are what the epoch was about, ``done`` what was done
    with the shop's number for it, ``refused`` what was not and the refusal's name, ``open`` what waits and the value
    that was asked for. ``mood`` says how many turns of the epoch were angry and quotes what showed it, ``quotes`` the
    customer's last messages.
    """
    memory, angry = ports.memory, state["mood"] == "negative"
    heard = replace(
        memory,
        customer=ports.customer.id if ports.customer else None,
        language=state["language"],
        mood=state["mood"],
        angry=memory.angry + angry,
        causes=quoted(memory.causes, *state["mood_cause"]) if angry else memory.causes,
        quotes=quoted(memory.quotes, state["text"]),
    )
    return _summary(heard, ports.catalogue, state["heard"].wishes)


def since(before: Mapping[str, Any], memory: Memory, catalogue: Catalogue) -> Mapping[str, Any]:
    """The same later, when a person takes over: a customer who waits goes on talking, and the bot goes on answering."""
    now = _summary(memory, catalogue)
    return {**now, "wishes": _once((*before["wishes"], *now["wishes"]))}


def _summary(memory: Memory, catalogue: Catalogue, wishes: tuple[Wish, ...] = ()) -> dict[str, Any]:
    dialogue = memory.dialogue
    asked = {dialogue.asked.task: dialogue.asked.slot} if dialogue.asked is not None else {}
    return {
        "who": memory.customer,
        "language": memory.language,
        "orders": list(dialogue.focus.orders),
        "wishes": _wishes(memory, catalogue, wishes),
        "done": [{**_deed(t), "number": t.number} for t in _of(dialogue.tasks, "done")],
        "refused": _once({**_deed(t), "reason": t.reason} for t in _of(dialogue.tasks, "refused")),
        "open": [
            {**_deed(t), "status": t.status, "slot": asked.get(t.id)}
            for t in _of(dialogue.tasks, "open", "asking", "consent", "queued", "handed")
        ],
        "mood": {
            "is": "negative" if memory.angry else memory.mood,
            "times": memory.angry or None,
            "cause": list(dict.fromkeys(memory.causes)),
        },
        "quotes": list(memory.quotes),
    }


def quoted(quotes: tuple[str, ...], *texts: str) -> tuple[str, ...]:
    """The last quotes with these, each cut to what a conversation's state holds."""
    return (*quotes, *(text[:QUOTED_CHARS] for text in texts if text))[-QUOTES:]


def _wishes(memory: Memory, catalogue: Catalogue, wishes: tuple[Wish, ...]) -> list[dict[str, Any]]:
    """What the tasks, the last turn that wished anything and this one are about, each once, the oldest first."""
    dialogue, found = memory.dialogue, dict[tuple[str, str | None], Act]()
    tasks = [Wish(task.intent, slots=task.slots) for task in dialogue.tasks]
    for wish in (*tasks, *dialogue.last, *wishes):
        order = _order(wish.slots)
        told = order is None and any(intent == wish.intent for intent, _ in found)
        if not told and wish.intent not in TALK and not catalogue[wish.intent].route(wish.act).handoff:
            found.setdefault((wish.intent, order), wish.act)
    return [{"intent": intent, "act": act, "order": order} for (intent, order), act in found.items()]


def _once(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for one in entries:
        if one not in kept:
            kept.append(one)
    return kept


def _of(tasks: Iterable[Task], *statuses: str) -> list[Task]:
    return [t for t in tasks if t.status in statuses]


def _deed(task: Task) -> dict[str, Any]:
    return {"intent": task.intent, "order": _order(task.slots)}


def _order(slots: Slots) -> str | None:
    return value(slots, "order_id")
