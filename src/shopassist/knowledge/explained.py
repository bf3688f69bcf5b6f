"""Why a search found what it found: for `shopassist search --explain`, reports and those who keep the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shopassist.replies import Passage

Out = Literal["replaced", "ended", "coming"]
"""Why a passage does not hold on the day:

- replaced: another version of its document, which starts later, holds
- ended: its last day is past
- coming: its first day is to come
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with the parts that add up to its score: ``vectors``, ``words``, ``relevant``, ``heading``, ``focus``.

    ``reranker`` stands in place of all but the focus where one is set. `missing` are the words of `Explanation.words`
    that the passage and its title hold neither themselves nor by a synonym.
    """

    passage: Passage
    parts: Mapping[str, float]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Superseded:
    """A passage that would have been found, had it held on the day. `by` is the version that holds, if any."""

    passage: Passage
    reason: Out
    by: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One search, explained. `found` is what `search` gives with the same arguments, in its order.

    `language` is that of the pages that were searched, `passages` how many there are, and `holding` how many of them
    hold on the day. `words` are those that tell what the question is about, with their weight between 0 and 1
    (rare: 1; in no page: 1 if it names a thing, else 0.5), `share` the words' share of the ranking (1 without vectors).
    `noise` is how near the pages come to questions that have nothing to do with them: mean and standard deviation of
    the cosine.
    """

    query: str
    language: str | None
    generation: str
    valid_on: date
    passages: int
    holding: int
    share: float
    words: Mapping[str, float]
    noise: Mapping[str, float] | None = None
    found: tuple[Found, ...] = ()
    superseded: tuple[Superseded, ...] = ()
