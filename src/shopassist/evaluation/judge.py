"""Whether a reply is what a turn's expectations say; each that does not hold is a `Miss`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from shopassist.dialogue import Consent, Wish
from shopassist.evaluation.scenario import Choice, Expect, Write
from shopassist.evaluation.values import Values
from shopassist.replies import Citation, plain
from shopassist.text import HAN, fold

RAN = ("done", "unknown")
"""The states of an outcome in which the write ran; of the others nothing was written."""

_GAP = re.compile(rf"(?<=[{HAN}])\s+|\s+(?=[{HAN}])|(?<=\s)\s+")


class Outcome(Protocol):
    """What a write came to, as far as a judge looks at it: `shopassist.tools.ToolOutcome`."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def args(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def repeated(self) -> bool: ...  # noqa: D102


class Answer(Protocol):
    """A reply, as far as a judge looks at it: `shopassist.Reply`."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def intents(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def wishes(self) -> Sequence[Wish]: ...  # noqa: D102
    @property
    def slots(self) -> Mapping[str, str | tuple[str, ...]]: ...  # noqa: D102
    @property
    def mood(self) -> str: ...  # noqa: D102
    @property
    def mode(self) -> str: ...  # noqa: D102
    @property
    def consent(self) -> Consent | None: ...  # noqa: D102
    @property
    def reads(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def tool_outcomes(self) -> Sequence[Outcome]: ...  # noqa: D102
    @property
    def citations(self) -> Sequence[Citation]: ...  # noqa: D102
    @property
    def handoff(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that does not hold: its key, and both sides as plain JSON."""

    key: str
    expected: Any
    seen: Any


def judge(expect: Expect, reply: Answer, values: Values) -> tuple[Miss, ...]:
    """What of the expectations does not hold, in the order of `Expect`."""
    return tuple(_misses(expect, reply, values))


def _misses(expect: Expect, reply: Answer, values: Values) -> Iterator[Miss]:
    for name in (f.name for f in fields(expect)):
        wanted = getattr(expect, name)
        if wanted is None:
            continue
        match name:
            case "intents":
                yield from _unless(set(wanted) == set(reply.intents), name, wanted, reply.intents)
            case "intents_include":
                yield from _unless(set(wanted) <= set(reply.intents), name, wanted, reply.intents)
            case "slots":
                yield from _slots(wanted, reply, values)
            case "tools":
                yield from _tools(wanted, reply, values)
            case "reads_include":
                yield from _unless(set(wanted) <= set(reply.reads), name, wanted, reply.reads)
            case "consent":
                seen = "none" if reply.consent is None else "pending"
                yield from _unless(wanted == seen, name, wanted, seen)
            case "handoff":
                yield from _unless(wanted == (reply.handoff is not None), name, wanted, reply.handoff is not None)
            case "cites":
                yield from _cites(wanted, reply)
            case "reply_has" | "reply_lacks":
                yield from _words(name, wanted, reply.text)
            case _:
                yield from _unless(wanted == getattr(reply, name), name, wanted, getattr(reply, name))


def _unless(holds: bool, key: str, expected: Any, seen: Any) -> Iterator[Miss]:
    if not holds:
        yield Miss(key, plain(expected), plain(seen))


def _slots(wanted: Mapping[str, tuple[str, ...]], reply: Answer, values: Values) -> Iterator[Miss]:
    for name, expected in wanted.items():
        seen = several(reply.slots.get(name, ()))
        if not all(any(values.same(name, e, s) for s in seen) for e in expected):
            yield Miss(f"slots.{name}", _one(expected), _one(seen))


def _tools(wanted: tuple[Write, ...], reply: Answer, values: Values) -> Iterator[Miss]:
    ran = [o for o in reply.tool_outcomes if o.status in RAN and not o.repeated]
    holds = len(wanted) == len(ran) and all(
        w.name == o.name and all(values.same_argument(k, v, o.args.get(k)) for k, v in w.args.items())
        for w, o in zip(wanted, ran, strict=True)
    )
    seen = [{"name": o.name, "args": plain(o.args), "status": o.status} for o in reply.tool_outcomes]
    yield from _unless(holds, "tools", [{"name": w.name, "args": plain(w.args)} for w in wanted], seen)


def _cites(wanted: tuple[Choice, ...], reply: Answer) -> Iterator[Miss]:
    # A document's id is written in either case: p-1001 is the page of P-1001.
    cited = {name.lower() for c in reply.citations for name in (c.document, c.version)}
    holds = all(cited & {c.lower() for c in choice} for choice in wanted) if wanted else not cited
    yield from _unless(holds, "cites", [_one(c) for c in wanted], [c.version for c in reply.citations])


def _words(key: str, wanted: tuple[Choice, ...], text: str) -> Iterator[Miss]:
    said = _evened(text)
    for choice in wanted:
        found = [entry for entry in choice if _evened(entry) in said]
        if key == "reply_has" and not found:
            yield Miss(key, _one(choice), None)
        elif key == "reply_lacks":
            yield from (Miss(key, entry, entry) for entry in found)


def _evened(text: str) -> str:
    """A text without differences of case, width and spacing around Chinese: 7 天 and ７天 are one."""
    return _GAP.sub("", fold(text)).strip()


def several(value: str | Sequence[str]) -> tuple[str, ...]:
    """The values of a slot of the reply, which is a text where there is one."""
    return (value,) if isinstance(value, str) else tuple(value)


def _one(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)
