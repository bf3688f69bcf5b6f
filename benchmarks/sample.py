"""The sample shop as a shop would run it, in SQLite files, and a model that answers out of its prompt."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from report import embedding_folder
from shopassist.assembly import toolbox_from
from shopassist.assistant import Assistant
from shopassist.knowledge.ingest import ingest
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.messages import Customer
from shopassist.prompts import texts
from shopassist.protocols import Knowledge
from shopassist.settings import Settings, load
from shopassist.storage.sql import SqlStore
from shopassist.testing.doubles import ScriptedModel
from shopassist.testing.sql_shop import SqlShop
from shopassist.text import sentences
from shopassist.tools import SqlLedger

ROOT = Path(__file__).parent.parent
CLOCK = "2024-12-05T10:00:00+08:00"
CUSTOMER = Customer("u-1001")


class QuotingModel(ScriptedModel):
    """A scripted model that says a sentence of the page next to the question; `answers` need not be given."""

    answers: list[str] = Field(default_factory=list)

    def _stream(self, messages, *arguments, **options):
        self.answers = [quotation(messages[-1].text)]
        yield from super()._stream(messages, *arguments, **options)


def quotation(prompt: str) -> str:
    """The first whole sentence of the last page in a prompt's last message, or the page's last piece."""
    for language in ("zh", "en"):
        before, between = texts(language).question.partition("{question}")[0].split("{evidence}")
        if between in prompt:
            pages = prompt.rpartition(between)[0].partition(before)[2]
            page = pages.rpartition("\n\n")[2]
            said = [s.strip() for s in sentences(page) if any(map(str.isalpha, s))]  # a list's "1." is no sentence
            return next((s for s in said if s.endswith(("。", "！", "？", ".", "!", "?"))), said[-1])
    raise ValueError("the prompt's last message has no pages: did prompts/*/prompt.yaml change?")


@contextmanager
def assistant(files: Path, knowledge: Knowledge, vectors, model=None) -> Iterator[Assistant]:
    """An assistant with the built-in tools; shop, ledger and conversations are SQLite files in a folder."""
    settings = load(model="none", clock=CLOCK)
    shop = SqlShop.create(f"sqlite:///{files}/shop.db", settings.now)
    real = vectors if embedding_folder() else None  # hashed words would only mislead the classifier
    with Assistant(
        settings=settings,
        store=SqlStore(f"sqlite:///{files}/conversations.db"),
        knowledge=knowledge,
        model=model,
        toolbox=toolbox_from(settings, shop, (), SqlLedger(shop.engine)),
        classifier=Classifier(Catalogue.load(), real),
    ) as made:
        made.warm()
        yield made
    shop.close()


def settings_with_pages(data: Path, embeddings: Path | None, threads: int) -> Settings:
    """Settings whose index, in the data folder, holds the sample shop's pages; by words alone without embeddings."""
    from shopassist.assembly import embeddings_from

    named = {"embeddings": "onnx", "embedding_model": embeddings} if embeddings else {"embeddings": "none"}
    settings = load(model="none", clock=CLOCK, data_dir=data, threads=threads, **named)
    ingest([ROOT / "knowledge"], settings.index_dir, embeddings_from(settings))
    return settings
