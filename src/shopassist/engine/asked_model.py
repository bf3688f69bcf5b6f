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
from shopassist.engine.prompt import harmless
from shopassist.engine.state import Ports, Spent
from shopassist.engine.values import accepts, by_name, distributed
from shopassist.errors import BadAnswer, ShopAssistError
from shopassist.language.catalogue import ACTS, Catalogue
from shopassist.language.ellipsis import only_values
from shopassist.language.segments import segments
from shopassist.language.slots import Found
from shopassist.language.structured import Said, Told, schema, slot_names, told
from shopassist.language.wishes import CLEAR
from shopassist.models.writer import Writer
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

LIKELY, LEAST_LIKELY = 4, 0.05
"""So many intents that the text's words speak for are named to the model, from this score on."""

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
    return _pieces(text, language) > 0


def understood(text: str, language: Language, asked: Asked | None, ports: Ports) -> list[Told]:
    """The wishes that the model reads in a text; none where it is not asked, fails, or answers what is no answer.

    A hand-off to a person is never its decision: there is no question before it. Small models that understand nothing
    guess several wishes, so more than the text has pieces count for nothing.
    """
    writer, left = ports.writer, ports.deadline - time.monotonic()
    if writer is None or left < NEEDED:
        return []
    messages = question(text, language, asked, ports)
    if writer.counter.prompt(messages) + MOST_TOKENS > writer.context:
        log.info("%s: the question what is wanted is too long for %s", ports.who, writer.name)
        return []
    try:
        wishes = told(_answer(messages, left * SHARE, writer, ports), [intent.name for intent in ports.catalogue])
    except Exception as error:  # noqa: BLE001 - any model may be plugged in; code's own reading stands
        why = str(error) if isinstance(error, ShopAssistError) else "(text withheld)"
        log.info("%s: code's reading stands, the model gave none: %s: %s", ports.who, type(error).__name__, why)
        return []
    if len({w.intent for w in wishes}) > _pieces(text, language):
        log.info("%s: code's reading stands, the model told more wishes than the text has pieces", ports.who)
        return []
    return [w for w in wishes if w.intent not in NO_WISH and not _hands_off(ports.catalogue, w.intent, w.act)]


def placed(told: Sequence[Told], said: Said, language: Language, ports: Ports) -> tuple[list[Wish], list[Found]]:
    """The wishes with the values that the text holds, and all values of the text: code's, then the model's."""
    catalogue, scores = ports.catalogue, dict(ports.classifier.scores(said.text, language))
    given: dict[tuple[str, tuple[Found, ...]], Told] = {}
    for one in told:  # what differs only by its act, or by values that nobody said, is one wish
        values = (said.value(n, v) for n, v in one.values if accepts(catalogue[one.intent], n))
        given.setdefault((one.intent, tuple(dict.fromkeys(filter(None, values)))), one)
    named = list(dict.fromkeys(f for _, values in given for f in values))
    whole = (0, len(said.text))
    wishes = [Wish(t.intent, t.act, span=whole, score=scores[t.intent], reader="model") for t in given.values()]
    wishes = distributed(wishes, [f for f in said.found if f not in named], catalogue, ports.turn, said.text)
    wishes = [
        replace(w, slots={**w.slots, **by_name(own, ports.turn)}) for w, (_, own) in zip(wishes, given, strict=True)
    ]
    return wishes, [*said.found, *(f for f in named if f not in said.found)]


def question(text: str, language: Language, asked: Asked | None, ports: Ports) -> list[BaseMessage]:
    """The prompt: all but the last message is the same for every text of a language."""
    words = asking(language)
    messages: list[BaseMessage] = [SystemMessage(_system(words, ports.catalogue))]
    for shot in words.shots:
        answer = json.dumps({"wishes": shot["wishes"]}, ensure_ascii=False)
        messages += [HumanMessage(shot["said"]), AIMessage(answer)]
    before = _before(words, asked, ports.memory.dialogue.focus.last_question)
    scores = ports.classifier.scores(text, language)[:LIKELY]
    near = words.comma.join(name for name, score in scores if score >= LEAST_LIKELY)
    likely = words.likely.format(intents=near) if near else ""
    messages.append(HumanMessage(words.said.format(before=before, likely=likely, text=harmless(text[:LONGEST_TEXT]))))
    return messages


def _system(words: Asking, catalogue: Catalogue) -> str:
    def line(name: str, description: str) -> str:
        return words.intent.format(name=name, description=description)

    names, slots = [i.name for i in catalogue], slot_names(catalogue)
    return words.system.format(
        intents="\n".join(line(i.name, i.description) for i in catalogue),
        acts="\n".join(line(act, words.acts[act]) for act in ACTS),
        slots=words.comma.join(slots),
        schema=json.dumps(schema(names, slots), ensure_ascii=False),
    )


def _before(words: Asking, asked: Asked | None, last_question: str | None) -> str:
    """What the customer was asked, or else asked last."""
    if asked is not None and asked.kind in words.before:
        return words.before[asked.kind].format(intent=asked.intent or "", slot=asked.slot or "")
    return words.before["question"].format(question=harmless(last_question[:LONGEST_TEXT])) if last_question else ""


def _answer(messages: list[BaseMessage], seconds: float, writer: Writer, ports: Ports) -> str:
    """The model's answer; raises `BadAnswer` for one that has no end, `ModelError` and what a foreign model raises."""
    form = schema([intent.name for intent in ports.catalogue], slot_names(ports.catalogue))
    until = time.monotonic() + seconds
    ports.before_model()
    writing = writer.ask(
        messages, form, most=MOST_TOKENS, deadline=until, stopped=ports.stopped, conversation=ports.warm_at
    )
    answer = ""
    try:
        for piece in writing:
            answer += piece
            if len(answer) > MOST_CHARS:
                raise BadAnswer("it goes on and on")
    finally:
        writing.close()
        ports.spent = Spent(writing.calls, writing.input_tokens, writing.output_tokens)
    if writing.ended == "length":
        raise BadAnswer("it was cut off")
    return answer


def _pieces(text: str, language: Language) -> int:
    """How many pieces of a text say something."""
    pieces = (s for s in segments(text, language) if not s.empty)
    return sum(s.asks or len(content(s.text)) >= SAYS for s in pieces)


def _hands_off(catalogue: Catalogue, intent: str, act: Act) -> bool:
    return catalogue[intent].route(act).handoff
