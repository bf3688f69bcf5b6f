"""Questions of real conversations that the pages answered badly or not at all, those that mean the same together.

What a gap shows is without personal data, as far as it is recognised (`neutral`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache, partial
from typing import Any, Literal

from langchain_core.embeddings import Embeddings

from shopassist.language.catalogue import Catalogue
from shopassist.learning.alike import groups
from shopassist.learning.neutral import neutral, values_of
from shopassist.learning.review import Reviewed, reviewed, said
from shopassist.protocols import ConversationStore, Knowledge
from shopassist.text import fold

Why = Literal["nothing", "weak", "handed_over", "anger"]
"""Why a turn's question counts:

- nothing: no passage was relevant enough, and the answer was that the pages do not say
- weak: it was answered, from passages that are less relevant than `SURE`
- handed_over: the customer's next message ended with a person
- anger: the customer's next message was angry, and this one was not
"""

SURE = 0.8
"""The relevance from which a passage is taken for an answer.

Of 282 questions that the sample shop's pages would answer by vectors and words, the likeliest passage is of the right
page for 85 % of the 236 at or above it, and for 57 % of the 46 below. From .75 on half of what lies below is right,
too, and fewer of the wrong ones are seen; from .9 on more of what is called weak is right
(`benchmarks/retrieval.py` prints the table).
"""

MOST = 2000
"""Different questions that are grouped, the newest; the work grows with their square."""

EXAMPLES = 5
LONGEST = 200
"""Characters of a question that are kept."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of one turn, in the words that it was looked up by, without personal data."""

    text: str
    language: str
    day: date | None
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The page that comes nearest today. `found`: it is now relevant enough to be answered from."""

    document: str
    title: str
    relevance: float
    found: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that mean the same: how often, why, on which days, and the page that is nearest to `question`.

    `question` is the one that is most like the others, `examples` are others of them, the most frequent first.
    """

    question: str
    language: str
    count: int
    why: Mapping[Why, int]
    examples: tuple[str, ...]
    days: Mapping[date, int]
    nearest: Nearest | None

    @property
    def closed(self) -> bool:
        """Whether a page answers it by now; where a good answer did not help, none does."""
        return bool(self.nearest and self.nearest.found) and self.why.keys() <= {"nothing", "weak"}

    @property
    def first(self) -> date | None:
        """The first day on which it was asked."""
        return min(self.days, default=None)

    @property
    def last(self) -> date | None:
        """The last day on which it was asked."""
        return max(self.days, default=None)

    def plain(self) -> dict[str, Any]:
        """The gap as plain JSON."""
        return {
            "question": self.question,
            "language": self.language,
            "count": self.count,
            "why": dict(self.why),
            "examples": list(self.examples),
            "days": {day.isoformat(): count for day, count in self.days.items()},
            "closed": self.closed,
            "nearest": asdict(self.nearest) if self.nearest else None,
        }


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps, the most frequent first.

    `questions` of the `looked_at` found nothing good; `left_out` of them were too many to group.
    """

    gaps: tuple[Gap, ...]
    questions: int
    looked_at: int
    left_out: int


def gaps(
    store: ConversationStore,
    catalogue: Catalogue,
    knowledge: Knowledge,
    embeddings: Embeddings | None,
    *,
    zone: tzinfo,
    today: date,
    relevance: float,
    since: float | None = None,
) -> Gaps:
    """The gaps of the turns that were answered since then. Raises `StorageError`, `KnowledgeError`."""
    looked_at = 0
    asked: list[Asked] = []
    values = lru_cache(maxsize=128)(partial(values_of, store))
    for one in reviewed(store, catalogue, since=since):
        if one.turn.reply.query is None or (since is not None and (one.turn.answered or 0) < since):
            continue
        looked_at += 1
        if why := tuple(_why(one)):
            reply = one.turn.reply
            text = neutral(reply.query or said(one.turn), reply.language, values(one.turn.conversation)).text
            day = datetime.fromtimestamp(one.turn.answered, zone).date() if one.turn.answered else None
            asked.append(Asked(" ".join(text.split())[:LONGEST], reply.language, day, why))
    found, left_out = [], 0
    for language in sorted({a.language for a in asked}):
        kinds = _kinds([a for a in asked if a.language == language])
        left_out += sum(map(len, kinds[MOST:]))
        for group in groups([k[0].text for k in kinds[:MOST]], [len(k) for k in kinds[:MOST]], embeddings):
            found.append(_gap([kinds[n] for n in group], knowledge, today, relevance))
    found.sort(key=lambda g: (-g.count, g.last is None, -(g.last or date.min).toordinal(), g.question))
    return Gaps(tuple(found), len(asked), looked_at, left_out)


def _why(one: Reviewed) -> Iterator[Why]:
    reply, then = one.turn.reply, one.after.reply if one.after else None
    best = max((p.relevance for p in (*reply.evidence, *reply.considered)), default=0.0)
    if not reply.evidence:
        yield "nothing"
    elif best < SURE:
        yield "weak"
    if then and then.handoff:
        yield "handed_over"
    if then and then.mood == "negative" and reply.mood != "negative":
        yield "anger"


def _kinds(asked: Sequence[Asked]) -> list[list[Asked]]:
    """Questions of the same words together, those that were asked last in front."""
    same: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        same["".join(c for c in fold(one.text) if c.isalnum())].append(one)
    return sorted(same.values(), key=lambda k: (-max((a.day or date.min).toordinal() for a in k), k[0].text))


def _gap(kinds: Sequence[Sequence[Asked]], knowledge: Knowledge, today: date, relevance: float) -> Gap:
    """The gap of one group; its first kind is the one that is most like the others."""
    every = [one for kind in kinds for one in kind]
    question, language = kinds[0][0].text, kinds[0][0].language
    others = sorted(kinds[1:], key=lambda k: (-len(k), k[0].text))
    return Gap(
        question,
        language,
        len(every),
        dict(Counter(why for one in every for why in one.why).most_common()),
        tuple(k[0].text for k in others[:EXAMPLES]),
        dict(sorted(Counter(one.day for one in every if one.day).items())),
        _nearest(knowledge, question, language, today, relevance),
    )


def _nearest(knowledge: Knowledge, question: str, language: str, today: date, relevance: float) -> Nearest | None:
    found = knowledge.search(question, language=language, valid_on=today, limit=4)
    best = max(found, key=lambda p: p.relevance, default=None)
    if best is None:
        return None
    return Nearest(best.document, best.title, best.relevance, best.relevance >= max(relevance, SURE))
