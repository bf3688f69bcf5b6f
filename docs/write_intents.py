"""Write the table of intents into docs/dialogue.md: python docs/write_intents.py [--check]."""

import sys
from collections.abc import Iterable
from pathlib import Path

from shopassist.language.catalogue import Catalogue, Intent

PAGE = Path(__file__).with_name("dialogue.md")
BEGIN, END = "<!-- intents -->\n", "<!-- /intents -->\n"


def table() -> str:
    """One row an intent, with what its routes lead to, whatever the act."""
    rows = ["| intent | meaning | slots | looks up | changes | page | offers |", "|---|---|---|---|---|---|---|"]
    rows += [row(intent) for intent in Catalogue.load()]
    return "\n".join(rows) + "\n"


def row(intent: Intent) -> str:
    """An intent's row."""
    routes = intent.routes.values()
    cells = (
        intent.slots,
        (read for route in routes for read in route.reads),
        (route.write or ("a person" if route.handoff else None) for route in routes),
        (route.policy for route in routes),
        (route.offer for route in routes),
    )
    return f"| `{intent.name}` | {intent.description} | " + " | ".join(map(shown, cells)) + " |"


def shown(names: Iterable[str | None]) -> str:
    """Names as a cell, each once."""
    return " ".join(dict.fromkeys(filter(None, names))) or "–"


def page() -> str:
    """The page with today's table."""
    text = PAGE.read_text("utf-8")
    return text[: text.index(BEGIN) + len(BEGIN)] + table() + text[text.index(END) :]


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
