"""`shopassist chat`: a conversation in the terminal."""

from __future__ import annotations

import contextlib
import logging
import shlex
import sys
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from shopassist.cli.errors import INTERRUPTED, shown

if TYPE_CHECKING:
    from rich.console import Console

    from shopassist.assistant import Assistant
    from shopassist.replies import Reply

HELP = "/why shows how the last answer came about, /new begins a new conversation, /quit ends. Ctrl-C stops an answer."


def chat(
    model: Annotated[str | None, typer.Option(help="auto, none, embedded or ollama.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
) -> None:
    """Talk with the assistant; answers come sentence by sentence."""
    with shown(), _quiet_end():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assistant import Assistant

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - line editing and history for input()
        console = Console()
        settings = settings_.load(**({"model": model} if model else {}))
        with Assistant.from_settings(settings) as assistant:
            console.print(f"[dim]Model: {assistant.model_name or 'none, templates answer'}. {HELP}[/dim]")
            if assistant.model is not None:
                with console.status("loading the model …"):
                    assistant.warm()
            with _errors_only():
                _talk(assistant, console, conversation or uuid.uuid4().hex)


@contextlib.contextmanager
def _quiet_end() -> Iterator[None]:
    """End without a word at Ctrl-C while something is loaded: there is nothing that a next run would go on with."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


@contextlib.contextmanager
def _errors_only() -> Iterator[None]:
    """Keep warnings out of the middle of an answer, unless --verbose asks for log lines; /why tells what went wrong."""
    loggers = [logging.getLogger(), logging.getLogger("shopassist")]
    levels = [logger.level for logger in loggers]
    if loggers[-1].level > logging.INFO:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _talk(assistant: Assistant, console: Console, conversation: str) -> None:
    last: Reply | None = None
    said = False
    while True:
        try:
            text = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            text = "/quit"
        match text:
            case "":
                continue
            case "/quit" | "/exit" | "/q":
                if said:
                    console.print(
                        f"Go on with: shopassist chat --conversation {shlex.quote(conversation)}", markup=False
                    )
                return
            case "/help":
                console.print(HELP)
            case "/new":
                conversation, last, said = uuid.uuid4().hex, None, False
                console.print("[dim]A new conversation.[/dim]")
            case "/why":
                _why(last, assistant, console)
            case _ if text.startswith("/"):
                console.print(f"There is no {text.split()[0]}. {HELP}", markup=False)
            case _:
                said = True
                last = _answer(assistant, console, conversation, text) or last


def _why(last: Reply | None, assistant: Assistant, console: Console) -> None:
    from shopassist.cli.trail import trail

    console.print(trail(last, assistant.settings.relevance) if last else "There is no answer yet.")


def _answer(assistant: Assistant, console: Console, conversation: str, text: str) -> Reply | None:
    """Show the answer as it comes; None if it was stopped or failed."""
    from shopassist.errors import ShopAssistError
    from shopassist.replies import Done, Failed, Sentence

    waiting = console.status("…")
    events = assistant.stream(text, conversation=conversation)
    try:
        with contextlib.closing(events), waiting:
            for event in events:
                if isinstance(event, Sentence | Failed | Done):
                    waiting.stop()
                if isinstance(event, Sentence):
                    console.print(event.text, end="", markup=False, highlight=False)
                    console.file.flush()
                elif isinstance(event, Failed):
                    console.print(f"\n{event.message}", style="red", markup=False)
                elif isinstance(event, Done):
                    console.print()
                    return event.reply
    except KeyboardInterrupt:
        console.print("\n[dim]Stopped. The question stays open and is answered with the next one.[/dim]")
    except ShopAssistError as error:
        console.print(str(error), style="red", markup=False)
    return None
