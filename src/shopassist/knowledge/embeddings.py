"""Texts into vectors: an ONNX model on the CPU without torch, or anything that sentence-transformers can load."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from shopassist.errors import MissingExtra, WeightsMissing
from shopassist.knowledge.batches import Batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

MAX_TOKENS = 512
ONNX_FILES = ("onnx/model_quantized.onnx", "model_quantized.onnx", "onnx/model.onnx", "model.onnx")


class OnnxEmbeddings(Embeddings):
    """An ONNX encoder with its tokenizer, by onnxruntime and tokenizers.

    Each text runs alone and threads work across texts: an int8 model takes its ranges over the whole batch, so that
    a text's vector would otherwise depend on its neighbours. Texts are lower-cased where the tokenizer knows no
    capitals. Vectors are float32 of length 1. Safe to use from several threads.
    """

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        """Open the model in `folder`. Raises `WeightsMissing` if a file is not there or cannot be read."""
        self.folder = _there(folder)
        self.model_file = onnx_file(self.folder)
        if self.model_file is None or not (self.folder / "tokenizer.json").is_file():
            raise WeightsMissing(
                f"{self.folder} has no ONNX model with a tokenizer.json; run `shopassist pull`, or set "
                "SHOPASSIST_EMBEDDING_MODEL to a folder that has"
            )
        self.threads = threads
        self._local_lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._pool: ThreadPoolExecutor | None = None
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """Names what the vectors depend on: model, pooling, tokenizer, quantisation."""
        if self._fingerprint is None:
            assert self.model_file is not None  # noqa: S101 - checked in __init__
            parts = [_digest(self.model_file), _digest(self.folder / "tokenizer.json"), _pooling(self.folder)]
            self._fingerprint = f"onnx:{self.folder.name}:{'-'.join(parts)}:{MAX_TOKENS}"
        return self._fingerprint

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's interface; `encode` gives an array and is quicker."""
        return self.encode(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """One text's vector, in the caller's thread."""
        self._open()
        return self._one(text).tolist()  # type: ignore[no-any-return]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimension)."""
        self._open()
        if len(texts) < 2 or self.threads < 2:
            return np.stack([self._one(t) for t in texts]) if texts else np.empty((0, 0), np.float32)
        assert self._pool is not None  # noqa: S101 - set by _open
        return np.stack(list(self._pool.map(self._one, texts)))

    def __reduce__(self) -> tuple[Any, ...]:
        """For a worker in another process, which opens the files by itself."""
        return partial(OnnxEmbeddings, threads=self.threads), (self.folder,)

    def _open(self) -> None:
        if self._session is not None:
            return
        with self._local_lock:
            if self._session is not None:
                return
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            try:
                tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
                session = onnxruntime.InferenceSession(
                    str(self.model_file), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # both libraries raise bare exceptions of their own for a broken file
                raise WeightsMissing(
                    f"{self.model_file} cannot be loaded ({error}); remove {self.folder} and run `shopassist pull`"
                ) from error
            tokenizer.enable_truncation(MAX_TOKENS)
            tokenizer.no_padding()
            self._lower = tokenizer.token_to_id("A") is None and tokenizer.token_to_id("a") is not None
            self._names = {i.name for i in session.get_inputs()}
            self._cls = _pooling(self.folder) == "cls"
            self._tokenizer = tokenizer
            self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="embed") if self.threads > 1 else None
            self._session = session

    def _one(self, text: str) -> NDArray[np.float32]:
        encoding = self._tokenizer.encode(text.lower() if self._lower else text)
        feed = {
            "input_ids": np.asarray([encoding.ids], np.int64),
            "attention_mask": np.asarray([encoding.attention_mask], np.int64),
            "token_type_ids": np.asarray([encoding.type_ids], np.int64),
        }
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._names})[0][0]
        vector = hidden[0] if self._cls else hidden.mean(axis=0)
        return (vector / (np.linalg.norm(vector) or 1.0)).astype(np.float32)  # type: ignore[no-any-return]


class SentenceTransformerEmbeddings(Embeddings):
    """Any model folder of sentence-transformers (extra `sentence-transformers`), on a GPU where torch has one.

    Texts are encoded in batches, whose size is found by itself (`batches.Batches`). In another batch a text's vector
    may differ in its last bits.
    """

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        """Name the model's folder; it is opened when first used. Raises `WeightsMissing`, `MissingExtra`."""
        self.folder = _there(folder)
        if not (self.folder / "config.json").is_file():
            raise WeightsMissing(f"{self.folder} has no sentence-transformers model; run `shopassist pull`")
        self.device = device
        self.batches = Batches()
        self._model: Any = None
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Names what the vectors depend on."""
        files = [f for f in sorted(self.folder.glob("*")) if f.suffix in {".safetensors", ".bin"} or "token" in f.name]
        return f"st:{self.folder.name}:{'-'.join(_digest(f) for f in files)}:{_pooling(self.folder)}"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's interface; `encode` gives an array and is quicker."""
        return self.encode(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        """One text's vector."""
        return self.encode([text])[0].tolist()  # type: ignore[no-any-return]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimension)."""
        model = self._open()
        prepared = [t.lower() for t in texts] if self._lower else list(texts)

        def batch(texts: Sequence[str]) -> NDArray[np.float32]:
            found = model.encode(
                list(texts),
                batch_size=len(texts),
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            return np.asarray(found, np.float32)

        return self.batches.run(prepared, batch)

    def __reduce__(self) -> tuple[Any, ...]:
        """For a worker in another process, which opens the files by itself."""
        return partial(SentenceTransformerEmbeddings, device=self.device), (self.folder,)

    def _open(self) -> Any:
        with self._lock:
            if self._model is None:
                library = sentence_transformers(self.folder)
                with _no_progress_bar():
                    model = library.SentenceTransformer(str(self.folder), device=self.device, local_files_only=True)
                vocabulary = model.tokenizer.get_vocab()
                self._lower = "A" not in vocabulary and "a" in vocabulary
                self._model = model
            return self._model


def sentence_transformers(folder: Path) -> Any:
    """The library that opens the model in a folder. Raises `MissingExtra`."""
    try:
        return import_module("sentence_transformers")
    except ImportError as error:
        raise MissingExtra(
            f"{folder} needs sentence-transformers: pip install 'shopassist[sentence-transformers]'"
        ) from error


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Keep transformers' bar for 96 MB out of a customer's terminal; what the shop has set comes back."""
    from transformers.utils import logging as bars

    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def onnx_file(folder: Path) -> Path | None:
    """The ONNX model in a folder, quantised first, or None."""
    return next((folder / f for f in ONNX_FILES if (folder / f).is_file()), None)


def _there(folder: Path) -> Path:
    folder = Path(folder)
    if not folder.is_dir():
        raise WeightsMissing(
            f"the embedding model's folder {folder} is not there; correct SHOPASSIST_EMBEDDING_MODEL, or unset it and "
            "run `shopassist pull`"
        )
    return folder


def _pooling(folder: Path) -> str:
    """``cls`` or ``mean``; BGE's export comes without the file that says so, and is CLS."""
    config = folder / "1_Pooling" / "config.json"
    if not config.is_file():
        return "cls"
    values = json.loads(config.read_text("utf-8"))
    return "cls" if values.get("pooling_mode_cls_token") or values.get("pooling_mode") == "cls" else "mean"


def _digest(path: Path) -> str:
    """A hash of a file's size, first and last MiB: enough to tell models apart, in milliseconds."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1 << 20)
        file.seek(max(0, size - (1 << 20)))
        return hashlib.sha256(str(size).encode() + head + file.read(1 << 20)).hexdigest()[:12]
