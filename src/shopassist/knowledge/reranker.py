"""A cross-encoder that reads the question and a passage together: slower and surer than vectors and words apart."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from shopassist.errors import KnowledgeError, MissingExtra, WeightsMissing

if TYPE_CHECKING:
    from numpy.typing import NDArray

RERANKED = 20
"""How many passages are read together with the question; each costs a run of the model."""


class Reranker(Protocol):
    """Tells how well each text answers a question."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Higher is better, shape (texts,). Raises `KnowledgeError`, whose text holds nothing of the question."""


class CrossEncoderReranker:
    """Any cross-encoder of sentence-transformers (extra `sentence-transformers`) that gives one figure for a pair."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        """Name the model's folder; it is opened when first used. Raises `WeightsMissing`."""
        if not (folder / "config.json").is_file():
            raise WeightsMissing(
                f"{folder} has no cross-encoder (config.json and its weights); set SHOPASSIST_RERANKER to a folder "
                "that has, or leave it out"
            )
        self.folder = folder
        self.device = device
        self._model: Any = None
        self._lock = threading.Lock()

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Reranker`. Raises also `MissingExtra`."""
        try:
            found = np.asarray(self._open().predict([(query, text) for text in texts], show_progress_bar=False))
        except MissingExtra:
            raise
        except Exception as error:  # noqa: BLE001 - transformers and torch raise many kinds, and quote what they were given
            kind = type(error).__name__
            raise KnowledgeError(f"the cross-encoder {self.folder} failed: {kind}") from None
        if found.shape != (len(texts),):
            raise KnowledgeError(f"the cross-encoder {self.folder} must give one figure for a pair, not {found.shape}")
        return found.astype(np.float32)

    def _open(self) -> Any:
        with self._lock:
            if self._model is None:
                from shopassist.knowledge.embeddings import sentence_transformers

                library = sentence_transformers(self.folder)
                self._model = library.CrossEncoder(str(self.folder), device=self.device, local_files_only=True)
            return self._model
