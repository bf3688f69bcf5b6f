"""What a customer wants, a wish for each thing: segments, their intents and acts, put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shopassist.dialogue import Act, Wish
from shopassist.language.acts import taken_back
from shopassist.language.catalogue import WRITING, Catalogue
from shopassist.language.intents import Classifier, Part
from shopassist.language.judge import IDLE
from shopassist.language.likeness import Vector
from shopassist.language.segments import Segment, Span, segments
from shopassist.language.spelling import changes_to, stand_in
from shopassist.language.talk import small_talk
from shopassist.text import HAN, fold

CLEAR = 0.7
"""From this score on nothing else needs to be asked."""
LEAST = 0.4
"""From this score on a piece wishes what it may mean."""
BESIDE = 0.85
"""From this score on a clause wishes a second thing: below it that is rather another reading of the first."""
TOLD = 0.6
"""From this score on a second thing is wished by a clause that only tells."""
ALONE = 0.45
"""From this score on it wishes a change, which ends in a question or with a person."""
MOST_PIECES = 40
"""Pieces that are looked at, the last ones: more are a text that somebody pasted."""
AWAITED = 0.8
"""The same where an answer to a question is awaited: what only sounds like a wish is then rather the answer."""

_TALK = {"greeting": "greeting", "thanks": "thanks", "goodbye": "chitchat", "identity": "chitchat", "human": "human"}
_SAYING = frozenset(("reason", "topic"))
"""Slots whose values are words that say what is wanted: 坏了, 运费."""
_FIRST: tuple[Act, ...] = ("request", "blocked", "can", "conditional", "verify", "report", "status", "how")
"""Of two pieces about one thing the act that stands first here is meant."""
_HEAD = re.compile(r"[^:：\n]{2,40}[:：](?![/\d])")
_WORD = re.compile(rf"[{HAN}]|[a-z]{{2,}}(?![a-z]*\d)")

SlotFinder = Callable[[str], list[Any]]
"""Finds slot values in a text; each has a `span` (characters) or a `slot` that has one."""


def wishes(
    text: str,
    language: str,
    classifier: Classifier,
    slot_finder: SlotFinder | None = None,
    *,
    awaited: bool = False,
) -> list[Wish]:
    """The wishes in the order of the text; none for a bare value, a yes or a no. Their slots are still to be filled.

    With `slot_finder`, what is nothing but values (an order number, an address) is known as such. `Wish.target` tells
    chit-chat apart: ``goodbye``, ``identity``. `awaited` says that an answer to a question of ours is awaited.
    """
    reader = _Reader(language, classifier, slot_finder, AWAITED if awaited else ALONE)
    head = _HEAD.match(text)
    if head and not _things(head[0], slot_finder):
        listed = _heard(" " * head.end() + text[head.end() :], reader)
        if len(listed) > 1:  # 退货和取消都要：Lite退，键盘取消: the head only counts up what follows
            return listed
    return _heard(text, reader)


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a message that may wish something, and its words as the classifier reads them."""

    segment: Segment
    part: Part
    clauses: tuple[tuple[str, str, Span], ...]
    """The part that asks, then the clauses beside it that only tell: text, the same for the classifier, and place."""


def said(found: Iterable[Segment], language: str, catalogue: Catalogue, finder: SlotFinder | None = None) -> list[Said]:
    """The pieces of a message that are more than small talk and bare values."""
    changes = [intent.name for intent in catalogue if intent.changes]
    kept = []
    for segment in found:
        if segment.empty or small_talk(segment.text) is not None or _bare(segment.text, finder):
            continue
        core = taken_back(segment.core, language, changes)
        if core != segment.core:
            segment = replace(segment, text=segment.text.replace(segment.core, core), core=core)
        plain = _Plain(segment.text, language, finder)
        told = [(c, plain(c), span) for c, span in segment.told if small_talk(c) is None and not _bare(c, finder)]
        part = Part(plain(segment.text), plain(core), segment.asks, tuple(words for _, words, _ in told))
        kept.append(Said(segment, part, ((core, part.core, segment.span), *told)))
    return kept


def in_plain_words(text: str, language: str, finder: SlotFinder | None = None) -> str:
    """A whole message as the classifier reads it."""
    return _Plain(text, language, finder)(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """A wish and what tells it apart from another of the same intent; `told` says that nothing was asked."""

    wish: Wish
    things: frozenset[str]
    told: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    """What pieces are read with; `alone` is the score from which on a change is wished."""

    language: str
    classifier: Classifier
    finder: SlotFinder | None
    alone: float

    def wished(self, wish: Wish) -> bool:
        """Whether a wish is sure enough: one that may end in a change must be surer than others."""
        changes = wish.act in WRITING and self.classifier.catalogue[wish.intent].changes
        return wish.score >= (self.alone if changes else LEAST)


def _heard(text: str, reader: _Reader) -> list[Wish]:
    parts = segments(text, reader.language)
    pieces = said(parts[-MOST_PIECES:], reader.language, reader.classifier.catalogue, reader.finder)
    whole = in_plain_words(text, reader.language, reader.finder)
    likely = reader.classifier.judge([p.part for p in pieces], whole, reader.language)
    found = [f for p, scores in zip(pieces, likely, strict=True) for f in _wished(p, scores, reader)]
    merged = _merged(sorted([*_talk(parts), *found], key=lambda f: f.wish.span), reader.classifier)
    serious = [f for f in merged if f.wish.intent not in IDLE]
    return [f.wish for f in serious or merged]


def _talk(parts: Iterable[Segment]) -> list[_Found]:
    """The wishes of the pieces that are small talk."""
    kinds = [(s.span, kind) for s in parts if (kind := small_talk(s.text)) in _TALK]
    return [
        _Found(
            Wish(_TALK[k], "request", span=span, target=k if _TALK[k] == "chitchat" else None), frozenset(), told=False
        )
        for span, k in kinds
    ]


def _wished(piece: Said, likely: Vector, reader: _Reader) -> list[_Found]:
    """The wishes of one piece, each at the clause that says it most."""
    names = [i.name for i in reader.classifier.catalogue]
    wanted = [int(n) for n in np.argsort(-likely, kind="stable") if likely[n] >= LEAST]
    clauses = piece.clauses if len(wanted) > 1 else piece.clauses[:1]
    values = [reader.classifier.values(plain, reader.language)[wanted] for _, plain, _ in clauses[1:]]
    if values:  # 快递还没到，帮我开个发票: one tells, the other asks
        values.insert(0, reader.classifier.values(clauses[0][1], reader.language)[wanted])
    found: list[tuple[int, _Found]] = []
    for column, n in enumerate(wanted):
        clause = int(np.argmax([v[column] for v in values])) if values else 0
        free = all(clause != taken for taken, _ in found)
        if likely[n] >= (TOLD if free and found else 0 if free else BESIDE):
            one = _at(piece, clause, names[n], float(likely[n]), reader)
            found += [(clause, one)] if reader.wished(one.wish) else []
    return [one for _, one in found]


def _at(piece: Said, clause: int, intent: str, score: float, reader: _Reader) -> _Found:
    """The wish that a clause of a piece says."""
    text, plain, span = piece.clauses[clause]
    done = reader.classifier.act(text, plain, reader.language, intent)
    if clause == 0 and piece.segment.told and done == "request":  # 要是明天还不发，我就取消: the condition is told
        whole = reader.classifier.act(piece.segment.text, piece.part.text, reader.language, intent)
        done = whole if whole in ("conditional", "retract") else done
    wish = Wish(intent, done, span=span, score=round(score, 4))
    within = text if clause else piece.segment.text
    return _Found(wish, _things(within, reader.finder), told=bool(clause) or not piece.segment.asks)


class _Plain:
    """Texts with a common word for each value that a segment holds: 键盘发货了吗 asks what 手表发货了吗 asks."""

    def __init__(self, text: str, language: str, finder: SlotFinder | None) -> None:
        self._words: list[tuple[str, str]] = []
        for found in finder(text) if finder is not None else ():
            place = _place(found)
            word = stand_in(getattr(found, "name", ""), language)
            if getattr(found, "name", "") == "variant" and place and not changes_to(fold(text[: place[0]]), language):
                continue
            if place and word:
                self._words.append((text[slice(*place)], word))
        self._words.sort(key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        for words, stands in self._words:
            # Clauses of a segment are put together without their commas.
            alone = r"[,\s]+".join(map(re.escape, re.split(r"[,\s]+", words)))
            alone = rf" ?{alone} ?" if words.isascii() else alone
            text = re.sub(alone, f" {stands} " if words.isascii() else stands, text)
        return text


def _merged(found: Sequence[_Found], classifier: Classifier) -> list[_Found]:
    """One wish for what is said twice; what is told as the reason of a neighbour is none."""
    kept: list[_Found] = []
    for new in found:
        twin = next((n for n, old in enumerate(kept) if _same(old, new)), None)
        if twin is not None:
            kept[twin] = _joined(kept[twin], new)
        elif kept and _reason(new, kept[-1], classifier):
            kept[-1] = _widened(kept[-1], new.wish.span)
        else:
            while kept and _reason(kept[-1], new, classifier):
                new = _widened(new, kept.pop().wish.span)
            kept.append(new)
    return kept


def _same(a: _Found, b: _Found) -> bool:
    if a.wish.intent != b.wish.intent or (a.things and b.things and a.things != b.things):
        return False
    return (a.wish.act == "retract") == (b.wish.act == "retract")


def _reason(part: _Found, of: _Found, classifier: Classifier) -> bool:
    """Whether one wish is only what another grew out of: 取消了 before 怎么没退款."""
    tells = part.told or part.wish.act == "report"
    if part.wish.act == "retract":  # 取消掉售后单 不退了
        return classifier.catalogue[part.wish.intent].undo == of.wish.intent
    return tells and part.wish.intent in classifier.catalogue[of.wish.intent].absorbs


def _joined(old: _Found, new: _Found) -> _Found:
    wish = _widened(old, new.wish.span).wish
    acts: list[Act] = [old.wish.act, new.wish.act]
    if "retract" not in acts:
        wish = replace(wish, act=min(acts, key=_FIRST.index))
    wish = replace(wish, score=max(old.wish.score, new.wish.score))
    return _Found(wish, old.things | new.things, old.told and new.told)


def _widened(found: _Found, span: Span) -> _Found:
    start, end = found.wish.span
    return replace(found, wish=replace(found.wish, span=(min(start, span[0]), max(end, span[1]))))


def _bare(text: str, finder: SlotFinder | None) -> bool:
    """Whether a text is nothing but values: no word remains beside them."""
    rest = fold(text)
    if finder is not None and len(rest) == len(text):
        values = (f for f in finder(text) if getattr(f, "name", None) not in _SAYING)
        for start, end in filter(None, map(_place, values)):
            rest = rest[:start] + " " * (end - start) + rest[end:]
    return not _WORD.search(rest)


def _things(text: str, finder: SlotFinder | None) -> frozenset[str]:
    """The orders and products that a piece names."""
    found = finder(text) if finder is not None else []
    return frozenset(
        str(getattr(getattr(f, "slot", f), "value", f))
        for f in found
        if getattr(f, "name", None) in ("order_id", "product")
    )


def _place(value: Any) -> Span | None:
    return getattr(value, "span", None) or getattr(getattr(value, "slot", None), "span", None)
