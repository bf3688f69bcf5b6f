"""The assistant of the tests: a scripted model, which the environment of a server or a test tells how to be."""

import os
from functools import lru_cache

from shopassist.assembly import toolbox_from
from shopassist.assistant import Assistant
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import ScriptedModel

model = None
"""In a test: the chat model."""

embeddings = None
"""In a test: what the index was made with; by words alone without."""


@lru_cache(maxsize=1)
def _knowledge(index, embeddings):
    return ChromaKnowledge(index, embeddings)


def make(*, settings, store, shop, tools, ledger, desk, texts):
    chosen = model
    if chosen is None and os.environ.get("SITE_ANSWER"):
        chosen = ScriptedModel(answers=[os.environ["SITE_ANSWER"]], delay=float(os.environ.get("SITE_DELAY", "0")))
    return Assistant(
        settings=settings,
        store=store,
        knowledge=_knowledge(settings.index_dir, embeddings),
        model=chosen,
        toolbox=toolbox_from(settings, shop, tools, ledger),
        texts=texts,
        desk=desk,
    )
