"""What a model says that a customer wants: the form that it is held to, and what of it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopassist.dialogue import Act
from shopassist.errors import BadAnswer
from shopassist.language.catalogue import ACTS, Catalogue
from shopassist.language.slots import NAMES, Found, normal
from shopassist.language.spelling import plain
from shopassist.language.spots import Folded
from shopassist.protocols import Product

MOST_WISHES = 3
"""So many wishes count; a message that holds more is better asked about."""

MOST_SLOTS = 4
"""Values of one wish."""

LONGEST = 200
"""Characters of a value."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Slot(_Strict):
    name: str = Field(max_length=LONGEST)
    value: str = Field(max_length=LONGEST)


class _Wish(_Strict):
    intent: str = Field(max_length=LONGEST)
    act: str = Field(max_length=LONGEST)
    slots: list[_Slot] = Field(default_factory=list)


class _Answer(_Strict):
    wishes: list[_Wish]


@dataclass(frozen=True, slots=True)
class Told:
    """A wish as the model told it; of `values` nothing is known yet but their slots' names."""

    intent: str
    act: Act
    values: tuple[tuple[str, str], ...] = ()


def schema(intents: Sequence[str], slots: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer. All arrays are bounded: a small model else repeats an item until its limit."""
    value = _object(name={"type": "string", "enum": list(slots)}, value={"type": "string"})
    wish = _object(
        intent={"type": "string", "enum": list(intents)},
        act={"type": "string", "enum": list(ACTS)},
        slots={"type": "array", "maxItems": MOST_SLOTS, "items": value},
    )
    return _object(wishes={"type": "array", "maxItems": MOST_WISHES, "items": wish})


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def told(answer: str, intents: Sequence[str]) -> list[Told]:
    """The wishes of an answer, each once, without those whose intent or act there is not. Raises `BadAnswer`.

    A fence of code, or words around the object, do no harm; other keys than the schema's do.
    """
    start, end = answer.find("{"), answer.rfind("}") + 1
    try:
        read = _Answer.model_validate_json(answer[start:end] if 0 <= start < end else answer)
    except ValidationError as error:
        kinds = sorted({e["type"] for e in error.errors()})  # not the places: keys may be the customer's words
        raise BadAnswer(f"not of the form that was asked for ({', '.join(kinds)})") from None
    known = (w for w in read.wishes if w.intent in intents and w.act in get_args(Act))
    wishes = (
        Told(w.intent, w.act, tuple(dict.fromkeys((s.name, s.value) for s in w.slots))[:MOST_SLOTS])  # type: ignore[arg-type]
        for w in known
    )
    return list(dict.fromkeys(wishes))[:MOST_WISHES]


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer said, to hold a model's values against: `found` are the values that code found in it."""

    text: str
    found: Sequence[Found]
    today: date
    products: Sequence[Product] = ()

    def value(self, name: str, value: str) -> Found | None:
        """The value with its place in the text; None if the text does not hold it, or it is no value of that slot."""
        known = [f for f in self.found if f.name == name]
        if known:  # all that there are: 不是001是002 holds one number
            form = normal(name, value, today=self.today, products=self.products)
            return next((f for f in known if f.value in (form, value)), None)
        folded = Folded(self.text)
        place = _place(plain(value).strip(), folded.text)
        if place is None or self._part_of_another(name, span := folded.span(*place)):
            return None
        words = folded.words(*place)
        own = name not in NAMES  # a shop's own: its tool checks it
        form = words if own else normal(name, words, today=self.today, products=self.products)
        return Found(name, form, span) if form else None

    def _part_of_another(self, name: str, span: tuple[int, int]) -> bool:
        """Whether a piece is inside a value of another slot: the 8 of 南京西路8号 is no quantity."""
        return any(f.name != name and f.span[0] <= span[0] and span[1] <= f.span[1] for f in self.found)


def _place(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text, not as a part of a longer word or number."""
    if not words:
        return None
    before = r"(?<![a-z0-9])" if words[0].isascii() and words[0].isalnum() else ""
    after = r"(?![a-z0-9])" if words[-1].isascii() and words[-1].isalnum() else ""
    match = re.search(before + re.escape(words) + after, text)
    return match.span() if match else None


def slot_names(catalogue: Catalogue) -> list[str]:
    """The slots of a catalogue's intents, a shop's own ones too, in their order."""
    return list(dict.fromkeys(name for intent in catalogue for name in intent.slots))
