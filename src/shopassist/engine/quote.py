"""The sentence of the pages that answers a question, in the page's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.engine.figures import asked_for, figures, names_one
from shopassist.replies import Passage
from shopassist.text import HAN, asking, content, fold, sentences, tokens
from shopassist.text import kindred as builtin

SINGLE, PAIRED = 0.35, 0.25
"""The weight of a single Han character, and of a pair with one that says nothing; a word's is 1."""

ASKED, ABOUT = 0.8, 0.5
"""What a word of the question counts where the page's own question before the sentence has it, or title and heading."""

LEAD, WHOLE, HINTED = 0.2, 0.6, 0.3
"""What a page's first sentence gains, in shares of the question: always, and where the question is about the page as a
whole; and what a figure gains of a kind that the question hints at."""

SUBJECT = 0.85
"""The share of a question that title and heading hold, if it is about the page as a whole."""

UNMATCHED, ASIDE = 0.4, 0.7
"""What is left of a "yes" or "no" to another question; and of another answer to one, an example, or a step unasked."""

KINDRED, BEFORE = 0.6, 0.5
"""What a word counts that the question has another for; and one of the sentences that do not ask."""

SECOND = 0.2
"""The least score of a sentence that is added to one: not to the point, it only dilutes."""

NAMED = 0.3
"""What a word counts of a product's title: it says which page is meant, and not which of its sentences."""

PRESUMED = 0.01
"""What the first page's first sentence has though it shares no word with the question: the page was found to decide."""

SHORT = 12
"""Up to so many tokens a sentence is not too long."""

LATER = 0.95
"""What is left of a sentence for each passage before its own."""


_HAN = re.compile(f"[{HAN}]")
_STEP = re.compile(r"\d{1,2}[.、]\s")
_ROW = re.compile(r"[^。.!?！？，,:：]{1,40}(?:：|: )")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of a passage, or two where the first is a bare yes or no.

    `asked` are the tokens of the page's own question that it answers, `leads` tells the first sentence of a page.
    """

    text: str
    words: frozenset[str]
    asked: frozenset[str]
    leads: bool


def quote(
    text: str,
    passages: Sequence[Passage],
    used: Iterable[str] = (),
    skip: Callable[[str], bool] = lambda _: False,
    kindred: frozenset[str] = frozenset(),
) -> tuple[Passage, str] | None:
    """The sentence of the passages that best answers a text, with its passage; earlier passages win ties.

    Sentences in `used`, and those to `skip`, are left out. None where no sentence has anything to do with the text
    and the first passage does not begin a policy's or a product's page. Where it asks for a figure, a sentence that
    names one goes first. A product's name says nothing about which of its page's sentences is meant; the title of
    any other page counts, as a question's does. `kindred` are the tokens of what else this shop calls what it names.
    """
    done = {fold(u).strip() for u in used}
    found = [
        (place, passage, span)
        for place, passage in enumerate(passages)
        for span in spans(passage.text)
        if fold(span.text) not in done
    ]
    frequency = Counter(t for _, _, span in found for t in span.words)
    names = frozenset(t for p in passages if "product" in p.tags for t in _all(p.title))
    words = {t: KINDRED * w for t in kindred if (w := _weight(t))} | telling(text)
    weights = {t: w * (NAMED if t in names else 1.0) / max(frequency[t], 1) ** 0.5 for t, w in words.items()}
    units, likely, steps = asked_for(text), hinted(text), bool(_rules().steps.search(fold(text)))
    best: tuple[tuple[bool, float], Passage, str] | None = None
    for place, passage, span in found:
        score = _score(span, passage, weights, steps)
        if score <= 0:
            if place or done or not (span.leads and "policy" in passage.tags):
                continue
            score = PRESUMED
        elif done and (
            score < SECOND or _rules().answers.search(fold(span.text)) or (_STEP.match(span.text) and not steps)
        ):
            continue
        if likely and names_one(span.text, likely, text):
            score += HINTED
        rank = (bool(units) and names_one(span.text, units, text), score * LATER**place)
        if (best is None or rank > best[0]) and not skip(span.text):
            best = rank, passage, span.text
    return (best[1], best[2]) if best else None


def mentions(text: str, passages: Sequence[Passage]) -> bool:
    """Whether the passages have a word of what a text asks a product to have: no GPS, no answer about it."""
    having = next(filter(None, (rule.search(fold(text)) for rule in _rules().having)), None)
    if having is None:
        return True
    names = frozenset(t for p in passages for t in _all(p.title))
    asked = {t for t, w in telling(having["what"]).items() if w >= KINDRED and t not in names}
    held = frozenset(t for p in passages for t in _all(p.text))
    return not asked or bool(asked & held)


def _score(span: Span, passage: Passage, weights: Mapping[str, float], steps: bool) -> float:
    """The share of the question that a sentence answers; 0 where they have nothing in common."""
    title, heading = _all(passage.title), _all(_heading(passage.text))
    about = heading | title
    if "product" in passage.tags:
        about, weights = heading, {t: w for t, w in weights.items() if t not in title} or weights
    total = sum(weights.values())
    if not total:
        return 0.0

    def share(words: frozenset[str]) -> float:
        return sum(w for t, w in weights.items() if t in words) / total

    answered = span.asked | (title if passage.title.endswith(("?", "？")) else frozenset())
    alike = _alike(answered, weights) if answered else 0.0
    score: float = share(span.words) + ASKED * alike * share(answered - span.words)
    score += ABOUT * share(about - span.words - answered)
    if not score:
        return 0.0
    score /= (max(len(span.words), SHORT) / SHORT) ** 0.2
    if _rules().answers.search(fold(span.text)) and alike < 0.5:
        score *= UNMATCHED
    elif answered and alike < 0.5:
        score *= ASIDE
    if _rules().examples.search(fold(span.text)):
        score *= ASIDE
    step = _STEP.match(span.text)
    if (step and not (steps and span.text.startswith("1"))) or _ROW.match(span.text):  # who asks how begins at 1
        score *= ASIDE
    if span.leads:
        score += WHOLE if share(about) >= SUBJECT else LEAD
    return score


def _alike(asked: frozenset[str], weights: Mapping[str, float]) -> float:
    """How much of the page's own question the customer's holds."""
    own = {t: _weight(t) for t in asked}
    total = sum(own.values())
    return sum(w for t, w in own.items() if t in weights) / total if total else 0.0


@lru_cache(maxsize=4096)
def spans(text: str) -> tuple[Span, ...]:
    """The sentences of a passage that can stand in an answer; headings and questions are left out."""
    found: list[Span] = []
    asked: frozenset[str] = frozenset()
    waiting = ""
    first = not _heading(text)
    for sentence in sentences(text):
        whole = sentence.strip()
        if whole.endswith(("?", "？")):
            asked, waiting = _all(whole), ""
            continue
        joined = waiting + sentence
        if not _whole(whole):
            waiting = ""
        elif len(content(whole)) <= 1 and not figures(whole) and not sentence.endswith("\n"):
            waiting = joined  # a bare "no" says nothing without what follows
            continue
        else:
            found.append(Span(joined.strip(), _all(joined), asked, first))
            first, waiting = False, ""
        if sentence.endswith("\n"):
            asked = frozenset()
    return tuple(found)


def authority(passage: Passage) -> bool:
    """Whether a passage is of a page that decides: a policy's or a product's. FAQ rows and guides repeat them."""
    return "policy" in passage.tags or "product" in passage.tags


def leads(passage: Passage) -> bool:
    """Whether a passage begins its page: no heading stands over it."""
    return any(span.leads for span in spans(passage.text))


def _whole(text: str) -> bool:
    """A heading is no answer."""
    return not text.endswith((":", "：", "›")) and text[-1:] in tuple("。！.!”」)）")


def _heading(text: str) -> str:
    """A passage's heading: its first line, unless that is a sentence or a question."""
    first, _, rest = text.partition("\n")
    return first if rest and first.strip()[-1:] not in tuple("。！？.!?") and not first.startswith("- ") else ""


@lru_cache(maxsize=16384)
def _all(text: str) -> frozenset[str]:
    return content(text) | frozenset(t for t in tokens(text) if len(t) == 1)


@lru_cache(maxsize=1024)
def telling(text: str) -> dict[str, float]:
    """The tokens of a text that say what it is about, with their weights: a word 1, a Han character less."""
    asked = _all("\n".join(asking(text)[0]))
    if not any(_weight(t) >= 1 for t in asked):
        asked = _all(text)
    own = {t: w * (1.0 if t in asked else BEFORE) for t in _all(text) if (w := _weight(t))}
    return own | {t: KINDRED * w for t in builtin(text) if t not in own and (w := _weight(t))}


@lru_cache(maxsize=16384)
def _weight(token: str) -> float:
    empty = _rules().empty
    if not _HAN.match(token):
        return float(token not in empty and (len(token) > 1 or token.isdigit()))
    if len(token) == 1:
        return 0.0 if token in empty else SINGLE
    bare = sum(c in empty for c in token)
    return (1.0, PAIRED, 0.0)[bare]


def held(question: str, passages: Sequence[Passage]) -> float:
    """The share of a question's words, by weight, that passages hold; what their titles say is asked of none."""
    titles = _all("\n".join(p.title for p in passages))
    words = {t: w for t, w in telling(question).items() if t not in titles}
    text = _all("\n".join(p.text for p in passages))
    total = sum(words.values())
    return sum(w for t, w in words.items() if t in text) / total if total else 1.0


def whole(question: str) -> bool:
    """Whether a question is about all that a page says: 完整介绍一下."""
    return bool(_rules().whole.search(fold(question)))


def hinted(question: str) -> frozenset[str]:
    """The units of which an answer is likely to name one, though the question does not insist."""
    folded = fold(question)
    return frozenset(u for pattern, units in _rules().hints if pattern.search(folded) for u in units)


@dataclass(frozen=True, slots=True)
class _Rules:
    empty: frozenset[str]
    answers: re.Pattern[str]
    examples: re.Pattern[str]
    steps: re.Pattern[str]
    whole: re.Pattern[str]
    hints: tuple[tuple[re.Pattern[str], frozenset[str]], ...]
    having: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("quote.yaml").read_text("utf-8"))
    empty = frozenset(data["empty"]["zh"]) | content(data["empty"]["en"]) | frozenset(data["empty"]["en"].split())
    hints = tuple((re.compile(p), frozenset(units)) for p, units in data["hints"].items())
    answers, examples, steps, whole = (re.compile(data[name]) for name in ("answers", "examples", "steps", "whole"))
    having = tuple(re.compile(pattern) for pattern in data["having"])
    return _Rules(empty, answers, examples, steps, whole, hints, having)
