"""Whether a generation is whole: its files, its counts, its passages, and the known questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from shopassist.errors import KnowledgeError
from shopassist.knowledge import index
from shopassist.knowledge.encoding import fingerprint, mismatch
from shopassist.knowledge.probing import probe
from shopassist.knowledge.questions import Fallen, Probe
from shopassist.knowledge.vectors import VectorStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

SAMPLE = 200
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a generation; `faults` and `fallen` are empty where it is whole and finds what it should."""

    generation: str
    passages: int
    looked_for: int
    questions: int
    faults: tuple[str, ...] = ()
    fallen: tuple[Fallen, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.faults or self.fallen)


def verify(
    path: Path,
    embeddings: Embeddings | None,
    store: VectorStore,
    probes: Sequence[Probe],
    *,
    today: date,
    sample: int = SAMPLE,
) -> Verdict:
    """Check the generation in `path`.

    Its files are those that were written; it was built with these embeddings; Chroma, the vectors, the words and the
    passages are equally many; `sample` passages of each language are found by their own words and vectors; the known
    questions find their pages.
    """
    try:
        meta = index.read_meta(path)
    except KnowledgeError as error:
        return Verdict(path.name, 0, 0, 0, (str(error),))
    if meta["format"] != index.FORMAT:
        return Verdict(path.name, 0, 0, 0, (f"it has format {meta['format']}, this version reads {index.FORMAT}",))
    faults = list(_changed(path, meta["files"]))
    if meta["fingerprint"] != (mine := fingerprint(embeddings)):
        faults.append(mismatch(meta["fingerprint"], mine))
    fallen: list[Fallen] = []
    looked_for = 0
    if not faults:
        try:
            looked_for = sum(min(sample, len(rows)) for rows in index.read_rows(path, meta).values())
            found, fallen = probe(path, embeddings, store, probes, today=today, sample=sample, patience=PATIENCE)
            faults += found
        except KnowledgeError as error:
            faults.append(str(error))
    return Verdict(path.name, meta["passages"], looked_for, len(probes), tuple(faults), tuple(fallen))


def _changed(path: Path, files: dict[str, tuple[int, str]]) -> Iterator[str]:
    """The files that are gone, cut or altered since the generation was written."""
    for name, (size, digest) in files.items():
        try:
            with (path / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                length = file.tell()
        except OSError as error:
            yield f"{name}: {error.strerror}"
            continue
        if length != size:
            yield f"{name} has {length} bytes of {size}"
        elif found != digest:
            yield f"{name} is not what was written"
