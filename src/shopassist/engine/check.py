"""Hold each sentence of the model against the evidence before it is shown."""

from __future__ import annotations

from shopassist.engine.evidence import about, cite, contradicts, quote, untraced
from shopassist.engine.figures import figures
from shopassist.engine.state import Candidate, Ports, Turn
from shopassist.prompts import Texts, texts
from shopassist.replies import Passage, Rejection, Sentence
from shopassist.text import content, fold, language_of

ECHO = 0.8
"""The share of a sentence's tokens that the question holds, from which on it is an echo."""

SOURCED = 0.4
"""The least share of a sentence's tokens that evidence, question and courtesy hold together."""


def check(candidate: Candidate, state: Turn, ports: Ports) -> Turn:
    """Show the sentence, a sentence of the evidence in its place, or nothing."""
    evidence, shown = state.get("evidence", ()), state["sentences"]
    text = candidate.text
    update: Turn = {}
    if not candidate.trusted:
        words = texts(state["language"])
        if reason := objection(text, words, evidence, said=state["text"], shown=shown):
            replacement = _instead(reason, state["query"], about(evidence, state.get("products", ())), shown)
            update["rejected"] = (*state["rejected"], Rejection(text, reason, replacement))
            if replacement is None:
                return {**update, "events": ()}
            text = replacement
    if ports.draft is not None:
        ports.draft.accepted.append(text)
    citation = cite(text, evidence)
    if citation and citation not in state["citations"]:
        update["citations"] = (*state["citations"], citation)
    gap = " " if state["language"] == "en" and shown else ""
    return {**update, "sentences": (*shown, text), "events": (Sentence(gap + text),)}


def objection(
    sentence: str, words: Texts, evidence: tuple[Passage, ...], *, said: str, shown: tuple[str, ...]
) -> str | None:
    """Why a sentence must not be shown, or None.

    The reasons: ``language``, ``echo``, ``deed``, ``figure <value>``, ``contradiction``, ``no source``, ``repeated``.
    """
    if language_of(sentence) not in (words.language, None):
        return "language"
    if any(fold(sentence) == fold(s) for s in shown):
        return "repeated"
    own = content(sentence)
    asked = content(said)
    if own and sentence.rstrip().endswith(("?", "？")) and len(own & asked) / len(own) >= ECHO / 2:
        return "echo"
    if len(own) > 2 and len(own & asked) / len(own) >= ECHO and not figures(sentence):
        return "echo"
    pages = fold("\n".join(p.text for p in evidence))
    for match in words.deeds.finditer(sentence):
        if fold(match[0]) not in pages:
            return "deed"
    if wrong := untraced(sentence, evidence, said):
        return f"figure {wrong.value}{' ' + wrong.unit if wrong.unit else ''}"
    if contradicts(sentence, evidence):
        return "contradiction"
    known = asked | content(words.polite)
    for passage in evidence:
        known |= content(f"{passage.title}\n{passage.text}")
    if len(own) > 3 and len(own & known) / len(own) < SOURCED:
        return "no source"
    return None


def _instead(reason: str, query: str, evidence: list[Passage], shown: tuple[str, ...]) -> str | None:
    """The page's own words where the model got them wrong; None where it only said too much."""
    if reason in ("repeated", "echo", "language", "no source"):
        return None
    found = quote(query, evidence, used=shown)
    return found[1] if found and not any(found[1] in s for s in shown) else None
