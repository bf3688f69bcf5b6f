"""The sheets of a workbook: rows with their numbers, the first one its head."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from shopassist.knowledge.sources.findings import Fault
from shopassist.knowledge.sources.records import shown


def parse(path: str) -> dict[str, Any]:
    """The `sheets`, each with its name and its rows: pairs of a number and cells; and the names of `hidden` ones.

    Blank rows are left out, and sheets that hold only a chart.
    """
    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise Fault("is protected by a password; save it without one") from error
    tables = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    return {
        "sheets": [_sheet(book, s.name) for s in tables],
        "hidden": [s.name for s in tables if s.visible != SheetVisibleEnum.Visible],
    }


def _sheet(book: Any, name: str) -> dict[str, Any]:
    rows = []
    for number, cells in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1):
        texts = [str(c) if isinstance(c, timedelta) else shown(c).strip() for c in cells]
        if any(texts):
            rows.append((number, texts))
    return {"name": name, "rows": rows}
