"""What the engine calls things, in words for the shop's staff; texts of the engine's own come from `points.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy

from shopassist.prompts.points import points
from shopassist.replies import Language

READS: Mapping[str, Any] = {
    "list_orders": gettext_lazy("the customer's orders"),
    "get_order": gettext_lazy("the order"),
    "track_delivery": gettext_lazy("the parcel"),
    "refund_status": gettext_lazy("the refund"),
    "get_product": gettext_lazy("price and stock"),
    "search_products": gettext_lazy("products"),
    "list_coupons": gettext_lazy("coupons"),
}
ACTS: Mapping[str, Any] = {
    "request": gettext_lazy("wants it done"),
    "can": gettext_lazy("asks whether it can be done"),
    "how": gettext_lazy("asks how"),
    "status": gettext_lazy("asks how far it is"),
    "report": gettext_lazy("tells what happened"),
    "verify": gettext_lazy("wants it confirmed"),
    "conditional": gettext_lazy("asks under a condition"),
    "retract": gettext_lazy("takes it back"),
    "blocked": gettext_lazy("tried and could not"),
}
SOURCES: Mapping[str, Any] = {
    "said": gettext_lazy("said now"),
    "tool": gettext_lazy("from the shop"),
    "focus": gettext_lazy("spoken of before"),
    "resolver": gettext_lazy("found in the orders"),
}
OUTCOMES: Mapping[str, Any] = {
    "done": gettext_lazy("done"),
    "refused": gettext_lazy("refused"),
    "changed": gettext_lazy("not done: the order had changed"),
    "failed": gettext_lazy("failed, nothing was changed"),
    "not_found": gettext_lazy("no such order"),
    "unknown": gettext_lazy("the end is not known: please check"),
}
OBJECTIONS: Mapping[str, Any] = {
    "language": gettext_lazy("it was in another language"),
    "echo": gettext_lazy("it only repeated the question"),
    "repeated": gettext_lazy("it had been said already"),
    "deed": gettext_lazy("it promised a deed that nobody did"),
    "figure": gettext_lazy("a figure in it has no source"),
    "contradiction": gettext_lazy("it contradicts the page"),
    "condition": gettext_lazy("it leaves out the page's condition"),
    "entity": gettext_lazy("it names what the pages do not"),
    "no source": gettext_lazy("no page says it"),
}
STEPS: Mapping[str, Any] = {
    "receive": gettext_lazy("received"),
    "understand": gettext_lazy("understood"),
    "plan": gettext_lazy("decided"),
    "read": gettext_lazy("asked the shop"),
    "write": gettext_lazy("changed the shop"),
    "recall": gettext_lazy("looked for a kept answer"),
    "retrieve": gettext_lazy("searched the pages"),
    "compose": gettext_lazy("written and checked"),
    "keep": gettext_lazy("kept"),
    "reply": gettext_lazy("replied"),
}
MOODS: Mapping[str, Any] = {
    "negative": gettext_lazy("displeased"),
    "neutral": gettext_lazy("calm"),
    "positive": gettext_lazy("pleased"),
}
GAP_REASONS: Mapping[str, Any] = {
    "nothing": gettext_lazy("no answer"),
    "weak": gettext_lazy("weak answer"),
    "handed_over": gettext_lazy("ended with a person"),
    "anger": gettext_lazy("made angry"),
}


def language() -> Language:
    """The language of who looks at the page, as the engine calls it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def word(table: str, value: str) -> str:
    """The engine's word for a value in the reader's language; the value itself where there is none."""
    return points().languages[language()].section.words.get(table, {}).get(value, value)


def intent(value: str) -> str:
    """A wish in words."""
    return word("wish", value)


def deed(tool: str) -> str:
    """A change in words."""
    return word("deed", tool)


def slot(name: str) -> str:
    """An argument's name."""
    return word("slot", name)


def read_tool(name: str) -> str:
    """What a read looks up."""
    return str(READS.get(name, name))


def objection(reason: str) -> str:
    """Why a sentence was not shown; what a figure or a name was stands behind it."""
    kind = next((k for k in OBJECTIONS if reason == k or reason.startswith(f"{k} ")), None)
    if kind is None:
        return reason
    detail = reason.removeprefix(kind).strip()
    return f"{OBJECTIONS[kind]} ({detail})" if detail else str(OBJECTIONS[kind])
