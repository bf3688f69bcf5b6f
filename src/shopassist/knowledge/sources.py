"""Files into documents: Markdown, HTML, CSV, plain text; PDF and DOCX by an extra.

What is known about a document stands in its front matter or in a side file, which has the file's whole name plus
``.yaml`` (``faq.csv.yaml``). For a CSV it holds templates with the columns in braces: each row becomes one document.

What nearly is front matter makes the file broken: read as text, a page that it keeps from the public would be shown.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shopassist.errors import DocumentError
from shopassist.knowledge.documents import FIELDS, Document, document
from shopassist.knowledge.loaders import LOADERS, load
from shopassist.text import clean, fold

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".csv", ".txt", *LOADERS})
_BOILERPLATE = ["script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg"]
_OPENING = re.compile(r"^\s*---[^\S\n]*(?:\n|$)")
_CLOSING = re.compile(r"\n---[^\S\n]*(?:\n|$)")
_FIELD = rf"[^\S\n]*[\"']?(?:{'|'.join(FIELDS)})[\"']?[^\S\n]*[:：=]"
_NEARLY = re.compile(rf"^\s*(?:[-–—－+]{{2,}}+[^\n]*\n(?:[^\S\n]*+\S[^\n]*\n){{0,40}}?{_FIELD})", re.I)
_HIDING = re.compile(r"^[^\S\n]*public[^\S\n]*[:：=][^\S\n]*(?:false|no|off)[^\S\n]*$", re.I | re.M)
_BLOCKS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "table", "blockquote", "pre", "dt", "dd"]
_CONTAINERS = ["div", "section", "figure", "details"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that could not be taken, and why."""

    source: str
    reason: str


def files(paths: Iterable[Path]) -> list[Path]:
    """All files under the paths that can be read, sorted; side files belong to their file and hidden ones are left out.

    Raises `DocumentError` for a path that does not exist or a file of an unknown kind that was named outright.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(p for p in _inside(path) if _is_page(p))
        elif not exists(path):
            raise DocumentError(f"{name(path)} does not exist")
        elif path.suffix.lower() in SUFFIXES:
            found.add(path)
        else:
            raise DocumentError(f"{name(path)} is of an unknown kind; known are {', '.join(sorted(SUFFIXES))}")
    return sorted(found)


def skipped(paths: Iterable[Path]) -> list[Path]:
    """What `files` passes over in folders, sorted: unknown kinds, links to folders, side files without their file."""
    inner = {p for path in paths if path.is_dir() for p in _inside(path)}
    return sorted(p for p in inner if not (_is_page(p) or _is_side_file(p) or (p.is_dir() and not p.is_symlink())))


def exists(path: Path) -> bool:
    """Whether there is something. Raises `DocumentError` where that cannot be told: no permission to look."""
    try:
        return path.exists()
    except OSError as error:
        raise DocumentError(f"{name(path)}: {error.strerror or error}") from error


def name(path: Path) -> str:
    """A path as a text that can be printed and stored, whatever bytes the file system gave it."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def check_name(path: Path) -> None:
    """Raises `DocumentError` for a file or folder whose name is not UTF-8: the index could not name it."""
    try:
        whole = path.resolve()
    except (OSError, RuntimeError) as error:
        raise DocumentError(f"{name(path)}: a link that leads nowhere") from error
    if name(whole) != str(whole):
        raise DocumentError(f"{name(path)}: its name, or a folder's above it, is not UTF-8; rename it")


def _inside(folder: Path) -> Iterator[Path]:
    """All that a folder holds, but nothing hidden."""
    return (p for p in folder.rglob("*") if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _is_side_file(path: Path) -> bool:
    return path.suffix == ".yaml" and _is_page(path.with_suffix(""))


def read(path: Path) -> Iterator[Document]:
    """The documents of one file. Raises `DocumentError` that names the file, the place in it and the reason."""
    check_name(path)
    try:
        suffix = path.suffix.lower()
        loaded = suffix in LOADERS
        text = load(path) if loaded else clean(path.read_text("utf-8-sig"))
        side = _side_file(path)
        meta, body = ({}, text) if loaded or suffix == ".csv" else _front_matter(text)
        match suffix:
            case ".csv":
                yield from _rows(path, body, side)
            case ".html" | ".htm":
                yield _html(path, body, {**meta, **side})
            case _:
                if not body.strip():
                    raise ValueError("the file has no text")
                yield document({**meta, **side}, body, source=str(path), id=path.stem)
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"line {place.line + 1}: " if place else ""
        problem = getattr(error, "problem", None) or "the metadata are no YAML"
        raise DocumentError(f"{path}: {where}{problem}") from error
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply") from error
    except Exception as error:  # whatever YAML's or HTML's parser trips over, the other files go in
        raise DocumentError(f"{path}: cannot be read ({type(error).__name__})") from error


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    opening = _OPENING.match(text)
    meta, body = {}, text
    if opening:
        end = _CLOSING.search(text, max(0, opening.end() - 1))
        if not end:
            raise ValueError("the front matter opens with --- and is not closed by a line with ---")
        above = "\n" * text.count("\n", 0, opening.end())  # keeps the line numbers
        meta, body = _mapping(above + text[opening.end() : end.start()]), text[end.end() :]
    if (not opening and _NEARLY.match(text)) or ("public" not in meta and _HIDING.search(text)):
        raise ValueError("what looks like front matter is none; it stands first, between two lines of ---")
    return meta, body


def _side_file(path: Path) -> dict[str, Any]:
    side = path.with_name(path.name + ".yaml")
    return _mapping(clean(side.read_text("utf-8-sig"))) if side.exists() else {}


class _Loader(yaml.SafeLoader):
    """YAML whose dates stay texts, so that a wrong one is named with its field."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(text: str) -> dict[str, Any]:
    value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("the metadata must be lines of `name: value`")
    return {str(k): v for k, v in value.items()}


def _rows(path: Path, text: str, side: dict[str, Any]) -> Iterator[Document]:
    template = side.pop("text", None)
    if not isinstance(template, str):
        raise ValueError(f"a CSV needs a side file {path.name}.yaml with a template `text: …` that names its columns")
    reader = csv.DictReader(io.StringIO(text), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=2):
            if None in row or None in row.values():
                raise ValueError(f"row {number} has not as many cells as the head ({len(reader.fieldnames or ())})")
            source = f"{path}#{number}"
            meta = {k: _fill(v, row, number) for k, v in side.items()}
            if row.get("tags") and "tags" not in side:
                meta["tags"] = [t.strip() for t in row["tags"].replace(";", ",").split(",")]
            yield document(meta, _fill(template, row, number), source=source, id=f"{path.stem}-{number}")
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error
    if not number:
        raise ValueError("the file has no rows")


def _fill(template: Any, row: dict[str, str], number: int) -> Any:
    if not isinstance(template, str):
        return template
    try:
        return template.format_map(row)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"row {number}: the template {template!r} names no column of the file ({error})") from error


def _html(path: Path, text: str, side: dict[str, Any]) -> Document:
    from bs4 import BeautifulSoup

    page = BeautifulSoup(text, "html.parser")
    meta: dict[str, Any] = {}
    if page.html and (language := fold(str(page.html.get("lang") or ""))):
        meta["language"] = language.partition("-")[0]
    title = page.title.get_text(" ", strip=True) if page.title else None
    for tag in page.find_all(_BOILERPLATE):
        tag.decompose()
    main = page.find("main") or page.find("article") or page.body or page
    body = "\n\n".join(filter(None, (_block(b) for b in main.find_all(_is_block) if b.find_parent(_BLOCKS) is None)))
    if not body:
        body = main.get_text("\n", strip=True)
    if not body.strip():
        raise ValueError("the page has no text outside its navigation")
    return document({**meta, **side}, body, source=str(path), id=path.stem, title=title)


def _is_block(tag: Any) -> bool:
    """A block, or a container that holds text and no block."""
    return tag.name in _BLOCKS or (tag.name in _CONTAINERS and not tag.find([*_BLOCKS, *_CONTAINERS]))


def _block(tag: Any) -> str:
    """One block of a page as Markdown."""
    if tag.name == "table":
        rows = [[c.get_text(" ", strip=True) for c in r.find_all(["th", "td"])] for r in tag.find_all("tr")]
        rows = [r for r in rows if r]
        lines = ["| " + " | ".join(r) + " |" for r in rows]
        return "\n".join([*lines[:1], "|" + " --- |" * len(rows[0]), *lines[1:]]) if rows else ""
    text = " ".join(tag.get_text(" " if tag.find(_BLOCKS) else "").split())
    if not text:
        return ""
    if tag.name[0] == "h" and tag.name[1:].isdigit():
        return "#" * int(tag.name[1:]) + " " + text
    return f"- {text}" if tag.name == "li" else text
