"""The two ways in which a write happens at most once: with its ledger's row, or after it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shopassist.dialogue import Consent
from shopassist.tools.call import Call, check_agreed, ended, guarded
from shopassist.tools.ledger import SETTLED, Ledger, Write, WriteState
from shopassist.tools.outcome import Failed, Refused, ToolOutcome, ToolSignal
from shopassist.tools.values import json_values

ABOUT = ("order_id", "product")
"""Arguments that say what a deed is done to; the others may be told in other words."""

KEPT = ("status", "facts", "reason", "rule", "id")
"""What the ledger keeps of an outcome; name and arguments have columns of their own."""

AHEAD = timedelta(days=1)
"""How much later than this turn another write may have begun: turns last, and the clocks of hosts differ."""

_STATES: Mapping[str, WriteState] = {"done": "done", "unknown": "unknown"}  # all others did nothing: refused


def row_of(call: Call, consent: Consent) -> Write:
    """The ledger's row for this call; `args` keep the vault's placeholders."""
    return Write(
        key=consent.id,
        tool=call.tool.name,
        subject=call.context.customer.id if call.context.customer else "",
        args=call.args,
        consent=json_values({"id": consent.id, "expires": consent.expires, "quote": replace(consent.quote, facts={})}),
        state="reserved" if call.tool.commit == "atomic" else "called",
        begun=call.context.now,
    )


def check_consent(call: Call, consent: Consent) -> None:
    """Raise `Refused` unless the consent is for this tool with these arguments, and still holds."""
    if consent.tool != call.tool.name or json_values(consent.args) != call.args or not consent.quote.allowed:
        raise Refused("consent")
    if call.context.now > consent.expires:
        raise Refused("expired")


def atomic(call: Call, consent: Consent, row: Write, ledger: Ledger) -> ToolOutcome:
    """Row, tool and outcome in one transaction of the caller's thread. Raises `ToolSignal`: nothing was written."""
    earlier: Write | None = None
    outcome: ToolOutcome | None = None
    try:
        with ledger.transaction() as tx:
            earlier = ledger.begin(row, tx)
            if earlier is None:
                inside = call.within(tx)
                _check_quote(inside, consent)
                outcome = _done(call, consent, *inside.answer(consent.quote))
                ledger.settle(row, "done", _kept(outcome), call.context.now, tx)
    except ToolSignal:
        raise
    except Exception as error:  # noqa: BLE001 - any ledger may be plugged in
        return _after_a_broken_transaction(call, row, ledger, error, began=outcome is not None)
    if earlier is not None:
        return repeated(earlier, row, ledger)
    assert outcome is not None  # noqa: S101 - set where `earlier` is None
    return outcome


def external(call: Call, consent: Consent, row: Write, ledger: Ledger) -> ToolOutcome:
    """The row is committed as ``called`` before the tool runs, so that a crash leaves a trace and no second call."""
    call.limited(lambda: _check_quote(call, consent))
    in_doubt = ToolOutcome(row.tool, row.args, "unknown", reason="in_doubt")
    if call.guarded(lambda: _in_doubt(row, ledger)):
        return in_doubt
    earlier = call.guarded(lambda: ledger.begin(row))
    if earlier is not None:
        return repeated(earlier, row, ledger)
    if call.guarded(lambda: _in_doubt(row, ledger)):  # another began since; of two that see each other neither calls
        call.guarded(lambda: ledger.settle(row, "refused", _kept(in_doubt), call.context.now))
        return in_doubt
    try:
        outcome = _done(call, consent, *call.limited(call.answer))
    except Failed as signal:  # it was called: nobody here knows whether it did the deed
        outcome = ToolOutcome(row.tool, row.args, "unknown", reason=signal.reason)
    except ToolSignal as signal:
        outcome = ended(row.tool, row.args, signal)
    state = _STATES.get(outcome.status, "refused")
    with suppress(Failed):  # logged; the row stays `called`, for a person to settle, and what happened is told
        call.guarded(lambda: ledger.settle(row, state, _kept(outcome), call.context.now))
    return outcome


def _in_doubt(row: Write, ledger: Ledger) -> bool:
    """Whether nobody knows yet how the same deed ended under another consent: until then it is not done again."""
    about = [n for n in ABOUT if n in row.args] or [*row.args]
    return any(
        (open_.tool, open_.subject) == (row.tool, row.subject)
        and open_.key != row.key
        and all(open_.args.get(n) == row.args[n] for n in about)
        for open_ in ledger.unsettled(row.begun + AHEAD)
    )


def repeated(earlier: Write, row: Write, ledger: Ledger) -> ToolOutcome:
    """The outcome of the write that has this key already. Raises `Refused` where it is another write."""
    if (earlier.tool, earlier.subject, dict(earlier.args)) != (row.tool, row.subject, dict(row.args)):
        raise Refused("consent")
    if earlier.state not in SETTLED:
        if earlier.state == "called":  # in another thread at this moment, or in a process that died: nobody can tell
            unknown = ToolOutcome(row.tool, row.args, "unknown")
            guarded(row.tool, row.key, lambda: ledger.settle(earlier, "unknown", _kept(unknown), row.begun))
        return ToolOutcome(row.tool, row.args, "unknown", reason=earlier.outcome.get("reason"), repeated=True)
    kept = {"status": earlier.state, **{n: v for n, v in earlier.outcome.items() if n in KEPT}}
    return ToolOutcome(row.tool, row.args, **kept, repeated=True)


def _check_quote(call: Call, consent: Consent) -> None:
    """Raise `Changed` unless the pre-check says now what the customer agreed to."""
    if call.tool.checker is None:
        return
    quote = call.quote()
    check_agreed(quote, consent.quote)
    if not quote.allowed:  # the order is the same, the day is not
        raise Refused(quote.reason, rule=quote.rule, facts=quote.facts)


def _done(call: Call, consent: Consent, facts: Mapping[str, Any], made: str | None) -> ToolOutcome:
    return ToolOutcome(call.tool.name, call.args, "done", facts, rule=consent.quote.rule, id=made)


def _kept(outcome: ToolOutcome) -> dict[str, Any]:
    return {n: getattr(outcome, n) for n in KEPT}


def _after_a_broken_transaction(
    call: Call, row: Write, ledger: Ledger, error: Exception, *, began: bool
) -> ToolOutcome:
    """A connection that breaks while it commits leaves open whether it did: the ledger's row tells."""

    def broken() -> None:
        raise error

    with suppress(Failed):
        call.guarded(broken)  # logs it
    try:
        there = call.guarded(lambda: ledger.find(row.key))
    except Failed:
        if began:
            return ToolOutcome(row.tool, row.args, "unknown", reason="raised")
        raise
    if there is None:
        raise Failed("raised")
    return repeated(there, row, ledger)
