"""Where the vectors of a generation are searched: in a Chroma of its own folder, or on a server (`chroma_server`).

The vectors themselves lie in the generation, one array a language in the order of its passages (``vectors/zh.npy``,
float32, exactly as the encoder gave them); Chroma is an index over them.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from shopassist.errors import KnowledgeError, ShopAssistError
from shopassist.knowledge.damage import FULL, unreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kept = Mapping[str, Iterable[tuple[list[str], "NDArray[np.float32]"]]]
"""By language: what stays of the former generation, in batches of ids and vectors."""

AT_ONCE = 1000
"""Vectors in one call of Chroma; its own limit is 5,461."""

HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 128}
"""With Chroma's own values (100, 100, 16), 3 % of 1,100 passages that are alike but for a number were found by nothing,
not even their own vector; of 600 of the hash embeddings, many of them equal, 48 neighbours still leave out 38 to 65 and
128 none. Real pages (5,000 passages): .9975 of the exact top ten with Chroma's values, 1.0 with 48.
"""


class StoreAway(KnowledgeError):
    """The server of the vectors does not answer; what it would find is found by comparing with every vector."""


class Writer(Protocol):
    """The vectors of one generation while they are written."""

    def add(self, language: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add some; their number is not bounded."""


class Reader(Protocol):
    """The vectors of one generation, for searching. Safe to use from several threads."""

    def nearest(self, language: str, vector: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
        """Ids of the nearest, and their cosines. Raises `StoreAway`, `IndexDamaged`."""

    def counts(self) -> dict[str, int]:
        """How many vectors there are, by language. Raises like `nearest`."""

    def close(self) -> None:
        """Give back files and connections."""


class VectorStore(Protocol):
    """A place for the vectors of generations."""

    kind: str
    """Stored with a generation, so that it is searched where its vectors are."""

    copied: bool
    """Whether a new generation begins with a copy of the former's files, rather than with nothing."""

    def writing(self, path: Path, languages: Sequence[str], gone: Sequence[str], kept: Kept) -> Any:
        """A context with a `Writer` for the generation that is built in `path`, with `kept` in it and `gone` not.

        Raises `KnowledgeError`; an `OSError` for a full disk.
        """

    def reading(self, path: Path, languages: Sequence[str]) -> Reader:
        """Open the vectors of a generation. Raises `KnowledgeError`."""

    def clear(self, folder: Path, names: Iterable[str]) -> None:
        """Forget what belongs to none of the generations `names` of the index in `folder`."""


class Embedded:
    """Chroma in the process, in the generation's own folder: for readers on one host."""

    kind = "embedded"
    copied = True

    @contextmanager
    def writing(
        self, path: Path, languages: Sequence[str], gone: Sequence[str], kept: Kept
    ) -> Iterator[_EmbeddedWriter]:
        """See `VectorStore`. Where the folder was not begun as a copy, `kept` is added."""
        begun = (path / "chroma").is_dir()
        client = _client(path)
        try:
            for collection in client.list_collections():
                for start in range(0, len(gone), AT_ONCE):
                    collection.delete(ids=list(gone[start : start + AT_ONCE]))
                if collection.name not in map(collection_name, languages):
                    client.delete_collection(collection.name)
            writer = _EmbeddedWriter(client, languages)
            for language, batches in () if begun else kept.items():
                for ids, vectors in batches:
                    writer.add(language, ids, vectors)
            yield writer
        except (ShopAssistError, OSError):
            raise
        except Exception as error:  # Chroma raises what its Rust core and SQLite raise
            if shutil.disk_usage(path).free < FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise unreadable(path, error) from error
        finally:
            client.close()

    def reading(self, path: Path, languages: Sequence[str]) -> Reader:
        """See `VectorStore`."""
        return _EmbeddedReader(path, languages)

    def clear(self, folder: Path, names: Iterable[str]) -> None:
        """Nothing: the vectors go with the generation's folder."""


class _EmbeddedWriter:
    def __init__(self, client: Any, languages: Sequence[str]) -> None:
        self._collections = {
            language: client.get_or_create_collection(
                collection_name(language), embedding_function=None, configuration={"hnsw": HNSW}
            )
            for language in languages
        }

    def add(self, language: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        for start in range(0, len(ids), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            self._collections[language].add(ids=list(ids[part]), embeddings=vectors[part])


class _EmbeddedReader:
    def __init__(self, path: Path, languages: Sequence[str]) -> None:
        self._path = path
        self._client = _client(path)
        try:
            self._collections = {
                language: self._client.get_collection(collection_name(language), embedding_function=None)
                for language in languages
            }
        except Exception as error:  # Chroma raises what its Rust core and SQLite raise
            self._client.close()
            raise unreadable(path, error) from error

    def nearest(self, language: str, vector: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
        try:
            return nearest(self._collections[language], vector, count)
        except Exception as error:  # as above
            raise unreadable(self._path, error) from error

    def counts(self) -> dict[str, int]:
        try:
            return {language: collection.count() for language, collection in self._collections.items()}
        except Exception as error:  # as above
            raise unreadable(self._path, error) from error

    def close(self) -> None:
        self._client.close()


def nearest(collection: Any, vector: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
    """Ask one collection; raises what Chroma raises."""
    found = collection.query(query_embeddings=[vector.tolist()], n_results=count, include=["distances"])
    return found["ids"][0], 1.0 - np.array(found["distances"][0], np.float32)


def collection_name(language: str) -> str:
    """Chroma wants ASCII names of three characters at least."""
    return f"passages-{language}"


def _client(path: Path) -> Any:
    """A Chroma client on a generation's folder. Raises `IndexDamaged`, `KnowledgeError` (the disk's fault)."""
    import chromadb
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(
            str(path / "chroma"), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
    except Exception as error:  # the client raises what its Rust core and SQLite raise
        raise unreadable(path, error) from error
