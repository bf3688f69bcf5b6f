"""What the customer wants: small talk or a question, about what, of which day, in which mood."""

from __future__ import annotations

from dataclasses import replace

from langgraph.runtime import Runtime

from shopassist.engine.state import Memory, Ports, Turn
from shopassist.language.dates import dates
from shopassist.language.mood import feeling
from shopassist.language.references import attached, leaning, mentioned, own_subject, restated
from shopassist.language.talk import small_talk
from shopassist.protocols import Product


def understand(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Rules only, no model."""
    ports, memory = runtime.context, runtime.context.memory
    text, language = state["text"], state["language"]
    felt = feeling(text)
    common: Turn = {"mood": felt.mood, "mood_cause": felt.cause}
    kind = (
        state["kind"]
        if state["kind"] != "question"
        else small_talk(text, (ports.settings.assistant_name, ports.settings.assistant_name_en)) or "question"
    )
    if kind == "acknowledge" and memory.asked == "person":
        kind = "human"  # "Shall I ask a person?" "Yes."
    today = ports.now.date()
    if kind != "question":
        intent = {"empty": "out_of_scope", "foreign": "out_of_scope"}.get(kind, kind)
        return {**common, "kind": kind, "intents": (intent,), "query": "", "valid_on": today}  # type: ignore[typeddict-item]
    known = ports.knowledge.products(language) if ports.knowledge else ()
    named = mentioned(text, known)
    focus = [p for p in known if p.document in memory.focus]
    query = restated(text, language, last=memory.last_question, named=named, focus=focus)
    leans = query != text and leaning(text, language) and not own_subject(text, language)
    products = named or (focus if leans else [])
    days = dates(text, today)
    valid_on = days[0] if days and days[0] <= today else today
    if not days and query != text and memory.last_valid_on:
        valid_on = type(today).fromisoformat(memory.last_valid_on)
    return {
        **common,
        "kind": "question",
        "intents": ("product_question",) if products else ("policy_question",),
        "query": query,
        "valid_on": valid_on,
        "products": tuple(p.document for p in products),
        "near": tuple(p.document for p in products or (focus if attached(text, language) else ())),
        "memory": _remember(memory, query, products, valid_on.isoformat() if valid_on != today else None),
    }


def _remember(memory: Memory, query: str, products: list[Product], valid_on: str | None) -> Memory:
    focus = tuple(p.document for p in products) or memory.focus
    return replace(memory, last_question=query[:200], focus=focus[:6], last_valid_on=valid_on)
