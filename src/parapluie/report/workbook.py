"""All tables as one workbook, a sheet a table, the same bytes for the same tables."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parapluie import rounding
from parapluie.report.printed import PrintCell, PrintTable, footnotes
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
    path.write_bytes(without_times(buffer.getvalue()))


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


# --- tables of a manuscript -----------------------------------------------------------------------

_MM_OF_LETTER = 1.9
"""Width of a letter in a cell of a sheet, in mm."""


def write_printed(path: Path, tables: Sequence[PrintTable]) -> None:
    """Write tables of a manuscript, a sheet each: caption, heading that stays, rows, notes."""
    import openpyxl

    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    for table in tables:
        _printed_sheet(book.create_sheet(table.name[:_SHEET]), table)
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(without_times(buffer.getvalue()))


def _printed_sheet(sheet: Any, table: PrintTable) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.cell(1, 1, _as_text(table.title)).font = Font(bold=True)
    _printed_heading(sheet, table)
    given = footnotes(table)
    for i, row in enumerate(table.rows, start=_HEADING + 1):
        for j, cell in enumerate(row, start=1):
            letter = given.get(cell.note, "")
            _printed_cell(sheet.cell(i, j), cell, letter, table.columns[j - 1].align)
    notes = [*table.notes, *(f"{letter} {note}" for note, letter in given.items())]
    for i, note in enumerate(notes, start=_HEADING + len(table.rows) + 2):
        sheet.cell(i, 1, _as_text(note)).font = Font(size=9)
    for j, column in enumerate(table.columns, start=1):
        width = max(5.0, column.wished / _MM_OF_LETTER)
        sheet.column_dimensions[get_column_letter(j)].width = round(width, 1)
    sheet.freeze_panes = sheet.cell(_HEADING + 1, table.fixed + 1)
    sheet.print_title_rows = f"1:{_HEADING}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


_HEADING = 2


def _printed_heading(sheet: Any, table: PrintTable) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side

    rule = Border(bottom=Side("thin"), top=Side("thin"))
    for j, column in enumerate(table.columns, start=1):
        cell = sheet.cell(_HEADING, j, _as_text(column.title))
        cell.font, cell.border = Font(bold=True), rule
        turned = 90 if column.upright else 0
        cell.alignment = Alignment("center" if column.upright else column.align, "bottom", turned,
                                   wrap_text=not column.upright)  # fmt: skip


def _printed_cell(target: Any, cell: PrintCell, letter: str, align: str) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    target.value = _as_text(cell.text) if cell.number is None else cell.number
    if letter:
        target.value = f"{cell.text} ({letter})"
    target.alignment = Alignment(align, "top", wrap_text=True)
    if cell.bold:
        target.font = Font(bold=True)
    if cell.fill:
        target.fill = PatternFill("solid", fgColor=cell.fill.lstrip("#"))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _as_text(text: str) -> str:
    """Give a text that a sheet can hold and does not run as a formula."""
    plain = _CONTROL.sub(" ", text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _value(column: Column, cell: Cell) -> str | float | int | None:
    if not cell.value:
        return cell.title or None
    if column.is_number:
        number = rounding.decimal(cell.value)
        if number is not None:
            return int(number) if number == number.to_integral_value() else float(number)
    return _as_text(cell.value)


def without_times(data: bytes) -> bytes:
    """Give the same document (a zip file of Office) without any time of writing in it."""
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
