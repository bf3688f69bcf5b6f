"""The parts of an assistant by the settings: what each setting chooses is chosen here."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from shopassist.errors import ConfigurationError, WeightsMissing
from shopassist.language.catalogue import Catalogue
from shopassist.language.head import fitted
from shopassist.language.intents import Classifier
from shopassist.models import weights
from shopassist.prompts.points import Points, points
from shopassist.protocols import AnswerCache, ConversationStore
from shopassist.settings import Settings
from shopassist.shop import Shop
from shopassist.tools import Ledger, Tool, Toolbox, builtin

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from shopassist.knowledge.build import Encoder
    from shopassist.knowledge.search import ChromaKnowledge
    from shopassist.knowledge.vectors import VectorStore

log = logging.getLogger(__name__)


def toolbox_from(settings: Settings, shop: Shop | None, tools: Iterable[Tool], ledger: Ledger | None) -> Toolbox:
    """The built-in tools for what the shop has, and its own. Raises `ConfigurationError`."""
    orders = shop.orders if shop is not None else None
    given = builtin(orders, shop.catalogue, shop.after_sales) if shop is not None else []
    every = [*given, *tools]
    writing = next((tool.name for tool in every if tool.effect == "write"), None)
    if writing is not None and ledger is None:
        raise ConfigurationError(
            f"the tool {writing} writes, and there is no ledger that keeps it from writing twice: pass "
            "`ledger=SqlLedger(engine)` with the shop's own database, or name one in the setting `ledger`"
        )
    return Toolbox(every, orders, ledger, time_limit=settings.tool_timeout)


def ledger_from(settings: Settings) -> Ledger | None:
    """The ledger that the settings name, None where they name none. Raises `ConfigurationError`."""
    if settings.ledger is None:
        return None
    module, _, name = settings.ledger.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"setting `ledger` names {settings.ledger}, which is not there: {error}") from None
    ledger = found() if callable(found) else found
    if not all(callable(getattr(ledger, method, None)) for method in ("begin", "settle", "unsettled", "reconcile")):
        raise ConfigurationError(f"setting `ledger` names {settings.ledger}, a {type(ledger).__name__} and no Ledger")
    return cast("Ledger", ledger)


def texts_from(settings: Settings) -> Points:
    """The words of the decisive sentences. Raises `ConfigurationError`."""
    return Points.load(settings.texts_file) if settings.texts_file else points()


@lru_cache(maxsize=1)
def built_in_classifier() -> Classifier:
    """The built-in intents by words alone, made once for a process: it holds nothing of a conversation."""
    return Classifier(Catalogue.load())


def classifier_from(settings: Settings, embeddings: Embeddings | None) -> Classifier:
    """The intents that the settings name. Raises `ConfigurationError`."""
    head = fitted(settings.heads_dir)
    if settings.intents_file is None and head is None:
        return built_in_classifier()
    return Classifier(Catalogue.load(*filter(None, [settings.intents_file])), embeddings, head)


def knowledge_from(settings: Settings, embeddings: Embeddings | None = None) -> ChromaKnowledge:
    """The shop's pages. Raises `KnowledgeError` and `ConfigurationError`."""
    from shopassist.knowledge.reranker import CrossEncoderReranker
    from shopassist.knowledge.search import ChromaKnowledge
    from shopassist.knowledge.synonyms import load_synonyms

    return ChromaKnowledge(
        settings.index_dir,
        embeddings or embeddings_from(settings),
        store=vector_store_from(settings),
        synonyms=load_synonyms(settings.synonyms_file) if settings.synonyms_file else None,
        reranker=CrossEncoderReranker(settings.reranker) if settings.reranker else None,
    )


def vector_store_from(settings: Settings) -> VectorStore:
    """Where the vectors are: in the index's own folder, or on the Chroma server that the settings name."""
    from shopassist.knowledge.chroma_server import ChromaServer
    from shopassist.knowledge.vectors import Embedded

    return ChromaServer(settings.chroma_url, settings.chroma_token) if settings.chroma_url else Embedded()


def encoder_from(settings: Settings) -> Encoder | None:
    """Who embeds pages: the workers of the Ray cluster that the settings name, or None for this process.

    Raises `MissingExtra`.
    """
    from shopassist.knowledge.partitions import RayEncoder

    return RayEncoder(settings.ray_address) if settings.ray_address else None


def store_from(settings: Settings, *, create: bool = True) -> ConversationStore:
    """The conversation store. Raises `StorageError`, also where there is none and none is to be made (`create`)."""
    from shopassist.storage.sql import SqlStore

    if settings.database_url:
        return SqlStore(settings.database_url.get_secret_value(), create=create)
    return SqlStore(f"sqlite:///{settings.data_dir / 'conversations.db'}", create=create)


def answers_from(settings: Settings) -> AnswerCache | None:
    """What keeps answers for others who ask the same, None where the settings keep none."""
    from shopassist.storage.memory_answers import MemoryAnswers

    if not settings.answer_cache:
        return None
    return MemoryAnswers(settings.answer_cache, settings.answer_cache_hours * 3600, cosine=settings.answer_cache_cosine)


def embeddings_from(settings: Settings) -> Embeddings | None:
    """The embeddings that the settings name, or for ``auto`` the best that is there; None is search by words alone.

    Raises `WeightsMissing` and `MissingExtra` where the settings name what is not there.
    """
    from shopassist.knowledge.embeddings import OnnxEmbeddings, SentenceTransformerEmbeddings, onnx_file

    if settings.embeddings == "none":
        return None
    folder = embedding_folder(settings)
    if folder is None:
        if settings.embeddings == "auto":
            return None
        raise WeightsMissing(f"{settings.models_dir} has no embedding model; run `shopassist pull --only embedding`")
    if settings.embeddings == "onnx" or (settings.embeddings == "auto" and onnx_file(folder)):
        return OnnxEmbeddings(folder, threads=settings.threads)
    if settings.embeddings == "auto" and not settings.embedding_model and not _has_sentence_transformers():
        log.warning("%s needs the extra sentence-transformers; search by words alone", folder.name)
        return None
    return SentenceTransformerEmbeddings(folder)


def embedding_folder(settings: Settings) -> Path | None:
    """The folder of the embedding model, or None where there is none."""
    if settings.embedding_model:
        return settings.embedding_model
    found = weights.find("embedding", settings.models_dir)
    return found.path if found else None


def _has_sentence_transformers() -> bool:
    from importlib.util import find_spec

    return find_spec("sentence_transformers") is not None
