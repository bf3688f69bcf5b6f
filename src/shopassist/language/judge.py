"""Which of the intents that its pieces may mean a message really wishes, and how surely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopassist.language.reading import Part

EVIDENCE = (
    "text",  # the value of the intent for the whole piece
    "core",  # for the part of it that asks
    "message",  # for the whole message
    "beside",  # the highest for a clause beside the core that only tells
    "best",  # whether no other intent has a higher value for the piece
    "second",
    "behind",  # how far the piece's highest value is away
    "alone",  # whether the message has one piece, two, or more
    "two",
    "more",
    "first",
    "last",
    "asks",
    "tells",  # whether clauses that only tell stand beside what asks
    "length",
    "short",
    "message_length",
    "other",  # the most likely meaning of the other pieces
    "same",  # how likely another piece means the same
    "elsewhere",  # whether it means it more
    "serious",  # the most likely meaning of the other pieces but small talk
    "idle",  # small talk beside that
    "english",
    "english_text",
    "others_ask",
    "question",
    "above",  # how much more the piece means it than the message
)
IDLE = frozenset(("greeting", "thanks", "chitchat"))
"""Intents that count only where nothing else is wished."""
INTENT = 0.5
"""The evidence that it is this intent and no other: what each is worth by itself."""

LONGEST = 150
"""Characters above which a length tells nothing more."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is known of one piece of a message: the values of the intents for it and for its parts, and its form.

    `beside` has the highest values of the clauses that only tell; where there are none, those of the core.
    """

    text: Vector
    core: Vector
    beside: Vector
    asks: bool
    tells: bool
    length: int
    question: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How likely a wish must be: at all, beside another one in a clause of its own, and in the same clause.

    What a clause says second is rather another reading of the first.
    """

    least: float
    told: float
    beside: float


def weighed(part: Part, values: Callable[[str], Vector]) -> Piece:
    """A piece by the values of its texts."""
    text = values(part.text)
    core = text if part.core == part.text else values(part.core)
    told = [values(clause) for clause in part.told]
    beside = np.max(told, axis=0) if told else core
    return Piece(text, core, beside, part.asks, bool(told), len(part.text), "?" in part.text)


def taken(likely: Vector, part: Part, values: Callable[[str], Vector], limits: Limits) -> list[tuple[int, int]]:
    """What a piece wishes, the likeliest first: the place of the intent, and of the clause that says it most.

    Clause 0 is the part that asks; those that only tell follow it.
    """
    wanted = [int(n) for n in np.argsort(-likely, kind="stable") if likely[n] >= limits.least]
    clauses = [values(text) for text in (part.core, *part.told)] if len(wanted) > 1 and part.told else []
    found: list[tuple[int, int]] = []
    for n in wanted:  # 快递还没到，帮我开个发票: one tells, the other asks
        clause = int(np.argmax([c[n] for c in clauses])) if clauses else 0
        free = all(clause != other for _, other in found)
        if not found or likely[n] >= (limits.told if free else limits.beside):
            found.append((n, clause))
    return found


def evidence(
    pieces: Sequence[Piece], message: Vector, length: int, english: bool, idle: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The evidence for each piece and intent: (pieces, intents, EVIDENCE). `message` has the values for all of it."""
    text, core = np.stack([p.text for p in pieces]), np.stack([p.core for p in pieces])
    count, intents = text.shape
    likely = np.asarray(1 / (1 + np.exp(-text)), np.float32)
    found = np.zeros((count, intents, len(EVIDENCE)), np.float32)
    put = {name: found[:, :, n] for n, name in enumerate(EVIDENCE)}
    order = np.argsort(-text, axis=1)
    put["text"][:], put["core"][:], put["message"][:] = text, core, message
    put["beside"][:] = np.stack([p.beside for p in pieces])
    put["best"][np.arange(count), order[:, 0]] = 1
    if intents > 1:
        put["second"][np.arange(count), order[:, 1]] = 1
    put["behind"][:] = text.max(axis=1, keepdims=True) - text
    put[("alone", "two", "more")[min(count, 3) - 1]][:] = 1
    put["first"][0], put["last"][-1] = 1, 1
    put["message_length"][:] = min(length, LONGEST) / 60
    put["english"][:], put["english_text"][:] = english, english * text
    put["above"][:] = text - message
    put["asks"][:], put["tells"][:] = _column(p.asks for p in pieces), _column(p.tells for p in pieces)
    put["question"][:] = _column(p.question for p in pieces)
    sizes = _column(min(max(p.length, 1), LONGEST) for p in pieces)
    put["length"][:], put["short"][:] = sizes / 20, np.log(sizes)
    if count > 1:
        others = _most_beside(likely)
        serious = others[:, ~idle].max(axis=1, initial=0)[:, None]
        put["other"][:], put["same"][:] = others.max(axis=1, keepdims=True), others
        put["elsewhere"][:] = others * (others > likely)
        put["serious"][:], put["idle"][:] = serious, idle * serious
        put["others_ask"][:] = put["asks"].sum(axis=0) - put["asks"] > 0
    return found


def _column(values: Iterable[float]) -> Vector:
    return np.array(list(values), np.float32)[:, None]


def _most_beside(likely: Vector) -> Vector:
    """For each piece and intent the most that any other piece has."""
    best = likely.argmax(axis=0)
    most, columns = likely[best, np.arange(likely.shape[1])], np.arange(likely.shape[1])
    rest = likely.copy()
    rest[best, columns] = -np.inf
    found = np.broadcast_to(most, likely.shape).copy()
    found[best, columns] = rest.max(axis=0)
    return found


def probabilities(found: NDArray[np.float32], weights: Vector, own: Vector, bias: float) -> NDArray[np.float32]:
    """How likely each intent is wished in each piece; `own` is what each intent is worth by itself."""
    return np.asarray(1 / (1 + np.exp(-(found @ weights + INTENT * own + bias))), np.float32)
