"""What lists and statistics ask of a turn, out of its reply as it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

INTENTS_CHARS = 500
"""As many characters of intents are kept: those of a long burst may be cut."""


def facts_of(reply: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `TurnFacts`, counted as `shopassist.evaluation.tally` counts."""
    saved = usage.get("saved") or {}
    searched = reply.get("query") is not None
    return {
        "said": bool(reply.get("text")),
        "intents": barred(reply.get("intents") or ()),
        "mood": reply.get("mood") or "neutral",
        "handed": reply.get("handoff") is not None,
        "searched": searched,
        "unanswered": searched and not reply.get("evidence"),
        "cached": bool(saved),
        "degraded": reply.get("degraded") is not None,
        "replaced": len(reply.get("rejected") or ()),
        "model_calls": usage.get("model_calls") or 0,
        "saved_calls": saved.get("calls") or 0,
        "saved_seconds": saved.get("seconds") or 0.0,
        "first": usage.get("first_sentence"),
        "seconds": usage.get("total") or 0.0,
    }


def barred(intents: Sequence[str]) -> str:
    """Intents as `TurnFacts.intents` holds them."""
    text = "|"
    for intent in dict.fromkeys(intents):
        if len(text) + len(intent) + 1 > INTENTS_CHARS:
            break
        text += f"{intent}|"
    return text
