"""Ask the model what a customer wants, where code is unsure: one call, held to a form, and nothing is done by it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from shopassist.dialogue import Act, Asked, Wish
from shopassist.engine.planning.contracts import Dialogue
from shopassist.engine.state import Ports, Spent
from shopassist.engine.values import accepts, by_name, distributed
from shopassist.errors import ShopAssistError
from shopassist.language.catalogue import ACTS, Catalogue
from shopassist.language.ellipsis import only_values
from shopassist.language.segments import segments
from shopassist.language.slots import Found
from shopassist.language.structured import Said, Told, schema, slot_names, told
from shopassist.language.wishes import CLEAR
from shopassist.models.writer import Writing
from shopassist.prompts.understanding import Asking, asking
from shopassist.replies import Language
from shopassist.text import content

log = logging.getLogger(__name__)

MOST_TOKENS = 200
"""The longest answer: three wishes with two values each fit."""

MOST_CHARS = 2000
"""Characters of an answer that are read: a model that no server holds to `MOST_TOKENS` ends there."""

LONGEST_TEXT = 600
"""Characters of a message that the model is shown."""

NEEDED = 8.0
"""Seconds that the model must have left for the turn, for it to be asked what is wanted before it answers."""

SHARE = 0.5
"""The share of that time that understanding may take; the rest is for the answer."""

EXAMPLES = 2
"""Examples of each intent in the prompt."""

SAYS = 3
"""So many words a piece that asks nothing needs, for it to say something."""

NO_WISH = frozenset(("greeting", "thanks", "chitchat", "out_of_scope"))
"""What the model may choose and what then does not count: whether the shop has an answer, its pages tell."""


def unsure(text: str, language: Language, found: Sequence[Found], wishes: Sequence[Wish], dialogue: Dialogue) -> bool:
    """Whether a text that says more than values has no wish that is clear to code.

    While a consent waits, code reads alone: whatever is said then may be the answer to it.
    """
    if dialogue.consent is not None or any(w.score >= CLEAR for w in wishes) or only_values(text, language, found):
        return False
    pieces = (s for s in segments(text, language) if not s.empty)
    return any(s.asks or len(content(s.text)) >= SAYS for s in pieces)


def understood(text: str, language: Language, asked: Asked | None, ports: Ports) -> list[Told]:
    """The wishes that the model reads in a text; none where it is not asked, fails, or answers what is no answer.

    A hand-off to a person is never its decision: there is no question before it.
    """
    writer, left = ports.writer, ports.deadline - time.monotonic()
    if writer is None or not ports.settings.understand_with_model or left < NEEDED:
        return []
    messages = question(text, language, asked, ports)
    if writer.counter.prompt(messages) + MOST_TOKENS > writer.context:
        log.info("%s: the question what is wanted is too long for %s", ports.who, writer.name)
        return []
    names = [intent.name for intent in ports.catalogue]
    writing = writer.ask(
        messages,
        schema(names, slot_names(ports.catalogue)),
        most=MOST_TOKENS,
        deadline=time.monotonic() + left * SHARE,
        stopped=ports.stopped,
        conversation=ports.warm_at,
    )
    try:
        wishes = told(_whole(writing), names)
    except Exception as error:  # noqa: BLE001 - any model may be plugged in; code's own reading stands
        why = str(error) if isinstance(error, ShopAssistError | ValueError) else "(text withheld)"
        log.info("%s: code's reading stands, the model gave none: %s: %s", ports.who, type(error).__name__, why)
        return []
    finally:
        writing.close()
        ports.spent = Spent(writing.calls, writing.input_tokens, writing.output_tokens)
    return [w for w in wishes if w.intent not in NO_WISH and not _hands_off(ports.catalogue, w.intent, w.act)]


def placed(told: Sequence[Told], said: Said, language: Language, ports: Ports) -> tuple[list[Wish], list[Found]]:
    """The wishes with the values that the text holds, and all values of the text: code's, and the model's after them."""
    catalogue, scores = ports.catalogue, dict(ports.classifier.scores(said.text, language))
    given = [
        [f for n, v in one.values if accepts(catalogue[one.intent], n) and (f := said.value(n, v))] for one in told
    ]
    named = list(dict.fromkeys(f for values in given for f in values))
    whole = (0, len(said.text))
    wishes = [Wish(t.intent, t.act, span=whole, score=scores[t.intent], reader="model") for t in told]
    wishes = distributed(wishes, [f for f in said.found if f not in named], catalogue, ports.turn)
    wishes = [replace(w, slots={**w.slots, **by_name(own, ports.turn)}) for w, own in zip(wishes, given, strict=True)]
    return wishes, [*said.found, *(f for f in named if f not in said.found)]


def question(text: str, language: Language, asked: Asked | None, ports: Ports) -> list[BaseMessage]:
    """The prompt: all but the last message is the same for every text of a language."""
    words = asking(language)
    messages: list[BaseMessage] = [SystemMessage(_system(words, language, ports.catalogue))]
    for shot in words.shots:
        answer = json.dumps({"wishes": shot["wishes"]}, ensure_ascii=False)
        messages += [HumanMessage(shot["said"]), AIMessage(answer)]
    before = _before(words, asked, ports.memory.dialogue.focus.last_question)
    messages.append(HumanMessage(words.said.format(before=before, text=text[:LONGEST_TEXT])))
    return messages


def _system(words: Asking, language: Language, catalogue: Catalogue) -> str:
    def line(name: str, description: str, examples: Sequence[str]) -> str:
        told = words.examples.format(examples=words.semicolon.join(examples)) if examples else ""
        return words.intent.format(name=name, description=description, examples=told)

    names, slots = [i.name for i in catalogue], slot_names(catalogue)
    return words.system.format(
        intents="\n".join(line(i.name, i.description, i.examples.get(language, ())[:EXAMPLES]) for i in catalogue),
        acts="\n".join(line(act, words.acts[act], ()) for act in ACTS),
        slots=words.comma.join(slots),
        schema=json.dumps(schema(names, slots), ensure_ascii=False),
    )


def _before(words: Asking, asked: Asked | None, last_question: str | None) -> str:
    """What the customer was asked, or else asked last."""
    if asked is not None and asked.kind in words.before:
        options = words.comma.join(option.label for option in asked.options)
        return words.before[asked.kind].format(intent=asked.intent or "", slot=asked.slot or "", options=options)
    return words.before["question"].format(question=last_question[:LONGEST_TEXT]) if last_question else ""


def _whole(writing: Writing) -> str:
    """The answer. Raises `ValueError` for one that has no end."""
    answer = ""
    for piece in writing:
        answer += piece
        if len(answer) > MOST_CHARS:
            raise ValueError("it goes on and on")
    if writing.ended == "length":
        raise ValueError("it was cut off")
    return answer


def _hands_off(catalogue: Catalogue, intent: str, act: Act) -> bool:
    return catalogue[intent].route(act).handoff
