"""An answer in the pages' own words: where no model answers, and where nothing of what it wrote could be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

from shopassist.engine.evidence import about, quote
from shopassist.engine.figures import asked_for, figures, names_one
from shopassist.engine.planning.points import Point
from shopassist.engine.quote import mentions, spans
from shopassist.engine.state import Candidate, Looked, Ports, Turn
from shopassist.language.references import mentioned
from shopassist.replies import Passage
from shopassist.text import content, sentences

BARE = 4
"""What has fewer tokens of content than this is no answer yet, and adds nothing to one."""

LONGEST = 160
"""Characters of two sentences of a page together."""

CODE = re.compile(r"(?<![A-Z\d])[A-Z]{2,}\d+(?![A-Z\d])")
"""A coupon's code as pages write it."""


class PagesWords:
    """Finds the sentences of pages that answer a turn's questions, all in `query`; `said` puts a point in words."""

    def __init__(
        self, state: Turn, ports: Ports, looked: Sequence[Looked], query: str, said: Callable[[Point], Candidate]
    ) -> None:
        self.state, self.ports = state, ports
        self.looked, self.query, self.said = looked, query, said

    def answer(self, looked: Looked, *, alone: bool) -> list[Candidate]:
        """The sentence nearest to the question, and the next best of the same page; nothing where none tells it.

        Where several products are compared, the best sentence of each one's page. `alone` says that no model was
        asked: then a page's opening counts for an answer, too.
        """
        if len(looked.products) > 1 and (compared := self._compared(looked)):
            return compared
        units = asked_for(looked.query)
        if (
            looked.products
            and not units
            and not mentions(self.state["text"], about(looked.considered, looked.products))
        ):
            return []
        sources = self._sources(looked)
        answer = partial(quote, looked.query, skip=self._not_theirs, kindred=looked.kindred)
        found = [f for some in (sources[:1], sources) if (f := answer(some))]
        first = next((f for f in found if not units or names_one(f[1], units)), next(iter(found), None))
        if first is None and alone:
            first = _opening(looked.evidence[0], units)
        if first is None:
            return []
        passage, sentence = first
        same = [p for p in looked.evidence if p.document == passage.document]
        second = answer(same, used=[sentence])
        added = second[1] if second and len(second[1]) + len(sentence) < LONGEST else ""
        if len(content(added) - content(sentence)) < BARE:
            return [self._page(passage, sentence)]
        return [self._page(passage, sentence), Candidate(added, trusted=True)]

    def _sources(self, looked: Looked) -> list[Passage]:
        """The passages that may be quoted: no other product's, where they are not all that there is."""
        sources = about(looked.evidence, looked.products)
        theirs = [p for p in sources if "product" not in p.tags or p.document in self.spoken]
        return theirs if self.spoken and theirs else list(sources)

    def _page(self, passage: Passage, sentence: str) -> Candidate:
        return self.said(Point("knowledge", "page", {"title": passage.title, "text": sentence}))

    def _not_theirs(self, sentence: str) -> bool:
        """Whether a sentence is about another product than the one spoken of, or an unlisted coupon."""
        if self._of_another_product(sentence):
            return True
        lists = [p.data["coupons"] for p in self.state["plan"].points if p.name == "list_coupons"]
        known = {str(c["code"]).upper() for coupons in lists for c in coupons} | {*CODE.findall(self.query.upper())}
        return bool(lists) and bool({*CODE.findall(sentence)} - known)

    def _of_another_product(self, sentence: str) -> bool:
        """Whether a sentence names products, and none of those that the question or the conversation is about."""
        named = set(self._named(sentence))
        return bool(named and self.spoken) and not named & self.spoken

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The documents of the products that the question is about, or else the conversation."""
        asked = {d for found in self.looked for d in found.products} | {*self._named(self.query)}
        return frozenset(asked or {p.lower() for p in self.ports.memory.dialogue.focus.products[:1]})

    def _named(self, text: str) -> Iterator[str]:
        if self.ports.knowledge is not None:
            yield from (p.document for p in mentioned(text, self.ports.knowledge.products(self.state["language"])))

    def _compared(self, looked: Looked) -> list[Candidate]:
        pages = [[p for p in looked.evidence if p.document.lower() == product] for product in looked.products]
        asked = self.state["heard"].text
        found = [f for page in pages if page and (f := _comparable(asked, page))]
        if len(found) < len(looked.products):
            return []
        return [self._page(passage, text) for passage, text in found]


def _comparable(query: str, page: list[Passage]) -> tuple[Passage, str] | None:
    """The page's sentence with a figure that shares most with the question, for figures compare; else the nearest."""
    wanted = content(query)
    found = [
        (p, s.text, len(wanted & content(s.text.replace(p.title, ""))))  # the title is in all of them
        for p in page
        for s in spans(p.text)
        if figures(s.text)
    ]
    best = max(found, key=lambda f: f[2], default=None)
    return best[:2] if best is not None and best[2] else quote(query, page)


def _opening(passage: Passage, units: frozenset[str]) -> tuple[Passage, str] | None:
    """A passage's first sentence, with a figure where one is asked for: the question shares no word with it."""
    whole = [s.strip() for s in sentences(passage.text) if s.strip().endswith(("。", "！", ".", "!"))]
    whole = [s for s in whole if not units or names_one(s, units)]
    return (passage, whole[0]) if whole else None
