"""Look the questions up in the shop's pages, as they hold on the day in question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import inf, log
from typing import Any

from langgraph.runtime import Runtime

from shopassist.engine.evidence import support
from shopassist.engine.figures import asked_for, names_one
from shopassist.engine.long_document import page_for
from shopassist.engine.planning.points import Query
from shopassist.engine.quote import authority, leads, quote, spans, telling
from shopassist.engine.state import Looked, Ports, Turn
from shopassist.engine.versions import otherwise
from shopassist.language.references import asks_range, attached, leaning, mentioned, own_subject
from shopassist.language.segments import segments
from shopassist.language.states import meant
from shopassist.protocols import Knowledge, Synonymous
from shopassist.replies import Citation, Passage
from shopassist.text import sentences

NEAR = 2.5
"""By how much less likely than the best others may answer, in log-odds: a small model takes what it is given."""

LIMIT = 4
"""Passages that the answer may draw on: what a small model reads well, and what a person would."""

SEEN = 6
"""Passages that are looked through for them."""

BEHIND = 10
"""Passages among which the page is looked for that a row or a guide repeats."""

WHOLE = 12
"""Passages of the policy's own page that are ranked: all of it, since its beginning states the rule."""

CLEARLY = 3.0
"""By how much another page must be more likely to answer than the policy's own, for it to be the one that answers."""

MEANT = 3.0
"""How much less likely the page that the conversation is about may answer than the best one, and still be meant; where
the question points back (那, 它, that) and names no topic it is meant in any case."""

LITTLE = 2
"""Words of its own with which a text still speaks of the task that waits."""

SOME = 0.3
"""The least relevance of a page that is meant without being pointed to: 你们卖冰箱吗 asks about no rule."""

NAMED = 0.5
"""The same for a page that a word of the question names (运费 is also the returns' business), and where the question
brings a subject of its own: 退货的运费谁承担 while a change of address waits."""

SAME = 0.6
"""The share of a sentence that a page holds which says the same."""


def retrieve(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Search; what is not relevant enough is kept for the trail (`considered`) and out of the evidence."""
    ports = runtime.context
    looked = tuple(_found(query, state, ports) for query in state["plan"].queries)
    evidence = dict.fromkeys(p for found in looked if not found.silent for p in found.evidence)
    evidence |= dict.fromkeys(found.otherwise.passage for found in looked if found.otherwise is not None)
    sources = (source for found in looked if found.silent and (source := _source(found)))
    citations = tuple(dict.fromkeys(sources))
    page = page_for(looked, ports, state["language"])
    update: Turn = {"looked": looked, "evidence": tuple(evidence), "page": page, "citations": citations, "events": ()}
    first = next((found for found in looked if not found.silent and found.evidence), None)
    if first is not None and not first.products and "product" in first.evidence[0].tags:
        # The page that answers is about a product that nobody named: what follows is about that one.
        made = state["plan"]
        focus = replace(made.dialogue.focus, products=(first.evidence[0].document.upper(),))
        update["plan"] = replace(made, dialogue=replace(made.dialogue, focus=focus))
    return update


def _source(found: Looked) -> Citation | None:
    """The rule by which a template speaks: the sentence of its page that is nearest to what was said."""
    if not found.evidence:
        return None
    passage = found.evidence[0]
    nearest = quote(found.query, [passage], kindred=found.kindred)
    text = nearest[1] if nearest else next(iter(sentences(passage.text)), passage.text).strip()
    return Citation(passage.document, passage.version, passage.title, text, passage.url, passage.id)


def _found(query: Query, state: Turn, ports: Ports) -> Looked:
    """What the whole question finds; where that is nothing, what it finds without the story that is told around it.

    Where it asks if the shop sells a thing of which no page tells, the story of that thing is answered from none:
    你们卖冰箱吗，我家冰箱坏了 is no exchange.
    """
    looked, language = _look(query, state, ports), state["language"]
    if looked.silent:
        return looked
    if looked.evidence:
        asked = (s.core for s in segments(query.text, language) if s.asks and asks_range(s.core, language))
        sold = " ".join(asked)
        if sold in ("", query.text):
            return looked
        told = _likeliest([*_look(replace(query, text=sold), state, ports).considered])
        return looked if told >= ports.settings.relevance else replace(looked, evidence=(), otherwise=None)
    asking = " ".join(s.core for s in segments(query.text, language) if s.asks)
    if asking in ("", query.text):
        return looked
    again = _look(replace(query, text=asking), state, ports)
    return again if again.evidence else looked


def _look(query: Query, state: Turn, ports: Ports) -> Looked:
    if ports.knowledge is None:
        return Looked(query.text, (), (), silent=query.silent)
    knowledge, language = ports.knowledge, state["language"]
    valid_on = date.fromisoformat(query.valid_on) if query.valid_on else state["valid_on"]
    products = tuple(p.lower() for p in query.products)
    stated = meant(*query.state, language) if query.state else None
    plain = stated or _plain(query, state, knowledge)
    text = stated or _named(query.text, products, knowledge, language)

    def search(words: str = plain, **options: Any) -> list[Passage]:
        return knowledge.search(words, language=language, valid_on=valid_on, **options)

    own = search(limit=WHOLE, only=frozenset((query.policy,))) if query.policy else []
    named = knowledge.kindred(text, language=language) if isinstance(knowledge, Synonymous) else frozenset()
    if query.silent:
        return Looked(query.text, tuple(own[:LIMIT]), tuple(own), products, silent=True, kindred=named)
    near = set(products)
    if not near and attached(state["text"], language):
        near = {p.lower() for p in ports.memory.dialogue.focus.products}
    found = search(limit=BEHIND, within=frozenset((*near, *filter(None, [query.policy]))))
    if query.rule:
        spoken = {*near, *(p.document for p in mentioned(state["text"], knowledge.products(language)))}
        found = [p for p in found if "product" not in p.tags or p.document in spoken] or found
    pages = search(text, limit=LIMIT * len(products), only=frozenset(products)) if products else []
    points = leaning(state["text"], language) or (query.pending and _says_little(state["text"]))
    beside = NAMED if own_subject(_without_topic(state), language) else MEANT
    margin = inf if points and not query.topic else beside
    for page, less in ((query.context, margin), (query.topic, NAMED)):
        if page and not own:
            own = _if_meant(search(limit=SEEN, only=frozenset((page,))), found, less)
    others = [] if query.quoted and own else found  # what stands beside a tool's answer is the rule for it, no other's
    evidence = _evidence(text, others, own, pages, ports.settings.relevance, named)
    considered = tuple(dict.fromkeys((*found[:SEEN], *own, *pages)))
    other = None
    if query.valid_on is None and not query.quoted:
        other = otherwise(
            plain,
            evidence,
            knowledge,
            language,
            valid_on,
            lambda document, day: knowledge.search(
                plain, language=language, valid_on=day, limit=WHOLE, only=frozenset((document,))
            ),
        )
    return Looked(
        text, evidence, considered, products, quoted=query.quoted, day=valid_on, otherwise=other, kindred=named
    )


def _without_topic(state: Turn) -> str:
    """The text without what it asks of its subject: 退货的 谁承担 of 退货的运费谁承担."""
    text = state["text"]
    for slot in state["heard"].slots.get("topic", ()):
        if slot.span is not None:
            start, end = slot.span
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _says_little(text: str) -> bool:
    """Whether a text has next to no words of its own: 不是只有七天嘛."""
    return sum(weight >= 1 for weight in telling(text).values()) <= LITTLE


def _if_meant(own: list[Passage], found: list[Passage], less: float) -> list[Passage]:
    """The page's passages, where no other page is more likely to answer by more than `less`, in log-odds."""
    nearest = _likeliest(own)
    meant = odds(nearest) + less >= odds(_likeliest(found))
    return own if meant and (nearest >= SOME or less == inf) else []


def odds(relevance: float) -> float:
    """The log-odds of a relevance, in which differences mean the same near 1 as in the middle."""
    sure = min(max(relevance, 1e-4), 1 - 1e-4)
    return log(sure / (1 - sure))


def _likeliest(passages: list[Passage]) -> float:
    return max((p.relevance for p in passages), default=0.0)


def _named(text: str, products: tuple[str, ...], knowledge: Knowledge, language: str) -> str:
    """The question with the titles of the products that it is about, where it leaves their names out."""
    known = knowledge.products(language) if products else ()
    named = {p.document for p in mentioned(text, known)}
    titles = [p.title for p in known if p.document in products and p.document not in named]
    return " ".join((*titles, text)) if not named else text


def _plain(query: Query, state: Turn, knowledge: Knowledge) -> str:
    """The words to search by: the question, without what an earlier turn gave it where it says by itself what it means.

    A question that names its topic means that, and a rule hangs on no thing: the products' titles that were put in its
    words blur it.
    """
    text, said = query.text, state["text"]
    if query.products:
        return text
    if query.topic and said in text:
        return said
    if query.rule:
        known = knowledge.products(state["language"])
        spoken = {p.document for p in mentioned(said, known)}
        for product in known:
            if product.title in text and product.document not in spoken:
                text = text.replace(product.title, " ").strip()
    return text or said


def _evidence(
    text: str,
    found: list[Passage],
    own: list[Passage],
    pages: list[Passage],
    relevance: float,
    kindred: frozenset[str],
) -> tuple[Passage, ...]:
    """The passages that may be answered from, the one with the answer first.

    The page of the policy that decides and those of the products that were named are evidence, however little the words
    of the question resemble theirs, and stand before the rows and guides that repeat them; where another page is
    clearly nearer to the question, it stands before them.
    """
    best = odds(_likeliest(found)) - NEAR
    others = [p for p in found[:SEEN] if p.relevance >= relevance and odds(p.relevance) >= best]
    decisive = [*own[:LIMIT], *(p for p in own[LIMIT:] if leads(p)), *pages]
    own_best = odds(_likeliest(decisive))
    clear = [p for p in others if odds(p.relevance) > own_best + CLEARLY and (pages or "product" not in p.tags)]
    kept = list(dict.fromkeys((*clear, *decisive, *others))) if decisive else _by_authority(others, found)
    first = (_first(text, [*clear, *decisive], kindred) if decisive else None) or _first(text, kept, kindred)
    kept.sort(key=lambda p: p is not first)
    return tuple(kept[: max(LIMIT, len(decisive))])


def _first(text: str, passages: list[Passage], kindred: frozenset[str]) -> Passage | None:
    """The passage with the answer; None where none has the figure that is asked for.

    Of pages that share no word with the question, the beginning of one tells most.
    """
    units = asked_for(text)
    answer = quote(text, passages, kindred=kindred)
    if answer is None:
        begins = (p for p in passages if leads(p) and authority(p))
        return next((p for p in begins if not units or names_one(p.text, units, text)), None)
    return answer[0] if not units or names_one(answer[1], units, text) else None


def _by_authority(others: list[Passage], found: list[Passage]) -> list[Passage]:
    """The passages, each FAQ row or guide after the page that says the same."""
    kept: list[Passage] = []
    for passage in others:
        if not authority(passage):
            answer = next((s.text for s in spans(passage.text)), "")
            kept += [p for p in found if authority(p) and support(answer, p) >= SAME]
        kept.append(passage)
    return list(dict.fromkeys(kept))
