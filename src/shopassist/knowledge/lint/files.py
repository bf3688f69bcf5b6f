"""Files that are not taken at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from shopassist.knowledge.documents import FIELDS
from shopassist.knowledge.lint.findings import Finding, Place
from shopassist.knowledge.lint.material import Material
from shopassist.knowledge.questions import FILE as PROBES

_UNKNOWN = re.compile(r"unknown field '([^']{1,80})'")
_LINE = re.compile(r": line (\d{1,9}): ")


def files(material: Material) -> Iterator[Finding]:
    """What `ingest` would call broken, and what it would pass over."""
    for broken in material.broken:
        reason = broken.reason.removeprefix(f"{broken.source}: ")
        line = _LINE.search(f": {reason}")
        yield Finding(
            "unknown field" if _UNKNOWN.search(reason) else "broken", "error",
            (Place(broken.source, int(line[1]) if line else None),),
            f"The page is not taken: {reason}.".replace("..", "."),
            _advice(reason),
        )  # fmt: skip
    for skipped in material.skipped:
        source, _, why = skipped.partition(": ")
        if source.endswith(PROBES):
            continue
        alone = source.endswith(".yaml")
        yield Finding(
            "not read", "notice", (Place(source),),
            f"It is not read{f': {why}' if why else ', it describes a file that is not there' if alone else ''}.",
            "Save it as one of the kinds that are (Markdown, HTML, CSV …), or leave it where it is if it is no page.",
        )  # fmt: skip


def _advice(reason: str) -> str:
    if match := _UNKNOWN.search(reason):
        near = difflib.get_close_matches(match[1].lower(), FIELDS, 1)
        return f"Write `{near[0]}` instead." if near else "Take the field out; the ones that are known stand beside."
    return "Mend it and look again; until then customers are answered from its former text, or not at all."
