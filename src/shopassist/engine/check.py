"""Hold each sentence of the model against the evidence before it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from shopassist.engine.evidence import about, cite, contradicts, quote, reversed_claim, untraced
from shopassist.engine.figures import figures, without_figures
from shopassist.engine.grounds import doubt
from shopassist.engine.state import Candidate, Ports, Turn
from shopassist.language.references import mentioned
from shopassist.prompts import Claims, Texts, claims, names, texts
from shopassist.replies import Citation, Passage, Rejection, Sentence
from shopassist.text import HAN, content, fold, language_of

_SPACED = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
_CLAUSE_START = re.compile(r"[,，;；。.!！?？\n]")

ECHO = 0.8
"""The share of a sentence's tokens that the question holds, from which on it is an echo."""

SOURCED = 0.4
"""The least share of a sentence's tokens that evidence, question and courtesy hold together."""


def check(candidate: Candidate, state: Turn, ports: Ports) -> Turn:
    """Show the sentence, a sentence of the evidence in its place, or nothing."""
    shown, text = state["sentences"], candidate.text
    update: Turn = {}
    if not candidate.trusted:
        evidence, words = _today(state), texts(state["language"])
        told = (*evidence, *_told(state))
        sources = _sources(text, state, told, ports) if figures(text) else None
        barred = claims(state["language"], names(ports.settings, words)["assistant"])
        if reason := objection(text, words, barred, told, said=state["text"], shown=shown, sources=sources):
            query = ports.draft.query if ports.draft is not None else state["text"]
            replacement = _instead(reason, query, about(evidence, _products(state)), shown)
            update["rejected"] = (*state["rejected"], Rejection(text, reason, replacement))
            if ports.draft is not None:
                ports.draft.objections.append(reason)
            if replacement is None:
                return {**update, "events": ()}
            text = replacement
    if ports.draft is not None:
        ports.draft.accepted.append(text)
    if state.get("recalled") is None and (citation := cite(text, _bearing(candidate.quoted or text, state, ports))):
        update["citations"] = _cited(state["citations"], citation, len(shown))
    gap = between(shown[-1], state["language"]) if shown else ""
    return {**update, "sentences": (*shown, text), "events": (Sentence(gap + text),)}


def _today(state: Turn) -> tuple[Passage, ...]:
    """The evidence without pages of other days: only a template, which tells the days, speaks from them."""
    others = [found.otherwise.passage for found in state["looked"] if found.otherwise is not None]
    return tuple(p for p in state["evidence"] if p not in others)


def _bearing(text: str, state: Turn, ports: Ports) -> list[Passage]:
    """The passages that may be named as the source of a sentence: those that hold nothing against it."""
    barred = claims(state["language"], names(ports.settings, texts(state["language"]))["assistant"])
    evidence, said = state["evidence"], state["text"]
    return [p for p in evidence if text in p.text or doubt(text, (p,), barred, said, everything=evidence) is None]


def _cited(before: tuple[Citation, ...], citation: Citation, place: int) -> tuple[Citation, ...]:
    """The citations with one more, or with one that bears out another sentence too."""
    known = [c for c in before if (c.version, c.quote) == (citation.version, citation.quote)]
    if not known:
        return (*before, replace(citation, sentences=(place,)))
    return tuple(replace(c, sentences=(*c.sentences, place)) if c == known[0] else c for c in before)


def joined(sentences: Sequence[str], language: str) -> str:
    """A reply's sentences as its text."""
    return "".join(s + between(s, language) for s in sentences[:-1]) + (sentences[-1] if sentences else "")


def between(sentence: str, language: str) -> str:
    """What parts a sentence from the next one: a list ends its line."""
    return "\n" if "\n" in sentence else " " if language == "en" else ""


def _products(state: Turn) -> tuple[str, ...]:
    """The documents of the products that the questions to the pages name."""
    return tuple(dict.fromkeys(p for found in state["looked"] for p in found.products))


def _told(state: Turn) -> tuple[Passage, ...]:
    """What this reply has said already: templates, each from a tool's field, so a sentence may repeat their figures."""
    text = "\n".join(state["sentences"])
    return (Passage("said", "said", "", text, 0.0, 0.0, state["language"]),) if text else ()


def _sources(sentence: str, state: Turn, evidence: tuple[Passage, ...], ports: Ports) -> tuple[Passage, ...]:
    """The passages for a sentence's figures: where it names products, their pages and those that name them."""
    known = ports.knowledge.products(state["language"]) if ports.knowledge else ()
    asked = _products(state)
    named = mentioned(sentence, known) or [p for p in known if len(asked) == 1 and p.document == asked[0]]
    if not named:
        return evidence
    documents = {p.document for p in named}
    own = [
        p
        for p in evidence
        if p.document in documents or ("product" not in p.tags and mentioned(f"{p.title}\n{p.text}", named))
    ]
    others = [p for p in evidence if "product" not in p.tags and p not in own and not mentioned(p.text, known)]
    return (*own, *others) if own else evidence


def objection(
    sentence: str,
    words: Texts,
    barred: Claims,
    evidence: tuple[Passage, ...],
    *,
    said: str,
    shown: tuple[str, ...],
    sources: tuple[Passage, ...] | None = None,
) -> str | None:
    """Why a sentence must not be shown, or None. `sources` are the passages for its figures, all where None.

    The reasons: ``language``, ``echo``, ``deed``, ``figure <value>``, ``contradiction``, ``condition``,
    ``entity <name>``, ``no source``, ``repeated``.
    """
    if language_of(without_figures(sentence)) not in (words.language, None):
        return "language"
    if any(fold(sentence) == fold(s) for s in shown):
        return "repeated"
    own = content(sentence)
    asked = content(said)
    if own and sentence.rstrip().endswith(("?", "？")) and len(own & asked) / len(own) >= ECHO / 2:
        return "echo"
    if len(own) > 2 and len(own & asked) / len(own) >= ECHO and not figures(sentence):
        return "echo"
    if _claims_deed(sentence, barred, evidence):
        return "deed"
    if wrong := untraced(sentence, evidence if sources is None else sources, said, content(words.polite)):
        return f"figure {wrong.value}{' ' + wrong.unit if wrong.unit else ''}"
    if contradicts(sentence, evidence) or reversed_claim(sentence, evidence, barred.opposed):
        return "contradiction"
    known = asked | content(words.polite)
    for passage in evidence:
        known |= content(f"{passage.title}\n{passage.text}")
    if len(own) > 3 and len(own & known) / len(own) < SOURCED:
        return "no source"
    given = evidence if sources is None else sources
    return doubt(sentence, given, barred, f"{said}\n{words.polite}", everything=evidence)


def _claims_deed(sentence: str, barred: Claims, evidence: tuple[Passage, ...]) -> bool:
    """Whether it says that something was or will be done; a page's own words may, and what a rule supposes."""
    tight = _SPACED.sub("", fold(sentence))
    pages = _SPACED.sub("", fold("\n".join(p.text for p in evidence)))
    for match in barred.deeds.finditer(tight):
        clause = _CLAUSE_START.split(tight[: match.start()])[-1]
        if match[0] not in pages and not barred.supposed.search(clause) and tight[match.end() :][:1] != "后":
            return True
    return False


def _instead(reason: str, query: str, evidence: list[Passage], shown: tuple[str, ...]) -> str | None:
    """The page's own words where the model got them wrong; None where it only said too much."""
    if reason in ("repeated", "echo", "language", "no source"):
        return None
    found = quote(query, evidence, used=shown)
    return found[1] if found and not any(found[1] in s for s in shown) else None
