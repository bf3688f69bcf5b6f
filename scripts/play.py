"""Play a file of scenarios in the terminal and hold each reply against what it must be: python scripts/play.py FILE."""

import os
import sys
import time
import uuid
from pathlib import Path

import yaml
from rich.console import Console
from rich.text import Text

from shopassist import Assistant, Done, Failed, Reply, Sentence
from shopassist.cli.trail import trail

EXPECTATIONS = {"intents", "mood", "cites", "reply_has", "reply_lacks"}


def main(path: Path) -> int:
    """Return the number of turns that were not as they should be."""
    console = Console()
    wrong = 0
    with Assistant.from_settings() as assistant:
        with console.status(f"loading {assistant.model_name or 'nothing, templates answer'} …"):
            began = time.monotonic()
            assistant.warm()
        console.print(f"model: {assistant.model_name or 'none, templates answer'} ({time.monotonic() - began:.1f} s)")
        if assistant.model is None and assistant.settings.model != "none":
            console.print("  ✗ no model could be used; `shopassist doctor` says why", style="bold red")
            wrong += 1
        for scenario in yaml.safe_load(path.read_text("utf-8")):
            console.rule(scenario["name"])
            conversation = uuid.uuid4().hex
            for turn in scenario["turns"]:
                reply = play(assistant, console, conversation, turn["say"])
                missed = misses(reply, turn["expect"]) if reply else ["there was no reply"]
                for miss in missed:
                    console.print(f"  ✗ {miss}", style="bold red", markup=False)
                wrong += bool(missed)
    console.rule()
    console.print("All was as it should be." if not wrong else f"{wrong} things were not as they should be.")
    day = f"SHOPASSIST_CLOCK={clock} " if (clock := os.environ.get("SHOPASSIST_CLOCK")) else ""
    console.print(f"Go on with: {day}.venv/bin/shopassist chat", soft_wrap=True, markup=False, highlight=False)
    return wrong


def play(assistant: Assistant, console: Console, conversation: str, say: str) -> Reply | None:
    """Show one turn as it happens."""
    console.print(Text(f"\n客户 > {say}", style="bold cyan"))
    console.print(Text("小云 > ", style="bold"), end="")
    for event in assistant.stream(say, conversation=conversation):
        if isinstance(event, Sentence):
            console.print(event.text, end="", markup=False, highlight=False)
            console.file.flush()
        elif isinstance(event, Failed):
            console.print(f"{event.error}: {event.message}", style="red", markup=False)
        elif isinstance(event, Done):
            console.print("\n", trail(event.reply, assistant.settings.relevance))
            return event.reply
    return None


def misses(reply: Reply, expect: dict) -> list[str]:
    """What of the expectations does not hold."""
    if unknown := set(expect) - EXPECTATIONS:
        raise SystemExit(
            f"unknown expectation {', '.join(sorted(unknown))}; known are {', '.join(sorted(EXPECTATIONS))}"
        )
    cited = {c.document for c in reply.citations} | {c.version for c in reply.citations}
    found = [f"the model failed: {reply.degraded}"] if reply.degraded else []
    if "intents" in expect and set(reply.intents) != set(expect["intents"]):
        found.append(f"intents are {reply.intents}, not {expect['intents']}")
    if "mood" in expect and reply.mood != expect["mood"]:
        found.append(f"the mood is {reply.mood}, not {expect['mood']}")
    if expect.get("cites") == [] and cited:
        found.append(f"{cited} is cited, nothing should be")
    found += [f"{c} is not cited" for c in expect.get("cites", ()) if not cited & set(either(c))]
    found += [
        f"{t} is not in the reply" for t in expect.get("reply_has", ()) if not any(x in reply.text for x in either(t))
    ]
    found += [f"{t} is in the reply" for t in expect.get("reply_lacks", ()) if any(x in reply.text for x in either(t))]
    return found


def either(entry: str | list[str]) -> list[str]:
    """An entry of an expectation: one text, or a list of which one will do."""
    return entry if isinstance(entry, list) else [entry]


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
