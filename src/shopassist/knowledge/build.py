"""One new generation: the passages that stay, those of what is new, their vectors and words; and whether it answers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from shopassist.errors import IndexDamaged, ShopAssistError
from shopassist.knowledge import index
from shopassist.knowledge.documents import Document
from shopassist.knowledge.embeddings import encode, fingerprint
from shopassist.knowledge.inventory import ROW, Progress, file_of
from shopassist.knowledge.lexical import Lexical
from shopassist.knowledge.relevance import background
from shopassist.knowledge.split import VERSION, Piece, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 256
PROBES = 3


class Update:
    """The work on one new generation."""

    def __init__(
        self,
        meta: dict[str, Any],
        keep: set[str],
        fresh: list[Document],
        roots: list[str],
        embeddings: Embeddings | None,
        progress: Progress,
    ) -> None:
        self.meta = meta
        self.keep = keep
        self.fresh = fresh
        self.roots = roots
        self.embeddings = embeddings
        self.progress = progress

    def write(self, path: Path) -> tuple[int, int]:
        """Write the generation; returns the numbers of passages and of texts embedded."""
        pieces = [piece for document in self.fresh for piece in split(document)]
        old = self._old_lines(path)
        lines = [line for line in old if line["key"] in self.keep] + [_line(p) for p in pieces]
        documents = {k: v for k, v in self.meta.get("documents", {}).items() if k in self.keep}
        documents |= {d.key: _entry(d) for d in self.fresh}
        embedded = 0
        calibration: dict[str, Any] = {}
        if self.embeddings is not None:
            embedded, calibration = self._vectors(
                path, pieces, {x["id"] for x in old}, {x["id"] for x in lines}, documents
            )
        meta = {
            "format": index.FORMAT,
            "split": VERSION,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "fingerprint": fingerprint(self.embeddings),
            "calibration": calibration,
            "roots": self.roots,
            "passages": len(lines),
            "documents": documents,
        }
        (path / "passages.jsonl").write_text(
            "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), encoding="utf-8"
        )
        (path / "meta.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")
        shutil.rmtree(path / "lexical", ignore_errors=True)  # the words of a language that has no page any more
        for language, rows in index.read_rows(path, meta).items():
            self.progress("words", 0, len(rows))
            Lexical.build([" ".join((r.indexed, *r.aliases)) for r in rows]).save(path / "lexical" / language)
            self.progress("words", len(rows), len(rows))
        return len(lines), embedded

    def _old_lines(self, path: Path) -> list[dict[str, str]]:
        try:
            with (path / "passages.jsonl").open(encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            if not all({"id", "key", "heading", "text"} <= line.keys() for line in lines):
                raise ValueError("a passage is not whole")
        except FileNotFoundError:
            lines = []
        except (ValueError, AttributeError) as error:
            raise index.unreadable(path, error) from error
        if len(lines) != self.meta.get("passages", 0):
            raise index.unreadable(path, ValueError("passages are missing"))
        return lines

    def _vectors(
        self, path: Path, pieces: list[Piece], old: set[str], wanted: set[str], documents: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        assert self.embeddings is not None  # noqa: S101 - the caller's condition
        client = index.chroma(path)
        try:
            gone, new = sorted(old - wanted), [p for p in pieces if p.id not in old]
            languages = sorted({d["language"] for d in documents.values()})
            for collection in client.list_collections():
                for start in range(0, len(gone), 5000):
                    collection.delete(ids=gone[start : start + 5000])
                if collection.name not in {index.collection_name(x) for x in languages}:
                    client.delete_collection(collection.name)
            shelves = {
                language: client.get_or_create_collection(
                    index.collection_name(language),
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                )
                for language in languages
            }
            for batch, vectors in self._encoded(new):
                for language, collection in shelves.items():
                    places = [n for n, p in enumerate(batch) if p.document.language == language]
                    if places:
                        collection.add(ids=[batch[n].id for n in places], embeddings=vectors[places])
            calibration = {k: background(self.embeddings, collection) for k, collection in shelves.items()}
        except (ShopAssistError, OSError):
            raise
        except Exception as error:  # Chroma raises what its Rust core and SQLite raise
            if shutil.disk_usage(path).free < index.FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise index.unreadable(path, error) from error
        finally:
            client.close()
        return len(new), calibration

    def _encoded(self, pieces: list[Piece]) -> Iterator[tuple[list[Piece], NDArray[np.float32]]]:
        """Batches with their vectors; the next batch is encoded while the caller stores this one."""
        assert self.embeddings is not None  # noqa: S101 - the caller's condition
        batches = [pieces[n : n + BATCH] for n in range(0, len(pieces), BATCH)]
        with ThreadPoolExecutor(1) as ahead:
            waiting = [ahead.submit(encode, self.embeddings, [p.indexed for p in b]) for b in batches[:1]]
            for number, batch in enumerate(batches):
                vectors = waiting.pop().result()
                if number + 1 < len(batches):
                    following = [p.indexed for p in batches[number + 1]]
                    waiting.append(ahead.submit(encode, self.embeddings, following))
                yield batch, vectors
                self.progress("vectors", min(len(pieces), (number + 1) * BATCH), len(pieces))


def _entry(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "language": document.language,
        "url": document.url,
        "valid_from": document.valid_from.isoformat() if document.valid_from else None,
        "valid_to": document.valid_to.isoformat() if document.valid_to else None,
        "tags": document.tags,
        "aliases": document.aliases,
        "source": str(file_of(document.source)) + "".join(ROW.findall(document.source)),
        "digest": document.digest,
    }


def _line(piece: Piece) -> dict[str, str]:
    return {"id": piece.id, "key": piece.document.key, "heading": piece.heading, "text": piece.text}


def probe(path: Path) -> None:
    """Query the new generation in a process of its own: a broken vector store can take its process down."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "shopassist.knowledge.probe", str(path), str(PROBES)],
            capture_output=True, text=True, errors="replace", timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise IndexDamaged("the new index did not answer its probes in 120 s; the former one stays") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise IndexDamaged(f"the new index failed its probes ({last}); the former one stays")
