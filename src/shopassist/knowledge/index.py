"""A generation of the index, opened for reading.

::

    knowledge/CURRENT                the name of the current generation
    knowledge/gen-000042/chroma      Chroma's index of the vectors, a collection a language (unless on a server)
    knowledge/gen-000042/vectors     the vectors themselves, an array a language
    knowledge/gen-000042/lexical/zh  BM25
    knowledge/gen-000042/passages.jsonl, meta.json, readers.lock

A generation is written beside the current one, probed, and never changed once `CURRENT` has named it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.errors import IndexMismatch, IndexMissing, KnowledgeError
from shopassist.knowledge import hold
from shopassist.knowledge.damage import unreadable
from shopassist.knowledge.lexical import Lexical
from shopassist.knowledge.vectors import Embedded, Reader, StoreAway, VectorStore
from shopassist.protocols import Product
from shopassist.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

FORMAT = 2

NAME = re.compile(r"gen-\d{6,}")
_META = {
    "format": int, "split": int, "fingerprint": str, "calibration": dict, "roots": list, "passages": int,
    "documents": dict, "created": str, "store": str, "files": dict,
}  # fmt: skip
_EVER = {"format": int, "roots": list, "documents": dict}
_FAR_PAST, _FAR_FUTURE = date.min.toordinal(), date.max.toordinal()


EQUAL = 1e-6
"""Cosines that differ by less are the same: two ways of adding up 512 products differ by about as much."""


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
    """The passages of one language: rows, BM25, vectors, and which rows hold on a day.

    `vectors` has a row for each of `rows`, read from the disk as needed; None in a lexical index.
    """

    def __init__(
        self,
        opened: Opened,
        language: str,
        rows: Sequence[Row],
        lexical: Lexical,
        vectors: NDArray[np.float32] | None,
    ) -> None:
        self.opened = opened
        self.language = language
        self.rows = rows
        self.lexical = lexical
        self.vectors = vectors
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
        """The rows nearest to a vector and their cosines, best first, by Chroma's HNSW index. Raises `KnowledgeError`.

        Of rows that are equally near, as copies of a page are, the first ones, so twice as many are asked for. While a
        server of the vectors is away, every vector is compared: the same rows, for more time.
        """
        assert self.opened.reader is not None  # noqa: S101 - the caller asks an index with vectors only
        try:
            ids, cosines = self.opened.reader.nearest(self.language, vector, min(2 * count, len(self.rows)))
        except StoreAway as error:
            self.opened.tell(error)
            return self.exact(vector, count)
        try:
            return _first(np.array([self.place[i] for i in ids], np.int64), cosines, count)
        except KeyError as error:
            raise unreadable(self.opened.path, error) from error

    def exact(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The same as `nearest` by comparing with every vector."""
        assert self.vectors is not None  # noqa: S101 - as above
        cosines = self.vectors @ vector
        count = min(count, len(cosines))
        least = np.partition(cosines, -count)[-count]
        rows = np.flatnonzero(cosines >= least - EQUAL)
        return _first(rows, cosines[rows], count)

    def taken(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some rows, shape (rows, dimension)."""
        assert self.vectors is not None  # noqa: S101 - as above
        return np.asarray(self.vectors[rows])


def _first(
    rows: NDArray[np.int64], cosines: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The nearest rows, of equally near ones those that come first."""
    order = np.lexsort((rows, -np.round(cosines / EQUAL)))[:count]
    return rows[order], cosines[order]


def _marks(title: str) -> set[str]:
    """Words of a title that may tell it from others: those with a digit, and a Latin last word."""
    words = re.findall(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", fold(title))
    return {w for w in words if len(w) > 1 and (any(c.isdigit() for c in w) or w == words[-1])}


class Opened:
    """What an open generation holds of the system: its lock against removal, and Chroma.

    Given back when nothing refers to it any more: a search that is under way finishes on the generation it began on.
    """

    def __init__(self, path: Path, store: VectorStore, languages: Sequence[str] | None) -> None:
        """Open what lies in `path`, with vectors of these languages, or None without."""
        self.path = path
        self.reader: Reader | None = None
        self._told = 0.0
        lock = hold.take(path)
        try:
            self.reader = store.reading(path, languages) if languages is not None else None
        except BaseException:
            _give_back(lock, None)
            raise
        weakref.finalize(self, _give_back, lock, self.reader)

    def tell(self, error: StoreAway) -> None:
        """Log an outage, once a minute."""
        now = time.monotonic()
        if now - self._told > 60 or not self._told:
            self._told = now
            log.warning("%s; every vector is compared meanwhile", error)


def _give_back(lock: int | None, reader: Reader | None) -> None:
    if reader is not None:
        reader.close()
    if lock is not None:
        os.close(lock)


class Generation:
    """A generation opened for reading."""

    def __init__(self, path: Path, store: VectorStore | None = None) -> None:
        """Open it. Raises `IndexDamaged`, `IndexMismatch` (another format), `KnowledgeError` (the disk's fault)."""
        self.path = path
        self.store = store or Embedded()
        self.meta = read_meta(path)
        if self.meta["format"] != FORMAT:
            raise IndexMismatch(
                f"{path} has format {self.meta['format']}, this version reads {FORMAT}; "
                "run `shopassist ingest --rebuild`"
            )
        try:
            _sizes(path, self.meta)
            self._rows = read_rows(path, self.meta)
            if (found := sum(map(len, self._rows.values()))) != self.meta["passages"]:
                raise ValueError(f"{found} passages of {self.meta['passages']}")
        except Exception as error:  # JSON of any other shape
            raise unreadable(path, error) from error
        if self.fingerprint != "none" and self.meta["store"] != self.store.kind:
            raise IndexMismatch(
                f"the vectors of {path} are of the kind {self.meta['store']!r}, the setting `chroma_url` is for "
                f"{self.store.kind!r}; set it back, or run `shopassist ingest PATH`, which moves them"
            )

    @property
    def fingerprint(self) -> str:
        """The embeddings' fingerprint; ``none`` for a lexical index."""
        return str(self.meta["fingerprint"])

    @cached_property
    def shelves(self) -> dict[str, Shelf]:
        """The passages by language."""
        with_vectors = self.fingerprint != "none"
        try:
            opened = Opened(self.path, self.store, list(self._rows) if with_vectors else None)
            counts = opened.reader.counts() if opened.reader and self.store.kind == Embedded.kind else {}
            return {
                language: self._shelf(opened, language, rows, counts.get(language, len(rows)))
                for language, rows in self._rows.items()
            }
        except Exception as error:  # Chroma, numpy and bm25s raise many kinds over a broken file
            raise unreadable(self.path, error) from error

    def _shelf(self, opened: Opened, language: str, rows: list[Row], count: int) -> Shelf:
        lexical = Lexical.load(self.path / "lexical" / language, len(rows))
        vectors = read_vectors(self.path, language) if opened.reader else None
        for found in (count, len(rows) if vectors is None else len(vectors)):
            if found != len(rows):
                raise ValueError(f"{found} vectors for {len(rows)} passages in {language}")
        return Shelf(opened, language, rows, lexical, vectors)

    @cached_property
    def products(self) -> dict[str, tuple[Product, ...]]:
        """The products that have a page in a language, by it; called also what their other pages call them."""
        return {language: tuple(map(self._named, shelf.products)) for language, shelf in self.shelves.items()}

    def _named(self, product: Product) -> Product:
        alike = (p for s in self.shelves.values() for p in s.products if p.document == product.document)
        return replace(product, names=tuple(dict.fromkeys((*product.names, *(n for p in alike for n in p.names)))))


def _sizes(path: Path, meta: dict[str, Any]) -> None:
    """Whether the files are as long as when they were written: a cut one can end a process that maps it."""
    for name, (size, _) in meta["files"].items():
        if (found := (path / name).stat().st_size) != size:
            raise ValueError(f"{name} has {found} bytes of {size}")


def read_vectors(path: Path, language: str) -> NDArray[np.float32]:
    """The vectors of a language, one for each of its passages, mapped from the disk. Raises what numpy raises."""
    found: NDArray[np.float32] = np.load(path / "vectors" / f"{language}.npy", mmap_mode="r")
    if found.ndim != 2 or found.dtype != np.float32:
        raise ValueError(f"vectors/{language}.npy has shape {found.shape}, {found.dtype}")
    return found


def read_meta(path: Path) -> dict[str, Any]:
    """A generation's account of itself, in any format. Raises `IndexDamaged`, `KnowledgeError` (the disk's fault)."""
    try:
        meta = json.loads((path / "meta.json").read_text("utf-8"))
        needed = _META if meta["format"] == FORMAT else _EVER
        wrong = [k for k, kind in needed.items() if not isinstance(meta[k], kind)]
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


def current(folder: Path) -> Path | None:
    """The current generation's folder, or None where nothing was ingested.

    Raises `IndexDamaged`, `KnowledgeError` (the disk's fault, or the folder would lie in a file).
    """
    try:
        name = (folder / "CURRENT").read_text("utf-8").strip()
        if not NAME.fullmatch(name):
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


def open_current(folder: Path, store: VectorStore | None = None) -> Generation:
    """The current generation; of one that was replaced and removed while it was being opened, the next.

    Raises `IndexMissing`, and what `current` and `Generation` raise.
    """
    while True:
        path = current_or_raise(folder)
        try:
            generation = Generation(path, store)
            _ = generation.shelves  # opened now rather than in the first customer's turn
            return generation
        except KnowledgeError:
            if current(folder) == path:
                raise
