"""Texts without what tells of whom they are: the words that the reader uses for such values stand in their place.

What the slots find goes, what was a value elsewhere in the conversation, and what has the form of a name behind "my
name is", of a house, an account, a link or a long number. A text may hold more: a name without such words beside it, a
street alone, what happened to somebody. A person has to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.contacts import is_name
from shopassist.language.slots import Found, slots
from shopassist.language.spelling import stand_in
from shopassist.language.spots import filled
from shopassist.personal import aligned
from shopassist.protocols import ConversationStore, StoredTurn
from shopassist.replies import Reply
from shopassist.text import HAN
from shopassist.vault import PLACEHOLDER

PERSONAL = (
    "order_id", "address", "recipient", "phone", "email", "invoice_title", "tax_no", "tracking_no", "service_id",
)  # fmt: skip
"""The slots whose values tell of whom a text is."""
KEPT = ("product", "variant", "date", "period", "quantity", "price_range", "invoice_type")
"""Slots whose values stay, and are named beside the text."""
NOBODY = frozenset(("个人", "personal", "individual", "private person"))
"""Invoice titles that are nobody's."""
SHORTEST, FEW_DIGITS, LONGEST = 2, 4, 200
"""Characters of a value that is looked for wherever it stands; of digits alone there must be more."""
MOST = 200
"""Values of a conversation that are looked for, the last ones."""

_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Neutral:
    """A text without personal data, and by slot the words in it that stand for values or are some."""

    text: str
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the text that goes, and whose word stands in for it."""

    start: int
    end: int
    name: str


class Values(dict[str, str]):
    """The personal values that a conversation holds, each with what it is: the last `MOST` of them."""

    def learn(self, turn: StoredTurn) -> None:
        """Add those of a turn: what it has as values, and what its texts name."""
        reply = turn.reply
        for name, value in _told(reply):
            self._add(value, name)
        for text in (*turn.texts, reply.text):
            _, gone = _read(text, reply.language)
            for piece in gone:
                self._add(text[piece.start : piece.end], piece.name)
        for oldest in list(self)[:-MOST]:
            del self[oldest]

    def _add(self, value: str, name: str) -> None:
        """Add a value, and what of it stands for it elsewhere: 小明 for 王小明, 世纪大道 for an address there."""
        least = FEW_DIGITS if value.isdigit() else SHORTEST
        if not least <= len(value) <= LONGEST or value[0] in "<*" or value in NOBODY:
            return
        self.pop(value, None)
        self[value] = name
        short = {"recipient": "name", "named": "name", "address": "address"}.get(name)
        if short and (match := _short(short).fullmatch(value)):
            self[match["value"]] = name


def values_of(store: ConversationStore, conversation: str) -> Values:
    """The personal values of a whole conversation. Raises `StorageError`."""
    values, after = Values(), (conversation, 0)
    while page := store.turns(after=after):
        for turn in page:
            if turn.conversation != conversation:
                return values
            values.learn(turn)
            after = conversation, turn.number
    return values


def neutral(
    text: str, language: str, values: Mapping[str, str], found: Sequence[Found] = (), *, public: str = ""
) -> Neutral:
    """The text without personal data.

    `values` are known ones with their slots, `found` is what was read in the text at the time. What stands in `public`,
    a page of the shop, is nobody's.
    """
    plain, gone = _read(text, language, found)
    pieces = _apart(p for p in (*gone, *_known(text, values)) if text[p.start : p.end] not in public)
    words: dict[str, list[str]] = {}
    for one in plain:
        if not any(p.start < one.span[1] and one.span[0] < p.end for p in pieces):
            words.setdefault(one.name, []).append(text[slice(*one.span)])
    parts, end = [], 0
    for piece in pieces:
        stands = _stands(text[piece.start : piece.end], piece.name, language)
        parts += [text[end : piece.start], stands]
        end = piece.end
        if piece.name in PERSONAL:
            words.setdefault(piece.name, []).append(stands)
    left = _joined([*parts, text[end:]])
    return Neutral(left, {name: tuple(dict.fromkeys(w for w in found if w in left)) for name, found in words.items()})


def read_then(reply: Reply, length: int) -> list[Found]:
    """What the turn's wishes found in its text of this length: the shop's products, and answers to what was asked."""
    told = [(name, s) for wish in reply.wishes for name, several in wish.slots.items() for s in several]
    return [
        Found(name, s.value, s.span)
        for name, s in told
        if s.span is not None and s.turn == reply.turn and 0 <= s.span[0] < s.span[1] <= length
    ]


def _read(text: str, language: str, found: Sequence[Found] = ()) -> tuple[list[Found], list[_Piece]]:
    """What the text has as values that may stay, and what is personal in it."""
    every = [*found, *slots(text, language, today=date.today(), products=())]
    plain = [f for f in every if f.name in KEPT or f.value in NOBODY]
    gone = [_Piece(*f.span, f.name) for f in every if f.name in PERSONAL and f.value not in NOBODY]
    return plain, [*gone, *_formed(text, [f.span for f in plain])]


def _told(reply: Reply) -> Iterator[tuple[str, str]]:
    """The values by slot that a reply holds beside its text."""
    for wish in reply.wishes:
        yield from ((name, s.value) for name, several in wish.slots.items() for s in several if name in PERSONAL)
    consent = (reply.consent.args, reply.consent.quote.facts) if reply.consent is not None else ()
    for facts in (reply.slots, *consent, *(f for o in reply.tool_outcomes for f in (o.args, o.facts))):
        yield from _within(facts)


def _within(facts: Any) -> Iterator[tuple[str, str]]:
    """The values of personal fields in plain JSON."""
    if isinstance(facts, Mapping):
        for name, value in facts.items():
            several = value if isinstance(value, list | tuple) else (value,)
            if name in PERSONAL:
                yield from ((name, one) for one in several if isinstance(one, str))
            else:
                yield from _within(value)
    elif isinstance(facts, list | tuple):
        for inner in facts:
            yield from _within(inner)


def _known(text: str, values: Mapping[str, str]) -> Iterator[_Piece]:
    """Where known values stand, however they are spaced."""
    folded = aligned(text)
    for value, name in values.items():
        letters = [re.escape(c) for c in aligned(value) if not c.isspace()]
        first, last = (r"(?<![a-z0-9])" if value[n].isascii() and value[n].isalnum() else "" for n in (0, -1))
        rule = first + r"[\s\-]?".join(letters) + last.replace("?<!", "?!")
        yield from (_Piece(*m.span(), name) for m in re.finditer(rule, folded))


def _formed(text: str, plain: Iterable[tuple[int, int]]) -> Iterator[_Piece]:
    """What has a personal form. A long number is none where it is a day, an amount or a product."""
    taken, folded = [*plain, *(m.span() for m in PLACEHOLDER.finditer(text))], aligned(text)
    for name, rules in _forms().items():
        for rule in rules:
            for match in rule.finditer(text if name == "named" else folded):
                start, end = match.span("value") if "value" in rule.groupindex else match.span()
                if name == "named" and _HAN.match(text, start) and not is_name("".join(text[start:end].split())):
                    continue
                if name in ("number", "account") and any(a < end and start < b for a, b in taken):
                    continue
                yield _Piece(start, end, name)


def _apart(pieces: Iterable[_Piece]) -> list[_Piece]:
    """The pieces in the order of the text; those that overlap are one, of the kind of the longest."""
    merged: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.start, -p.end)):
        if merged and piece.start < merged[-1].end:
            last = merged[-1]
            name = max(last, piece, key=lambda p: p.end - p.start).name
            merged[-1] = _Piece(last.start, max(last.end, piece.end), name)
        else:
            merged.append(piece)
    return merged


def _stands(value: str, name: str, language: str) -> str:
    """What stands for a value; the vault's own placeholder stays."""
    if PLACEHOLDER.fullmatch(value):
        return value
    return str(_data()["stands"][language].get(name) or stand_in(name, language) or stand_in("order_id", language))


def _joined(parts: Sequence[str]) -> str:
    """The parts as one text, with a blank between those that would run into one word or number."""
    text = ""
    for part in filter(None, parts):
        runs = text[-1:].isascii() and text[-1:].isalnum() and part[0].isascii() and part[0].isalnum()
        text += f" {part}" if runs else part
    return text


@lru_cache(maxsize=2)
def _short(name: str) -> re.Pattern[str]:
    return re.compile(filled(_data()["short"][name]))


@lru_cache(maxsize=1)
def _forms() -> dict[str, list[re.Pattern[str]]]:
    names = ("named", "placed", "account", "link", "number")
    return {name: [re.compile(filled(rule)) for rule in _data()[name]] for name in names}


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("neutral.yaml").read_text("utf-8"))
    return data
