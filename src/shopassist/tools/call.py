"""One call of a tool: whatever the tool or the shop raises comes out as a `ToolSignal`, and is logged by its class."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from shopassist.dialogue import Quote
from shopassist.shop import Deed
from shopassist.tools.context import ToolContext
from shopassist.tools.limit import TimeLimit, TookTooLong
from shopassist.tools.outcome import Changed, Failed, ToolOutcome, ToolSignal
from shopassist.tools.tool import Tool
from shopassist.tools.values import Garbage, answer, json_values

T = TypeVar("T")

_log = logging.getLogger("shopassist.tools")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool with what it is called with: `args` as given, `values` in their types and with personal data.

    `hidden` is what was put in for placeholders, by its text: where a tool's facts say it again, the placeholder comes
    back, so that neither the ledger nor the conversation's state learns it.
    `seconds` is the limit of a run in a thread of its own, None for the caller's thread. Every method raises
    `ToolSignal` and nothing else.
    """

    tool: Tool
    args: Mapping[str, Any]
    values: Mapping[str, Any]
    hidden: Mapping[str, str]
    context: ToolContext
    limit: TimeLimit
    seconds: float | None

    def answer(self, agreed: Quote | None = None) -> tuple[dict[str, Any], str | None]:
        """Run the tool, for its facts and the id of what it made.

        Raises `Changed` where it says by which quote it did that, and that is not what was `agreed`.
        """

        def run() -> tuple[dict[str, Any], str | None]:
            result = self.tool.function(self.context, **self.values)
            if agreed is not None and isinstance(result, Deed) and result.quote is not None:
                check_agreed(_quote(result.quote), agreed)
            return answer(result)

        facts, made = self.guarded(run)
        return self._concealed(facts), made

    def quote(self) -> Quote:
        """Run the pre-check; a write without one is allowed."""
        checker = self.tool.checker
        if checker is None:
            return Quote(True)
        quote = self.guarded(lambda: _quote(checker(self.context, **self.values)))
        return replace(quote, facts=self._concealed(quote.facts))

    def guarded(self, run: Callable[[], T]) -> T:
        """Run what belongs to the shop, in this thread."""
        return guarded(self.tool.name, self.context.key, run)

    def limited(self, run: Callable[[], T]) -> T:
        """Run it for as long as the tool may take."""
        return self.guarded(lambda: self.limit.run(self.tool.name, self.seconds, run))

    def within(self, tx: Any) -> Call:
        """The same call inside the ledger's transaction."""
        return replace(self, context=replace(self.context, tx=tx))

    def _concealed(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._concealed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._concealed(inner) for inner in value]
        if isinstance(value, str):
            for text in sorted(self.hidden, key=len, reverse=True):
                value = value.replace(text, self.hidden[text])
        return value


def guarded(name: str, key: str | None, run: Callable[[], T]) -> T:
    """Run it; what it raises becomes `Failed`. Texts of errors may hold personal data, so the log gets the class."""
    try:
        return run()
    except ToolSignal:
        raise
    except Garbage:
        _log.warning("%s answered what is no dict of JSON values (consent %s)", name, key)
        raise Failed("garbage") from None
    except TookTooLong:
        _log.warning("%s took too long (consent %s)", name, key)
        raise Failed("timeout") from None
    except Exception as error:  # noqa: BLE001 - any tool, shop or ledger may be plugged in; the conversation goes on
        _log.warning("%s failed: %s (consent %s)", name, type(error).__name__, key)
        raise Failed("raised") from None


def check_agreed(quote: Quote, agreed: Quote) -> None:
    """Raise `Changed` unless version and amount are what the customer agreed to."""
    if (quote.version, quote.amount) != (agreed.version, agreed.amount):
        raise Changed(quote.reason, rule=quote.rule)


def ended(name: str, args: Mapping[str, Any], signal: ToolSignal) -> ToolOutcome:
    """The outcome of a call that a signal ended."""
    try:
        given, facts = json_values(args), json_values(signal.facts)
    except Garbage:
        given, facts = {}, {}
    return ToolOutcome(name, given, signal.status, facts, reason=signal.reason, rule=signal.rule)


def _quote(quote: Any) -> Quote:
    """The quote in plain values, as a conversation's state keeps it."""
    if not isinstance(quote, Quote):
        raise Garbage
    amount = format(quote.amount, "f") if isinstance(quote.amount, Decimal) else quote.amount
    return replace(quote, amount=amount, facts=json_values(quote.facts))
