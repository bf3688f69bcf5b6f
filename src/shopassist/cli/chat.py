"""`shopassist chat`: a conversation in the terminal, as a visitor or as a customer of the sample shop."""

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
    from shopassist.messages import Customer
    from shopassist.replies import Reply, ToolStarted
    from shopassist.settings import Settings
    from shopassist.testing import SqlShop

COMMANDS = "/as u-1001 talks as that customer, /help shows all commands, /quit ends. Ctrl-C stops an answer."
HELP = """\
/as u-1001  talk as that customer, in a new conversation; /as alone: as a visitor
/orders     the customer's orders, as the shop has them
/why        how the last answer came about
/desk       be the person whom the conversation was handed to: claim, say TEXT, return
/new        a new conversation
/reset      a fresh copy of the sample shop, and a new conversation
/quit       the end. Ctrl-C stops an answer"""
CALLING = {"read": "looking up", "check": "checking whether it can be done", "write": "doing it"}


def chat(
    model: Annotated[str | None, typer.Option(help="auto, none, embedded, ollama or openai.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    customer: Annotated[
        str | None, typer.Option("--as", metavar="CUSTOMER", help="Talk as this customer, u-1001 say.")
    ] = None,
) -> None:
    """Talk with the assistant of the sample shop; answers come sentence by sentence."""
    with shown(), _quiet_end():
        from rich.console import Console

        from shopassist import settings as settings_
        from shopassist.assistant import Assistant
        from shopassist.cli import sample_shop
        from shopassist.tools import SqlLedger

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - line editing and history for input()
        console = Console()
        settings = settings_.load(**({"model": model} if model else {}))
        with sample_shop.opened(settings) as shop:
            person = sample_shop.customer_of(shop, customer)
            with Assistant.from_settings(settings, shop=shop, ledger=SqlLedger(shop.engine)) as assistant:
                _greet(assistant, console, settings)
                with _errors_only():
                    _Talk(assistant, shop, console, person, conversation or uuid.uuid4().hex).run()


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


def _greet(assistant: Assistant, console: Console, settings: Settings) -> None:
    """Say which shop, on which day, and who writes; then load what takes long."""
    from shopassist.cli.sample_shop import FILE
    from shopassist.errors import ModelError

    def say(text: str) -> None:
        console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    say(f"Model: {assistant.model_name or 'none, templates answer'}. {COMMANDS}")
    say(f"Shop: the sample shop in {settings.data_dir / FILE}; it is {settings.now():%Y-%m-%d %H:%M} there.")
    if settings.clock is None:
        say("Its orders are of December 2024: SHOPASSIST_CLOCK=2024-12-05T10:00:00+08:00 puts you among them.")
    if assistant.writer is not None:
        try:
            with console.status("loading the model …"):
                assistant.warm()
        except ModelError as error:
            say(f"The model cannot be had, templates answer meanwhile: {error}")


class _Talk:
    """One run of the command: who talks, in which conversation, and the last answer."""

    def __init__(
        self, assistant: Assistant, shop: SqlShop, console: Console, customer: Customer | None, conversation: str
    ) -> None:
        self.assistant, self.shop, self.console = assistant, shop, console
        self.customer, self.conversation = customer, conversation
        self.last: Reply | None = None
        self.said = False

    def run(self) -> None:
        """Take messages and commands until the end."""
        self._welcome_back()
        while True:
            try:
                text = input(self._prompt()).strip()
            except (EOFError, KeyboardInterrupt):
                self.console.print()
                text = "/quit"
            command, _, argument = text.partition(" ")
            match command:
                case "":
                    continue
                case "/quit" | "/exit" | "/q":
                    self._go_on_with()
                    return
                case "/help":
                    self._tell(HELP)
                case "/new":
                    self._begin(self.customer)
                    self._tell("A new conversation.")
                case "/as":
                    self._talk_as(argument.strip() or None)
                case "/orders":
                    self._orders()
                case "/reset":
                    self._reset()
                case "/desk":
                    self._desk(argument)
                case "/why":
                    self._why()
                case _ if command.startswith("/"):
                    self._tell(f"There is no {command}. These are the commands:\n{HELP}")
                case _:
                    self.said = True
                    self.last = (
                        _answer(self.assistant, self.console, self.conversation, self.customer, text) or self.last
                    )

    def _prompt(self) -> str:
        if not sys.stdin.isatty():
            return ""
        return f"{self.customer.id} > " if self.customer is not None else "> "

    def _tell(self, text: str, style: str = "dim") -> None:
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _begin(self, customer: Customer | None) -> None:
        self.customer, self.conversation, self.last, self.said = customer, uuid.uuid4().hex, None, False

    def _welcome_back(self) -> None:
        """Tell what has changed since this conversation was left."""
        from shopassist.errors import ShopAssistError

        try:
            self.last = self.assistant.resume(self.conversation, customer=self.customer)
        except ShopAssistError as error:
            self._tell(str(error), "red")
        else:
            if self.last is not None:
                self._tell(self.last.text, "")

    def _go_on_with(self) -> None:
        if self.said:
            person = f" --as {shlex.quote(self.customer.id)}" if self.customer is not None else ""
            self._tell(f"Go on with: shopassist chat{person} --conversation {shlex.quote(self.conversation)}", "")

    def _talk_as(self, name: str | None) -> None:
        from shopassist.cli.sample_shop import customer_of, who
        from shopassist.errors import InvalidMessage

        try:
            self._begin(customer_of(self.shop, name))
        except InvalidMessage as error:
            self._tell(str(error), "red")
        else:
            self._tell(f"A new conversation, as {who(self.shop, self.customer)}.")

    def _orders(self) -> None:
        from shopassist.cli.sample_shop import orders

        if self.customer is None:
            self._tell("A visitor has no orders; /as u-1001 talks as a customer.")
        else:
            table = orders(self.shop, self.customer)
            self.console.print(table if table.row_count else "No orders.")

    def _reset(self) -> None:
        from shopassist.cli.sample_shop import who
        from shopassist.errors import StorageError

        try:
            self.shop.reset()
        except StorageError as error:
            self._tell(str(error), "red")
            return
        self._begin(self.customer)
        self._tell(f"The sample shop is as it was at first. A new conversation, as {who(self.shop, self.customer)}.")

    def _desk(self, argument: str) -> None:
        from shopassist.cli.desk import act
        from shopassist.errors import ShopAssistError

        try:
            self._tell(act(self.assistant, self.conversation, argument), "")
        except ShopAssistError as error:
            self._tell(str(error), "red")

    def _why(self) -> None:
        from shopassist.cli.trail import trail

        settings = self.assistant.settings
        self.console.print(trail(self.last, settings.relevance) if self.last else "There is no answer yet.")


def _answer(
    assistant: Assistant, console: Console, conversation: str, customer: Customer | None, text: str
) -> Reply | None:
    """Show the answer as it comes; None if it was stopped or failed."""
    from shopassist.errors import ShopAssistError
    from shopassist.replies import Done, Failed, Sentence, ToolFinished, ToolStarted

    waiting = console.status("…")
    events = assistant.stream(text, conversation=conversation, customer=customer)
    try:
        with contextlib.closing(events), waiting:
            for event in events:
                match event:
                    case ToolStarted():
                        waiting.update(_calling(event))
                    case ToolFinished():
                        waiting.update("…")
                    case Sentence():
                        waiting.stop()
                        console.print(event.text, end="", markup=False, highlight=False)
                        console.file.flush()
                    case Failed():
                        waiting.stop()
                        console.print(f"\n{event.message}", style="red", markup=False)
                    case Done():
                        waiting.stop()
                        console.print("(a person has the conversation)" if event.reply.mode == "person" else "")
                        return event.reply
    except KeyboardInterrupt:
        console.print("\n[dim]Stopped. The question stays open and is answered with the next one.[/dim]")
    except ShopAssistError as error:
        console.print(str(error), style="red", markup=False)
    return None


def _calling(event: ToolStarted) -> str:
    """What the status line says while a tool runs."""
    return f"{CALLING[event.effect]}: {event.name.replace('_', ' ')} …"
