"""Files that are not taken at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from shopassist.knowledge.documents import FIELDS
from shopassist.knowledge.lint.findings import Finding, Place
from shopassist.knowledge.lint.material import Material

_UNKNOWN = re.compile(r"unknown field '([^']{1,80})'")
_LINE = re.compile(r"^line (\d{1,9})")


def files(material: Material) -> Iterator[Finding]:
    """What `ingest` would call broken, what it would pass over, and what it would remark on."""
    for broken in material.broken:
        unknown = _UNKNOWN.search(broken.reason)
        line = _LINE.match(broken.place)
        yield Finding(
            "unknown field" if unknown else "broken", "error",
            (Place(broken.source, int(line[1]) if line else None, "" if line else broken.place),),
            f"It is not taken: {broken.reason.removesuffix('.')}.",
            _advice(unknown[1]) if unknown else BROKEN,
        )  # fmt: skip
    for remark in material.remarks:
        yield Finding(
            "remark", "notice", (Place(remark.source),), f"{remark.text.removesuffix('.')}.",
            "Look whether it was taken as it is meant.",
        )  # fmt: skip
    for skipped in material.skipped:
        yield Finding(
            "not read", "notice", (Place(skipped.source),), f"It is not read: {skipped.reason.removesuffix('.')}.",
            "Save it as one of the kinds that are read, or leave it where it is if it is no page.",
        )  # fmt: skip


BROKEN = "Mend it and look again; until then customers are answered from its former text, or not at all."


def _advice(unknown: str) -> str:
    near = difflib.get_close_matches(unknown.lower(), FIELDS, 1)
    return f"Write `{near[0]}` instead." if near else "Take the field out, or write one of those that are allowed."
