"""What an answer is read against: the question that is open, and the words that name what a change is done to."""

from __future__ import annotations

from collections.abc import Mapping

from shopassist.dialogue import Asked, Slots
from shopassist.engine.planning.contracts import Dialogue

NAMING = ("order_id", "address", "recipient", "phone", "invoice_type", "variant")
"""Arguments whose values name what a change is done to."""


def asked_of(dialogue: Dialogue) -> Asked | None:
    """What an answer is read against: the last reply's question, else the consent that still waits."""
    return dialogue.asked or consent_of(dialogue)


def consent_of(dialogue: Dialogue) -> Asked | None:
    """The question of the consent that waits, whether or not the last reply asked it."""
    if dialogue.consent is None:
        return None
    task = next((t for t in dialogue.tasks if t.id == dialogue.consent_task), None)
    return Asked("consent", task.intent, task.id) if task is not None else None


def consent_objects(dialogue: Dialogue) -> tuple[str, ...]:
    """Words that name what the waiting change is done to."""
    consent = dialogue.consent
    if consent is None:
        return ()
    named = [str(v) for n, v in consent.args.items() if n in NAMING]
    for item in consent.quote.facts.get("items", ()):
        named += [str(item[n]) for n in ("zh", "en") if isinstance(item, Mapping) and item.get(n)]
    return tuple(named)


def shows_another(dialogue: Dialogue, sent: Slots) -> bool:
    """Whether a card that is sent shows another order or product than the waiting change is for."""
    consent = dialogue.consent
    if consent is None:
        return False
    ours = {str(consent.args.get(n)) for n in ("order_id", "product")}
    ours |= {str(item.get("product")) for item in consent.quote.facts.get("items", ()) if isinstance(item, Mapping)}
    return any(s.value not in ours for name in ("order_id", "product") for s in sent.get(name, ()))
