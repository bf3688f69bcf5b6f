"""Whether a passage bears a sentence out: the same things, on the same side, with the same yes or no.

Clause by clause. The clause of the page that has most in common with the sentence's tells: who takes the other side
there (买家, 商家), speaks of the other case (质量问题, 无理由) or denies what it affirms has no source in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from shopassist.engine.figures import Figure, figures, without_figures
from shopassist.knowledge.nouns import nouns
from shopassist.prompts import Claims
from shopassist.replies import Passage
from shopassist.text import content, fold, kindred, sentences

FIGURE, SIDE = 3.0, 1.5
"""What a figure and a side in common count, a token being 1."""

ENOUGH = 3.0
"""The least that a clause must have in common with the page's, to be held against it."""

CLOSE = 0.5
"""By how much less a clause of the page must have in common than the best one, not to be the source any more."""

WINDOW = 3
"""How many clauses of a page's sentence may bear out one of the answer together."""

_CLAUSES = re.compile(
    r"[,，]\s{0,3}(?!\d{3}(?!\d))|\b(?:but|and if|where)\b|\band(?= (?:does|do|is|are|can|cannot|has|have|will|must)\b)"
)
_PARTS = re.compile(r"[;；]|\n")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][A-Za-z]+\b")

Sides = frozenset[tuple[int, bool]]


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause: its tokens without figures and sides, its figures, which sides it takes, and whether it says no."""

    text: str
    words: frozenset[str]
    figures: tuple[Figure, ...]
    sides: Sides
    denies: bool
    negated: frozenset[str] = frozenset()

    @property
    def plain(self) -> frozenset[str]:
        """The words that it does not deny by name, though it may say no to something else."""
        return self.words - self.negated if self.negated else frozenset()

    def common(self, other: _Clause) -> float:
        """How much two clauses have in common."""
        shared: float = len(self.words & other.words)
        if self.figures and other.figures:
            shared += FIGURE * sum(any(f.agrees(o) for o in other.figures) for f in self.figures)
        if self.sides and other.sides:
            shared += SIDE * len(self.sides & other.sides)
        return shared

    def opposes(self, other: _Clause) -> bool:
        """Whether the two stand on different sides of anything."""
        if not self.sides or not other.sides:
            return False
        theirs = dict(other.sides)
        return any(theirs.get(n, side) != side for n, side in self.sides)


def doubt(
    sentence: str,
    passages: Sequence[Passage],
    claims: Claims,
    said: str = "",
    *,
    everything: Sequence[Passage] | None = None,
) -> str | None:
    """Why the passages do not bear a sentence out, None where they do or say too little to tell.

    ``entity <name>``: it names a thing that none of the passages (of `everything`, if given) and not the customer
    (`said`) names; ``condition``: it takes the other side or another case than its source; ``figure <value>``: its
    source has that figure of another thing; ``contradiction``: it denies what its source affirms, or affirms it.
    """
    if strange := _stranger(sentence, tuple(passages if everything is None else everything), claims, said):
        return f"entity {strange}"
    places = [place for p in passages for place in _places(p.title, p.text, claims)]
    carried: Sides = frozenset()
    for part in _PARTS.split(sentence):
        for text in _CLAUSES.split(part):
            clause = _clause(text, claims)
            carried = _joined(carried, clause.sides)
            told = _against(replace(clause, sides=carried), places)
            if told is None and not carried:
                told = _denied(clause, places)
            if told:
                return told
    return None


def _denied(clause: _Clause, places: Sequence[_Place]) -> str | None:
    """Whether it denies by name what the pages only affirm, or affirms what they only deny: 可以浸水, no GPS."""
    pages = [p.window[0] for p in places if len(p.window) == 1]
    denied = frozenset(t for page in pages for t in page.negated)
    affirmed = frozenset(t for page in pages if not page.denies for t in page.words)
    if clause.negated and clause.negated <= affirmed - denied:
        return "contradiction"
    if not clause.denies and clause.words & (denied - affirmed - frozenset(t for p in pages for t in p.plain)):
        return "contradiction"
    return None


def _against(clause: _Clause, places: Sequence[_Place]) -> str | None:
    """What the nearest places of the pages have against a clause: nothing, or None where they are none too near."""
    near = [(clause.common(place.merged) - 0.5 * (len(place.window) - 1), place) for place in places]
    best = max((score for score, _ in near), default=0.0)
    if best < min(ENOUGH, max(len(clause.words) * 0.6, 1.5)) or best < 1.5:
        return None
    found: str | None = None
    for score, place in sorted(near, key=lambda pair: -pair[0]):
        if score <= best - CLOSE:
            break
        if clause.opposes(place.merged):
            found = found or "condition"
        elif clause.denies != _main(clause, place).denies and _overlaps(clause, place.merged):
            found = found or "contradiction"
        elif figure := _mixed(clause, place, near):
            found = found or f"figure {figure.value}"
        else:
            return ""
    return found


def _overlaps(clause: _Clause, other: _Clause) -> bool:
    """Whether two clauses have so many words in common that a yes of the one is no no of the other."""
    return len(clause.words & other.words) >= min(2, len(clause.words))


def _main(clause: _Clause, place: _Place) -> _Clause:
    """Of a place the clause that says what the clause says: the one with its last words, where the verb stands."""

    def last(other: _Clause) -> int:
        return max((clause.text.rfind(w) for w in clause.words & other.words), default=-1)

    return max(place.window, key=last)


def _mixed(clause: _Clause, place: _Place, near: Sequence[tuple[float, _Place]]) -> Figure | None:
    """A figure that the page has of another thing: 8 小时 of the one, where the clause names the other."""
    own = place.merged
    for figure in clause.figures:
        if figure.unit == "code" and place.codes and figure not in place.codes:
            return figure
    if (rival := _rival(clause, own)) is not None:
        return rival
    for score, other in near:
        theirs = clause.words & other.merged.words - own.words
        if score > 1 and len(theirs) > 1 and len(other.window) == 1 and (rival := _rival(clause, other.merged)):
            return rival
    return None


def _rival(clause: _Clause, other: _Clause) -> Figure | None:
    """A figure of the clause in whose place the other has a different one of its kind, and has it nowhere."""
    return next(
        (
            f
            for f in clause.figures
            if f.unit and not any(f.agrees(o) for o in other.figures) and any(f.like(o) for o in other.figures)
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Clauses of a page that follow each other, taken together, and the codes that their sentence is about."""

    window: tuple[_Clause, ...]
    merged: _Clause
    codes: frozenset[Figure]


@lru_cache(maxsize=2048)
def _places(title: str, text: str, claims: Claims) -> tuple[_Place, ...]:
    """The clauses of a text, alone and with those after them in the same part of a sentence, unless they are rivals."""
    found: list[_Place] = []
    for part in (part for sentence in sentences(text) for part in _PARTS.split(sentence)):
        made = [_clause(c, claims) for c in _CLAUSES.split(part) if c.strip()]
        codes = frozenset(f for f in (*figures(title), *figures(part)) if f.unit == "code")
        for start in range(len(made)):
            window: tuple[_Clause, ...] = ()
            for clause in made[start : start + WINDOW]:
                if any(clause.opposes(c) or _rivals(clause, c) for c in window):
                    break
                window = (*window, clause)
                found.append(_Place(window, _merged(window), codes))
    return tuple(found)


def _rivals(one: _Clause, other: _Clause) -> bool:
    """Whether two clauses say the same of different things: 8 小时 of one, 30 小时 of the other."""
    theirs = other.figures
    return bool(theirs) and any(f.unit and f.like(o) and not f.agrees(o) for f in one.figures for o in theirs)


@lru_cache(maxsize=8192)
def _clause(text: str, claims: Claims) -> _Clause:
    folded = fold(text)
    sides: set[tuple[int, bool]] = set()
    bare = folded
    for n, pair in enumerate(claims.sides):
        first, second = (bool(p.search(folded)) for p in pair)
        if first != second:
            sides.add((n, first))
        if first or second:
            bare = pair[1].sub(" ", pair[0].sub(" ", bare))
    denies = len(claims.denies.findall(bare)) % 2 == 1
    words = content(claims.modal.sub(" ", without_figures(claims.denies.sub(" ", folded))))
    negated = frozenset(t for m in claims.negated.finditer(bare) for t in content(m["what"]))
    return _Clause(folded, words, figures(text), frozenset(sides), denies, negated)


def _joined(before: Sides, now: Sides) -> Sides:
    """The sides in force: what a clause says itself, and what the ones before it said of other matters."""
    return frozenset(dict([*before, *now]).items())


def _merged(window: tuple[_Clause, ...]) -> _Clause:
    words = frozenset(w for c in window for w in c.words)
    sides = frozenset(s for c in window for s in c.sides)
    return _Clause("", words, tuple(f for c in window for f in c.figures), sides, denies=False)


@lru_cache(maxsize=256)  # each passage that may bear the sentence is asked for with the same question
def _stranger(sentence: str, passages: tuple[Passage, ...], claims: Claims, said: str) -> str | None:
    """A thing that a sentence names and neither the pages nor the customer do."""
    known, letters = _known(said, passages)
    for noun in nouns(without_figures(sentence)):
        named = noun in known or (len(noun) > 2 and noun[:-1] in known)  # 保修期, of what has 保修
        if not (named or noun in claims.things or letters.issuperset(noun) or _kindred(noun, known)):
            return noun
    for match in _NAME.finditer(sentence):
        if fold(match[0]) not in known:
            return match[0]
    return None


@lru_cache(maxsize=64)
def _known(said: str, passages: tuple[Passage, ...]) -> tuple[str, frozenset[str]]:
    """All that was said and can be read, folded, and its characters."""
    known = fold("\n".join([said, *(f"{p.document}\n{p.title}\n{p.text}" for p in passages)]))
    return known, frozenset(known)


def _kindred(noun: str, known: str) -> bool:
    """Whether the pages name it by another word."""
    return bool(kindred(noun) & content(known))
