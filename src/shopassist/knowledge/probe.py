"""Query a generation with vectors of its own: ``python -m shopassist.knowledge.probe PATH [COUNT]``.

Runs in a process of its own, since a damaged vector store can end its process. Exit status 0 if every passage that was
asked for was found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from shopassist.knowledge.index import Generation


def probe(path: Path, count: int) -> str | None:
    """What is wrong with the generation, or None. `count` passages of each language are looked for."""
    for language, shelf in Generation(path).shelves.items():
        for n in np.linspace(0, len(shelf.rows) - 1, count, dtype=int):
            row = shelf.rows[n]
            if shelf.lexical.scores(row.indexed)[n] <= 0:
                return f"{row.key} is not found by its own words"
            if shelf.collection is None:
                continue
            stored = shelf.collection.get(ids=[row.id], include=["embeddings"])["embeddings"]
            if len(stored) != 1:
                return f"{row.key} has no vector"
            _, cosines = shelf.nearest(np.asarray(stored[0], np.float32), 5)
            if not len(cosines) or cosines[0] < 0.999:
                return f"{row.key} is not found by its own vector in {language}"
    return None


if __name__ == "__main__":
    wrong = probe(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
    sys.exit(wrong)
