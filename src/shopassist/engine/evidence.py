"""What an answer rests on: figures, sentences and sources, compared between a sentence and the passages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopassist.engine.figures import Figure, figures, without_figures
from shopassist.engine.quote import authority
from shopassist.engine.quote import quote as quote
from shopassist.replies import Citation, Passage
from shopassist.text import HAN, content, fold, sentences

_CLAUSE = re.compile(r"[,，;；。！!？?\n]+")
CLEARLY = 3
"""By how many tokens more another figure's line must speak of the matter, for the figure to be taken from elsewhere."""

SPANS = frozenset({"minute", "hour", "day", "week", "month", "year", "percent", "yuan", "instalment", "times"})
"""The units of rules: their figures mean nothing without the matter. A code or a weight names its own."""

_PART = re.compile("[;；]")
REVERSED = 3
"""Tokens that a sentence and a source must have in common besides the side, to be compared."""

CITED = 0.3
"""The least share of a sentence's content that its source holds."""

BORNE = 0.55
"""The least share of it that a page holds which says as much as another source."""

_NEGATION = re.compile(
    r"不|没|无(?!线|理由|损|论)|未|非(?!常|凡)|禁止|拒绝|\bnot\b|n't\b|\bno\b|\bnever\b|\bcannot\b|\bwithout\b"
)
_NEGATION_OF = re.compile(
    rf"(?:{_NEGATION.pattern})(?:能|可以?|会|是|得|要|需要?|用|允许|再|在线)*\s*"
    rf"(?P<what>[{HAN}]{{2,4}}|[a-z0-9' -]{{2,25}})?"
)


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence between commas; a comma inside a number parts nothing."""
    return [c for c in _CLAUSE.split(re.sub(r"(?<=\d),(?=\d{3})", "", sentence)) if c.strip()]


def untraced(
    sentence: str, passages: Sequence[Passage], said: str, common: frozenset[str] = frozenset()
) -> Figure | None:
    """The first figure of a sentence that no passage bears out, or None.

    The figures of a clause must stand together in one passage (45 dB of one product and 8 hours of another make no
    third one), and where it speaks of the same thing: a period of the returns is none of an exchange. Dates and codes
    that the customer named (`said`) may be repeated. `common` are tokens that say nothing of the matter.
    """
    own = [f for f in figures(said) if f.unit in ("date", "day-of-month", "code")]
    matter = _matter(sentence, passages, common)
    for clause in clauses(sentence):
        wanted = [f for f in figures(clause) if not any(f.agrees(o) for o in own)]
        if not wanted:
            continue
        if not any(_holds(p, wanted) for p in passages):
            missing = [f for f in wanted if not any(_holds(p, [f]) for p in passages)]
            return (missing or wanted)[0]
        topic = _matter(clause, passages, common) or matter
        for figure in wanted:
            if figure.unit in SPANS and _of_another_matter(figure, topic, passages):
                return figure
    return None


def _of_another_matter(figure: Figure, topic: frozenset[str], passages: Sequence[Passage]) -> bool:
    """Whether the lines that hold a figure say nothing of the topic, or others with another figure say far more."""
    if not topic:
        return False
    lines = [line for p in passages for line in _lines_of(p.title, p.text)]
    own = max((len(topic & line.words) for line in lines if any(figure.agrees(f) for f in line.figures)), default=0)
    others = [c for line in lines for c in line.clauses if not any(figure.agrees(f) for f in c.figures)]
    other = max((len(topic & c.words) for c in others if any(figure.like(f) for f in c.figures)), default=0)
    return own == 0 or other >= own + CLEARLY


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence of a page, or a clause of it."""

    words: frozenset[str]
    figures: tuple[Figure, ...]
    clauses: tuple[_Line, ...] = ()


@lru_cache(maxsize=1024)
def _lines_of(title: str, text: str) -> tuple[_Line, ...]:
    """The title and the sentences of a passage that hold figures, each with the title's and the heading's words."""
    first = text.partition("\n")[0]
    about = content(title) | (content(first) if "›" in first else frozenset())
    found = []
    for sentence in [title, *sentences(text)]:
        if known := figures(sentence):
            parts = tuple(_Line(content(without_figures(c)), figures(c)) for c in clauses(sentence))
            found.append(_Line(about | content(without_figures(sentence)), known, parts))
    return tuple(found)


def _matter(text: str, passages: Sequence[Passage], common: frozenset[str]) -> frozenset[str]:
    """The tokens of a text that say what it is about, without figures and products' names."""
    names = frozenset().union(*(content(p.title) for p in passages if "product" in p.tags))
    return frozenset(t for t in content(without_figures(text)) if not t.isdigit()) - common - names


def _holds(passage: Passage, wanted: Iterable[Figure]) -> bool:
    known = figures(f"{passage.document}\n{passage.title}\n{passage.text}")
    return all(any(f.agrees(k) for k in known) for f in wanted)


def support(text: str, passage: Passage) -> float:
    """How much of a text's meaning a passage holds, 0 to 1, by its tokens."""
    wanted = content(text)
    return len(wanted & content(f"{passage.title}\n{passage.text}")) / len(wanted) if wanted else 0.0


def contradicts(sentence: str, passages: Sequence[Passage]) -> bool:
    """Whether a clause denies what its nearest source affirms, or the other way round: 支持快充 against 不支持快充.

    Only where the two say nearly the same words: at least four tokens in common that make up most of the shorter one.
    """
    sources = [c for p in passages for s in sentences(p.text) for c in clauses(s)]
    for clause in clauses(sentence):
        words = _affirmed(clause)
        nearest, common = None, 0
        for source in sources:
            other = _affirmed(source)
            shared = len(words & other)
            if shared > common and shared >= 0.8 * min(len(words), len(other)):
                nearest, common = source, shared
        if nearest is None or common < 4:
            continue
        differ = len(_NEGATION.findall(fold(clause))) % 2 != len(_NEGATION.findall(fold(nearest))) % 2
        if differ and (_denied(clause) | _denied(nearest)) & words & _affirmed(nearest):
            return True
    return False


def reversed_claim(sentence: str, passages: Sequence[Passage], opposed: Sequence[Opposed]) -> bool:
    """Whether a sentence takes the other side than its nearest source: 卖家承担 against 买家承担.

    A negation turns a side round: 超过 7 天不能退 agrees with 7 天内可以退.
    """
    folded = fold(sentence)
    for pair in opposed:
        side = _side(folded, pair)
        if side is None:
            continue
        words = content(_bare(folded, pair))
        nearest: tuple[int, list[bool]] = (REVERSED - 1, [])
        for other in (fold(part) for p in passages for s in sentences(p.text) for part in _PART.split(s)):
            its = _side(other, pair)
            if its is None:
                continue
            shared = len(words & content(_bare(other, pair)))
            denied = len(_NEGATION.findall(folded)) % 2 != len(_NEGATION.findall(other)) % 2
            if shared > nearest[0]:
                nearest = (shared, [])
            if shared == nearest[0]:
                nearest[1].append(its != side and not denied)
        if nearest[1] and all(nearest[1]):
            return True
    return False


Opposed = tuple[re.Pattern[str], re.Pattern[str]]


def _side(folded: str, pair: Opposed) -> bool | None:
    """Which of two opposed expressions a text holds: the first, the second, or None for neither or both."""
    first, second = bool(pair[0].search(folded)), bool(pair[1].search(folded))
    return None if first == second else first


def _bare(folded: str, pair: Opposed) -> str:
    return _NEGATION.sub("", pair[1].sub(" ", pair[0].sub(" ", folded)))


@lru_cache(maxsize=4096)
def _affirmed(clause: str) -> frozenset[str]:
    """What a clause is about, whether it affirms or denies it."""
    return content(_NEGATION.sub("", fold(clause)))


def _denied(clause: str) -> set[str]:
    """The words that a clause's negations stand before: 未发货的订单可以取消 denies 发货, and not 取消."""
    return {token for match in _NEGATION_OF.finditer(fold(clause)) for token in content(match["what"] or "")}


def about(passages: Sequence[Passage], products: Sequence[str]) -> list[Passage]:
    """The passages without other products' pages, where a question names its products; all if nothing would be left."""
    own = [p for p in passages if not products or p.document in products or "product" not in p.tags]
    return own or list(passages)


def cite(sentence: str, passages: Sequence[Passage]) -> Citation | None:
    """The source of a sentence: the words of a page that hold its figures and most of its content.

    A policy's or a product's page is named rather than a FAQ row or a guide, if it bears the sentence out as well.
    None where no passage does, as with a courtesy.
    """
    wanted, words = figures(sentence), content(sentence)
    best: tuple[tuple[bool, bool, bool, float], Passage, str] | None = None
    for passage in passages:
        holds = bool(wanted) and _holds(passage, wanted)
        held = support(sentence, passage)
        if not holds and held < CITED:
            continue
        decides = authority(passage) and (held >= BORNE and (holds or not wanted))
        for source in sentences(passage.text):
            if source.rstrip().endswith(("?", "？")):
                continue
            exact = holds and all(any(f.agrees(k) for k in figures(source)) for f in wanted)
            rank = (holds, decides, exact, len(words & content(source)) / (len(content(source)) + 8) ** 0.5)
            if best is None or rank > best[0]:
                best = rank, passage, source.strip()
    if best is None:
        return None
    _, passage, source = best
    return Citation(passage.document, passage.version, passage.title, source, passage.url, passage.id)
