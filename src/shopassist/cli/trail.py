"""How an answer came about, for people: what was understood, found, checked, replaced, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shopassist.replies import Passage, Reply

SHOWN_CHARS = 80


def trail(reply: Reply, relevance: float) -> RenderableType:
    """The whole way of one answer."""
    parts: list[RenderableType] = [Text(f"understood  {line}") for line in _understood(reply)]
    if reply.considered:
        parts.append(passages(reply.considered, relevance))
    parts.extend(Text(line, style=style) for line, style in _checked(reply))
    parts.append(Text(_times(reply), style="dim"))
    return Group(*parts)


def passages(found: Sequence[Passage], relevance: float) -> Table:
    """Passages as a table; those below the relevance that an answer needs are dimmed."""
    table = Table("source", "holds", "score", "relevance", "vector", "words", "text", box=None, padding=(0, 1))
    for p in found:
        table.add_row(
            p.document,
            _period(p),
            f"{p.score:.2f}",
            f"{p.relevance:.2f}",
            "–" if p.dense is None else f"{p.dense:.2f}",
            "–" if p.lexical is None else f"{p.lexical:.1f}",
            Text(p.text.replace("\n", " ")[:SHOWN_CHARS], overflow="ellipsis", no_wrap=True),
            style="" if p.relevance >= relevance else "dim",
        )
    return table


def _understood(reply: Reply) -> Iterator[str]:
    yield f"{', '.join(reply.intents)}; {reply.language}; mood {reply.mood}"
    if reply.query:
        yield f"asked as “{reply.query}”, for {reply.valid_on}"


def _checked(reply: Reply) -> Iterator[tuple[str, str]]:
    for rejection in reply.rejected:
        place = f"shown instead: {rejection.replacement}" if rejection.replacement else "left out"
        yield f"replaced    “{rejection.sentence}” ({rejection.reason}); {place}", "yellow"
    for citation in reply.citations:
        yield f"source      {citation.version} “{citation.quote}”", "green"
    if reply.degraded:
        yield f"degraded    the model failed ({reply.degraded}); templates answered", "red"
    if not reply.rejected:
        yield f"checked     {len(reply.sentences)} sentences, none replaced", "green"


def _times(reply: Reply) -> str:
    usage = reply.usage
    steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in usage.times.items())
    model = (
        f"{usage.model}, {usage.input_tokens} tokens in, {usage.output_tokens} out" if usage.model_calls else "no call"
    )
    return f"times       {usage.total:.2f} s (at: {steps}); model: {model}"


def _period(passage: Passage) -> str:
    if passage.valid_from is None and passage.valid_to is None:
        return "always"
    return f"{passage.valid_from or ''}–{passage.valid_to or ''}"
