"""A generation of the index on disk, and which one is current.

::

    knowledge/CURRENT                the name of the current generation
    knowledge/gen-000042/chroma      vectors, a collection a language (ids only)
    knowledge/gen-000042/lexical/zh  BM25
    knowledge/gen-000042/passages.jsonl, meta.json

A generation is written beside the current one, probed, and never changed once `CURRENT` has named it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.errors import IndexDamaged, IndexMismatch, IndexMissing, KnowledgeError
from shopassist.knowledge.lexical import Lexical
from shopassist.protocols import Product
from shopassist.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
KEPT = 3

FULL = 1 << 20
"""Bytes: where less is free, a store that fails without a reason of its own fails for want of space."""

_NAME = re.compile(r"gen-\d{6,}")
_META = {
    "format": int, "split": int, "fingerprint": str, "calibration": dict, "roots": list, "passages": int,
    "documents": dict,
}  # fmt: skip
_DAMAGE = (errno.ENOENT, errno.EISDIR, errno.ENOTDIR)  # other errors of the system are no fault of the files
_FAR_PAST, _FAR_FUTURE = date.min.toordinal(), date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as stored."""

    id: str
    key: str
    document: str
    title: str
    heading: str
    text: str
    language: str
    url: str | None
    valid_from: date | None
    valid_to: date | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def indexed(self) -> str:
        """What was embedded and is searched."""
        return "\n".join(filter(None, (self.title, self.heading, self.text)))

    @property
    def shown(self) -> str:
        """What answers are drawn from."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


class Shelf:
    """The passages of one language: rows, BM25, vectors, and which rows hold on a day."""

    def __init__(self, path: Path, language: str, rows: Sequence[Row], lexical: Lexical, collection: Any) -> None:
        self.path = path
        self.language = language
        self.rows = rows
        self.lexical = lexical
        self.collection = collection
        self.place = {row.id: n for n, row in enumerate(rows)}
        self._from = np.array([r.valid_from.toordinal() if r.valid_from else _FAR_PAST for r in rows])
        self._to = np.array([r.valid_to.toordinal() if r.valid_to else _FAR_FUTURE for r in rows])
        self._days: dict[int, NDArray[np.bool_]] = {}

    def holds(self, day: date) -> NDArray[np.bool_]:
        """Which rows hold on a day. Where two versions of a document do, the one that starts later wins."""
        number = day.toordinal()
        if number not in self._days:
            mask = (self._from <= number) & (number <= self._to)
            start: dict[str, int] = {}
            for n in map(int, np.flatnonzero(mask)):
                start[self.rows[n].document] = max(start.get(self.rows[n].document, 0), int(self._from[n]))
            for n in map(int, np.flatnonzero(mask)):
                mask[n] = self._from[n] == start[self.rows[n].document]
            if len(self._days) > 400:
                self._days.clear()
            self._days[number] = mask
        return self._days[number]

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """The products that have a page here, with their names in lower case."""
        pages = {row.document: row for row in self.rows if "product" in row.tags}
        marks = {key: _marks(row.title) for key, row in pages.items()}
        often = Counter(m for found in marks.values() for m in found)
        return tuple(
            Product(
                key,
                row.title,
                tuple(fold(n) for n in (key, row.title, *row.aliases, *(m for m in marks[key] if often[m] == 1))),
            )
            for key, row in pages.items()
        )

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for n, row in enumerate(self.rows):
            places.setdefault(row.document, []).append(n)
        return places

    def of(self, documents: Iterable[str]) -> list[int]:
        """The rows of these documents, in their order; of an unknown one there are none."""
        return sorted(n for document in documents for n in self._places.get(document, ()))

    def nearest(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The rows nearest to a vector and their cosines, by Chroma's HNSW index. Raises `KnowledgeError`."""
        try:
            found = self.collection.query(
                query_embeddings=[vector.tolist()], n_results=min(count, len(self.rows)), include=["distances"]
            )
            rows = np.array([self.place[i] for i in found["ids"][0]], np.int64)
            return rows, 1.0 - np.array(found["distances"][0], np.float32)
        except Exception as error:  # Chroma raises what its Rust core and SQLite raise
            raise unreadable(self.path, error) from error

    def taken(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some rows, shape (rows, dimension). Raises `KnowledgeError`."""
        try:
            found = self.collection.get(ids=[self.rows[n].id for n in rows], include=["embeddings"])
            place = {i: n for n, i in enumerate(found["ids"])}
            return np.asarray(found["embeddings"], np.float32)[[place[self.rows[n].id] for n in rows]]
        except Exception as error:  # as above
            raise unreadable(self.path, error) from error


def _marks(title: str) -> set[str]:
    """Words of a title that may tell it from others: those with a digit, and a Latin last word."""
    words = re.findall(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", fold(title))
    return {w for w in words if len(w) > 1 and (any(c.isdigit() for c in w) or w == words[-1])}


class Generation:
    """A generation opened for reading."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises `IndexDamaged`, `IndexMismatch` (another format), `KnowledgeError` (the disk's fault)."""
        self.path = path
        self.meta = read_meta(path)
        if self.meta["format"] != FORMAT:
            raise IndexMismatch(
                f"{path} has format {self.meta['format']}, this version reads {FORMAT}; "
                "run `shopassist ingest --rebuild`"
            )
        try:
            self._rows = read_rows(path, self.meta)
            if (found := sum(map(len, self._rows.values()))) != self.meta["passages"]:
                raise ValueError(f"{found} passages of {self.meta['passages']}")
        except Exception as error:  # JSON of any other shape
            raise unreadable(path, error) from error

    @property
    def fingerprint(self) -> str:
        """The embeddings' fingerprint; ``none`` for a lexical index."""
        return str(self.meta["fingerprint"])

    @cached_property
    def shelves(self) -> dict[str, Shelf]:
        """The passages by language."""
        client = chroma(self.path) if self.fingerprint != "none" else None
        shelves = {}
        try:
            for language, rows in self._rows.items():
                lexical = Lexical.load(self.path / "lexical" / language, len(rows))
                collection = (
                    client.get_collection(collection_name(language), embedding_function=None) if client else None
                )
                if collection is not None and collection.count() != len(rows):
                    raise ValueError(f"{collection.count()} vectors for {len(rows)} passages in {language}")
                shelves[language] = Shelf(self.path, language, rows, lexical, collection)
        except Exception as error:  # Chroma and bm25s raise many kinds over a broken file
            raise unreadable(self.path, error) from error
        return shelves

    @cached_property
    def products(self) -> dict[str, tuple[Product, ...]]:
        """The products that have a page in a language, by it; called also what their other pages call them."""
        return {language: tuple(map(self._named, shelf.products)) for language, shelf in self.shelves.items()}

    def _named(self, product: Product) -> Product:
        alike = (p for s in self.shelves.values() for p in s.products if p.document == product.document)
        return replace(product, names=tuple(dict.fromkeys((*product.names, *(n for p in alike for n in p.names)))))


def read_meta(path: Path) -> dict[str, Any]:
    """A generation's account of itself. Raises `IndexDamaged`, `KnowledgeError` (the disk's fault)."""
    try:
        meta = json.loads((path / "meta.json").read_text("utf-8"))
        wrong = [k for k, kind in _META.items() if not isinstance(meta[k], kind)]
        wrong += [k for k, d in meta["documents"].items() if not (isinstance(d["source"], str) and d["digest"])]
        wrong += ["roots" for root in meta["roots"] if not isinstance(root, str)]
        if wrong:
            raise ValueError(f"meta.json: {wrong[0]}")
        return meta  # type: ignore[no-any-return]
    except Exception as error:  # JSON of any other shape
        raise unreadable(path, error) from error


def read_rows(path: Path, meta: dict[str, Any]) -> dict[str, list[Row]]:
    """The passages of a generation by language, in their order."""
    documents = {
        key: {
            "key": key,
            "document": d["id"],
            "title": d["title"],
            "language": d["language"],
            "url": d["url"],
            "valid_from": date.fromisoformat(d["valid_from"]) if d["valid_from"] else None,
            "valid_to": date.fromisoformat(d["valid_to"]) if d["valid_to"] else None,
            "tags": tuple(d["tags"]),
            "aliases": tuple(d["aliases"]),
        }
        for key, d in meta["documents"].items()
    }
    rows: dict[str, list[Row]] = {}
    with (path / "passages.jsonl").open(encoding="utf-8") as file:
        for line in file:
            passage = json.loads(line)
            row = Row(id=passage["id"], heading=passage["heading"], text=passage["text"], **documents[passage["key"]])
            rows.setdefault(row.language, []).append(row)
    return rows


def chroma(path: Path) -> Any:
    """A Chroma client on a generation's folder. Raises `IndexDamaged`, `KnowledgeError` (the disk's fault)."""
    import chromadb
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(
            str(path / "chroma"), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
    except Exception as error:  # the client raises what its Rust core and SQLite raise
        raise unreadable(path, error) from error


def collection_name(language: str) -> str:
    """Chroma wants ASCII names of three characters at least."""
    return f"passages-{language}"


def unreadable(path: Path, error: Exception) -> KnowledgeError:
    """What to raise where an index cannot be read: `IndexDamaged`, or the disk's fault, which no rebuild mends."""
    if isinstance(error, OSError) and error.errno and error.errno not in _DAMAGE:
        return KnowledgeError(f"the index {path} cannot be read: {error.strerror}")
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    fault = None if isinstance(error, OSError) else _disk_fault(path)
    if fault:
        return KnowledgeError(f"the index {path} cannot be read ({reason}): {fault}")
    return IndexDamaged(f"the index {path} cannot be read ({reason}); run `shopassist ingest --rebuild`")


def _disk_fault(path: Path) -> str | None:
    """Why nothing can be written where the index is: SQLite under Chroma writes even to read."""
    if not path.exists():
        return None
    if not all(os.access(p, os.W_OK) for p in (path, *path.glob("chroma/*.sqlite3"))):
        return "it is read-only for this process, by its disk or its permissions"
    return "the disk is full" if shutil.disk_usage(path).free < FULL else None


def current(folder: Path) -> Path | None:
    """The current generation's folder, or None where nothing was ingested.

    Raises `IndexDamaged`, `KnowledgeError` (the disk's fault, or the folder would lie in a file).
    """
    try:
        name = (folder / "CURRENT").read_text("utf-8").strip()
        if not _NAME.fullmatch(name):
            raise ValueError("CURRENT names no generation")
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise KnowledgeError(f"{folder} cannot hold an index: a part of the path is a file") from error
    except (OSError, ValueError) as error:
        raise unreadable(folder, error) from error
    return folder / name


def current_or_raise(folder: Path) -> Path:
    """The current generation's folder. Raises `IndexMissing`, and what `current` raises."""
    path = current(folder)
    if path is None:
        raise IndexMissing(f"there is no index in {folder}; run `shopassist ingest PATH`")
    return path


def make_current(folder: Path, name: str) -> None:
    """Name the current generation, at once for all readers, and keep the last `KEPT`."""
    temporary = folder / "CURRENT.part"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "CURRENT")
    older = sorted(p for p in folder.glob("gen-*") if p.is_dir() and p.suffix != ".part" and p.name <= name)
    for path in older[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def under_construction(folder: Path, base: Path | None) -> Iterator[Path]:
    """A folder for the next generation, begun as a copy of `base`; it is removed again unless the block succeeds."""
    for leftover in folder.glob("gen-*.part"):
        shutil.rmtree(leftover)
    newest = max((int(p.name[4:10]) for p in folder.glob("gen-??????") if p.name[4:10].isdigit()), default=0)
    path = folder / f"gen-{newest + 1:06d}.part"
    try:
        if base is None:
            path.mkdir()
        else:
            shutil.copytree(base, path)
        yield path
        path.rename(path.with_suffix(""))
    finally:
        shutil.rmtree(path, ignore_errors=True)
