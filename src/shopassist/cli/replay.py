"""`shopassist replay`: a stored conversation, turn by turn, with what the engine understood, decided and did."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopassist.cli.errors import shown
from shopassist.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from shopassist.protocols import ConversationStore
    from shopassist.settings import Settings


def replay(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="The conversation's id.")],
    turn: Annotated[int | None, typer.Option(min=1, help="Only this turn.")] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal data in its place.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is stored as JSON.")] = False,
) -> None:
    """Show a stored conversation turn by turn: what was said, understood, looked up, decided, done and checked.

    Personal data stays a placeholder unless you ask for it.
    """
    with shown():
        from shopassist import settings as settings_
        from shopassist.assembly import store_from

        settings = settings_.load()
        with closing(store_from(settings, create=False)) as store:
            show(store, conversation, settings, turn=turn, reveal=reveal, as_json=as_json)


def show(
    store: ConversationStore,
    conversation: str,
    settings: Settings,
    *,
    turn: int | None = None,
    reveal: bool = False,
    as_json: bool = False,
) -> None:
    """Print a conversation of a store. Raises `InputError` where there is no such conversation or turn."""
    from rich.console import Console

    from shopassist.engine.owner_view import revealed

    found = store.export(conversation)
    if not found:
        raise InputError(f"there is no conversation {conversation!r}, or it was erased")
    found = revealed(found) if reveal else {k: v for k, v in found.items() if k != "vault"}
    if turn is not None:
        found = _only(found, turn)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(Console(), found, settings)


def _only(found: dict[str, Any], turn: int) -> dict[str, Any]:
    """What is stored of one turn. Raises `InputError` where there is no such turn."""
    turns = [reply["turn"] for reply in found["replies"]]
    if turn not in turns:
        raise InputError(f"there is no turn {turn}; " + (f"the last is {max(turns)}" if turns else "there is none yet"))
    parts = {name: [one for one in found[name] if one["turn"] == turn] for name in ("messages", "replies", "handoffs")}
    return {**found, **parts}


def _print(console: Console, found: Mapping[str, Any], settings: Settings) -> None:
    from rich.rule import Rule
    from rich.text import Text

    from shopassist.cli.trail import trail
    from shopassist.replies import Reply

    replies = {reply["turn"]: reply for reply in found["replies"]}
    handed = {one["turn"]: one for one in found["handoffs"]}
    before: tuple[int | None, str | None] | None = None
    for message in found["messages"]:
        now = message["turn"]
        reply = replies.get(now) if message["role"] == "assistant" else None
        place = now, message.get("agent")
        if place != before:
            console.print(Rule(_title(*place, replies.get(now), settings), align="left", style="dim"))
            before = place
        console.print(Text(f"{message['role']:<10}  {message['text']}", style="bold"))
        for item in message.get("items") or ():
            console.print(Text(f"{'':<10}  {json.dumps(item, ensure_ascii=False)}"))
        if reply is not None:
            console.print(trail(Reply.from_dict(reply), settings.relevance))
        if reply is not None and now in handed:
            console.print(*(Text(line) for line in _handed(handed[now])), sep="\n")
    console.print(Text(_end(found), style="dim"))


def _title(turn: int | None, agent: str | None, reply: Mapping[str, Any] | None, settings: Settings) -> str:
    if agent is not None:
        return f"{agent} at the desk"
    if turn is None:
        return "not answered yet"
    when = reply.get("answered") if reply else None
    return f"turn {turn}" + (f", {datetime.fromtimestamp(when, settings.timezone):%Y-%m-%d %H:%M:%S}" if when else "")


def _handed(handoff: Mapping[str, Any]) -> Iterator[str]:
    yield f"hand-off    {handoff['id']}: {handoff['reason']}, {handoff['status']}"


def _end(found: Mapping[str, Any]) -> str:
    """What the conversation remembers for its next turn, in one line."""
    dialogue = found["state"].get("dialogue", {})
    tasks = [f"{t['intent']} {t['status']}" for t in dialogue.get("tasks", ())]
    asked = dialogue.get("asked")
    parts = [f"owner {found['owner'] or 'a visitor'}", f"mode {found['state'].get('mode', 'bot')}"]
    parts += [f"tasks: {', '.join(tasks)}"] if tasks else []
    parts += [f"asked: {asked['kind']} {asked.get('slot') or asked.get('intent') or ''}".rstrip()] if asked else []
    return "now         " + "; ".join(parts)
