"""The other process of `probing`: it opens a generation and looks things up in it.

Runs in a process of its own, since a damaged vector store can end its process. Lines of JSON: the job comes in,
requests for vectors go out and the vectors come in, the findings go out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from shopassist.errors import KnowledgeError
from shopassist.knowledge.index import Generation, Shelf
from shopassist.knowledge.questions import Fallen, Probe, fallen
from shopassist.knowledge.search import CANDIDATES, ChromaKnowledge
from shopassist.knowledge.vectors import Embedded, VectorStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

SAME = 0.999
"""The least cosine of a passage with itself, as Chroma reckons it."""


class Asked:
    """The embeddings of the process that started this one: what `encoding` asks of any, without LangChain's imports."""

    def __init__(self, fingerprint: str, incoming: IO[str], outgoing: IO[str]) -> None:
        self.fingerprint = fingerprint
        self._incoming = incoming
        self._outgoing = outgoing

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimension)."""
        send(self._outgoing, {"encode": list(texts)})
        return np.array(json.loads(self._incoming.readline())["vectors"], np.float32)


def unsound(generation: Generation, sample: int) -> Iterator[str]:
    """What is wrong with a generation. `sample` passages of each language are looked for by themselves."""
    for language, shelf in generation.shelves.items():
        counts = shelf.opened.reader.counts() if shelf.opened.reader else {}
        if (found := counts.get(language, len(shelf.rows))) != len(shelf.rows):
            yield f"Chroma has {found} vectors for {len(shelf.rows)} passages in {language}"
        for n in np.unique(np.linspace(0, len(shelf.rows) - 1, min(sample, len(shelf.rows)), dtype=int)):
            if fault := _fault(shelf, int(n)):
                yield f"{shelf.rows[n].key} {fault}"


def _fault(shelf: Shelf, n: int) -> str | None:
    row = shelf.rows[n]
    words = shelf.lexical.scores(row.indexed)
    if len(words) != len(shelf.rows):
        return f"is one of {len(shelf.rows)} passages in {shelf.language}, whose words are those of {len(words)}"
    if words[n] <= 0:
        return "is not found by its own words"
    if shelf.vectors is None or shelf.opened.reader is None:
        return None
    ids, cosines = shelf.opened.reader.nearest(
        shelf.language, np.array(shelf.vectors[n]), min(CANDIDATES, len(shelf.rows))
    )
    if row.id in ids or (len(cosines) and cosines[-1] >= SAME):  # as many others have the very same text
        return None
    return f"is not found by its own vector in {shelf.language}"


def send(stream: IO[str], value: Any) -> None:
    """One line of JSON."""
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def store_from(server: dict[str, str | None] | None) -> VectorStore:
    """The place of the vectors, from a job."""
    if server is None:
        return Embedded()
    from pydantic import SecretStr

    from shopassist.knowledge.chroma_server import ChromaServer
    from shopassist.settings import Address

    url = Address(server["url"])
    return ChromaServer(url, SecretStr(server["token"]) if server["token"] else None)


def main() -> None:
    """Do the job that comes in."""
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    incoming = os.fdopen(os.dup(0), encoding="utf-8")
    job = json.loads(incoming.readline())
    asked = Asked(job["fingerprint"], incoming, outgoing) if job["fingerprint"] != "none" else None
    try:
        faults, missed = findings(job, asked)
    except KnowledgeError as error:
        faults, missed = [str(error)], []
    send(outgoing, {"faults": faults, "fallen": [{**asdict(f), "day": f.day.isoformat()} for f in missed]})


def findings(job: dict[str, Any], asked: Asked | None) -> tuple[list[str], list[Fallen]]:
    """What is wrong, and which known questions do not find their page. Raises `KnowledgeError`."""
    path, store = Path(job["path"]), store_from(job["server"])
    faults = list(unsound(Generation(path, store), job["sample"]))
    if faults or not job["probes"]:
        return faults, []
    probes = [
        Probe(**{**p, "documents": tuple(p["documents"]), "day": date.fromisoformat(p["day"]) if p["day"] else None})
        for p in job["probes"]
    ]
    embeddings = cast("Embeddings | None", asked)
    knowledge = ChromaKnowledge(path.parent, embeddings, store=store, generation=path.name)
    return [], fallen(knowledge, probes, date.fromisoformat(job["today"]))


if __name__ == "__main__":
    main()
    os._exit(0)  # the answer is out; taking all apart again takes a fifth of a second
