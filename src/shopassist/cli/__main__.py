"""``python -m shopassist.cli``: the same as the command ``shopassist``."""

from shopassist.cli.main import app

app()
