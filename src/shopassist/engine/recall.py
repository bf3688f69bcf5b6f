"""Answers that others may get too: found again before the pages are searched, kept once they are checked.

An answer is kept where it could not be anybody's own: nothing but the question and the public pages went into it. No
tool was asked, no order, card, task or earlier message stood beside it, and it holds no word of the customer's that the
pages do not. What a tool tells (prices, stock, states) is therefore never kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from importlib import resources
from typing import Any

from langgraph.runtime import Runtime

from shopassist.engine.planning.sheet import CLOSED
from shopassist.engine.quote import telling
from shopassist.engine.sameness import form, private
from shopassist.engine.state import Looked, Ports, Turn
from shopassist.prompts import texts
from shopassist.protocols import Hot, Kept, Released
from shopassist.replies import Passage, Saved, plain
from shopassist.settings import Settings
from shopassist.text import content, tokens
from shopassist.vault import PLACEHOLDER

LONGEST = 120
"""Characters: a longer question is nobody else's."""

LEAST = 4
"""Tokens of content: a shorter answer says too little to be worth keeping."""

SHARED = frozenset({"product", "variant", "topic", "date", "period", "quantity", "invoice_type", "price_range"})
"""Slots whose values say nothing of who asks."""

UNSHAPING = frozenset(
    {
        "clock", "data_dir", "models_dir", "threads", "database_url", "pseudonym_key", "openai_key", "resume_after",
        "burst_quiet", "desk_hours", "tool_timeout", "tracing", "answer_cache", "answer_cache_hours",
        "answer_cache_cosine",
    }
)  # fmt: skip
"""Settings that shape no answer from the pages. All others are part of what an answer is kept under."""


def recall(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Look for a kept answer, where one may be given."""
    ports = runtime.context
    hot = _hot(state, ports)
    update: Turn = {"hot": hot, "recalled_at": time.monotonic(), "events": ()}
    if hot is None or ports.answers is None or (found := ports.answers.find(hot)) is None:
        return update
    made = state["plan"]
    query = made.queries[0]
    looked = Looked(query.text, found.evidence, found.evidence, found.products, day=state["valid_on"])
    focus = replace(made.dialogue.focus, products=found.focus)
    return {
        **update,
        "recalled": found,
        "looked": (looked,),
        "evidence": found.evidence,
        "citations": found.citations,
        "plan": replace(made, dialogue=replace(made.dialogue, focus=focus)),
    }


def keep(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Keep the answer for the next who asks, where it was checked, whole, and of the pages alone."""
    ports, hot = runtime.context, state["hot"]
    if hot is None or ports.answers is None or not _worth_keeping(state, ports):
        return {"events": ()}
    draft, made = ports.draft, state["plan"]
    saved = Saved(
        "same",
        draft.calls if draft else 0,
        draft.input_tokens if draft else 0,
        draft.output_tokens if draft else 0,
        round(time.monotonic() - state["recalled_at"], 4),
    )
    products = next((found.products for found in state["looked"]), ())
    focus = made.dialogue.focus.products
    ports.answers.keep(hot, Kept(state["sentences"], state["citations"], state["evidence"], products, focus, saved))
    return {"events": ()}


def _hot(state: Turn, ports: Ports) -> Hot | None:
    """The question, where its answer hangs on nothing but its words and the pages; else None."""
    knowledge, heard, language = ports.knowledge, state["heard"], state["language"]
    if ports.answers is None or not isinstance(knowledge, Released) or not _of_nobody(state, ports):
        return None
    known = knowledge.products(language)
    meant = form(heard.text, language, known)
    if not meant.same or private(heard.text, known):
        return None
    context = f"{knowledge.release()}:{digest(_context(state, ports))}"
    return Hot(context, digest(meant.same), digest(meant.alike), partial(knowledge.vector, heard.text))


def _of_nobody(state: Turn, ports: Ports) -> bool:
    """Whether the turn is one question to the pages that stands alone, and no other part of it is the customer's."""
    heard, made, before = state["heard"], state["plan"], ports.memory
    if len(made.queries) != 1 or len(heard.text) > LONGEST or len(heard.wishes) > 1:
        return False
    query = made.queries[0]
    stands_alone = query.text in heard.text and not (query.silent or query.quoted or query.pending or query.context)
    begun = before.dialogue.last or before.dialogue.focus.last_question or before.dialogue.focus.products
    points_back = (
        (heard.back and begun) or heard.adds or heard.proviso or heard.gives_up or heard.corrects or heard.sound
    )
    looked_up = state["reads"] or state["known"] or state["outcomes"] or state["settled"] is not None or query.state
    asked = made.dialogue.asked or made.dialogue.consent or before.dialogue.consent or heard.answer
    tasks = (*made.dialogue.tasks, *before.dialogue.tasks)
    return (
        stands_alone
        and not (points_back or looked_up or asked or made.points or ports.items or heard.alarm or heard.payout)
        and state["mood"] == "neutral"
        and before.handoff is None
        and all(task.status in CLOSED for task in tasks)
        and {*heard.slots} <= SHARED
    )


def _context(state: Turn, ports: Ports) -> Mapping[str, Any]:
    """All that shapes the answer besides the question's words and the pages."""
    heard, made, settings = state["heard"], state["plan"], ports.settings
    query = made.queries[0]
    slots = {name: sorted(s.value for s in found) for name, found in heard.slots.items()}
    return {
        "settings": _shaping(settings),
        "texts": _prompts(state["language"]),
        "model": ports.writer.name if ports.writer is not None else None,
        "language": state["language"],
        "day": state["valid_on"].isoformat(),
        "query": {**plain(query), "text": ""},
        "wishes": [(w.intent, w.act, w.target) for w in heard.wishes],
        "slots": slots,
        "supposed": heard.supposed,
        "focus": made.dialogue.focus.products,
    }


def _worth_keeping(state: Turn, ports: Ports) -> bool:
    """Whether the answer is whole, has its sources, and holds nothing of the conversation."""
    hot, said, knowledge = state["hot"], " ".join(state["sentences"]), ports.knowledge
    whole = not (ports.superseded or ports.degraded or ports.stopped.is_set())
    return (
        whole
        and hot is not None
        and isinstance(knowledge, Released)
        and hot.context.startswith(f"{knowledge.release()}:")  # the pages have not changed in the meantime
        and not ports.memory.messages  # the model read no earlier question or answer
        and bool(state["citations"])
        and all(r.reason == "repeated" for r in state["rejected"])
        and len(content(said)) >= LEAST
        and not PLACEHOLDER.search(said)
        and not _quotes_customer(state["heard"].text, said, state["evidence"], texts(state["language"]).polite)
    )


def _quotes_customer(question: str, said: str, evidence: tuple[Passage, ...], polite: str) -> bool:
    """Whether the answer repeats a word of the question that the pages do not have: a name, a number, a story."""
    pages = tokens("\n".join([polite, *(f"{p.document}\n{p.title}\n{p.text}" for p in evidence)]))
    return bool({*telling(question)}.intersection(tokens(said)).difference(pages))


@lru_cache(maxsize=4)
def _prompts(language: str) -> str:
    """A digest of this version and of all texts of a language: another prompt makes another answer."""
    from shopassist import __version__

    folder = resources.files("shopassist.prompts").joinpath(language)
    parts = [__version__, *(f.read_text("utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name))]
    return digest(parts)


@lru_cache(maxsize=8)
def _shaping(settings: Settings) -> str:
    """A digest of the settings that shape answers, and of the shop's own texts."""
    values = {name: repr(getattr(settings, name)) for name in type(settings).model_fields if name not in UNSHAPING}
    own = settings.texts_file.read_text("utf-8") if settings.texts_file else ""
    return digest([values, own])


def digest(value: object) -> str:
    """What a text or another JSON value is known by in a `Hot`."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
