"""What a customer wants, a wish for each thing: segments, their intents and acts, put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shopassist.dialogue import Act, Wish
from shopassist.language.acts import act, taken_back
from shopassist.language.catalogue import WRITING
from shopassist.language.intents import Classifier
from shopassist.language.segments import Segment, Span, segments
from shopassist.language.spelling import changes_to, stand_in
from shopassist.language.talk import small_talk
from shopassist.text import HAN, fold

SURE = 0.6
"""From this score on a clause that asks is taken at its word."""
CLEAR = 0.7
"""Beside a wish of this score others count from it on too: what is hardly heard belongs to what is clear."""
BESIDE = 0.85
"""From this score on a reason told beside a wish counts as a wish of its own."""
MARGIN = 2.0
"""By so much less must the doubt be that a piece as a whole leaves, than that of the part of it that asks."""
LEAST_ASKED = 0.52
"""A piece that asks is a wish from this score on; below it is more likely none, and a question to the pages."""
LEAST_TOLD = 0.55
"""A piece that only tells is a wish from this score on."""

ALONE = 0.7
"""A change that likeness alone tells, without one telling expression, is wished from this score on."""
AWAITED = 0.88
"""The same where an answer to a question is awaited: what only sounds like a wish is then rather the answer."""

COURTEOUS = 0.8
"""A piece that is no other wish is a greeting or thanks from this score on."""

_TALK = {"greeting": "greeting", "thanks": "thanks", "goodbye": "chitchat", "identity": "chitchat", "human": "human"}
_SAYING = frozenset(("reason", "topic"))
"""Slots whose values are words that say what is wanted: 坏了, 运费."""
_COURTESY = frozenset(("greeting", "thanks"))
_IDLE = frozenset(("greeting", "thanks", "chitchat"))
_FIRST: tuple[Act, ...] = ("request", "blocked", "can", "conditional", "verify", "report", "status", "how")
"""Of two pieces about one thing the act that stands first here is meant."""
_HEAD = re.compile(r"[^:：\n]{2,40}[:：](?![/\d])")
_WORD = re.compile(rf"[{HAN}]|[a-z]{{2,}}")

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


def _heard(text: str, reader: _Reader) -> list[Wish]:
    found: list[_Found] = []
    for segment in segments(text, reader.language):
        found.extend(_read(segment, reader))
    if any(f.wish.score >= CLEAR for f in found):
        found = [f for f in found if f.wish.score >= CLEAR or f.wish.intent in _TALK.values()]
    merged = _merged(found, reader.classifier)
    if any(f.wish.intent not in _IDLE for f in merged):
        merged = [f for f in merged if f.wish.intent not in _IDLE]
    return [f.wish for f in merged]


@dataclass(frozen=True, slots=True)
class _Found:
    """A wish and what tells it apart from another of the same intent; `told` says that nothing was asked."""

    wish: Wish
    things: frozenset[str]
    told: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    """What pieces are read with; `alone` is the score that likeness alone must reach for a change."""

    language: str
    classifier: Classifier
    finder: SlotFinder | None
    alone: float

    def best(self, text: str) -> tuple[str, float]:
        """The best intent of a text that is more than small talk."""
        return next((n, s) for n, s in self.classifier.scores(text, self.language) if n not in _COURTESY)

    def guessed(self, intent: str, score: float, *texts: str) -> bool:
        """Whether a change is no more than a guess: safer as a question to the shop's pages."""
        if score >= self.alone or not self.classifier.catalogue[intent].changes:
            return False
        return not any(intent in self.classifier.telling(t, self.language) for t in texts)


def _read(segment: Segment, reader: _Reader) -> list[_Found]:
    language, classifier, finder = reader.language, reader.classifier, reader.finder
    talk = small_talk(segment.text)
    if talk is not None:
        wish = Wish(_TALK[talk], "request", span=segment.span, target=talk) if talk in _TALK else None
        if wish and wish.intent != "chitchat":
            wish = replace(wish, target=None)
        return [_Found(wish, frozenset(), False)] if wish else []
    if segment.empty or _bare(segment.text, finder):
        return []
    changes = [intent.name for intent in classifier.catalogue if intent.changes]
    core = taken_back(segment.core, language, changes)
    if core != segment.core:
        segment = replace(segment, text=segment.text.replace(segment.core, core), core=core)
    plain = _Plain(segment.text, language, finder)
    intent, score = reader.best(plain(segment.core))
    if segment.told:  # 退款点错了，帮我取消: what the verb is aimed at may stand in what is told
        whole = reader.best(plain(segment.text))
        grown = score >= SURE and whole[0] in classifier.catalogue[intent].absorbs
        if (1 - whole[1]) * MARGIN < 1 - score and not grown:
            intent, score = whole
        elif whole[0] == intent:  # both say the same
            score = max(score, whole[1])
    least = LEAST_ASKED if segment.asks else LEAST_TOLD
    done = act(segment.core, language, intent)
    guessed = done in WRITING and reader.guessed(intent, score, plain(segment.core), plain(segment.text))
    if score < least or guessed:
        return _courtesy(segment, plain, language, classifier)
    if segment.told and done == "request":  # 要是明天还不发，我就取消: the condition stands in what is told
        whole_act = act(segment.text, language, intent)
        done = whole_act if whole_act in ("conditional", "retract") else done
    main = _Found(Wish(intent, done, span=segment.span, score=score), _things(segment.text, finder), not segment.asks)
    return [*_beside(segment, main, reader), main]


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


def _courtesy(segment: Segment, plain: _Plain, language: str, classifier: Classifier) -> list[_Found]:
    """A greeting or thanks in words that small talk does not know: 3q亲, 么么哒."""
    name, score = classifier.scores(plain(segment.text), language)[0]
    if name not in _COURTESY or score < COURTEOUS:
        return []
    return [_Found(Wish(name, "request", span=segment.span, score=score), frozenset(), False)]


def _beside(segment: Segment, main: _Found, reader: _Reader) -> list[_Found]:
    """What is told beside a wish and is one itself: 快递还没到，帮我开个发票. The reason of the wish is not."""
    language, classifier, finder = reader.language, reader.classifier, reader.finder
    found = []
    for clause, span in segment.told:
        if small_talk(clause) is not None or _bare(clause, finder):
            continue
        intent, score = reader.best(_Plain(segment.text, language, finder)(clause))
        absorbed = (main.wish.intent, *classifier.catalogue[main.wish.intent].absorbs)
        done = act(clause, language, intent)
        if score < BESIDE or intent in absorbed or done not in ("report", "blocked") or main.wish.act == "conditional":
            continue
        wish = Wish(intent, done, span=span, score=score)
        found.append(_Found(wish, _things(clause, finder), True))
    return found


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
