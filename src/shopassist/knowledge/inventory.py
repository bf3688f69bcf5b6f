"""What the sources hold, and which place has an id where several claim it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopassist.errors import ShopAssistError
from shopassist.knowledge.documents import Document, document
from shopassist.knowledge.sources import Broken, Limits, Remark, Skipped, contents, name, walk
from shopassist.knowledge.sources.kinds import SOURCE_FILE
from shopassist.knowledge.sources.parser import Parser
from shopassist.knowledge.sources.source_files import source_of
from shopassist.protocols import Source, SourceText, Unchanged, Unreadable

ROW = re.compile(r"#\d+$")
PROGRAM = "program:"
"""What the index puts before the name of a source that only a program can give it."""

WITHIN = " » "
"""What stands between a source and the place in it."""

COUNTED = {".csv": "row", ".xlsx": "row", ".json": "object", ".jsonl": "line"}
"""What the number behind a file's name counts."""

_SOURCE = re.compile(rf"^(?:{PROGRAM}[^»\n]*?|[^\n]*?{re.escape(SOURCE_FILE)})(?={WITHIN})")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was found in the sources; `claims` are the public documents by key, in the order of their files.

    `unread` are the files, folders, sources and places in sources that could not be read, or need not be since they
    did not change: what the index has from them stays. `marks` are by source and place what sources want to be told
    at the next reading, with the documents (key and digest) that came from there; None: as they were told this time.
    """

    claims: dict[str, list[Document]] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    marks: dict[str, dict[str, dict[str, Any] | None]] = field(default_factory=dict)

    def add(self, found: Document) -> None:
        """A document: one more claim to its key, or hidden."""
        if found.public:
            self.claims.setdefault(found.key, []).append(found)
        else:
            self.hidden.append(found.key)


def inventory(
    paths: Sequence[Path | Source],
    progress: Progress,
    limits: Limits | None = None,
    marks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Inventory:
    """Read all files under the paths, and all sources. Raises `DocumentError` for a path that cannot be taken.

    `marks` are those of the last reading whose documents are in the index as they came.
    """
    limits = limits or Limits()
    walked = walk(p for p in paths if isinstance(p, Path))
    found = Inventory(skipped=walked.skipped, broken=list(walked.broken))
    found.unread.update(file_of(b.source) for b in walked.broken)
    places: list[Path | Source] = [*sorted(walked.files), *(p for p in paths if not isinstance(p, Path))]
    with Parser(limits) as parser:
        for number, place in enumerate(places, start=1):
            if isinstance(place, Path) and not place.name.endswith(SOURCE_FILE):
                _read_file(place, found, parser)
            else:
                _read_source(place, found, limits, marks or {}, progress)
            progress("files", number, len(places))
    return found


def _read_file(path: Path, found: Inventory, parser: Parser) -> None:
    for one in contents(path, parser):
        if isinstance(one, Document):
            found.add(one)
        elif isinstance(one, Remark):
            found.remarks.append(one)
        else:
            found.broken.append(one)
            found.unread.add(file_of(name(path)))


def _read_source(
    place: Path | Source, found: Inventory, limits: Limits, marks: Mapping[str, Mapping[str, Any]], progress: Progress
) -> None:
    label = name(place) if isinstance(place, Path) else root_of(place)
    try:
        source = _described(place, limits) if isinstance(place, Path) else place
        former = {k: str(v["mark"]) for k, v in marks.get(file_of(label), {}).items()}
        for number, one in enumerate(source.read(former), start=1):
            _take(one, label, number, found)
            progress("texts", number, 0)
    except (ShopAssistError, ValueError) as error:
        _unreadable(label, str(error) or type(error).__name__, found)
    except Exception as error:  # noqa: BLE001 - the shop's own source; what its libraries say may hold secrets
        _unreadable(label, f"cannot be read ({type(error).__name__})", found)


def _described(path: Path, limits: Limits) -> Source:
    try:
        return source_of(path, limits)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error


def _take(one: SourceText | Unchanged | Unreadable, label: str, number: int, found: Inventory) -> None:
    source = within(label, one.place) if one.place else f"{label}#{number}"
    if isinstance(one, Unchanged):
        found.unread.add(file_of(source))
        found.marks.setdefault(file_of(label), {})[one.place] = None
        return
    try:
        if isinstance(one, Unreadable):
            raise ValueError(one.reason)
        taken = document(one.fields, one.text, source=source, id=str(one.fields.get("id") or one.id))
        if not taken.text:
            raise ValueError("has no text")
    except ValueError as error:
        found.broken.append(Broken(label, str(error), one.place or f"record {number}"))
        found.unread.add(file_of(source))  # of a record that is only counted: all that the source gave
        return
    found.add(taken)
    if isinstance(one, SourceText) and one.mark and one.place and taken.public:
        entry = {"mark": one.mark, "documents": {taken.key: taken.digest}}
        found.marks.setdefault(file_of(label), {})[one.place] = entry


def _unreadable(label: str, reason: str, found: Inventory) -> None:
    found.broken.append(Broken(label, reason))
    found.unread.add(file_of(label))


def settled(
    found: Inventory, held: dict[str, Any], old: dict[str, Any], paths: Sequence[Path | Source]
) -> dict[str, Document]:
    """One document for each key: of several that claim it the one that has it in the index, else the first by path.

    The others are broken, each by itself: a row of a table leaves the other rows in peace. `held` are the index's
    documents, `old` those of them that may stay: where one stays that was not read now, all that claim its key are
    broken.
    """
    documents = {}
    for key, claims in found.claims.items():
        entry = held.get(key)
        holder = file_of(entry["source"]) if entry else None
        mine = [d for d in claims if holder == file_of(d.source)]
        owner = None
        if holder is None or mine or key not in old or not _is_there(holder) or gone(holder, paths, found.unread):
            candidates = mine or claims
            owner = next((d for d in candidates if entry and entry["digest"] == d.digest), candidates[0])
            documents[key] = owner
        for one in claims:
            if one is not owner:
                where = owner.source if owner else holder
                reason = f"{key} is already in {where}; give it another id, language or period"
                file, row = _told(one.source)
                found.broken.append(Broken(file, reason, row))
    return documents


def _told(source: str) -> tuple[str, str]:
    """A document's place for people: its file or source, and where in it."""
    if found := _SOURCE.match(source):
        return found[0], source[found.end() + len(WITHIN) :]
    row = ROW.search(source)
    file = ROW.sub("", source)
    return file, f"{COUNTED.get(Path(file).suffix.lower(), 'record')} {row[0][1:]}" if row else ""


def gone(place: str, paths: Iterable[Path | Source], unread: set[str]) -> bool:
    """Whether a known document that was not found has left: its place was read, and read whole."""
    return under(place, paths) and not is_unread(place, unread)


def is_unread(place: str, unread: set[str]) -> bool:
    """Whether a place, or what it lies in, could not be read."""
    return any(part in unread for part in _above(place))


def under(place: str, paths: Iterable[Path | Source]) -> bool:
    """Whether a place is one of the paths or sources, or lies below one; below a folder no source file is read."""
    origin = origin_of(place)
    for path in paths:
        root = str(path.resolve()) if isinstance(path, Path) else root_of(path)
        below = not origin.startswith(PROGRAM) and not origin.endswith(SOURCE_FILE)
        if origin == root or (below and Path(origin).is_relative_to(root)):
            return True
    return False


def _above(place: str) -> list[str]:
    """A place and all that it lies in."""
    origin = origin_of(place)
    return [place, origin, *([] if origin.startswith(PROGRAM) else map(str, Path(origin).parents))]


def _is_there(place: str) -> bool:
    origin = origin_of(place)
    return origin.startswith(PROGRAM) or Path(origin).exists()


def root_of(source: Source) -> str:
    """What the index calls a source of a program's own."""
    return PROGRAM + source.name


def within(source: str, place: str) -> str:
    """A place in a source; what a row's number ends with in a file is no end here."""
    return source + WITHIN + " ".join(place.replace("#", " ").split())


def origin_of(place: str) -> str:
    """The file or the source of a place."""
    found = _SOURCE.match(place)
    return found[0] if found else place


def file_of(source: str) -> str:
    """The place of a document as the index keeps it: the resolved file without the row in it, or source and place."""
    found = _SOURCE.match(source)
    origin, place = (found[0], source[found.end() :]) if found else (ROW.sub("", source), "")
    return (origin if origin.startswith(PROGRAM) else str(Path(origin).resolve())) + place
