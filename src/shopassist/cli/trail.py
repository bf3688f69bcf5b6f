"""How an answer came about, for people: what was understood, asked, done, found, checked, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shopassist.dialogue import Wish
from shopassist.replies import Passage, Reply, ToolOutcome

SHOWN_CHARS = 80


def trail(reply: Reply, relevance: float) -> RenderableType:
    """The whole way of one answer."""
    parts: list[RenderableType] = [Text(line) for line in (*_understood(reply), *_acted(reply))]
    if reply.considered:
        parts.append(passages(reply.considered, relevance))
    parts.extend(Text(line, style=style) for line, style in _checked(reply))
    parts.extend(Text(line, style="dim") for line in (*_prompt(reply), _times(reply)))
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
    cause = f" ({', '.join(reply.mood_cause)})" if reply.mood != "neutral" and reply.mood_cause else ""
    yield f"understood  {', '.join(reply.intents) or 'nothing'}; {reply.language}; mood {reply.mood}{cause}"
    for wish in reply.wishes:
        yield f"wish        {_wish(wish)}" + ("; the model understood it so" if wish.reader == "model" else "")
    if reply.slots:
        yield f"in force    {_pairs(reply.slots)}"
    if reply.query:
        yield f"asked as    “{reply.query}”, for {reply.valid_on}"


def _wish(wish: Wish) -> str:
    """The intent with its act, and where each of its values comes from: the message, or what was meant before."""
    values = {name: " and ".join(f"{s.value} ({s.source})" for s in found) for name, found in wish.slots.items()}
    return f"{wish.intent}, {wish.act}" + (f": {_pairs(values)}" if values else "")


def _acted(reply: Reply) -> Iterator[str]:
    if reply.reads:
        yield f"looked up   {', '.join(reply.reads)}"
    for outcome in reply.tool_outcomes:
        yield f"wrote       {_call(outcome.name, outcome.args)}: {_outcome(outcome)}"
    if consent := reply.consent:
        quote, call = consent.quote, _call(consent.tool, consent.args)
        told = [f"amount {quote.amount}" if quote.amount is not None else None, quote.rule and f"rule {quote.rule}"]
        yield ", ".join(filter(None, (f"waits       {call} for a yes until {consent.expires:%H:%M}", *told)))
    if reply.options:
        yield f"to choose   {'; '.join(option.label for option in reply.options)}"
    if reply.handoff:
        yield f"handed over under {reply.handoff}; mode {reply.mode}"


def _outcome(outcome: ToolOutcome) -> str:
    """The status, with what explains it."""
    told = (outcome.reason, f"rule {outcome.rule}" if outcome.rule else None, outcome.id)
    again = "; told again, not done again" if outcome.repeated else ""
    return ", ".join(filter(None, (outcome.status, *told))) + again


def _call(name: str, args: Mapping[str, Any]) -> str:
    return f"{name}({_pairs(args)})"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k}={v if isinstance(v, str) else ' and '.join(map(str, v))}" for k, v in values.items())


def _checked(reply: Reply) -> Iterator[tuple[str, str]]:
    for rejection in reply.rejected:
        place = f"shown instead: {rejection.replacement}" if rejection.replacement else "left out"
        yield f"replaced    “{rejection.sentence}” ({rejection.reason}); {place}", "yellow"
    for citation in reply.citations:
        yield f"source      {citation.version} “{citation.quote}”", "green"
    if (saved := reply.usage.saved) is not None:
        how = "the same question" if saved.how == "same" else "one like it"
        yield f"cache       kept from {how}; saves {saved.calls} calls and {saved.seconds:.1f} s", "green"
    if reply.degraded:
        yield f"degraded    {reply.degraded}: not all of the answer is the model's", "red"
    if reply.superseded:
        yield "superseded  a newer message came; the rest was not shown", "yellow"
    if not reply.rejected:
        yield f"checked     {len(reply.sentences)} sentences, none replaced", "green"


def _prompt(reply: Reply) -> Iterator[str]:
    """What the prompt was made of, and what there was no room for."""
    usage = reply.usage
    if not usage.prompt:
        return
    told = (f"{s.name} {s.tokens}" + (f" ({s.dropped} left out)" if s.dropped else "") for s in usage.prompt)
    how = "counted" if usage.counted else "estimated, at most"
    yield f"prompt      {sum(s.tokens for s in usage.prompt)} of {usage.context} tokens, {how}: {', '.join(told)}"


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
