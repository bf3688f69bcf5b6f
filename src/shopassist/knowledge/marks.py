"""What sources want to be told at their next reading (a page's ETag), kept beside the index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopassist.knowledge.inventory import Inventory, file_of, within

FILE = "sources.json"

Marks = dict[str, dict[str, Any]]
"""By source and place: the mark, and the documents (key and digest) that came with it."""


def read(folder: Path, held: Mapping[str, Any]) -> Marks:
    """The marks whose documents the index holds just as they came; an index that went back has others.

    A file that cannot be read is none: everything is fetched again.
    """
    try:
        marks = json.loads((folder / FILE).read_text("utf-8"))
        there: dict[str, dict[str, str]] = {}
        for key, entry in held.items():
            there.setdefault(file_of(entry["source"]), {})[key] = entry["digest"]
        return {
            source: {p: m for p, m in places.items() if there.get(file_of(within(source, p))) == m["documents"]}
            for source, places in marks.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(folder: Path, former: Marks, found: Inventory) -> None:
    """Keep the marks of this reading, and those of the sources that were not read now. Raises `OSError`."""
    marks = dict(former)
    for source, places in found.marks.items():
        told = former.get(source, {})
        marks[source] = {p: m or told[p] for p, m in places.items() if m or p in told}
    text = json.dumps(marks, ensure_ascii=False)
    if marks == former:
        return
    temporary = folder / f"{FILE}.part"
    temporary.write_text(text, "utf-8")
    temporary.replace(folder / FILE)
