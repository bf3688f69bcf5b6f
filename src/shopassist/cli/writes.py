"""`shopassist writes`: the ledger of changes, and what a person found out about one whose end nobody saw."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopassist.cli.errors import shown
from shopassist.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from shopassist.settings import Settings
    from shopassist.tools import Ledger, Write

FOUND = {"done": "done", "not-done": "refused"}
DAYS = 7
ABOUT = ("order_id", "product", "service_id")
"""Arguments that name a thing of the shop's; the others may hold what a customer wrote."""


def writes(
    conversation: Annotated[str | None, typer.Option(help="Only the changes of this conversation.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help=f"{DAYS} days ago if not given.")
    ] = None,
    settle: Annotated[
        tuple[str, str] | None, typer.Option(metavar="ID done|not-done", help="Say how a change ended.")
    ] = None,
    note: Annotated[str, typer.Option(help="With --settle: how that was found out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List the changes that were made for customers: those whose end nobody saw first, however old.

    No customer and no argument but the order, the product and the service's number is shown. The ledger is that of the
    setting `ledger`, else the sample shop's.
    """
    with shown():
        from rich.console import Console

        from shopassist import settings as settings_

        settings = settings_.load()
        ledger = _ledger(settings)
        if settle is not None:
            _settle(ledger, *settle, note, settings)
            typer.echo(f"{settle[0]} is {settle[1]}.")
            return
        rows = _rows(ledger, settings, conversation, since)
        if as_json:
            typer.echo(json.dumps([_plain(row, settings) for row in rows], ensure_ascii=False, indent=2))
        elif rows:
            Console().print(_table(rows, settings))
        else:
            typer.echo("No changes.")


def _ledger(settings: Settings) -> Ledger:
    from shopassist.assembly import ledger_from
    from shopassist.cli.sample_shop import FILE
    from shopassist.tools import SqlLedger

    sys.path.insert(0, str(Path.cwd()))  # the shop's own module, as where `python -m` runs
    if (ledger := ledger_from(settings)) is not None:
        return ledger
    file = settings.data_dir / FILE
    if not file.exists():
        raise ConfigurationError("there is no ledger: name the shop's own in the setting `ledger`, as module:name")
    return SqlLedger(f"sqlite:///{file}")


def _rows(ledger: Ledger, settings: Settings, conversation: str | None, since: datetime | None) -> list[Write]:
    """The rows to show, unsettled ones first, each of the two the newest first."""
    from shopassist.tools.ledger import SETTLED

    begin = since.replace(tzinfo=settings.timezone) if since else settings.now() - timedelta(days=DAYS)
    if conversation is not None:
        found = [row for key in _keys(settings, conversation) if (row := ledger.find(key)) is not None]
        found = [row for row in found if since is None or row.begun >= begin]
    else:
        listed = getattr(ledger, "since", None)  # not every shop's own ledger has it
        open_ones = [
            row for row in ledger.unsettled(settings.now() + timedelta(days=1)) if not since or row.begun >= begin
        ]
        found = list({row.key: row for row in (*open_ones, *(listed(begin) if listed else ()))}.values())
    newest = sorted(found, key=lambda row: row.begun, reverse=True)
    return sorted(newest, key=lambda row: row.state in SETTLED)


def _keys(settings: Settings, conversation: str) -> list[str]:
    """The consents that a conversation has asked for: they are the ledger's keys."""
    from shopassist.assembly import store_from

    with closing(store_from(settings, create=False)) as store:
        stored = store.export(conversation)
    if not stored:
        raise InputError(f"there is no conversation {conversation!r}, or it was erased")
    asked = [reply.get("consent") for reply in stored["replies"]]
    return list(dict.fromkeys(one["id"] for one in asked if one))


def _settle(ledger: Ledger, key: str, finding: str, note: str, settings: Settings) -> None:
    from shopassist.vault import Vault

    if finding not in FOUND:
        raise InputError(f"a change ended as done or not-done, not as {finding!r}")
    outcome: dict[str, Any] = {"reason": None if finding == "done" else "not_done"}
    if note:
        outcome["note"] = str(Vault().hide(note))
    if ledger.reconcile(key, FOUND[finding], outcome, settings.now()):  # type: ignore[arg-type]
        return
    row = ledger.find(key)
    if row is None:
        raise InputError(f"there is no change {key!r}; `shopassist writes` lists those whose end nobody saw")
    raise InputError(f"the change {key!r} is settled already: {row.state}")


def _plain(row: Write, settings: Settings) -> dict[str, Any]:
    """What may be shown of a row."""

    def when(moment: datetime | None) -> str | None:
        return moment.astimezone(settings.timezone).isoformat(timespec="seconds") if moment else None

    made = row.outcome.get("id")
    about = {name: row.args[name] for name in ABOUT if row.args.get(name)}
    shown_of: Mapping[str, Any] = {"reason": row.outcome.get("reason"), "number": made, "note": row.outcome.get("note")}
    return {
        "id": row.key,
        "state": row.state,
        "tool": row.tool,
        "about": about,
        "begun": when(row.begun),
        "settled": when(row.settled) if row.state in FOUND.values() else None,
        **{name: value for name, value in shown_of.items() if value},
    }


def _table(rows: list[Write], settings: Settings) -> Table:
    from rich.table import Table

    table = Table(
        "state", "begun", "tool", "about", "result", "id", box=None, padding=(0, 2, 0, 0), header_style="bold"
    )
    table.columns[-1].no_wrap = True  # it is copied
    for row in rows:
        one = _plain(row, settings)
        result = " ".join(str(one[name]) for name in ("number", "reason", "note") if name in one)
        about = " ".join(str(value) for value in one["about"].values())
        table.add_row(one["state"], one["begun"][:16].replace("T", " "), one["tool"], about, result, one["id"])
    return table
