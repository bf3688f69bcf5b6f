"""Known questions (`probes.yaml`) that do not find their page, or whose page is not there."""

from __future__ import annotations

from collections.abc import Iterator

from shopassist.knowledge.lint.findings import Finding, Place, listed
from shopassist.knowledge.lint.material import Material


def probes(material: Material) -> Iterator[Finding]:
    """A question whose page is gone cannot be found, whatever the index is."""
    ids = {d.id for d in material.documents}
    lost = [p for p in material.probes if not ids.intersection(p.documents)]
    for probe in lost:
        yield Finding(
            "probe", "error", (Place(PLACE, quote=probe.question),),
            f"The known question “{probe.question}” expects {' or '.join(probe.documents)}, and there is no such page.",
            "Put the page back under its id, or correct the question in probes.yaml.",
        )  # fmt: skip
    told = {(p.question, p.documents) for p in lost}
    for fallen in material.fallen:
        if (fallen.question, fallen.expected) not in told:
            places = [material.place(d) for d in material.documents if d.id in fallen.expected]
            yield Finding(
                "probe", "error", (Place(PLACE, quote=fallen.question), *places),
                f"The known question “{fallen.question}” does not find {' or '.join(fallen.expected)}, but "
                f"{listed(fallen.found) or 'nothing'}.",
                "Say it in the page in the customers' own words; `shopassist search --explain` shows what is missing.",
            )  # fmt: skip


PLACE = "probes.yaml"
