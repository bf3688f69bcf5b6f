"""Pages that have ended, end soon or have not begun, and versions that hold on the same day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from shopassist.knowledge.documents import Document
from shopassist.knowledge.lint.findings import Finding
from shopassist.knowledge.lint.material import Material

SOON = timedelta(days=30)


def periods(material: Material) -> Iterator[Finding]:
    """Where customers of today, or of soon, find nothing; and where it is not clear which version they find."""
    for versions in material.versions.values():
        yield from _ended(material, versions)
        yield from _begins(material, versions)
        for one, other in combinations(versions, 2):
            yield from _overlap(material, one, other)


def _ended(material: Material, versions: Sequence[Document]) -> Iterator[Finding]:
    last = max(versions, key=lambda d: d.valid_to or date.max)
    if last.valid_to is None:
        return
    where = (material.place(last, f"valid_to: {last.valid_to}"),)
    if last.valid_to < material.today:
        yield Finding(
            "expired", "warning", where,
            f"“{last.title}” ended on {last.valid_to}, and no other version holds since: who asks today finds nothing.",
            "Write a version for today, or delete the page once nobody can ask about an order of its days any more.",
        )  # fmt: skip
    elif last.valid_to <= material.today + SOON:
        yield Finding(
            "ends soon", "warning", where,
            f"“{last.title}” ends on {last.valid_to}, and no version follows.",
            "Write the version that holds from the next day on, or take valid_to out if it goes on.",
        )  # fmt: skip


def _begins(material: Material, versions: Sequence[Document]) -> Iterator[Finding]:
    first = versions[0]
    if first.valid_from is None or first.valid_from <= material.today:
        return
    yield Finding(
        "begins later", "notice", (material.place(first, f"valid_from: {first.valid_from}"),),
        f"“{first.title}” begins on {first.valid_from}; until then nothing is found.",
        "Nothing, if it is meant so; else correct valid_from.",
    )  # fmt: skip


def _overlap(material: Material, one: Document, other: Document) -> Iterator[Finding]:
    """`one` begins first. A version within another's days is how an exception is written; it is told all the same."""
    end = min(one.valid_to or date.max, other.valid_to or date.max)
    begin = other.valid_from or date.min
    if end < begin:
        return
    places = (material.place(one), material.place(other))
    days = f"from {begin} to {end}" if end < date.max else f"from {begin} on"
    if one.valid_from == other.valid_from:
        yield Finding(
            "overlap", "error", places,
            f"Two versions of {one.id} begin on the same day and both hold: customers are told the one or the other.",
            "Give each version days of its own (valid_from, valid_to), or another id if they are different pages.",
        )  # fmt: skip
    elif one.valid_to is None or (other.valid_to and other.valid_to <= one.valid_to):
        yield Finding(
            "overlap", "notice", places,
            f"{days[0].upper()}{days[1:]} “{other.title}” stands in for “{one.title}”.",
            "Nothing, if it is meant as an exception.",
        )  # fmt: skip
    else:
        yield Finding(
            "overlap", "warning", places,
            f"“{one.title}” and “{other.title}” both hold {days}; the second, which begins later, is the one found.",
            f"End the first on {begin - timedelta(days=1)} if the second replaces it.",
        )  # fmt: skip
