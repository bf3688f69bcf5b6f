"""A Word file's text as Markdown: headings, lists and tables in their order; not what it hides, deletes or repeats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from shopassist.knowledge.sources.findings import Fault

_LEVEL = re.compile(r"heading ([1-9])$", re.I)
_LEFT_OUT = {qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


def parse(path: str) -> dict[str, Any]:
    """The file's `text`, and its `title` where its properties hold one."""
    file = Document(path)
    styles = {style.style_id: style.name or "" for style in file.styles}
    text = "\n\n".join(block for block in _blocks(file.element.body, styles) if block)
    if not text:
        raise Fault("the file has no text")
    return {"text": text, "title": (file.core_properties.title or "").strip() or None}


def _blocks(parent: Any, styles: dict[str, str]) -> Iterator[str]:
    for child in parent:
        if child.tag == qn("w:p"):
            yield _paragraph(child, styles)
        elif child.tag == qn("w:tbl"):
            yield _table(child)
        elif child.tag not in _LEFT_OUT:  # frames around blocks: content controls, insertions
            yield from _blocks(child, styles)


def _paragraph(paragraph: Any, styles: dict[str, str]) -> str:
    text = _text(paragraph)
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    name = styles.get(style.get(qn("w:val")), "") if style is not None else ""
    if not text:
        return ""
    if name == "Title":
        return "# " + text.replace("\n", " ")
    if level := _LEVEL.match(name):
        return "#" * min(6, int(level[1])) + " " + text.replace("\n", " ")
    listed = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None or name.startswith("List")
    return f"- {text}" if listed else text


def _text(element: Any) -> str:
    """What a reader of the printed page sees."""
    found: list[str] = []
    _gather(element, found)
    lines = (" ".join(line.split()) for line in "".join(found).split("\n"))
    return "\n".join(line for line in lines if line)


def _gather(element: Any, found: list[str]) -> None:
    for child in element:
        if child.tag == qn("w:t"):
            found.append(child.text or "")
        elif child.tag == qn("w:tab"):
            found.append(" ")
        elif child.tag in (qn("w:br"), qn("w:cr")):
            found.append("\n")
        elif child.tag not in _LEFT_OUT and not (child.tag == qn("w:r") and _hidden(child)):
            _gather(child, found)


def _hidden(run: Any) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return mark is not None and mark.get(qn("w:val")) not in ("0", "false")


def _table(table: Any) -> str:
    rows = []
    above: dict[int, str] = {}
    for row in table.iter(qn("w:tr")):
        cells = _cells(row, above)
        above = dict(enumerate(cells))
        if any(cells):
            rows.append("| " + " | ".join(cells) + " |")
    width = max((row.count("|") - 1 for row in rows), default=0)
    head = ["|" + " |" * width] if width == 2 or len(rows) == 1 else []
    lines = [*head, *rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) if rows else ""


def _cells(row: Any, above: dict[int, str]) -> list[str]:
    """A row's texts by column; a cell that goes over several columns, or on below the row `above`, stands in each.

    One that is a row by itself stands there once: a remark, not a value of every column.
    """
    own = row.findall(qn("w:tc"))
    cells: list[str] = []
    for cell in own:
        span, merged = (cell.find(f"{qn('w:tcPr')}/{qn(name)}") for name in ("w:gridSpan", "w:vMerge"))
        text = " ".join(_text(cell).split()).replace("|", "｜")
        if merged is not None and merged.get(qn("w:val")) != "restart":
            text = text or above.get(len(cells), "")
        count = span.get(qn("w:val")) or "" if span is not None and len(own) > 1 else ""
        cells += [text] * (min(int(count), 100) if count.isascii() and count.isdigit() else 1)
    return cells
