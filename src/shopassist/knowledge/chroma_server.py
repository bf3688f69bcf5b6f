"""Vectors on a Chroma server (`chroma run`), for shops whose pages are searched on several hosts.

A collection a generation and language, named by both and by the index's own id, so that several indexes share a
server. Everything else of a generation lies in the index's folder, which the hosts share. A server that does not answer
costs no answers: `index.Shelf` then compares with every vector, and the server is left alone for some seconds.
"""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
from pydantic import SecretStr

from shopassist.errors import KnowledgeError, ShopAssistError
from shopassist.knowledge.vectors import AT_ONCE, HNSW, Kept, Reader, StoreAway, nearest
from shopassist.settings import Address

if TYPE_CHECKING:
    from numpy.typing import NDArray

READING, WRITING = httpx.Timeout(2.0, connect=0.5), httpx.Timeout(120.0, connect=5.0)
"""Seconds for one call; Chroma's own client waits for ever."""

PAUSE = 5.0
"""Seconds for which a server that did not answer is not asked again."""

_ID = "ID"


class ChromaServer:
    """A Chroma server as the place of the vectors."""

    kind = "server"
    copied = False

    def __init__(self, url: Address, token: SecretStr | None = None) -> None:
        """Name the server; it is reached when first needed. `token` goes out as ``Authorization: Bearer``."""
        self.url = url
        self.token = token

    @contextmanager
    def writing(self, path: Path, languages: Sequence[str], gone: Sequence[str], kept: Kept) -> Iterator[_Writer]:
        """See `VectorStore`: new collections, with what is kept sent again."""
        client = self.client(WRITING)
        try:
            writer = _Writer(client, _names(path, languages, create=True))
            for language, batches in kept.items():
                for ids, vectors in batches:
                    writer.add(language, ids, vectors)
            yield writer
        except (ShopAssistError, OSError):
            raise
        except Exception as error:  # Chroma raises what httpx and the server's answers raise
            raise self.away(error) from error
        finally:
            client.close()

    def reading(self, path: Path, languages: Sequence[str]) -> Reader:
        """See `VectorStore`. The server is asked with the first search."""
        return _Reader(self, _names(path, languages))

    def clear(self, folder: Path, names: Iterable[str]) -> None:
        """See `VectorStore`: collections of generations that were removed, or whose ingestion died."""
        known = tuple(f"{_identity(folder)}-{name}-" for name in names)
        client = self.client(WRITING)
        try:
            mine: list[str] = []
            while page := client.list_collections(limit=100, offset=len(mine)):
                mine += [collection.name for collection in page]
            for name in mine:
                if name.startswith(f"{_identity(folder)}-") and not name.startswith(known):
                    client.delete_collection(name)
        except Exception as error:  # as above
            raise self.away(error) from error
        finally:
            client.close()

    def client(self, timeout: httpx.Timeout) -> Any:
        """A client of the server. Raises `StoreAway`."""
        import chromadb
        from chromadb.config import Settings

        headers = {}
        if self.url.login is not None:
            user, password = self.url.login
            login = base64.b64encode(f"{user}:{password.get_secret_value()}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        try:  # Chroma's client asks the server as soon as it is made, and would wait for ever
            httpx.get(f"{self.url}/api/v2/heartbeat", headers=headers, timeout=timeout).raise_for_status()
            client = chromadb.HttpClient(
                host=str(self.url),
                ssl=self.url.startswith("https:"),
                headers=headers,
                settings=Settings(anonymized_telemetry=False),
            )
        except Exception as error:  # as above
            raise self.away(error) from error
        client._server._session.timeout = timeout  # type: ignore[attr-defined]  # there is no setting for it
        return client

    def away(self, error: Exception) -> StoreAway:
        """What to raise where the server cannot be used."""
        if isinstance(error, StoreAway):
            return error
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return StoreAway(
            f"the Chroma server {self.url} cannot be used ({reason}); start it (`chroma run`), or correct the settings "
            "`chroma_url` and `chroma_token`"
        )


class _Writer:
    def __init__(self, client: Any, names: dict[str, str]) -> None:
        there = set(names.values()) & {c.name for name in names.values() for c in _there(client, name)}
        for name in there:  # of an ingestion that died
            client.delete_collection(name)
        self._collections = {
            language: client.create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
            for language, name in names.items()
        }

    def add(self, language: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        for start in range(0, len(ids), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            self._collections[language].add(ids=list(ids[part]), embeddings=vectors[part])


class _Reader:
    def __init__(self, server: ChromaServer, names: dict[str, str]) -> None:
        self._server = server
        self._names = names
        self._lock = threading.Lock()
        self._client: Any = None
        self._collections: dict[str, Any] = {}
        self._not_before = 0.0

    def nearest(self, language: str, vector: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
        if time.monotonic() < self._not_before:
            raise StoreAway(f"the Chroma server {self._server.url} did not answer a moment ago")
        try:
            return nearest(self._open()[language], vector, count)
        except Exception as error:  # Chroma raises what httpx and the server's answers raise
            self._not_before = time.monotonic() + PAUSE
            raise self._server.away(error) from error

    def counts(self) -> dict[str, int]:
        try:
            return {language: collection.count() for language, collection in self._open().items()}
        except Exception as error:  # as above
            raise self._server.away(error) from error

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _open(self) -> dict[str, Any]:
        with self._lock:
            if self._client is None:
                client = self._server.client(READING)
                try:
                    self._collections = {
                        language: client.get_collection(name, embedding_function=None)
                        for language, name in self._names.items()
                    }
                except Exception:
                    client.close()
                    raise
                self._client = client
            return self._collections


def _names(path: Path, languages: Sequence[str], *, create: bool = False) -> dict[str, str]:
    """The collections of the generation in `path`, whether it is complete or still being built."""
    generation = path.name.partition(".")[0]
    return {language: f"{_identity(path.parent, create=create)}-{generation}-{language}" for language in languages}


def _identity(folder: Path, *, create: bool = True) -> str:
    """The index's own id: what tells its collections from those of others. Raises `KnowledgeError`."""
    file = folder / _ID
    try:
        if create and not file.exists():
            file.write_text(uuid.uuid4().hex[:12] + "\n", "utf-8")
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise KnowledgeError(f"{file}, which names the index on its Chroma server: {error.strerror}") from error


def _there(client: Any, name: str) -> list[Any]:
    """The collection of this name, where there is one."""
    from chromadb.errors import NotFoundError

    try:
        return [client.get_collection(name, embedding_function=None)]
    except NotFoundError:
        return []
