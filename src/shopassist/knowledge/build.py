"""One new generation: the passages that stay, those of what is new, their vectors and words."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.knowledge import hold, index
from shopassist.knowledge.damage import unreadable
from shopassist.knowledge.documents import Document
from shopassist.knowledge.encoding import encode, fingerprint
from shopassist.knowledge.inventory import ROW, Progress, file_of
from shopassist.knowledge.journal import Journal
from shopassist.knowledge.lexical import Lexical
from shopassist.knowledge.relevance import background
from shopassist.knowledge.split import VERSION, Piece, split
from shopassist.knowledge.vectors import AT_ONCE, Embedded, VectorStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BATCH = 256

Encoder = Callable[["Embeddings", Sequence[Sequence[str]]], Iterator[tuple[int, "NDArray[np.float32]"]]]
"""Batches of texts into pairs of a batch's number and its vectors, in any order."""


class Update:
    """The work on one new generation."""

    def __init__(
        self,
        base: Path | None,
        meta: dict[str, Any],
        keep: set[str],
        fresh: list[Document],
        roots: list[str],
        embeddings: Embeddings | None,
        progress: Progress,
        *,
        store: VectorStore | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self.base = base
        self.meta = meta
        self.keep = keep
        self.fresh = fresh
        self.roots = roots
        self.embeddings = embeddings
        self.progress = progress
        self.store = store or Embedded()
        self.encoder = encoder or ahead

    def write(self, path: Path) -> tuple[int, int]:
        """Write the generation; returns the numbers of passages and of texts embedded.

        Passages are ordered by their documents' keys, so that what was changed step by step equals what was built anew.
        """
        pieces = {p.id: p for document in self.fresh for p in split(document)}
        old = self._old_lines()
        lines = [line for line in old if line["key"] in self.keep] + [_line(p) for p in pieces.values()]
        lines.sort(key=lambda line: line["key"])
        documents = {k: v for k, v in self.meta.get("documents", {}).items() if k in self.keep}
        documents |= {d.key: _entry(d) for d in self.fresh}
        ids: dict[str, list[str]] = {}
        for line in lines:
            ids.setdefault(documents[line["key"]]["language"], []).append(line["id"])
        embedded = 0
        calibration: dict[str, Any] = {}
        if self.embeddings is not None:
            embedded, calibration = self._vectors(path, self.embeddings, ids, pieces)
        (path / "passages.jsonl").write_text(
            "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), encoding="utf-8"
        )
        (path / hold.FILE).touch()
        meta = {
            "format": index.FORMAT,
            "split": VERSION,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "base": self.base.name if self.base else None,
            "fingerprint": fingerprint(self.embeddings),
            "store": self.store.kind,
            "calibration": calibration,
            "roots": self.roots,
            "passages": len(lines),
            "documents": documents,
            "files": {},
        }
        for language, rows in index.read_rows(path, meta).items():
            self.progress("words", 0, len(rows))
            Lexical.build([" ".join((r.indexed, *r.aliases)) for r in rows]).save(path / "lexical" / language)
            self.progress("words", len(rows), len(rows))
        meta["files"] = sealed(path)
        _write(path / "meta.json", json.dumps(meta, ensure_ascii=False, indent=1))
        return len(lines), embedded

    def _old_lines(self) -> list[dict[str, str]]:
        if self.base is None or not self.meta:
            return []
        try:
            with (self.base / "passages.jsonl").open(encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            if not all({"id", "key", "heading", "text"} <= line.keys() for line in lines):
                raise ValueError("a passage is not whole")
        except (OSError, ValueError, AttributeError) as error:
            raise unreadable(self.base, error) from error
        if len(lines) != self.meta["passages"]:
            raise unreadable(self.base, ValueError("passages are missing"))
        return lines

    def _vectors(
        self, path: Path, embeddings: Embeddings, ids: dict[str, list[str]], pieces: dict[str, Piece]
    ) -> tuple[int, dict[str, Any]]:
        """Write the vectors of all passages, ids by language; returns how many were computed, and the noise levels."""
        former = _former(self.base, self.meta)
        journal = Journal(path.parent, fingerprint(embeddings))
        every = {i for each in ids.values() for i in each}
        new = [pieces[i] for each in ids.values() for i in each if i not in former]
        computed = sum(journal.get(p.indexed) is None for p in new)
        kept = {language: _batched(former, [i for i in each if i in former]) for language, each in ids.items()}
        vectors = {i: v for i, v in former.items() if i in every}
        try:
            with self.store.writing(path, list(ids), sorted(former.keys() - every), kept) as writer:
                for batch, found in self._found(embeddings, new, journal):
                    vectors |= zip((p.id for p in batch), found, strict=True)
                    for language in ids:
                        places = [n for n, p in enumerate(batch) if p.document.language == language]
                        if places:
                            writer.add(language, [batch[n].id for n in places], found[places])
        finally:
            journal.close()
        calibration = {}
        for language, each in ids.items():
            array = np.stack([vectors[i] for i in each])
            _save(path / "vectors" / f"{language}.npy", array)
            calibration[language] = background(embeddings, array)
        return computed, calibration

    def _found(
        self, embeddings: Embeddings, pieces: Sequence[Piece], journal: Journal
    ) -> Iterator[tuple[list[Piece], Vectors]]:
        """Batches of passages with their vectors: first those that an earlier run computed, then the others."""
        there = [(p, v) for p in pieces if (v := journal.get(p.indexed)) is not None]
        if there:
            yield [p for p, _ in there], np.stack([v for _, v in there])
        todo = [p for p in pieces if journal.get(p.indexed) is None]
        batches = [todo[n : n + BATCH] for n in range(0, len(todo), BATCH)]
        done = len(there)
        for number, vectors in self.encoder(embeddings, [[p.indexed for p in batch] for batch in batches]):
            batch = batches[number]
            journal.add([p.indexed for p in batch], vectors)
            yield batch, vectors
            done += len(batch)
            self.progress("vectors", done, len(pieces))


def ahead(embeddings: Embeddings, batches: Sequence[Sequence[str]]) -> Iterator[tuple[int, Vectors]]:
    """Batches encoded in this process; the next one is encoded while the caller stores this one."""
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(encode, embeddings, batch) for batch in batches[:1]]
        for number in range(len(batches)):
            vectors = waiting.pop().result()
            if number + 1 < len(batches):
                waiting.append(pool.submit(encode, embeddings, batches[number + 1]))
            yield number, vectors


def _former(base: Path | None, meta: dict[str, Any]) -> dict[str, Vectors]:
    """The vectors of the generation that is built on, by passage. Raises `KnowledgeError`."""
    if base is None or not meta or meta["fingerprint"] == "none":
        return {}
    found: dict[str, Vectors] = {}
    try:
        for language, rows in index.read_rows(base, meta).items():
            found |= zip((r.id for r in rows), index.read_vectors(base, language), strict=True)
    except Exception as error:  # numpy and JSON of any shape
        raise unreadable(base, error) from error
    return found


def _batched(vectors: dict[str, Vectors], ids: Sequence[str]) -> Iterator[tuple[list[str], Vectors]]:
    for start in range(0, len(ids), AT_ONCE):
        part = list(ids[start : start + AT_ONCE])
        yield part, np.stack([vectors[i] for i in part])


def _save(path: Path, array: Vectors) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        np.save(file, array)


def sealed(path: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of each file in a generation, by its name there, once all of them are on the disk.

    Without `meta.json`, which will hold the list, and without what changes as Chroma reads it: its database, and the
    files of a graph that is still small enough to stand in the database alone.
    """
    found = {}
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
            if file.name != "meta.json" and (
                not file.is_relative_to(path / "chroma") or (file.parent / "index_metadata.pickle").exists()
            ):
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
                found[file.relative_to(path).as_posix()] = (handle.tell(), digest)
    return found


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


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
