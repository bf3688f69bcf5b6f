"""How errors end a command: one message on stderr and an exit code, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from shopassist.errors import ShopAssistError

INTERRUPTED = 130  # what shells report for Ctrl-C


@contextmanager
def shown(*, resumes: bool = False) -> Iterator[None]:
    """Turn what shopassist raises on purpose into exit code 1, and Ctrl-C into 130.

    `resumes` says that the next run goes on where this one was stopped.
    """
    console = Console(stderr=True)
    try:
        yield
    except ShopAssistError as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("Stopped. The next run goes on from here." if resumes else "Stopped.")
        raise typer.Exit(INTERRUPTED) from None
