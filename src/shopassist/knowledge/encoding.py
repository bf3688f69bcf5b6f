"""What is asked of any embeddings: vectors, whose they are, and what a rebuild with them costs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from shopassist.errors import KnowledgeError, ShopAssistError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

SAMPLE, PATIENCE = 64, 2.0
"""Passages on which a rebuild's time is measured, and for how many seconds at most."""


def encode(embeddings: Embeddings, texts: Sequence[str], *, private: bool = False) -> NDArray[np.float32]:
    """Vectors of length 1 from any LangChain embeddings, shape (len(texts), dimension).

    Raises `KnowledgeError` where they fail. Of `private` texts' failure only the kind is told, since libraries quote
    what they were sent.
    """
    try:
        own = getattr(embeddings, "encode", None)
        if own is not None:
            return own(texts)  # type: ignore[no-any-return]
        vectors = np.asarray(embeddings.embed_documents(list(texts)), np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)  # type: ignore[no-any-return]
    except ShopAssistError:
        raise
    except Exception as error:  # a foreign library's embeddings raise what they like
        if private:
            raise KnowledgeError(f"the embeddings failed ({type(error).__name__})") from None
        raise KnowledgeError(f"the embeddings failed ({type(error).__name__}: {error})") from error


def fingerprint(embeddings: Embeddings | None) -> str:
    """A text that is equal exactly where vectors may be compared; ``none`` without embeddings.

    Embeddings that do not name themselves are known by the vector of a fixed text, rounded against noise. Raises
    `KnowledgeError` where they fail.
    """
    if embeddings is None:
        return "none"
    try:
        own = getattr(embeddings, "fingerprint", None)
    except (OSError, ValueError) as error:  # its files: weights that cannot be read, a configuration that is no JSON
        raise KnowledgeError(f"the embeddings failed ({type(error).__name__}: {error})") from error
    if isinstance(own, str):
        return own
    probe = encode(embeddings, ["七天无理由退货 free returns"])[0]
    return f"{type(embeddings).__qualname__}:{len(probe)}:{hashlib.sha256(probe.round(2).tobytes()).hexdigest()[:16]}"


def mismatch(theirs: str, mine: str) -> str:
    """The text of an `IndexMismatch`."""
    return (
        f"the index was built with embeddings {theirs!r}, this process uses {mine!r}; set SHOPASSIST_EMBEDDINGS or "
        "SHOPASSIST_EMBEDDING_MODEL back, or run `shopassist ingest --rebuild`"
    )


def cost(embeddings: Embeddings | None, texts: Sequence[str]) -> str:
    """What a rebuild costs, in a sentence: measured on some of the passages, for two seconds at most."""
    if not texts:
        return "The index is empty: a rebuild takes seconds"
    if embeddings is None:
        return f"A rebuild by words alone takes seconds for {len(texts):,} passages"
    encode(embeddings, texts[:1])  # opens the model
    took, count = 0.0, 0
    some = texts[:: max(1, len(texts) // SAMPLE)][:SAMPLE]
    began = time.perf_counter()
    while some[count:] and took < PATIENCE:
        encode(embeddings, some[count : count + 8])
        count += len(some[count : count + 8])
        took = time.perf_counter() - began
    rate = count / max(took, 1e-9)
    return (
        f"A rebuild embeds {len(texts):,} passages, about {_duration(len(texts) / rate)} at {rate:.3g} a second "
        "(measured on this machine just now); until it is done, searches with the former embeddings go on"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
