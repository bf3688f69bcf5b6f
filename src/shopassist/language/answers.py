"""A message read against what was asked: what "yes" means (nothing costs money or breaks trust but on a yes read here).

A yes to a consent question is a closed grammar: answer, courtesy, particles, the deed and its object repeated. Where
the deed is asked for in so many words, clauses beside it may tell what was looked at, thought over or found ("I
checked, return it"). Whatever else the message says, and wherever, makes it no yes: the consent stays pending and the
message is read as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from shopassist.dialogue import Answer, Asked
from shopassist.language.answer_choices import chosen
from shopassist.language.answer_grammar import Clause, clauses, normal, pattern_of, rules, verb_of

LONGEST = 200
"""Characters: what is longer is no short answer to a question of yes or no, or of which."""

_PART = re.compile(r"[，,。.!！?？;；~～…\n]+(?:(?<=[?？])|(?![a-zA-Z0-9]))")


def read_answer(
    text: str, language: str, asked: Asked | None, *, verb: str | None = None, objects: Sequence[str] = ()
) -> Answer | None:
    """What the message answers, or None: nothing was asked, or it is no answer to that (a question, a wish, thanks).

    `verb` is the intent of the proposed deed (``cancel_order``; `asked.intent` by default), `objects` are words that
    name what it is done to: order number, product's name. The words of both languages count whatever `language` is,
    since customers mix them.

    - consent, offer: ``yes``, ``no`` or ``hold``. ``bare`` is False where the deed or its object is named, so a yes
      that is not bare counts even when the last reply did not hold the question. A yes to a consent never comes with
      anything else but what is told; a no, a hold and a yes to an offer may, and are then not bare either.
    - anything_else: ``no`` ends it, ``yes`` wants more; ``bare`` is False where what is wanted follows.
    - slot: ``value``, as it stands in the text up to the first clause that asks or wishes something else (then not
      bare); ``no`` where it is dropped or not known, ``hold``.
    - choice: ``choice`` with the option's value; ``no`` for none of them, ``hold``. Several (都要, both) are None.
    """
    if asked is None or not text.strip():
        return None
    if asked.kind != "slot" and len(text) > LONGEST:
        return None
    return _READERS[asked.kind](text, asked, verb or asked.intent, objects)


def _consent(text: str, asked: Asked, verb: str | None, objects: Sequence[str]) -> Answer | None:
    found = clauses(text, verb, objects)
    labels = [c.label for c in found]
    plain = not any(c.names for c in found)
    clean = plain and not ({"other", "unclear", "named", "torn"} & set(labels) or any(c.contrast for c in found))
    if "hold" in labels:
        more = any(c.has("other", "question", "go", "tell", "state", "matter", "person", "sort") for c in found)
        return Answer("hold", bare=clean and not more)
    if "unclear" in labels or any(c.has("condition") for c in found):
        return None
    said = [label for label in labels if label != "silent"]
    if "no" in said[:1] + said[-1:]:
        last = len(labels) - labels[::-1].index("no")
        return None if {"yes", "told", "resolved"} & set(labels[last:]) else Answer("no", bare=clean)
    if "yes" not in labels or not _agrees(asked, found) or _only_thanks(asked, found):
        return None
    return Answer("yes", bare=plain and all(c.label != "other" or c.tells or c.reports for c in found))


def _only_thanks(asked: Asked, found: Sequence[Clause]) -> bool:
    """Whether 好的谢谢 is for what the reply told beside its question, rather than a yes to that."""
    tokens = [t for c in found for t in c.tokens]
    if asked.kind != "consent" or not asked.beside or any(c.names or c.commands for c in found):
        return False
    thanked = any(t.kind == "thanks" or t.text in rules("thanking") for t in tokens)
    return thanked and all(t.text in rules("receipts") for t in tokens if t.kind == "yes")


def _agrees(asked: Asked, found: Sequence[Clause]) -> bool:
    """Whether what stands beside a yes leaves it one. An offer only opens what asks again, so more may follow it."""
    labels = {c.label for c in found}
    if any(c.contrast for c in found):
        return False
    if asked.kind == "offer":
        first = next(c.label for c in found if c.label != "silent")
        return first == "yes" and not any(c.has("mock") for c in found)
    if "told" in labels or next((c.label for c in found if c.label in ("yes", "resolved")), "") == "resolved":
        return False
    if "torn" in labels and not any(c.label == "yes" and c.has("verb") for c in found):
        return False
    return "no" not in labels and ("other" not in labels or _commanded(found))


def _commanded(found: Sequence[Clause]) -> bool:
    """Whether the deed is asked for and what is said beside that only tells; a report in free words must lead to it."""
    commands = [i for i, c in enumerate(found) if c.commands]
    others = [i for i, c in enumerate(found) if c.label == "other"]
    free = [i for i in others if not found[i].tells]
    spoken = [i for i, c in enumerate(found) if c.label != "silent"]
    if not commands or not all(found[i].reports for i in free):
        return False
    return not free or (commands[-1] == spoken[-1] and found[commands[-1]].has("verb"))


def _anything_else(text: str, asked: Asked, verb: str | None, objects: Sequence[str]) -> Answer | None:
    found = clauses(text, None, closing=True)
    labels = [c.label for c in found]
    if "no" in labels:
        return Answer("no", bare=not {"other", "unclear"} & set(labels))
    leading = next((c for c in found if c.label != "silent"), None)
    if leading is None:
        return None
    further = next((t.kind for t in leading.tokens if t.kind not in ("yes", "have", "filler")), None) == "further"
    if further or (leading.label == "yes" and leading.has("have")):
        return Answer("yes", bare=not further and set(labels) <= {"yes", "silent"})
    return None


def _slot(text: str, asked: Asked, verb: str | None, objects: Sequence[str]) -> Answer | None:
    free = asked.slot in rules("free")
    if len(text) > LONGEST:
        return _value(text, free)
    found = [c for c in clauses(text, verb) if c.label != "silent"]
    labels = {c.label for c in found}
    if found and found[0].label == "hold":
        return Answer("hold", bare=labels == {"hold"})
    core = normal(text).strip(" ,.!;~。…")
    unknown = not free and pattern_of(rules("unknown")).fullmatch(core.rstrip("了的啊吧"))
    refused = labels == {"no"} and (not free or any(c.has("refuse") for c in found))
    if unknown or refused:
        return Answer("no")
    if not labels or labels == {"yes"}:
        return None
    return _value(text, free)


def _value(text: str, free: bool) -> Answer | None:
    """The text up to the first part that asks or wishes; None where that is the first one."""
    asks, wishes = re.compile(rules("asks")), re.compile(rules("wishes"))
    start = 0
    for part in [*(m.end() for m in _PART.finditer(text)), len(text)]:
        said = normal(text[start:part]).strip(" ,.!;~。…")
        if asks.search(said) or (not free and wishes.search(said)):
            value = text[:start].strip(" ,，。.!！;；~～\n")
            return Answer("value", value, bare=False) if value else None
        start = part
    return Answer("value", text.strip())


def _choice(text: str, asked: Asked, verb: str | None, objects: Sequence[str]) -> Answer | None:
    if value := chosen(text, asked.options, verb_of(verb)):
        return Answer("choice", value[0], bare=value[1])
    found = clauses(text, verb)
    labels = {c.label for c in found if c.label != "silent"}
    if "hold" in labels:
        return Answer("hold", bare=labels == {"hold"})
    pattern = re.compile(rules("choice")["neither"])
    if labels == {"no"} or (pattern.search(normal(text)) and not any(c.has("question") for c in found)):
        return Answer("no", bare=labels <= {"no", "other"})
    agreed = labels == {"yes"} or (labels and labels <= {"yes", "named"} and any(c.has("pointer") for c in found))
    return Answer("choice", asked.options[0].value) if agreed and len(asked.options) == 1 else None


_READERS: dict[str, Callable[[str, Asked, str | None, Sequence[str]], Answer | None]] = {
    "consent": _consent,
    "offer": _consent,
    "anything_else": _anything_else,
    "slot": _slot,
    "choice": _choice,
}
