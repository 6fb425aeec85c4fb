"""All tables as one workbook, a sheet a table, the same bytes for the same tables."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parapluie import rounding
from parapluie.report.table import Cell, Column, Table

_FIXED = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_FORMULA = ("=", "+", "-", "@")
_SHEET = 31
_WIDEST = 60


def write(path: Path, tables: Sequence[Table]) -> None:
    """Write a workbook without any time of writing in it."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for table in tables:
        _sheet(book, table)
    if not tables:
        book.create_sheet("empty")
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(_without_times(buffer.getvalue()))


def _sheet(book: Any, table: Table) -> None:
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(table.name[:_SHEET])
    sheet.freeze_panes = "A2"
    for i, column in enumerate(table.columns, start=1):
        longest = max((len(row[i - 1].value) for row in table.rows), default=0)
        width = min(_WIDEST, max(10, longest + 2, len(column.name) + 2))
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.append([column.name for column in table.columns])
    for row in table.rows:
        sheet.append([_value(c, cell) for c, cell in zip(table.columns, row, strict=True)])


def _value(column: Column, cell: Cell) -> str | float | int | None:
    if not cell.value:
        return cell.title or None
    if column.is_number:
        number = rounding.decimal(cell.value)
        if number is not None:
            return int(number) if number == number.to_integral_value() else float(number)
    text = cell.value
    return f"'{text}" if text.startswith(_FORMULA) else text


def _without_times(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            info = zipfile.ZipInfo(name, _FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            new.writestr(info, content)
    return out.getvalue()
