"""Files into documents: Markdown, HTML, text, CSV, XLSX, JSON, PDF and DOCX.

What is known about a document stands in its front matter or in a side file, which has the file's whole name plus
``.yaml`` (``faq.csv.yaml``). For a table it holds templates with the columns in braces: each row becomes one document.
What a foreign library parses is parsed in a process of its own, which a hostile file may kill.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shopassist.errors import DocumentError
from shopassist.knowledge.documents import Document, document
from shopassist.knowledge.sources.encoding import decoded
from shopassist.knowledge.sources.findings import Broken, Fault, Remark
from shopassist.knowledge.sources.folders import bad_name, name
from shopassist.knowledge.sources.kinds import PAGES, PAPERS, SUFFIXES
from shopassist.knowledge.sources.limits import Limits, check_archive, content
from shopassist.knowledge.sources.metadata import front_matter, side_file
from shopassist.knowledge.sources.parser import Parser
from shopassist.knowledge.sources.records import documents

__all__ = ["SUFFIXES", "contents", "read"]

Found = Document | Broken | Remark


def read(path: Path) -> Iterator[Document]:
    """The documents of one file. Raises `DocumentError` that names the file, the place in it and the reason."""
    with Parser(Limits()) as parser:
        for found in contents(path, parser):
            if isinstance(found, Broken):
                raise DocumentError(str(found))
            if isinstance(found, Document):
                yield found


def contents(path: Path, parser: Parser) -> Iterator[Found]:
    """What one file holds. What cannot be taken comes as `Broken`: a row of a table by itself, else the whole file."""
    try:
        if reason := bad_name(path):
            raise ValueError(reason)
        yield from _contents(path, parser)
    except Fault as error:
        yield Broken(name(path), str(error), error.place)
    except ValueError as error:
        yield Broken(name(path), str(error))
    except OSError as error:
        yield Broken(name(path), error.strerror or str(error))
    except RecursionError:
        yield Broken(name(path), "nested too deeply")
    except Exception as error:  # noqa: BLE001 - whatever YAML's or a table's parser trips over, the other files go in
        yield Broken(name(path), f"cannot be read ({type(error).__name__})")


def _contents(path: Path, parser: Parser) -> Iterator[Found]:
    suffix, limits = path.suffix.lower(), parser.limits
    if suffix in PAPERS | {".xlsx"}:
        if suffix == ".pdf":
            limits.check(path.stat().st_size)
        else:
            check_archive(path, limits)
        side = side_file(path, limits)
        parsed = parser.parse(suffix[1:], path=str(path.resolve()))
        if suffix == ".xlsx":
            yield from _workbook(path, parsed["sheets"], parsed["hidden"], side)
        else:
            yield document(side, parsed["text"], source=str(path), id=path.stem, title=parsed.get("title"))
        return
    text, encoding = decoded(content(path, limits), markup=suffix in PAGES)
    side = side_file(path, limits)
    if suffix == ".csv":
        yield from _csv(path, text, side)
    elif suffix in (".json", ".jsonl"):
        yield from documents(_objects(text, suffix), side, source=str(path), stem=path.stem)
    else:
        yield _page(path, text, side, parser if suffix in PAGES else None)
    if encoding:
        yield Remark(name(path), f"was read as {encoding}, which it looks like; save it as UTF-8")


def _page(path: Path, text: str, side: dict[str, Any], parser: Parser | None) -> Document:
    meta, body = front_matter(text)
    title = None
    if parser:
        parsed = parser.parse("html", text=body)
        body, title = parsed["text"], parsed["title"]
        if language := parsed["language"]:
            meta = {"language": language, **meta}
    if not body.strip():
        raise ValueError("the file has no text")
    return document({**meta, **side}, body, source=str(path), id=path.stem, title=title)


def _csv(path: Path, text: str, side: dict[str, Any]) -> Iterator[Document | Broken]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    columns = reader.fieldnames or ()
    if "text" not in side and "text" not in columns:
        raise ValueError(f"needs a side file {path.name}.yaml with a template `text: …` that names its columns")
    number = 0
    try:
        for number, row in enumerate(reader, start=2):
            place = f"row {number}"
            if None in row or None in row.values():
                yield Broken(name(path), f"has not as many cells as the head ({len(columns)})", place)
            else:
                yield from documents([(number, place, row)], side, source=str(path), stem=path.stem)
    except csv.Error as error:
        raise Fault(str(error), f"line {reader.line_num}") from error
    if not number:
        raise ValueError("the file has no rows")


def _workbook(path: Path, sheets: list[dict[str, Any]], hidden: list[str], side: dict[str, Any]) -> Iterator[Found]:
    """The rows of a workbook's sheets: of the one that the side file names with `sheet`, or of all that are shown."""
    wanted = side.pop("sheet", None)
    if wanted is not None and str(wanted) not in (names := [s["name"] for s in sheets]):
        raise ValueError(f"has no sheet {wanted!r}; there are {', '.join(names)}")
    chosen = [s for s in sheets if s["rows"] and (s["name"] == str(wanted) or (not wanted and s["name"] not in hidden))]
    if not any(len(s["rows"]) > 1 for s in chosen):
        raise ValueError("the file has no rows")
    for sheet in chosen:
        yield from _sheet(path, sheet, side, several=len(chosen) > 1)
    if not wanted and hidden:
        yield Remark(name(path), f"hidden sheets were left out: {', '.join(hidden)}")


def _sheet(path: Path, sheet: dict[str, Any], side: dict[str, Any], *, several: bool) -> Iterator[Document | Broken]:
    (_, head), *body = sheet["rows"]
    where = f"sheet {sheet['name']}"
    if "text" not in side and "text" not in head:
        reason = f"needs a side file {path.name}.yaml with a template `text: …` that names its columns"
        raise Fault(reason, where if several else "")
    if doubled := {h for h in head if h and head.count(h) > 1}:
        raise Fault(f"has several columns {min(doubled)!r}", where)
    rows = (
        (n, f"{where}, row {n}" if several else f"row {n}", {h: c for h, c in zip(head, cells, strict=False) if h})
        for n, cells in body
    )
    stem = f"{path.stem}-{sheet['name']}" if several else path.stem
    yield from documents(rows, side, source=str(path), stem=stem)


def _objects(text: str, suffix: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """The objects of a JSON file: one for the whole file, a list of them, or one a line."""
    if suffix == ".jsonl":
        lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
        values = [(n, f"line {n}", _json(line, n)) for n, line in lines]
    else:
        whole = _json(text, 1)
        values = [(n, f"object {n}", v) for n, v in enumerate(whole if isinstance(whole, list) else [whole], start=1)]
    if not values:
        raise ValueError("the file has no objects")
    for number, place, value in values:
        if not isinstance(value, dict):
            raise Fault(f"must be an object of fields, not a {type(value).__name__}", place)
        yield number, place, value


def _json(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Fault(error.msg, f"line {line + error.lineno - 1}, column {error.colno}") from error
