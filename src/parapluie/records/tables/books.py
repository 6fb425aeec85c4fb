"""Workbooks cut into rows of text, as a spreadsheet shows them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from parapluie.tables import format_number

_BOOK = "xl/workbook.xml"


def is_book(data: bytes) -> bool:
    """Tell whether a file is a workbook of Excel 2007 or later."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return _BOOK in parts.namelist()
    except zipfile.BadZipFile:
        return False


class DamagedBookError(ValueError):
    """A workbook that cannot be read to its end."""


def sheets(data: bytes, limit: int | None = None) -> list[tuple[str, list[list[str]]]]:
    """Give name and cells of each sheet, the first row of the sheet first.

    Parameters
    ----------
    data : bytes
        The workbook.
    limit : int, optional
        Number of rows of each sheet, where only the beginning is needed.

    Raises
    ------
    DamagedBookError
        If the workbook cannot be read.
    """
    try:
        return list(_sheets(data, limit))
    except Exception as error:  # whatever a damaged file makes the parsers of zip and XML raise
        raise DamagedBookError(str(error)) from error


def _sheets(data: bytes, limit: int | None) -> Iterator[tuple[str, list[list[str]]]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    formulas = _formulas(data)
    try:
        for name in book.sheetnames:
            sheet = book[name]
            if not hasattr(sheet, "iter_rows"):
                continue  # a sheet that is a chart
            sheet.reset_dimensions()  # some tools write wrong ones
            rows = [list(row) for row in sheet.iter_rows(max_row=limit, values_only=True)]
            yield name, _texts(rows, formulas, name)
    finally:
        book.close()


def _texts(rows: Sequence[list[Any]], formulas: Any, name: str) -> list[list[str]]:
    """Write cells as text; a formula whose result the file does not hold stays a formula."""
    found = [[_text(value) for value in row] for row in rows]
    if formulas is not None:
        for cells, plain in zip(found, formulas[name].iter_rows(values_only=True), strict=False):
            for k, value in enumerate(plain):
                if k < len(cells) and not cells[k] and isinstance(value, str):
                    cells[k] = value
    return [_trimmed(cells) for cells in found]


def _formulas(data: bytes) -> Any:
    """Give the workbook with its formulas, if it has any."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = [n for n in parts.namelist() if n.startswith("xl/worksheets/")]
        if not any(b"<f>" in (part := parts.read(n)) or b"<f " in part for n in names):
            return None
    return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any) -> str:
    """Write a cell as text: whole numbers without ``.0``, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format_number(value)
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_\n", "\n")
