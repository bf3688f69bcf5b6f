"""Turns that are worth a look, as they may be shown and exported: without personal data and without ids."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from shopassist.dialogue import Act
from shopassist.language.catalogue import Catalogue
from shopassist.learning.examples import UNCHECKED
from shopassist.learning.neutral import Values, neutral, read_then, values_of
from shopassist.learning.review import REASONS, Reason, Reviewed, reviewed, said
from shopassist.protocols import ConversationStore, StoredTurn
from shopassist.replies import Mood
from shopassist.text import sentences

CONTEXT_CHARS = 120
"""Characters of what stands around a text that are shown."""


@dataclass(frozen=True, slots=True)
class Case:
    """A turn that is worth a look.

    `wishes` are what was understood, with scores; `slots` the words of the text by slot. `before` is what the answer
    before the text asked or else said last, `answer` the beginning of its own, `after` that of the customer's next
    message. `known` is the time of the last reason.
    """

    text: str
    language: str
    mood: Mood
    reasons: Mapping[Reason, str]
    wishes: tuple[tuple[str, Act, float], ...]
    slots: Mapping[str, tuple[str, ...]]
    before: str
    answer: str
    after: str
    turn: int
    known: float | None

    @classmethod
    def of(cls, one: Reviewed, values: Values) -> Case:
        """The case that a reviewed turn is; `values` are the personal ones of its conversation."""
        reply, text = one.turn.reply, said(one.turn)
        clean = neutral(text, reply.language, values, read_then(reply, len(text)))
        return cls(
            clean.text,
            reply.language,
            reply.mood,
            one.reasons,
            tuple((w.intent, w.act, round(w.score, 2)) for w in reply.wishes),
            clean.slots,
            _line(_asked(one.before.reply.text), one.before, values) if one.before else "",
            _line(one.turn.reply.text, one.turn, values),
            _line(said(one.after), one.after, values) if one.after else "",
            one.turn.number,
            one.known,
        )

    def plain(self, zone: tzinfo) -> dict[str, Any]:
        """The case as plain JSON."""
        return {
            "text": self.text,
            "reasons": dict(self.reasons),
            "wishes": [{"intent": intent, "act": act, "score": score} for intent, act, score in self.wishes],
            "slots": {name: list(words) for name, words in self.slots.items()},
            "language": self.language,
            "mood": self.mood,
            "before": self.before,
            "answer": self.answer,
            "after": self.after,
            "turn": self.turn,
            "time": datetime.fromtimestamp(self.known, zone).isoformat("T", "seconds") if self.known else None,
        }


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest cases, and how many there are in all, and of each reason; a turn may have several."""

    cases: tuple[Case, ...]
    total: int
    counts: Counter[Reason]


def latest(
    store: ConversationStore,
    catalogue: Catalogue,
    limit: int,
    *,
    since: float | None = None,
    reasons: Collection[Reason] = REASONS,
) -> Latest:
    """The newest cases, the newest first.

    With `since` those whose reasons were known then or later: a correction counts on its own day. Raises
    `StorageError`.
    """
    counts: Counter[Reason] = Counter()
    total = 0

    def found() -> Iterator[tuple[float, int, Reviewed]]:
        nonlocal total
        for one in reviewed(store, catalogue, since=since):
            if any(r in one.reasons for r in reasons) and (since is None or (one.known or 0) >= since):
                counts.update(one.reasons.keys())
                total += 1
                yield one.known or 0, -total, one

    newest = heapq.nlargest(limit, found(), key=lambda entry: entry[:2])
    values = lru_cache(maxsize=128)(partial(values_of, store))
    return Latest(tuple(Case.of(one, values(one.turn.conversation)) for *_, one in newest), total, counts)


def examples(cases: Iterable[Case], catalogue: Catalogue, known: Collection[tuple[str, str]]) -> Iterator[str]:
    """The cases as labelled examples, a line each; a text that comes again, or is `known`, is left out.

    What was understood stands as the label. It is a guess, and `check` says so until somebody has looked.
    """
    seen = set(known)
    for case in cases:
        if not case.text.strip() or (case.text, case.language) in seen:
            continue
        seen.add((case.text, case.language))
        line = {
            "text": case.text,
            "language": case.language,
            "wishes": [[intent, act] for intent, act, _ in case.wishes if intent in catalogue.intents],
            "mood": case.mood,
            **({"slots": {name: list(words) for name, words in case.slots.items()}} if case.slots else {}),
            UNCHECKED: _check(case),
        }
        yield as_line(line)


def as_line(value: Mapping[str, Any]) -> str:
    """A value as one line of JSON, whatever ends a line for some readers."""
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def texts_of(files: Sequence[Path]) -> set[tuple[str, str]]:
    """The texts, with their languages, of the built-in messages and of files of the same form."""
    built_in = resources.files(__package__).joinpath("messages")
    whole = [f.read_text("utf-8") for f in built_in.iterdir() if f.name.endswith(".jsonl")]
    whole += [f.read_text("utf-8", "replace") for f in files]
    return {place for text in whole for line in text.splitlines() if (place := _place(line))}


def _place(line: str) -> tuple[str, str] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return (str(told.get("text")), str(told.get("language"))) if isinstance(told, dict) else None


def _check(case: Case) -> str:
    """What somebody who looks at the line needs to know."""
    told = [f"{reason}: {why}" for reason, why in case.reasons.items()]
    told += [f"{name}: {text}" for name, text in (("before", case.before), ("after", case.after)) if text]
    return " | ".join(told)


def _asked(answer: str) -> str:
    """The sentence of an answer that asks something; the last one where none does."""
    every = sentences(answer) or [answer]
    return next((s for s in reversed(every) if s.rstrip().endswith(("?", "？"))), every[-1])


def _line(text: str, turn: StoredTurn, values: Values) -> str:
    """The beginning of a text of a turn without personal data, in one line."""
    line = " ".join(neutral(text, turn.reply.language, values).text.split())
    return line if len(line) <= CONTEXT_CHARS else f"{line[:CONTEXT_CHARS]}…"
