"""The one door to the tools: arguments, login, ownership, time, consent and the ledger are dealt with here.

Where a tool runs. Reads, pre-checks and external writes run in a thread of their own and are left behind when their
time is over (`limit.py`), because nothing else ends a call that hangs in a socket. An atomic write runs in the
caller's thread, where its transaction is: it cannot be left behind, and its limits are the database's own. A shop
whose connections belong to threads (Django's, sqlite3's) passes ``time_limit=None``: then everything runs in the
caller's thread, save for tools that declare a `timeout` of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from shopassist.dialogue import Consent, Quote
from shopassist.errors import ConfigurationError
from shopassist.shop import Orders
from shopassist.tools.call import Call, ended, guarded
from shopassist.tools.context import ToolContext
from shopassist.tools.ledger import Ledger, Write
from shopassist.tools.limit import TimeLimit
from shopassist.tools.outcome import Failed, NotFound, Refused, ToolOutcome, ToolSignal
from shopassist.tools.tool import Effect, Tool
from shopassist.tools.values import Garbage, json_values
from shopassist.tools.writing import atomic, check_consent, external, repeated, row_of

TIME_LIMIT = 10.0
"""Seconds for a tool that declares no `timeout`."""


class Toolbox:
    """A shop's tools. `orders` tells whose an order is; `ledger` keeps the writes; `time_limit` is in seconds.

    Raises `ConfigurationError` for two tools of one name, for a tool that needs an order where there is no `orders`,
    and for an atomic tool where `ledger` has no transaction. No method raises because of a customer, a tool or a shop.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        orders: Orders | None = None,
        ledger: Ledger | None = None,
        *,
        time_limit: float | None = TIME_LIMIT,
    ) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ConfigurationError(f"two tools are called {tool.name}")
            if orders is None and "order_id" in tool.arguments.required:
                raise ConfigurationError(f"the tool {tool.name} needs an order, and no Orders says whose it is")
            if ledger is not None:
                _check_ledger(tool, ledger)
            self._tools[tool.name] = tool
        self._orders = orders
        self._ledger = ledger
        self._time_limit = time_limit
        self._limit = TimeLimit()

    @property
    def names(self) -> tuple[str, ...]:
        """The tools' names, in the order given."""
        return tuple(self._tools)

    def get(self, name: str) -> Tool | None:
        """The tool of this name."""
        return self._tools.get(name)

    def read(self, name: str, args: Mapping[str, Any], context: ToolContext) -> ToolOutcome:
        """Run a read for the customer of `context`."""

        def run(call: Call) -> tuple[dict[str, Any], str | None]:
            self._own(call)
            return call.answer()

        try:
            call = self._call(name, "read", args, context)
            facts, made = call.limited(lambda: run(call))
        except ToolSignal as signal:
            return ended(name, args, signal)
        return ToolOutcome(name, call.args, "done", facts, id=made)

    def check(self, name: str, args: Mapping[str, Any], context: ToolContext) -> Quote:
        """A write's pre-check. Where it could not run it is not allowed; `reason` is then as in `ToolOutcome`."""

        def run(call: Call) -> Quote:
            self._own(call)
            return call.quote()

        try:
            call = self._call(name, "write", args, context, partial=True)
            return call.limited(lambda: run(call))
        except ToolSignal as signal:
            outcome = ended(name, args, signal)
            return Quote(False, rule=outcome.rule, reason=outcome.reason or outcome.status, facts=outcome.facts)

    def write(
        self,
        name: str,
        args: Mapping[str, Any],
        consent: Consent | None,
        context: ToolContext,
        ledger: Ledger | None = None,
    ) -> ToolOutcome:
        """Run a write once for its consent, whose id is the key; a second call gets the first one's outcome.

        `ledger` stands in for the toolbox's own. Raises `ConfigurationError` where there is none that fits the tool.
        """
        try:
            if consent is None:
                raise Refused("consent")
            call = self._call(name, "write", args, replace(context, key=consent.id, tx=None))
            return self._once(call, consent, _check_ledger(call.tool, ledger or self._ledger))
        except ToolSignal as signal:
            return ended(name, args, signal)

    def earlier(self, consent: Consent, context: ToolContext) -> ToolOutcome | None:
        """What the write of this consent came to where one was begun, by a worker that died say; None where none was.

        None too where the ledger cannot be asked, which the log says.
        """
        if self._ledger is None:
            return None
        try:
            call = self._call(consent.tool, "write", consent.args, replace(context, key=consent.id, tx=None))
            return self._found(call, consent, self._ledger)[1]
        except ToolSignal:
            return None

    def _found(self, call: Call, consent: Consent, ledger: Ledger) -> tuple[Write, ToolOutcome | None]:
        """The ledger's row for this call, and the outcome of the one that is there already."""
        row = call.guarded(lambda: row_of(call, consent))
        earlier = call.guarded(lambda: ledger.find(row.key))
        return row, None if earlier is None else repeated(earlier, row, ledger)

    def _once(self, call: Call, consent: Consent, ledger: Ledger) -> ToolOutcome:
        row, earlier = self._found(call, consent, ledger)
        if earlier is not None:
            return earlier
        call.guarded(lambda: check_consent(call, consent))
        call.limited(lambda: self._own(call))
        run = atomic if call.tool.commit == "atomic" else external
        return run(call, consent, row, ledger)

    def _call(
        self, name: str, effect: Effect, args: Mapping[str, Any], context: ToolContext, *, partial: bool = False
    ) -> Call:
        tool = self._tools.get(name)
        if tool is None or tool.effect != effect:
            raise Failed("no_tool")
        if context.customer is None and not tool.public:
            raise Refused("login")
        try:
            given = json_values(args)
        except Garbage:
            raise Failed("arguments") from None
        hidden: dict[str, str] = {}
        shown = guarded(name, context.key, lambda: _shown(tool, given, context, hidden))
        seconds = self._time_limit if tool.timeout is None else tool.timeout
        values = tool.arguments.validate(shown, partial=partial and tool.partial)
        return Call(tool, given, values, hidden, context, self._limit, seconds)

    def _own(self, call: Call) -> None:
        """Raise `NotFound` unless the orders that the call names are the customer's own."""
        named = call.values.get("order_id")
        for order in named if isinstance(named, list | tuple) else [named]:
            if order is None:
                continue
            if self._orders is None or call.guarded(partial(self._orders.get, call.context.customer_id, order)) is None:
                raise NotFound("order")


def _check_ledger(tool: Tool, ledger: Ledger | None) -> Ledger:
    if ledger is None:
        raise ConfigurationError(f"the tool {tool.name} writes, and there is no ledger; SqlLedger is one")
    if tool.commit == "atomic" and not callable(getattr(ledger, "transaction", None)):
        raise ConfigurationError(f"the tool {tool.name} is atomic, and {type(ledger).__name__} has no transaction()")
    return ledger


def _shown(tool: Tool, given: Mapping[str, Any], context: ToolContext, hidden: dict[str, str]) -> dict[str, Any]:
    """The arguments, with personal data where the tool declares it; `hidden` learns what was put in for what."""

    def reveal(value: Any) -> Any:
        if isinstance(value, list):
            return [reveal(inner) for inner in value]
        if not isinstance(value, str):
            return value
        text = context.reveal(value)
        if text and text != value:
            hidden[text] = value
        return text

    return {n: reveal(v) if n in tool.personal else v for n, v in given.items()}
