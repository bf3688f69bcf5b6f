"""Play a file of scenarios in the terminal and hold each reply against what it must be: python scripts/play.py FILE.

The shop is a fresh copy of the sample shop on SQLite; the pages, the model and the store are those of the settings.
"""

import os
import sys
import tempfile
import time
import uuid
from pathlib import Path

from rich.console import Console
from rich.text import Text

from shopassist import Assistant, Customer, Done, Failed, Reply, Sentence, Settings, SqlLedger
from shopassist.cli.trail import trail
from shopassist.errors import ModelError
from shopassist.evaluation.judge import judge
from shopassist.evaluation.scenario import Turn, built_in, load
from shopassist.evaluation.values import Values
from shopassist.protocols import Product
from shopassist.settings import load as load_settings
from shopassist.testing import SqlShop
from shopassist.text import fold


def main(path: Path) -> int:
    """Return the number of turns that were not as they should be."""
    console, settings = Console(), load_settings()
    scenarios = load(path, built_in())
    with tempfile.TemporaryDirectory() as folder:
        shop = SqlShop.create(f"sqlite:///{folder}/shop.db", settings.now)
        with Assistant.from_settings(settings, shop=shop, ledger=SqlLedger(shop.engine)) as assistant:
            wrong = warm(assistant, console)
            for scenario in scenarios:
                console.rule(scenario.name)
                conversation = uuid.uuid4().hex
                for turn in scenario.turns:
                    wrong += play(assistant, console, conversation, turn, values(shop, settings))
        shop.close()
    console.rule()
    console.print("All was as it should be." if not wrong else f"{wrong} things were not as they should be.")
    day = f"SHOPASSIST_CLOCK={clock} " if (clock := os.environ.get("SHOPASSIST_CLOCK")) else ""
    console.print(
        f"Go on with: {day}.venv/bin/shopassist chat --as u-1001", soft_wrap=True, markup=False, highlight=False
    )
    return wrong


def warm(assistant: Assistant, console: Console) -> int:
    """Load the model; 1 if one should be there and is not."""
    with console.status(f"loading {assistant.model_name or 'nothing, templates answer'} …"):
        began = time.monotonic()
        try:
            assistant.warm()
        except ModelError as error:
            console.print(f"  ✗ {error}", style="bold red", markup=False)
            return 1
    console.print(f"model: {assistant.model_name or 'none, templates answer'} ({time.monotonic() - began:.1f} s)")
    if assistant.writer is None and assistant.settings.model != "none":
        console.print("  ✗ no model could be used; `shopassist doctor` says why", style="bold red")
        return 1
    return 0


def play(assistant: Assistant, console: Console, conversation: str, turn: Turn, known: Values) -> int:
    """Show one turn as it happens; 1 if something is not as it should be."""
    reply = answer(assistant, console, conversation, turn)
    missed = (
        [f"{m.key}: {m.expected} was expected, {m.seen} came" for m in judge(turn.expect, reply, known)]
        if reply
        else []
    )
    if reply is None:
        missed.append("there was no reply")
    elif reply.degraded:
        missed.append(f"the model failed: {reply.degraded}")
    for miss in missed:
        console.print(f"  ✗ {miss}", style="bold red", markup=False)
    return bool(missed)


def answer(assistant: Assistant, console: Console, conversation: str, turn: Turn) -> Reply | None:
    """The reply, shown sentence by sentence."""
    customer = Customer(turn.customer) if turn.customer else None
    said = list(turn.say or ("",))
    console.print(Text(f"\n{turn.customer or '访客'} > {' / '.join(said)}", style="bold cyan"))
    console.print(Text("小云 > ", style="bold"), end="")
    for event in assistant.stream(said, conversation=conversation, customer=customer):
        if isinstance(event, Sentence):
            console.print(event.text, end="", markup=False, highlight=False)
            console.file.flush()
        elif isinstance(event, Failed):
            console.print(f"{event.error}: {event.message}", style="red", markup=False)
        elif isinstance(event, Done):
            console.print("\n", trail(event.reply, assistant.settings.relevance))
            return event.reply
    return None


def values(shop: SqlShop, settings: Settings) -> Values:
    """What slot values are compared by."""
    sold = shop.catalogue.search("")
    names = [Product(p.id.lower(), p.name, (fold(p.name), fold(p.name_en), p.id.lower())) for p in sold]
    return Values(settings.now().date(), names)


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
