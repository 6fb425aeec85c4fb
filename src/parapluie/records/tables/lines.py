"""Delimited text cut into rows, with the lines of each, however its quotes are.

Three readings are tried: as RFC 4180 describes quotes; a tolerant one, in which a quote ends a cell
only before a separator; and one without quotes, as Web of Science writes tabs. The first in which
every row has its cells is taken. Where none has, the rows at fault are told, and where a quote that
is not closed joins records into one, that is told too: no row is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from parapluie.tables import csv_rows

QUOTE_IN_CELL = "quote_in_cell"
UNQUOTED = "quotes_as_text"


@dataclass(slots=True)
class Row:
    """The cells of one row, the lines on which they stand, and the code of a repair."""

    cells: list[str]
    first: int
    last: int
    repair: str = ""
    joins: bool = False


@dataclass
class Rows:
    """A reading of a text: its rows, and the line from which on it could not be read."""

    rows: list[Row] = field(default_factory=list)
    broken: int = 0


Fits = Callable[[Row], bool]
"""Tells whether a row has the number of cells that it should have."""


def one_row(lines: Sequence[str], delimiter: str) -> list[str]:
    """Read the row with which lines begin; it may go on over several of them."""
    try:
        return next(csv_rows((line + "\n" for line in lines), delimiter), ([], 0))[0]
    except ValueError:
        return []


def rows_of(
    lines: Sequence[str],
    start: int,
    delimiter: str,
    fits: Fits,
    is_record: Callable[[list[str]], bool],
) -> list[Row]:
    """Cut lines into rows.

    Parameters
    ----------
    lines : sequence of str
        The text, without line ends.
    start : int
        Number of lines to pass over: those up to and with the header.
    delimiter : str
        What separates cells.
    fits : callable
        Tells whether a row has the number of cells that it should have.
    is_record : callable
        Tells whether cells look like a whole record: with a year, a DOI or the like in its place.

    Returns
    -------
    list of Row
        Those that hold two records in one because of a quote have `Row.joins`.
    """
    strict = _quoted(lines, start, delimiter)
    _judge(strict.rows, lines, delimiter, is_record)
    if _is_whole(strict, fits):
        return strict.rows
    tolerant = _tolerant(lines, start, delimiter)
    _judge(tolerant.rows, lines, delimiter, is_record)
    if _is_whole(tolerant, fits):
        return tolerant.rows
    bare = _bare(lines, start, delimiter)
    if _is_whole(bare, fits):
        return bare.rows
    return tolerant.rows if strict.broken else strict.rows


def _is_whole(reading: Rows, fits: Fits) -> bool:
    return not reading.broken and all(fits(row) and not row.joins for row in reading.rows)


def _quoted(lines: Sequence[str], start: int, delimiter: str) -> Rows:
    found = Rows()
    last = start
    try:
        for cells, n in csv_rows((line + "\n" for line in lines[start:]), delimiter, strict=True):
            first, last = last + 1, start + n
            found.rows.append(Row(cells, first, last))
    except ValueError:
        found.broken = last + 1
    return found


def _bare(lines: Sequence[str], start: int, delimiter: str) -> Rows:
    return Rows([
        Row(line.split(delimiter) if line else [], n, n, UNQUOTED if '"' in line else "")
        for n, line in enumerate(lines[start:], start=start + 1)
    ])  # fmt: skip


def _tolerant(lines: Sequence[str], start: int, delimiter: str) -> Rows:
    """Read with a quote that ends a cell only before a separator or the end of a line."""
    text = "\n".join(lines[start:])
    cells = _Cells(text, delimiter)
    found = Rows()
    at, line = 0, start + 1
    while at < len(text):
        row, end, is_odd = cells.row(at)
        last = line + text.count("\n", at, end - 1)
        found.rows.append(Row(row, line, last, QUOTE_IN_CELL if is_odd else ""))
        line += text.count("\n", at, end)
        at = end
    return found


class _Cells:
    """Cuts cells from a text.

    Parameters
    ----------
    text : str
        The text.
    delimiter : str
        What separates cells.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self.text = text
        end = rf"(?=[{re.escape(delimiter)}\n]|\Z)"
        self.bare = re.compile(rf"[^{re.escape(delimiter)}\n]*")
        self.quoted = re.compile(rf'"((?:[^"]|""|"(?!{end}))*+)"{end}')
        self.is_closed = True

    def row(self, at: int) -> tuple[list[str], int, bool]:
        """Give the cells of a row, where the next begins, and whether a quote was odd."""
        cells: list[str] = []
        is_odd = False
        while True:
            value, at, odd = self._cell(at)
            is_odd = is_odd or odd
            cells.append(value)
            if at >= len(self.text) or self.text[at] == "\n":
                return cells, at + 1, is_odd
            at += 1

    def _cell(self, at: int) -> tuple[str, int, bool]:
        opens = self.text.startswith('"', at)
        match = self.quoted.match(self.text, at) if opens and self.is_closed else None
        if match:
            value = match[1]
            return value.replace('""', '"'), match.end(), '"' in value.replace('""', "")
        if opens:
            self.is_closed = False  # no quote up to the end closes: none from here on will
        end = self.bare.match(self.text, at)
        stop = end.end() if end else at
        return self.text[at:stop], stop, opens


def _judge(
    rows: Sequence[Row],
    lines: Sequence[str],
    delimiter: str,
    is_record: Callable[[list[str]], bool],
) -> None:
    """Mark rows of which the first line is a record by itself, and a later one too."""
    for row in rows:
        if row.last > row.first:
            alone = _alone(lines[row.first - 1 : row.last], delimiter)
            row.joins = is_record(next(alone)) and any(is_record(cells) for cells in alone)


def _alone(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Read each line as if it were a row; a quote that is not closed in it is text."""
    for line in lines:
        yield _Cells(line, delimiter).row(0)[0]
