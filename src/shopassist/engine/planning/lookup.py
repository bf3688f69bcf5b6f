"""What the planner knows and what it still has to ask the shop: it calls nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shopassist.dialogue import Quote
from shopassist.tools.outcome import ToolOutcome


@dataclass(frozen=True, slots=True)
class Call:
    """A read or a write's pre-check, with its arguments as sorted pairs, so that calls can be keys."""

    name: str
    args: tuple[tuple[str, Any], ...] = ()
    effect: Literal["read", "check"] = "read"


Known = Mapping[Call, ToolOutcome | Quote]


@dataclass(slots=True)
class Lookup:
    """Answers from what is known; what is not is noted in `wanted`, in order, once each."""

    known: Known
    wanted: list[Call] = field(default_factory=list)

    def read(self, name: str, **args: Any) -> ToolOutcome | None:
        """The outcome of a read, or None while it is not known."""
        found = self._find(Call(name, _pairs(args)))
        return found if isinstance(found, ToolOutcome) else None

    def check(self, name: str, args: Mapping[str, Any]) -> Quote | None:
        """The quote of a write's pre-check, or None while it is not known."""
        found = self._find(Call(name, _pairs(args), "check"))
        return found if isinstance(found, Quote) else None

    def _find(self, call: Call) -> ToolOutcome | Quote | None:
        if call not in self.known:
            if call not in self.wanted:
                self.wanted.append(call)
            return None
        return self.known[call]


def _pairs(args: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((k, v) for k, v in args.items() if v is not None))
