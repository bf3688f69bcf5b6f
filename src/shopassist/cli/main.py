"""`shopassist`: the commands in the order in which one needs them."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from shopassist.cli.ask import ask
from shopassist.cli.chat import chat
from shopassist.cli.doctor import doctor
from shopassist.cli.eval import evaluate
from shopassist.cli.graph import graph
from shopassist.cli.ingest import ingest
from shopassist.cli.intents import app as intents
from shopassist.cli.knowledge import app as knowledge
from shopassist.cli.model import app as model
from shopassist.cli.pull import pull
from shopassist.cli.replay import replay
from shopassist.cli.review import review
from shopassist.cli.search import search
from shopassist.cli.stats import stats
from shopassist.cli.train import train
from shopassist.cli.writes import writes

app = typer.Typer(
    name="shopassist",
    help="A dialogue engine for shops' customer service: answers with a source, or none.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def main(verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show log lines.")] = False) -> None:
    """Set up logging."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("shopassist").setLevel(logging.INFO if verbose else logging.WARNING)


for command in (pull, ingest, search, ask, chat, doctor, graph):
    app.command()(command)
app.command("eval")(evaluate)
app.command()(replay)
app.command()(review)
app.command()(stats)
app.command()(train)
app.command()(writes)
app.add_typer(knowledge, name="knowledge")
app.add_typer(model, name="model")
app.add_typer(intents, name="intents")
