"""What pages say in figures: each figure with the words that tell what it is about, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopassist.knowledge.documents import Document
from shopassist.knowledge.lexical import telling
from shopassist.knowledge.lint.figures import Figure, figures, masked, narrow, words
from shopassist.knowledge.lint.names import Names
from shopassist.knowledge.split import Piece
from shopassist.text import HAN, sentences, stem

_CLAUSE = re.compile(r"(?<=[，,；;])|(?<=[^\d][、])")
_NAMED = re.compile(r"^[\s\-*]{0,4}([^：:，。,.]{1,24})[：:](?!\d)")
_PERIOD = re.compile(rf"(?<=[{HAN}]{{2}})期(?!间)")  # 保修期 is 保修
_ASKS = re.compile(r"[？?][”’」』）)\"'*\s]*$")


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that a page states.

    `core` are the words of its own clause, `context` also those around it and of the headings above; `place` are the
    words of title and headings alone. `products` are the products that it is about; none for a rule of all.
    """

    document: Document
    sentence: str
    figure: Figure
    core: frozenset[str]
    context: frozenset[str]
    place: frozenset[str]
    products: frozenset[str]


def claims(pieces: Sequence[Piece], names: Names) -> list[Claim]:
    """The claims of passages, in their order."""
    found: list[Claim] = []
    for piece in pieces:
        place = _words(f"{piece.document.title} {piece.heading}", names)
        own = names.within(piece.heading) or names.within(piece.document.title)
        if "product" in piece.document.tags:
            own = own or frozenset((piece.document.id,))
        for line in piece.text.split("\n"):
            asked = ""
            for sentence in sentences(line):
                if _ASKS.search(sentence.rstrip()):
                    asked = sentence
                elif not narrow(sentence.lstrip("*-· ")).startswith(words("examples")):
                    found.extend(_of_sentence(piece.document, sentence.strip(), asked, place, own, names))
    return found


def _of_sentence(
    document: Document,
    sentence: str,
    asked: str,
    place: frozenset[str],
    own: frozenset[str],
    names: Names,
) -> Iterator[Claim]:
    inside = figures(sentence)
    if not inside:
        return
    label = named[1] if (named := _NAMED.match(sentence)) else ""
    about = names.within(sentence) or names.within(asked) or own
    whole = _words(masked(sentence, inside), names) | _words(asked, names) | place
    before: frozenset[str] = frozenset()
    waiting: list[tuple[Figure, frozenset[str], frozenset[str]]] = []
    for clause in _CLAUSE.split(sentence):
        stated = [f for f in figures(clause) if not _trivial(f)]
        told = _words(masked(clause, stated), names)
        if stated:
            core = told | _words(label, names)
            core = core if len(core) > 1 else core | before
            waiting += [(f, core, names.within(clause) or about) for f in stated]
        elif waiting and len(waiting[-1][1]) < POOR:
            waiting[-1] = (waiting[-1][0], waiting[-1][1] | told, waiting[-1][2])
        before = told
    for figure, core, scope in waiting:
        yield Claim(document, sentence, figure, core or place, whole, place, scope)


POOR = 2
"""Words; a clause of fewer tells with the next one what it is about: 签收后 15 天内，质量问题可以换货."""


def _trivial(figure: Figure) -> bool:
    """一个, one item: no figure that a rule turns on."""
    return figure.kind in ("pieces", "times") and figure.values == (1.0,)


def _words(text: str, names: Names) -> frozenset[str]:
    """The telling words of a text, without the names of products and of kinds of pages."""
    plain = _PERIOD.sub("", names.without(text))
    return frozenset(stem(w) for w in telling(plain) if not w.isdigit()) - _empty()


@lru_cache(maxsize=1)
def _empty() -> frozenset[str]:
    return frozenset(stem(t) for name in ("genres", "empty") for word in words(name) for t in (word, *telling(word)))
