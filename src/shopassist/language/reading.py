"""A message as the fitted rules read it: its pieces in usual spelling, with common words in place of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shopassist.language import grams
from shopassist.language.acts import taken_back
from shopassist.language.catalogue import Catalogue
from shopassist.language.grams import Vocabulary
from shopassist.language.homophones import Slips, slips, without
from shopassist.language.segments import Segment, Span, segments
from shopassist.language.slots import Found
from shopassist.language.spelling import changes_to, mended, plain, stand_in, unnamed
from shopassist.language.talk import small_talk
from shopassist.text import HAN, fold

MOST_PIECES = 40
"""Pieces that are looked at, the last ones: more are a text that somebody pasted."""
LONGEST = 300
"""Characters of a piece that are looked at: what a customer wants stands in far fewer."""
SLIPS = 0.1
"""An English word that comes more than this often beside the keyword that it resembles is a word of its own."""

_SAYING = frozenset(("reason", "topic"))
"""Slots whose values are words that say what is wanted: 坏了, 运费."""
_WORD = re.compile(rf"[{HAN}]|[a-z]{{2,}}(?![a-z]*\d)")
_APART = re.compile(rf"(?<=[{HAN}]) 12 (?=[{HAN}])")
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}-?\d{5,}[A-Za-z]{0,4}(?![A-Za-z0-9])")
"""A number such as that of an order, in whatever form a shop gives them."""

SlotFinder = Callable[[str], Sequence[Found]]
"""Finds the slot values in a text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece's words as the rules read them: all of it, and the part of it that asks.

    `told` are the clauses beside that part that only tell.
    """

    text: str
    core: str
    asks: bool = True
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as it is written, its words as the rules read them, and its place."""

    text: str
    plain: str
    span: Span


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a message that may wish something, and its words as the rules read them."""

    segment: Segment
    part: Part
    clauses: tuple[Clause, ...]
    """The part that asks, then the clauses beside it that only tell."""


@dataclass(frozen=True, slots=True)
class Message:
    """All pieces of a message, those of it that are more than small talk and bare values, and all its words."""

    segments: tuple[Segment, ...]
    pieces: tuple[Said, ...]
    whole: str


class Reader:
    """Reads messages for the rules of a catalogue. One may be shared by threads."""

    def __init__(self, catalogue: Catalogue, known: Vocabulary | None = None) -> None:
        """With `known`, the parts of words that a head knows, slips of the input method are mended by them."""
        self._known = known
        self._changes = [intent.name for intent in catalogue if intent.changes]
        examples = [e for i in catalogue for e in i.examples.get("en", ())]
        self._words = frozenset(w for e in examples for w in re.findall("[a-z]+", e.lower()))

    def spelled(self, text: str, language: str) -> str:
        """A text in usual spelling, one word for whatever thing is for sale, one number for all codes.

        The English words of the catalogue's examples are right as they are.
        """
        return self._usual(self._without(text, self._slips(text)), language)

    def read(self, text: str, language: str, finder: SlotFinder | None = None) -> Message:
        """A message with its pieces."""
        found = self._slips(text)
        parts = segments(text, language)
        kept = [s for s in parts[-MOST_PIECES:] if not (s.empty or _says_nothing(s.text, finder))]
        pieces = tuple(self._said(s, text[slice(*s.span)], language, finder, found) for s in kept)
        if len(pieces) == 1 and pieces[0].segment.text == text:
            return Message(tuple(parts), pieces, pieces[0].part.text)
        whole = self._without(_Plain(text, language, finder)(text), found)
        return Message(tuple(parts), pieces, self._usual(whole, language))

    def _said(self, segment: Segment, written: str, language: str, finder: SlotFinder | None, found: Slips) -> Said:
        core = taken_back(segment.core, language, self._changes)
        if core != segment.core:
            segment = replace(segment, text=segment.text.replace(segment.core, core), core=core)
        plain = _Plain(written, language, finder)

        def clause(text: str, span: Span) -> Clause:
            usual = self._usual(self._without(plain(text), found), language)
            return Clause(text, usual, span)

        asks = clause(core, segment.span)
        whole = asks if core == segment.text else clause(segment.text, segment.span)
        told = [clause(text, span) for text, span in segment.told if not _says_nothing(text, finder)]
        part = Part(whole.plain, asks.plain, segment.asks, tuple(c.plain for c in told))
        return Said(segment, part, (asks, *told))

    def _slips(self, text: str) -> Slips:
        return slips(plain(text[-LONGEST:]), self._known) if self._known is not None else ()

    def _without(self, text: str, found: Slips) -> str:
        return without(plain(text), found) if found else text

    def _usual(self, text: str, language: str) -> str:
        usual = mended(_CODE.sub("12", text[:LONGEST]), language, self._right)
        return unnamed(_APART.sub("12", usual), language)

    def _right(self, word: str, keyword: str) -> bool:
        if self._known is None or word in self._words:
            return word in self._words
        here, there = (float(self._known.shares(grams.word(w))[0]) for w in (word, keyword))
        return here > there * SLIPS


def finder_in(text: str, found: Sequence[Found]) -> SlotFinder:
    """Finds in a piece of the text what was found in the whole, so that no text is read twice."""

    def within(piece: str) -> list[Found]:
        start = text.find(piece)
        if start < 0:
            return []
        end = start + len(piece)
        inside = [f for f in found if start <= f.span[0] and f.span[1] <= end]
        return [replace(f, span=(f.span[0] - start, f.span[1] - start)) for f in inside]

    return within


class _Plain:
    """Texts with a common word for each value that a segment holds: 键盘发货了吗 asks what 手表发货了吗 asks."""

    def __init__(self, text: str, language: str, finder: SlotFinder | None) -> None:
        words: list[tuple[str, str]] = []
        for found in finder(text) if finder is not None else ():
            stands = stand_in(found.name, language)
            if found.name == "variant" and not changes_to(fold(text[: found.span[0]]), language):
                continue
            if stands:
                words.append((text[slice(*found.span)], stands))
        words.sort(key=lambda pair: -len(pair[0]))
        self._words = [(_anyhow_parted(value), f" {s} " if value.isascii() else s) for value, s in words]
        self._twice = [(t, s) for s in {s for _, s in words} if (t := _said_twice(s))]

    def __call__(self, text: str) -> str:
        for value, stands in self._words:
            text = value.sub(stands, text)
        for twice, stands in self._twice:
            text = twice.sub(stands, text)
        return text


def _said_twice(stands: str) -> re.Pattern[str] | None:
    """A stand-in behind its own noun (手机号13912345678 would be 手机号 手机号12); None where it has no number."""
    noun = stands.rstrip("0123456789 ")
    return re.compile(rf"{re.escape(noun)}[ :：是]{{0,3}}{re.escape(stands)}") if noun and noun != stands else None


def _anyhow_parted(words: str) -> re.Pattern[str]:
    """Clauses of a segment are put together without their commas, so a value may lack them too."""
    alone = r"[,\s]+".join(map(re.escape, re.split(r"[,\s]+", words)))
    return re.compile(rf" ?{alone} ?" if words.isascii() else alone)


def _says_nothing(text: str, finder: SlotFinder | None) -> bool:
    """Whether a text is small talk, or nothing but values: no word remains beside them."""
    if small_talk(text) is not None:
        return True
    rest = fold(text)
    if finder is not None and len(rest) == len(text):
        for found in finder(text):
            if found.name not in _SAYING:
                start, end = found.span
                rest = rest[:start] + " " * (end - start) + rest[end:]
    return not _WORD.search(rest)
