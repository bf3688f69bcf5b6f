"""The assistant of the tests: a scripted model, which the environment of a server or a test tells how to be."""

import os

from shopassist.assistant import Assistant
from shopassist.models.writer import Writer
from shopassist.testing import ScriptedModel

model = None
"""In a test: the chat model."""


def make(*, settings, **parts):
    chosen = model
    if chosen is None and os.environ.get("SITE_ANSWER"):
        chosen = ScriptedModel(answers=[os.environ["SITE_ANSWER"]], delay=float(os.environ.get("SITE_DELAY", "0")))
    made = Assistant.from_settings(settings, **parts)
    if chosen is not None:
        made.writer = Writer(chosen, name="scripted", settings=settings)
    return made
