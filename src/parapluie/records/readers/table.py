"""Tables: CSV, TSV and workbooks of databases and screening tools, and others by a mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parapluie.errors import Problem, raise_if
from parapluie.records.scan import Scan, decode
from parapluie.records.tables import books, columns, damage
from parapluie.records.tables.blocks import RowBlock, Sheet, bare, blocks_of, taken
from parapluie.records.tables.dialects import MAPPED, PLAIN, by_name
from parapluie.records.tables.found import (
    DELIMITERS,
    RULES,
    Recognise,
    first_rows,
    in_file,
    in_rows,
    in_text,
)
from parapluie.records.tables.lines import QUOTE_IN_CELL, UNQUOTED, Row, rows_of
from parapluie.records.tables.mapping import (
    TableMapping,
    mapping_of,
    missing_headers,
    unknown_rows,
)
from parapluie.records.tables.names import GLUED
from parapluie.records.tables.refused import no_results
from parapluie.records.tables.refused import refusal as refusal  # asked where no reader fits

NAME = "table (CSV, TSV, XLSX)"
ENDINGS = (".csv", ".tsv", ".xlsx", ".xls")
PRIORITY = 90  # after every format with marks of its own

REPAIRS: Mapping[str, str] = {
    "header_again": "the header stood in the table again; it was passed over",
    QUOTE_IN_CELL: "a quote inside a cell was not doubled; it was kept as text",
    UNQUOTED: "the table has no quoted cells; a quote was kept as text",
    "fused_tags": "tags of RIS stood in a cell; they were cut apart",
    "names_by_capitals": "names of authors stood without a blank between; cut at capitals",
    "other_sheet": "the workbook has another sheet with records, which was not read",
    **damage.MEANINGS,
}
"""What each code of a repair means."""

_FUSED = re.compile(r"\s{3,}([A-Z][A-Z0-9]{1,3})  - ")


def sniff(data: bytes, text: str) -> bool:
    """Tell whether a file is a table with a known header, or plain names, and rows below it."""
    start = in_file(data, text)
    return start is not None and no_results(data, text, start) is None


def scan(data: bytes) -> Scan[RowBlock]:
    """Find the records of a table; row numbers are lines of the text, or rows of the sheet."""
    return _scan(data, TableMapping())


def read(scanned: Scan[RowBlock]) -> list[dict[str, list[str]]]:
    """Give header and cells of each record; the block takes what a spreadsheet did to them."""
    return [_entry(block) for block in scanned.blocks]


def dialect(scanned: Scan[RowBlock]) -> str:
    """Name the tool that wrote the table; ``table`` where only plain names tell."""
    return scanned.dialect


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    return columns.row(values, by_name().get(dialect) or by_name()[PLAIN], source)


# --- a table that a team mapped -------------------------------------------------------------------


def read_mapping(path: Path, shown: str) -> TableMapping:
    """Read the mapping that stands beside an export.

    Parameters
    ----------
    path : Path
        The mapping, ``FILE.mapping.yaml``.
    shown : str
        Its name in messages.

    Raises
    ------
    InputError
        With every fault of the mapping.
    """
    mapping, problems = mapping_of(shown, path.read_bytes())
    raise_if(problems)
    assert mapping is not None  # a mapping without a problem
    return mapping


def with_mapping(mapping: TableMapping) -> MappedReader:
    """Give a reader of tables in which a mapping says what each column is."""
    return MappedReader(mapping)


@dataclass(frozen=True)
class MappedReader:
    """The reader of one table, by the mapping beside it (see `readers.Reader`)."""

    mapping: TableMapping

    NAME = "table with a mapping"
    PRIORITY = 0
    REPAIRS = REPAIRS

    def sniff(self, data: bytes, text: str) -> bool:
        """Take the file: the mapping says that it is a table."""
        return True

    def scan(self, data: bytes) -> Scan[RowBlock]:
        """Find the records; what the mapping names and the file has not is a problem."""
        return _scan(data, self.mapping)

    def read(self, scanned: Scan[RowBlock]) -> list[dict[str, list[str]]]:
        """Give header and cells of each record."""
        return read(scanned)

    def dialect(self, scanned: Scan[RowBlock]) -> str:
        """Give ``mapped``."""
        return MAPPED

    def row(self, values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
        """Make the columns of one record."""
        return columns.row(values, self.mapping.dialect, source)


# --- scanning -------------------------------------------------------------------------------------


def _scan(data: bytes, mapping: TableMapping) -> Scan[RowBlock]:
    try:
        found = _scan_book(data, mapping) if books.is_book(data) else _scan_text(data, mapping)
    except books.DamagedBookError as error:
        mend = "Open it, save it anew as .xlsx, or as CSV."
        problem = Problem("", f"a workbook that cannot be read: {error}", "a whole file", mend)
        return Scan("", "xlsx", problems=[problem])
    if not found.blocks and not found.problems:
        found.problems.append(
            Problem("", "a table with a header but no rows", "at least one record",
                    "Export the search again, with its records.")
        )  # fmt: skip
    return found


def _scan_text(data: bytes, mapping: TableMapping) -> Scan[RowBlock]:
    text, encoding = mapping.decode(data) or decode(data)
    found: Scan[RowBlock] = Scan(text, encoding)
    lines = text.split("\n")
    delimiters = [mapping.separator] if mapping.separator else DELIMITERS
    start = in_text(lines, _rules(mapping), delimiters, mapping.header_row)
    if start is None:
        found.problems = missing_headers(mapping, first_rows(lines, delimiters, mapping.header_row))
        return found
    sheet = Sheet(start, lines)
    before = [line for line in lines[: start.line - 1] if line.strip()]
    found.header = "\n".join(lines[: start.last])
    found.n_junk = len(before)
    rows = rows_of(lines, start.last, start.delimiter, sheet.fits, sheet.is_record)
    _take(found, sheet, blocks_of(sheet, rows, before, mapping.ignore_rows))
    found.problems.extend(unknown_rows(mapping, [row.first for row in rows]))
    return found


def _rules(mapping: TableMapping) -> Sequence[Recognise]:
    return [mapping.recognise] if mapping.dialect.headers else RULES


def _scan_book(data: bytes, mapping: TableMapping) -> Scan[RowBlock]:
    """Read the first sheet whose header is known; others with records are named."""
    every = dict(books.sheets(data))
    named = {n: c for n, c in every.items() if mapping.sheet in ("", n)}
    found: Scan[RowBlock] = Scan(_as_text(every), "xlsx")
    starts = {n: s for n, c in named.items()
              if (s := in_rows(c, _rules(mapping), mapping.header_row))}  # fmt: skip
    if not starts:
        found.problems = _no_sheet(mapping, every, named)
        return found
    name = min(starts, key=lambda n: starts[n].dialect.name == PLAIN)  # the first of a tool
    start, cells = starts[name], every[name]
    others = [f"{n!r} ({len(every[n]) - s.line} rows)" for n, s in starts.items() if n != name]
    found.encoding = f"xlsx, sheet {name!r}"
    if others:
        found.repairs.append((1, "other_sheet"))
        found.encoding += f"; not read: {', '.join(others)}"
    found.n_junk = sum(1 for c in cells[: start.line - 1] if any(c))
    rows = [Row(c, n, n) for n, c in enumerate(cells[start.line :], start=start.line + 1)]
    sheet = Sheet(start, None)
    _take(found, sheet, blocks_of(sheet, rows, (), mapping.ignore_rows))
    found.problems.extend(unknown_rows(mapping, [row.first for row in rows]))
    return found


def _as_text(every: Mapping[str, list[list[str]]]) -> str:
    return "\n".join("\t".join(cells) for rows in every.values() for cells in rows)


def _no_sheet(
    mapping: TableMapping,
    every: Mapping[str, list[list[str]]],
    named: Mapping[str, list[list[str]]],
) -> list[Problem]:
    if not named:
        return [
            Problem(mapping.shown, repr(mapping.sheet), ", ".join(map(repr, every)),
                    "Write the name of the sheet as it stands in the workbook.",
                    mapping.lines.get(("sheet",)), "sheet")
        ]  # fmt: skip
    only = mapping.header_row
    rows = [c for cells in named.values() for c in (cells[only - 1 : only] if only else cells[:60])]
    return missing_headers(mapping, rows)


def _take(found: Scan[RowBlock], sheet: Sheet, blocks: list[RowBlock]) -> None:
    found.blocks = blocks
    found.dialect = sheet.dialect.name
    found.n_junk += sheet.junk
    found.repairs.extend(sheet.repairs)
    found.problems.extend(sheet.problems)
    if sheet.dialect.name in (PLAIN, MAPPED):
        found.remarks["columns_taken"] = taken(sheet)


# --- reading --------------------------------------------------------------------------------------


def _entry(block: RowBlock) -> dict[str, list[str]]:
    """Give header and cells of a record, and note what happened to them."""
    values: dict[str, list[str]] = {}
    noted: dict[str, None] = {}
    for (name, roles, numbered), cell in zip(block.sheet.columns, block.cells, strict=False):
        value = bare(cell)
        if not value:
            continue
        if (numbered and len(value) <= damage.SHORT) or len(value) == damage.LIMIT:
            noted.update(dict.fromkeys(damage.codes(value, roles)))
        if name in values:
            values[name].append(value)
        else:
            values[name] = [value]
    return _mended(block, values, noted)


def _mended(
    block: RowBlock, values: dict[str, list[str]], noted: dict[str, None]
) -> dict[str, list[str]]:
    """Cut apart what the tool of the table fuses, and hand the notes to the block."""
    dialect = block.sheet.dialect
    if dialect.fused_tags:
        values = _cut_apart(values, noted)
    if dialect.separators.get("authors") == GLUED and any(
        "authors" in block.sheet.roles[n] for n in values
    ):
        noted["names_by_capitals"] = None
    if noted:
        known = {code for _, code in block.repairs}
        block.repairs.extend((block.line_first, code) for code in noted if code not in known)
    return values


def _cut_apart(values: dict[str, list[str]], noted: dict[str, None]) -> dict[str, list[str]]:
    """Cut tags of RIS out of cells, and lists as Rayyan writes them, ``["a", "b"]``."""
    found: dict[str, list[str]] = {}
    for name, cells in values.items():
        for cell in (one for value in cells for one in _listed(value)):
            first, *rest = _FUSED.split(cell) if "  - " in cell else [cell]
            found.setdefault(name, []).append(first.strip())
            for tag, part in zip(rest[::2], rest[1::2], strict=True):
                noted["fused_tags"] = None
                found.setdefault(tag, []).append(part.strip())
    return {name: kept for name, cells in found.items() if (kept := [c for c in cells if c])}


def _listed(value: str) -> list[str]:
    if not value.startswith('["'):
        return [value]
    try:
        found = json.loads(value)
    except ValueError:
        return [value]
    return found if all(isinstance(v, str) for v in found) else [value]
