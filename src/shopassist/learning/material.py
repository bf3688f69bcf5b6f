"""What rules are fitted to: labelled messages, read as the engine would read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shopassist.language.reading import Message, Reader, finder_in
from shopassist.language.slots import slots
from shopassist.learning.examples import Example

TODAY = date(2024, 12, 5)
"""The day on which messages are read; values stand as common words, so any day would do."""

Labels = tuple[str, tuple[str, ...]]
"""A text as the rules read it, and the intents that it wishes."""


@dataclass(frozen=True, slots=True)
class Material:
    """An example, and what the engine reads. `made`: out of others, so it tells nothing of how often its words come."""

    example: Example
    message: Message
    made: bool = False


def material(reader: Reader, example: Example, *, made: bool = False) -> Material:
    """An example as the engine reads it without a shop."""
    found = slots(example.text, example.language, today=TODAY)
    return Material(example, reader.read(example.text, example.language, finder_in(example.text, found)), made)


def labelled(one: Material) -> list[Labels]:
    """Texts and the intents that they wish: piece by piece where there is one wish a piece, else the whole message."""
    wishes = tuple(intent for intent, _ in one.example.wishes)
    texts = [piece.part.text for piece in one.message.pieces]
    if texts and not wishes:
        return [(text, ()) for text in texts]
    if texts and len(wishes) == len(texts):
        return [(text, (intent,)) for text, intent in zip(texts, wishes, strict=True)]
    return [(one.message.whole, wishes)]
