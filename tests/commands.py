"""The command line in the test's own process: a process of its own takes seconds to start, each time."""

import logging
import os
import traceback
from contextlib import chdir
from subprocess import CompletedProcess
from unittest.mock import patch

from typer.testing import CliRunner

from shopassist.cli.main import app
from shopassist.settings import PREFIX


def invoke(folder, *arguments, say=None, **variables):
    """What a command says where it is run in a folder, with no settings but these, and with `say` typed into it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    environment = {**clean, "COLUMNS": "160", **variables}
    with chdir(folder), patch.dict(os.environ, environment, clear=True), patch.object(logging.root, "handlers", []):
        done = CliRunner().invoke(app, [*map(str, arguments)], input=say)
    broke = done.exception is not None and not isinstance(done.exception, SystemExit)
    told = "".join(traceback.format_exception(done.exception)) if broke else ""
    return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr + told)
