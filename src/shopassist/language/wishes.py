"""What a customer wants, a wish for each thing: segments, their intents and acts, put together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shopassist.dialogue import Act, Wish
from shopassist.language.catalogue import WRITING, Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.judge import IDLE, taken
from shopassist.language.likeness import Vector
from shopassist.language.reading import Part, Said, SlotFinder
from shopassist.language.segments import Segment, Span
from shopassist.language.states import without_states
from shopassist.language.talk import small_talk

CLEAR = 0.7
"""From this score on nothing else needs to be asked."""
ALONE = 0.45
"""From this score on it wishes a change, which ends in a question or with a person."""
AWAITED = 0.8
"""The same where an answer to a question is awaited: what only sounds like a wish is then rather the answer."""
REPEATED = 0.25
"""From this score on a piece says again what another piece surely wishes, if it says nothing more likely.

So it is with what the part of it that asks surely wishes by itself.
"""

_TALK = {"greeting": "greeting", "thanks": "thanks", "goodbye": "chitchat", "identity": "chitchat", "human": "human"}
_FIRST: tuple[Act, ...] = ("request", "blocked", "can", "conditional", "verify", "report", "status", "how")
"""Of two pieces about one thing the act that stands first here is meant."""
_HEAD = re.compile(r"[^:：\n]{2,40}[:：](?![/\d])")


def wishes(
    text: str,
    language: str,
    classifier: Classifier,
    finder: SlotFinder | None = None,
    *,
    awaited: bool = False,
) -> list[Wish]:
    """The wishes in the order of the text; none for a bare value, a yes or a no. Their slots are still to be filled.

    With `finder`, what is nothing but values (an order number, an address) is known as such. `Wish.target` tells
    chit-chat apart: ``goodbye``, ``identity``. `awaited` says that an answer to a question of ours is awaited.
    """
    heard = _Hearing(language, classifier, finder, awaited).heard
    head = _HEAD.match(text)
    if head and not _things(head[0], finder):
        listed = heard(" " * head.end() + text[head.end() :])
        if len(listed) > 1:  # 退货和取消都要：Lite退，键盘取消: the head only counts up what follows
            return listed
    return heard(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """A wish and what tells it apart from another of the same intent; `told` says that nothing was asked."""

    wish: Wish
    things: frozenset[str]
    told: bool


class _Hearing:
    """How a message is heard; `awaited` says that it is read as an answer first."""

    def __init__(self, language: str, classifier: Classifier, finder: SlotFinder | None, awaited: bool) -> None:
        self.language, self.classifier, self.finder, self.awaited = language, classifier, finder, awaited
        self.weigher = classifier.weigh(language)

    def heard(self, text: str) -> list[Wish]:
        """The wishes of a message."""
        message = self.classifier.reader.read(text, self.language, self.finder)
        likely = self.weigher.judge([p.part for p in message.pieces], message.whole)
        wished = [self._wished(piece, scores) for piece, scores in zip(message.pieces, likely, strict=True)]
        sure = {f.wish.intent for one in wished for f in one if f.wish.score >= CLEAR and f.wish.act in WRITING}
        for n, piece in enumerate(message.pieces):
            wished[n] = wished[n] or self._again(piece, likely[n], sure)
        found = [f for one in wished for f in one]
        every = sorted([*_talk(message.segments), *found], key=lambda f: f.wish.span)
        merged = _merged(every, self.classifier.catalogue)
        serious = [f for f in merged if f.wish.intent not in IDLE]
        return [f.wish for f in serious or merged]

    def _wished(self, piece: Said, likely: Vector) -> list[_Found]:
        """The wishes of one piece, each at the clause that says it most."""
        places = taken(likely, piece.part, self.weigher.values, self.classifier.limits)
        names = self.classifier.names
        found = [self._at(piece, clause, names[n], float(likely[n])) for n, clause in places]
        if places and piece.segment.asks and all(self._only_told(piece, n) for n, _ in places):
            found = [*self._asked(piece, likely), *found]
        return [f for f in found if f.wish.score >= self._least(f.wish)]

    def _only_told(self, piece: Said, n: int) -> bool:
        """Whether a clause that only tells speaks more for an intent than the part that asks."""
        core, *told = (float(self.weigher.values(text)[n]) for text in (piece.part.core, *piece.part.told))
        return max(told, default=core) > core

    def _asked(self, piece: Said, likely: Vector) -> list[_Found]:
        """What the part that asks surely wishes by itself, where a story beside it outweighs but does not deny it."""
        core = piece.part.core
        (alone,) = self.weigher.judge([Part(core, core)], core)
        best = int(alone.argmax())
        if alone[best] < self.classifier.limits.beside or likely[best] < REPEATED:
            return []
        found = self._at(piece, 0, self.classifier.names[best], float(alone[best]))
        # 退款的话 优惠券会返还吧: it supposes, and asks nothing
        return [] if found.wish.act == "conditional" else [found]

    def _again(self, piece: Said, likely: Vector, sure: set[str]) -> list[_Found]:
        """A change that another piece surely wishes, where this one says it too: 蓝色那个取消掉 键盘也取消."""
        best = int(likely.argmax())
        if self.classifier.names[best] not in sure or likely[best] < REPEATED:
            return []
        found = self._at(piece, 0, self.classifier.names[best], float(likely[best]))
        return [found] if found.wish.act in WRITING else []

    def _least(self, wish: Wish) -> float:
        """How sure a wish must be that may end in a change."""
        if wish.act not in WRITING or not self.classifier.catalogue[wish.intent].changes:
            return 0
        return AWAITED if self.awaited else ALONE

    def _at(self, piece: Said, clause: int, intent: str, score: float) -> _Found:
        """The wish that a clause of a piece says."""
        said = piece.clauses[clause]
        done = self.weigher.act(without_states(said.plain, self.language), intent)
        if clause == 0 and piece.segment.told and done == "request":  # 要是明天还不发，我就取消: the condition is told
            whole = self.weigher.act(piece.part.text, intent)
            done = whole if whole == "conditional" else done
        wish = Wish(intent, done, span=said.span, score=round(score, 4))
        within = said.text if clause else piece.segment.text
        return _Found(wish, _things(within, self.finder), told=bool(clause) or not piece.segment.asks)


def _talk(parts: Iterable[Segment]) -> list[_Found]:
    """The wishes of the pieces that are small talk."""
    kinds = [(s.span, kind) for s in parts if (kind := small_talk(s.text)) in _TALK]
    return [
        _Found(
            Wish(_TALK[k], "request", span=span, target=k if _TALK[k] == "chitchat" else None), frozenset(), told=False
        )
        for span, k in kinds
    ]


def _merged(found: Sequence[_Found], catalogue: Catalogue) -> list[_Found]:
    """One wish for what is said twice; what is told as the reason of a neighbour is none."""
    kept: list[_Found] = []
    for new in found:
        twin = next((n for n, old in enumerate(kept) if _same(old, new)), None)
        if twin is not None:
            kept[twin] = _joined(kept[twin], new)
        elif kept and _reason(new, kept[-1], catalogue):
            kept[-1] = _widened(kept[-1], new.wish.span)
        else:
            while kept and _reason(kept[-1], new, catalogue):
                new = _widened(new, kept.pop().wish.span)
            kept.append(new)
    return kept


def _same(a: _Found, b: _Found) -> bool:
    if a.wish.intent != b.wish.intent or (a.things and b.things and a.things != b.things):
        return False
    return (a.wish.act == "retract") == (b.wish.act == "retract")


def _reason(part: _Found, of: _Found, catalogue: Catalogue) -> bool:
    """Whether one wish is only what another grew out of: 取消了 before 怎么没退款."""
    tells = part.told or part.wish.act == "report"
    if part.wish.act == "retract":  # 取消掉售后单 不退了
        return catalogue[part.wish.intent].undo == of.wish.intent
    return tells and part.wish.intent in catalogue[of.wish.intent].absorbs


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


def _things(text: str, finder: SlotFinder | None) -> frozenset[str]:
    """The orders and products that a piece names."""
    found = finder(text) if finder is not None else ()
    return frozenset(f.value for f in found if f.name in ("order_id", "product"))
