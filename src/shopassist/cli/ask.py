"""`shopassist ask`: one question, one answer."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from shopassist.cli.errors import INTERRUPTED, shown


def ask(
    question: Annotated[str, typer.Argument(help="What a customer would ask.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")] = False,
    model: Annotated[str | None, typer.Option(help="auto, none, embedded, ollama or openai.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Show how the answer came about.")] = False,
    customer: Annotated[
        str | None,
        typer.Option("--as", metavar="CUSTOMER", help="Ask as this customer of the sample shop, u-1001 say."),
    ] = None,
) -> None:
    """Answer one question about the sample shop, which `chat` changes. Nothing of the conversation is kept."""
    with shown():
        from shopassist import settings as settings_
        from shopassist.assistant import Assistant
        from shopassist.cli import sample_shop
        from shopassist.storage.memory import MemoryStore
        from shopassist.tools import SqlLedger

        settings = settings_.load(**({"model": model} if model else {}))
        try:
            with sample_shop.opened(settings) as shop:
                person = sample_shop.customer_of(shop, customer)
                ledger = SqlLedger(shop.engine)
                with Assistant.from_settings(settings, store=MemoryStore(), shop=shop, ledger=ledger) as assistant:
                    reply = assistant.reply(question, conversation="ask", customer=person)
        except KeyboardInterrupt:  # without a word: there is nothing that a next run would go on with
            raise typer.Exit(INTERRUPTED) from None
        if as_json:
            typer.echo(json.dumps(reply.to_dict(), ensure_ascii=False, indent=2))
            return
        typer.echo(reply.text)
        if why:
            from rich.console import Console

            from shopassist.cli.trail import trail

            Console().print(trail(reply, settings.relevance))
