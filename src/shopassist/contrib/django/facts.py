"""What lists and statistics ask of a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from shopassist.evaluation.tally import Counted
from shopassist.replies import Reply

INTENTS_CHARS = 500
"""As many characters of intents are kept: those of a long burst may be cut."""


def facts_of(reply: Reply) -> dict[str, Any]:
    """The fields of `TurnFacts`: what the turn counts as (`shopassist.evaluation.tally.Counted`), and its intents."""
    counted = asdict(Counted.of(reply))
    del counted["saved_tokens"]  # no list and no page asks for them
    return {**counted, "intents": barred(reply.intents), "first": reply.usage.first_sentence}


def barred(intents: Sequence[str]) -> str:
    """Intents as `TurnFacts.intents` holds them."""
    text = "|"
    for intent in dict.fromkeys(intents):
        if len(text) + len(intent) + 1 > INTENTS_CHARS:
            break
        text += f"{intent}|"
    return text
