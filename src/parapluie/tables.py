"""The one reader and writer of tables.

Written: CSV in UTF-8 with LF, one header row, rows sorted, full precision, text that a spreadsheet
would run as a formula escaped by an apostrophe. Read: as text first, then converted by the schema
of the table; what Excel does to a file (BOM, CRLF, ``;``, tabs, decimal comma, the Unicode minus)
is accepted with a note. Row numbers are those that a spreadsheet shows (header = row 1).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from parapluie import rating_sheets
from parapluie.errors import Problem, raise_if
from parapluie.schema import ABSENT_CODES, TableSchema, explain, table_schema

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

ROW = "_row"
"""Column of a frame that holds the row number which a spreadsheet shows."""

_FORMULA_START = ("=", "+", "-", "@")
_COPY = re.compile(r"( \(\d+\)|conflicted copy|Kopie| - Copy)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_MINUS = str.maketrans({"−": "-", "–": "-"})
csv.field_size_limit(2**31 - 1)  # a cell may hold a whole list of references


@dataclass
class Table:
    """A table as text: what stood in the file, before its schema is applied.

    Parameters
    ----------
    shown : str
        Name of the file in messages and traces, relative to the review folder.
    columns : list of str
        The header.
    rows : list of dict
        Column to text, one dict a row.
    numbers : list of int
        The spreadsheet row number of each row.
    notes : list of str
        What was accepted although it departs from the written form.
    problems : list of Problem
        Faults of form.
    about : dict
        What stands above the columns of a sheet of ratings; the review goes to every row.
    header_row : int
        Rows above the columns.
    """

    shown: str
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    delimiter: str = ","
    about: dict[str, str] = field(default_factory=dict)
    header_row: int = 0


def locate(folder: Path, stem: str) -> Path | None:
    """Find a table as CSV, TSV or workbook; ``None`` if there is none."""
    for ending in (".csv", ".tsv", ".xlsx"):
        path = folder / f"{stem}{ending}"
        if path.is_file():
            return path
    return None


def is_copy(path: Path) -> bool:
    """Tell whether a file name is that of a stray copy, as sync tools and browsers make them."""
    return bool(_COPY.search(path.stem))


# --- reading as text ------------------------------------------------------------------------------


def read_text(path: Path, shown: str | None = None, sheet: str | None = None) -> Table:
    """Read a table as text, whatever its dialect.

    Parameters
    ----------
    path : Path
        A ``.csv``, ``.tsv`` or ``.xlsx`` file; of a workbook the sheet named like the file is read,
        the sheet ``rating``, or its only sheet.
    shown : str, optional
        Name in messages; default the path as given.
    sheet : str, optional
        Another sheet of the workbook.

    Returns
    -------
    Table
        Faults of form are in ``problems``; nothing is raised.
    """
    table = Table(shown or path.as_posix())
    if is_copy(path):
        table.problems.append(
            Problem(
                table.shown,
                "a name that a copy has",
                "one file per table",
                "Keep one of the copies under the plain name.",
            )
        )
    if path.suffix == ".xlsx":
        _fill(table, _sheet_cells(table, path, sheet))
    else:
        _fill(table, _csv_cells(table, path.read_bytes()))
    return table


def _csv_cells(table: Table, data: bytes) -> list[list[str]]:
    text = _decode(table, data)
    if text is None:
        return []
    if "\r" in text:
        table.notes.append("line ends other than LF")
    first = text.split("\n", 1)[0]
    table.delimiter = max(",;\t", key=first.count) if first else ","
    if table.delimiter != ",":
        table.notes.append(f"columns separated by {'tab' if table.delimiter == chr(9) else ';'}")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter))


def csv_rows(
    lines: Iterable[str], delimiter: str = ",", strict: bool = False
) -> Iterator[tuple[list[str], int]]:
    """Cut lines of text into rows; give the cells of each and the number of lines read so far.

    Parameters
    ----------
    lines : iterable of str
        The text, with or without line ends.
    delimiter : str
        What separates cells.
    strict : bool
        Whether quotes must be as RFC 4180 describes them.

    Raises
    ------
    ValueError
        If they are not; the rows before have been given.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=strict)
    try:
        for cells in reader:
            yield cells, reader.line_num
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _decode(table: Table, data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        table.problems.append(
            Problem(
                table.shown,
                f"byte 0x{data[error.start]:02x}",
                "text in UTF-8",
                "Save the file as 'CSV UTF-8'.",
                row=row,
            )
        )
        return None
    if text.startswith("\ufeff"):
        table.notes.append("byte order mark")
        text = text[1:]
    return text


def _sheet_cells(table: Table, path: Path, sheet: str | None = None) -> list[list[str]]:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError):
        mend = "Open it in a spreadsheet and save it again as .xlsx."
        table.problems.append(Problem(table.shown, "a file that is no workbook", ".xlsx", mend))
        return []
    wanted = (sheet,) if sheet else (path.stem, rating_sheets.SHEET)
    name = next((n for n in wanted if n in book.sheetnames), None)
    if name is None and not sheet and len(book.sheetnames) == 1:
        name = book.sheetnames[0]
    if name is None:
        table.problems.append(
            Problem(
                table.shown,
                f"sheets {', '.join(book.sheetnames)}",
                f"a sheet named {wanted[0]}",
                "Rename the sheet that holds this table, or name another one.",
            )
        )
        return []
    cells = [[_cell_text(v) for v in row] for row in book[name].iter_rows(values_only=True)]
    book.close()
    if name == rating_sheets.SHEET:
        table.about, table.header_row = rating_sheets.split(cells)
    return cells


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format_number(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)


def _fill(table: Table, cells: list[list[str]]) -> None:
    """Split cells into header and rows; empty rows are passed over but counted."""
    if not cells:
        if not table.problems:
            table.problems.append(
                Problem(table.shown, "an empty file", "a header row", "Write the header row.")
            )
        return
    head = table.header_row
    table.columns = [c.strip() for c in cells[head]]
    while table.columns and not table.columns[-1]:
        table.columns.pop()
    table.problems.extend(_header_problems(table))
    for number, row in enumerate(cells[head + 1 :], start=head + 2):
        if not "".join(row).strip():
            continue
        if len(row) > len(table.columns) and "".join(row[len(table.columns) :]).strip():
            table.problems.append(
                Problem(
                    table.shown,
                    f"{len(row)} cells",
                    f"{len(table.columns)} cells, as in the header",
                    "Quote cells that hold the separator, or add a header.",
                    row=number,
                )
            )
        padded = [v if v.isalnum() else _unescape(v) for v in row]
        padded += [""] * (len(table.columns) - len(row))
        table.rows.append(dict(zip(table.columns, padded, strict=False)))
        table.numbers.append(number)
    _add_review(table)


def _add_review(table: Table) -> None:
    """Write the review that a sheet of ratings is about into each of its rows."""
    if "review_id" in table.about and "review_id" not in table.columns:
        table.columns.insert(0, "review_id")
        table.rows = [{"review_id": table.about["review_id"], **row} for row in table.rows]


def _header_problems(table: Table) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for column in table.columns:
        if column in seen:
            problems.append(
                Problem(
                    table.shown,
                    f"column {column!r} twice",
                    "each column once",
                    "Rename or remove one.",
                    row=1,
                )
            )
        seen.add(column)
    return problems


def _unescape(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == "'" and text[1] in _FORMULA_START:
        return text[1:]
    return text


def parse_number(text: str, delimiter: str = ",") -> float | None:
    """Read a number as people type it; ``None`` if it is none.

    A decimal comma is accepted only where the comma does not separate the columns.
    """
    text = text.translate(_MINUS).strip()
    if delimiter != "," and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# --- checking against the schema ------------------------------------------------------------------


def problems_of(table: Table, schema: TableSchema) -> list[Problem]:
    """Check a table against its schema: header, cells, unique keys; every fault, one by one."""
    problems = list(table.problems)
    missing = [c for c in schema.header if c not in table.columns] if table.columns else []
    problems.extend(
        Problem(
            table.shown,
            f"no column {c}",
            ", ".join(schema.columns),
            f"Add the column {c} to the header.",
            row=1,
            column=c,
        )
        for c in missing
    )
    if not schema.is_open:
        problems.extend(
            Problem(
                table.shown,
                f"unknown column {c!r}",
                ", ".join(schema.columns),
                "Correct the spelling or remove the column.",
                row=1,
                column=c,
            )
            for c in table.columns
            if c and c not in schema.columns
        )
    for row, number in zip(table.rows, table.numbers, strict=True):
        problems.extend(_row_problems(table, row, number, schema, missing))
    problems.extend(_key_problems(table, schema))
    return problems


def _row_problems(
    table: Table, row: Mapping[str, str], number: int, schema: TableSchema, missing: Sequence[str]
) -> list[Problem]:
    instance = _instance(row, schema, table.delimiter)
    if schema.validator.is_valid(instance):
        return []
    problems = []
    for error in schema.validator.iter_errors(instance):
        if error.instance_path:
            column = str(error.instance_path[0])
            allowed, mend = explain(error, schema.columns.get(column, {}))
            problems.append(
                Problem(table.shown, repr(row.get(column, "")), allowed, mend, number, column)
            )
            continue
        problems.extend(
            Problem(
                table.shown,
                "an empty cell" if c in table.columns else f"no column {c}",
                _needed(schema, c),
                "Fill in the cell.",
                number,
                c,
            )
            for c in schema.required
            if c not in instance and c not in missing
        )
    return list(dict.fromkeys(problems))


def _needed(schema: TableSchema, column: str) -> str:
    from parapluie.schema import _allowed

    part = schema.columns.get(column, {})
    return str(part.get("x-allowed") or _allowed(part) or "a value")


def _instance(row: Mapping[str, str], schema: TableSchema, delimiter: str) -> dict[str, Any]:
    """Turn a row of text into what the schema checks; absent cells are left out."""
    instance: dict[str, Any] = {}
    numeric = schema.numeric()
    for column, text in row.items():
        if not text or (text in ABSENT_CODES and column not in schema.required):
            continue
        if column in numeric:
            value = parse_number(text, delimiter)
            instance[column] = (
                text if value is None else (int(value) if value == int(value) else value)
            )
        elif schema.columns.get(column, {}).get("x-list"):
            instance[column] = split_list(text)
        else:
            instance[column] = text
    return instance


def _key_problems(table: Table, schema: TableSchema) -> list[Problem]:
    first: dict[tuple[str, ...], int] = {}
    problems = []
    for row, number in zip(table.rows, table.numbers, strict=True):
        key = tuple(row.get(c, "") for c in schema.key)
        if not any(key):
            continue
        if key in first:
            problems.append(
                Problem(
                    table.shown,
                    f"{', '.join(key)!r}, which row {first[key]} has already",
                    "each once",
                    "Correct one of the two rows.",
                    number,
                    ", ".join(schema.key),
                )
            )
        else:
            first[key] = number
    return problems


# --- frames ---------------------------------------------------------------------------------------


def frame(table: Table, schema: TableSchema | None = None) -> pd.DataFrame:
    """Make a frame of a table.

    Text columns hold ``str`` (``""`` where the cell is empty); columns of numbers hold ``float``
    (``NaN`` where absent, and the code of absence in ``COLUMN__absent``: ``""``,
    ``NR`` or ``NA``). Every column of the schema is there. The column ``_row`` holds row numbers.
    """
    import pandas as pd

    columns = list(schema.columns) if schema else []
    columns += [c for c in table.columns if c and c not in columns]
    data: dict[str, Any] = {c: [row.get(c, "") for row in table.rows] for c in columns}
    numeric = schema.numeric() if schema else set()
    out: dict[str, Any] = {ROW: pd.Series(table.numbers, dtype="int64")}
    for column, values in data.items():
        if column in numeric:
            numbers = [parse_number(v, table.delimiter) for v in values]
            out[column] = pd.Series(
                [math.nan if n is None else n for n in numbers], dtype="float64"
            )
            out[f"{column}__absent"] = pd.Series(
                [v if n is None else "-" for v, n in zip(values, numbers, strict=True)],
                dtype="object",
            )
        else:
            out[column] = pd.Series(values, dtype="object")
    return pd.DataFrame(out)


def absence(data: pd.DataFrame, column: str) -> pd.Series[str]:
    """Give for each row why a number is absent (``""`` where it is there)."""
    return data[f"{column}__absent"].map(lambda code: ABSENT_CODES.get(code, ""))


def read(path: Path | None, name: str, shown: str | None = None) -> pd.DataFrame:
    """Read a human table through its schema.

    Parameters
    ----------
    path : Path or None
        ``None`` stands for an optional table that is not there: a frame without rows.
    name : str
        Name of the schema, as in ``extraction/effects``.
    shown : str, optional
        Name in messages.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    schema = table_schema(name)
    if path is None:
        return frame(Table(shown or name), schema)
    table = read_text(path, shown)
    raise_if(problems_of(table, schema))
    return frame(table, schema)


def read_rows(path: Path, name: str, shown: str | None = None) -> list[dict[str, Any]]:
    """Read a human table through its schema, row by row: as `read`, for what must start fast.

    Numbers are ``float``, NaN where absent.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    schema = table_schema(name)
    table = read_text(path, shown)
    raise_if(problems_of(table, schema))
    return [
        typed_row(row, n, schema, table.delimiter)
        for row, n in zip(table.rows, table.numbers, strict=True)
    ]


def typed_row(
    row: Mapping[str, str], number: int, schema: TableSchema, delimiter: str = ","
) -> dict[str, Any]:
    """Give a row with every column of its schema, numbers as ``float``, its number as ``_row``."""
    found: dict[str, Any] = {**dict.fromkeys(schema.columns, ""), **row, ROW: number}
    for column in schema.numeric() & found.keys():
        value = parse_number(found[column], delimiter)
        found[column] = math.nan if value is None else value
    return found


def read_result(path: Path, numbers: Iterable[str] = ()) -> pd.DataFrame:
    """Read a table that a stage wrote: text, with the named columns as ``float``."""
    import pandas as pd

    data = frame(read_text(path)).drop(columns=ROW)
    for column in numbers:
        data[column] = pd.to_numeric(data[column].replace("", None)).astype("float64")
    return data


def scan(
    path: Path, engine: duckdb.DuckDBPyConnection, columns: Sequence[str] = ()
) -> duckdb.DuckDBPyRelation:
    """Read a table that a stage wrote without holding it in memory: every cell as text.

    Parameters
    ----------
    path : Path
        The table.
    engine : DuckDBPyConnection
        Reads it whenever the relation is asked.
    columns : sequence of str
        Only these, as far as they are there; all when empty.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        there = [name.strip() for name in next(csv.reader(file), [])]
    read = _sql_text(path.as_posix())
    types = ", ".join(f"{_sql_text(name)}: 'VARCHAR'" for name in there)
    kept = [c for c in there if not columns or c in columns]
    cells = ", ".join(f'{_sql_unescaped(c)} as "{c}"' for c in kept)
    return engine.sql(
        f"select {cells} from read_csv({read}, header = true, auto_detect = false, delim = ',',"
        f" quote = '\"', escape = '\"', columns = {{{types}}},"
        " max_line_size = 4000000, buffer_size = 8000000, null_padding = false)"
    )


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sql_unescaped(column: str) -> str:
    text = f"coalesce(\"{column}\", '')"
    first = f"starts_with({text}, chr(39)) and substr({text}, 2, 1) in ('=', '+', '-', '@')"
    return f"case when {first} then substr({text}, 2) else {text} end"


def split_list(text: str) -> list[str]:
    """Split a cell that holds a list; ``[]`` for an empty cell and for NR and NA."""
    if text in ABSENT_CODES:
        return []
    return [part.strip() for part in text.split(";") if part.strip()]


# --- writing --------------------------------------------------------------------------------------


def format_number(value: float) -> str:
    """Write a number with full precision and no needless ``.0``; ``""`` for NaN."""
    if math.isnan(value):
        return ""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def cell(value: Any) -> str:
    """Write one value as the text of a cell, safe to open in a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return format_number(float(value)) if isinstance(value, float) else str(value)
    if hasattr(value, "item"):
        return cell(value.item())
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith(_FORMULA_START) and parse_number(text) is None:
        return "'" + text
    return "" if text == "<NA>" else text


def csv_line(values: Iterable[str]) -> str:
    """Write texts with LF line ends as one line of a CSV file, as `text_of` does."""
    return ",".join([v if v.isalnum() else _quoted(v) if v else "" for v in values]) + "\n"


def _quoted(text: str) -> str:
    if text[0] in _FORMULA_START:
        text = cell(text)
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return '"' + text + '"' if "," in text or "\n" in text else text


def text_of(data: pd.DataFrame, sort_by: Sequence[str] = ()) -> str:
    """Give a frame as the text of a CSV file: sorted by `sort_by`, columns ``_...`` left out."""
    if sort_by:
        data = data.sort_values(list(sort_by), kind="stable")
    columns = [c for c in data.columns if not c.startswith("_") and not c.endswith("__absent")]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in data[columns].itertuples(index=False, name=None):
        writer.writerow([cell(v) for v in row])
    return buffer.getvalue()


def write(
    data: pd.DataFrame | duckdb.DuckDBPyRelation, path: Path, sort_by: Sequence[str] = ()
) -> None:
    """Write a frame as CSV (see `text_of`); a relation is written in its own order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not hasattr(data, "itertuples"):
        _write_relation(cast("duckdb.DuckDBPyRelation", data), path)
        return
    text = text_of(cast("pd.DataFrame", data), sort_by)
    path.write_text(text, encoding="utf-8", newline="")


def rows_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Give rows as the text of a CSV file, in the order given; what a row has not stays empty."""
    lines = (csv_line([cell(row.get(c, "")) for c in columns]) for row in rows)
    return csv_line(columns) + "".join(lines)


def write_columns(path: Path, columns: Mapping[str, Sequence[str] | Sequence[float]]) -> None:
    """Write columns of text or of numbers, all of one length, as CSV: for many rows.

    The same as `write_rows`, but each text that comes again is escaped once.
    """
    escaped = _Escaped()
    written = [_as_cells(values, escaped) for values in columns.values()]
    lines = map(",".join, zip(*written, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([csv_line(columns).removesuffix("\n"), *lines, ""])
    path.write_text(text, encoding="utf-8", newline="")


def _as_cells(values: Sequence[str] | Sequence[float], escaped: Mapping[str, str]) -> list[str]:
    """Write the values of a column; a column of floats, which are most, in one go."""
    if set(map(type, values)) == {float}:
        numbers = cast("list[float]", list(values))
        text = repr(numbers)[1:-1] + ", "
        if "nan" not in text and min(numbers) > -_WHOLE and max(numbers) < _WHOLE:
            # whole numbers without their .0
            return text.replace(".0, ", ", ").replace("-0, ", "0, ")[:-2].split(", ")
    return [escaped[v] if isinstance(v, str) else _plain(v) for v in values]


class _Escaped(dict[str, str]):
    """Text to the text of its cell."""

    def __missing__(self, text: str) -> str:
        found = self[text] = csv_line([text]).removesuffix("\n")
        return found


_WHOLE = 1e15
"""Whole numbers below it are written without a decimal point."""


def _plain(value: float) -> str:
    """Write a number as `format_number` does, in fewer steps."""
    if value % 1 or abs(value) >= _WHOLE:
        return "" if value != value else repr(value)
    return "" if value != value else str(int(value))


def write_lines(lines: Iterable[bytes], path: Path) -> None:
    """Write lines of CSV (see `csv_line`); an earlier file stays until all of them are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.with_name(path.name + ".part")
    with target.open("wb") as file:
        file.writelines(lines)
    target.replace(path)


def _write_relation(data: duckdb.DuckDBPyRelation, path: Path) -> None:
    cells = ", ".join(
        f'{_sql_escaped(name)} as "{name}"' if str(kind) == "VARCHAR" else f'"{name}"'
        for name, kind in zip(data.columns, data.types, strict=True)
    )
    text = data.project(cells)
    target = path.as_posix() + ".part"
    text.write_csv(target, sep=",", header=True, na_rep="")
    Path(target).replace(path)


def _sql_escaped(column: str) -> str:
    """Write a text as `cell` does: LF inside, and no formula for a spreadsheet to run."""
    text = f'"{column}"'
    lines = f"replace(replace({text}, chr(13) || chr(10), chr(10)), chr(13), chr(10))"
    lines = f"case when contains({text}, chr(13)) then {lines} else {text} end"
    number = f"regexp_full_match({text}, '[-+]?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?')"
    starts = " or ".join(f"ascii({text}) = {ord(c)}" for c in _FORMULA_START)
    formula = f"({starts}) and not {number}"
    return f"nullif(case when {formula} then chr(39) || {lines} else {lines} end, '')"


def append_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows to a human table, which is made with its header if it is not there.

    The columns of an existing file are kept; nothing that stands in it is changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        columns = read_text(path).columns
        head = "" if path.read_bytes().endswith(b"\n") else "\n"
    else:
        head = ",".join(columns) + "\n"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow([cell(row.get(c, "")) for c in columns])
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(head + buffer.getvalue())


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV in the order given; a column that a row has not stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rows_text(columns, rows), encoding="utf-8", newline="")
