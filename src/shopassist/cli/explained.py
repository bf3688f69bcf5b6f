"""A search, explained for those who keep the pages: scores and their parts, and why a passage is not answered from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from shopassist.replies import plain
from shopassist.text import clean, fold

if TYPE_CHECKING:
    from shopassist.knowledge.explained import Explanation, Found, Superseded

PARTS = ("vectors", "words", "relevant", "heading", "reranker", "focus")
SHOWN_CHARS = 70
OUT = {"replaced": "replaced by {by}", "ended": "ended on {last}", "coming": "begins on {first}"}


def as_json(why: Explanation, least: float) -> dict[str, Any]:
    """The explanation as plain JSON, each passage with the question's words that it lacks and whether it may answer."""
    told: dict[str, Any] = plain(why)
    for entry, found in zip(told["found"], why.found, strict=True):
        entry["missing"] = missing(why, found)
        entry["answers"] = found.passage.relevance >= least
    told["relevance_needed"] = least
    return told


def show(why: Explanation, least: float, question: str, asked_in: str) -> None:
    """Print it as tables; `question` is as it was typed, before slips in it were mended."""
    console = Console()
    console.print(Group(*map(Text, _asked(why, question, asked_in))))
    if not why.found:
        console.print("Nothing was found.")
    else:
        console.print()
        console.print(_found(why, least))
    if why.superseded:
        console.print()
        console.print(_left_out(why))


def missing(why: Explanation, found: Found) -> list[str]:
    """The words of the question that tell what it is about and that a passage does not hold, as they follow there."""
    query = fold(why.query)
    return sorted(found.missing, key=lambda word: (query.find(word), word))


def _asked(why: Explanation, question: str, asked_in: str) -> Iterator[str]:
    if why.language is None:
        yield "The index has no pages."
        return
    other = f" (the shop has no pages in {asked_in})" if why.language != asked_in else ""
    yield f"question   {question}"
    if why.query != clean(question):
        yield f"read as    {why.query}"
    held = f"{why.holding} of {why.passages} passages hold on {why.valid_on}"
    yield f"pages      {why.language}{other}; {held}; {why.generation}"
    words = sorted(why.words.items(), key=lambda item: (-item[1], item[0]))
    yield "words      " + (", ".join(f"{w} {weight:.2f}" for w, weight in words) or "none that tell what it is about")
    if why.noise:
        mean, std = why.noise["mean"], why.noise["std"]
        shares = f"words {why.share:.0%}, vectors {1 - why.share:.0%}"
        yield f"ranked by  {shares}; a cosine of {mean:.2f} ± {std:.2f} means nothing"
    else:
        yield "ranked by  words alone: the index has no vectors"


def _found(why: Explanation, least: float) -> Table:
    table = Table("", "page", box=None, padding=(0, 2, 1, 0), header_style="bold")
    parts = [p for p in PARTS if any(f.parts.get(p) for f in why.found)]
    for name in ("score", *parts, "cosine", "BM25", "relevance"):
        table.add_column(name, justify="right", no_wrap=True)
    for number, found in enumerate(why.found, start=1):
        passage = found.passage
        good = passage.relevance >= least
        table.add_row(
            str(number),
            _page(why, found, least),
            f"{passage.score:.2f}",
            *(f"{found.parts.get(p, 0.0):+.2f}" for p in parts),
            "–" if passage.dense is None else f"{passage.dense:.2f}",
            "–" if passage.lexical is None else f"{passage.lexical:.1f}",
            Text(f"{passage.relevance:.2f}", "green" if good else "yellow"),
        )
    return table


def _page(why: Explanation, found: Found, least: float) -> Group:
    passage = found.passage
    lines = [Text(passage.version, "bold"), _one_line(passage.text)]
    lacking = missing(why, found)
    if passage.relevance < least:
        reasons = [f"lacks {', '.join(lacking)}"] if lacking else []
        if why.noise and passage.dense is not None and passage.dense < why.noise["mean"] + why.noise["std"]:
            reasons.append("its vector is no nearer than that of any page")
        told = "; ".join(reasons) or "too little of the question is in it"
        lines.append(Text(f"not answered from, needs {least:.2f}: {told}", "yellow"))
    elif lacking:
        lines.append(Text(f"lacks {', '.join(lacking)}", "dim"))
    return Group(*lines)


def _left_out(why: Explanation) -> Table:
    table = Table(f"not on {why.valid_on}", "relevance", "why", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for one in why.superseded:
        page = Group(Text(one.passage.version, "dim"), _one_line(one.passage.text))
        table.add_row(page, f"{one.passage.relevance:.2f}", _why(one))
    return table


def _why(one: Superseded) -> str:
    told = OUT[one.reason].format(by=one.by, last=one.passage.valid_to, first=one.passage.valid_from)
    return told if one.reason == "replaced" or one.by is None else f"{told}; {one.by} holds"


def _one_line(text: str) -> Text:
    return Text(" ".join(text.split())[:SHOWN_CHARS], "dim", overflow="ellipsis", no_wrap=True)
