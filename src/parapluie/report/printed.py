"""A table as a manuscript prints it: cells, widths, notes. Word and Excel draw it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from parapluie.report.table import Cell, Column, Table

_LETTER_MM = 1.7
"""Width of a letter at 8.5 points, in mm, with room for fonts wider than Arial."""
_BOLD_MM = 2.0
"""The same of bold type, in which headings stand."""
_PADDING_MM = 3.2
_NARROWEST_MM, _WIDEST_MM = 8.0, 64.0
_UPRIGHT_MM = 6.4
"""Width of a column whose heading stands upright."""


@dataclass(frozen=True)
class PrintColumn:
    """A column: heading, least and wished width in mm, and how its cells stand."""

    title: str
    least: float
    wished: float
    align: str = "left"
    upright: bool = False


@dataclass(frozen=True)
class PrintCell:
    """A cell: its text, its number where it has one, a note on it, its look."""

    text: str
    number: float | int | None = None
    note: str = ""
    fill: str = ""
    bold: bool = False


@dataclass(frozen=True)
class PrintTable:
    """A table with caption and notes.

    Parameters
    ----------
    name, title : str
        Name of its file, and the caption.
    columns : tuple of PrintColumn
    rows : tuple of tuple of PrintCell
    notes : tuple of str
        Lines under it; notes of cells follow them.
    fixed : int
        Leading columns that are repeated where the others go over several tables.
    """

    name: str
    title: str
    columns: tuple[PrintColumn, ...]
    rows: tuple[tuple[PrintCell, ...], ...]
    notes: tuple[str, ...] = ()
    fixed: int = 1


def letters(number: int) -> str:
    """Give the letters of a number from 0: a to z, then aa, ab and so on.

    Examples
    --------
    >>> letters(0), letters(25), letters(26)
    ('a', 'z', 'aa')
    """
    before, last = divmod(number, 26)
    return (letters(before - 1) if before else "") + string.ascii_lowercase[last]


def footnotes(table: PrintTable) -> dict[str, str]:
    """Give each note of a cell its letter, in the order of reading; equal notes share one."""
    notes = dict.fromkeys(cell.note for row in table.rows for cell in row if cell.note)
    return {note: letters(i) for i, note in enumerate(notes)}


def column_of(title: str, texts: Iterable[str], align: str = "left") -> PrintColumn:
    """Make a column as wide as its texts wish, and at least as wide as its longest word."""
    texts_of = list(texts)
    longest = max(len(text) for text in [title, *texts_of])
    word = max((len(part) for text in texts_of for part in text.split()), default=1)
    bold = max((len(part) for part in title.split()), default=1) * _BOLD_MM
    least = min(_WIDEST_MM / 2, max(_NARROWEST_MM, max(word * _LETTER_MM, bold) + _PADDING_MM))
    wished = min(_WIDEST_MM, longest * _LETTER_MM + _PADDING_MM)
    return PrintColumn(title, least, max(least, wished), align)


def upright(title: str) -> PrintColumn:
    """Make a narrow column whose heading stands upright."""
    return PrintColumn(title, _UPRIGHT_MM, _UPRIGHT_MM, "center", upright=True)


def of_table(table: Table, name: str = "", fixed: int = 1) -> PrintTable:
    """Make a printed table of a table of the page.

    Reasons of absence, which the page tells on touch, become notes with letters.
    """
    rows = tuple(
        tuple(_cell(column, cell) for column, cell in zip(table.columns, row, strict=True))
        for row in table.rows
    )
    columns = tuple(
        column_of(
            column.title,
            (row[i].text for row in rows),
            "right" if column.is_number else "left",
        )
        for i, column in enumerate(table.columns)
    )
    return PrintTable(name or table.name, table.title, columns, rows, table.notes, fixed)


def _cell(column: Column, cell: Cell) -> PrintCell:
    note = cell.title.replace("_", " ") if cell.kind == "absent" else ""
    number = _number(cell.value) if column.is_number and cell.value else None
    return PrintCell(cell.shown, number, note)


def _number(text: str) -> float | int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


# --- widths ---------------------------------------------------------------------------------------


def parts(table: PrintTable, room: float) -> list[PrintTable]:
    """Cut a table that is too wide into several, each with the leading columns.

    Parameters
    ----------
    table : PrintTable
    room : float
        Width of the page between its margins, in mm.
    """
    kept, rest = list(range(table.fixed)), list(range(table.fixed, len(table.columns)))
    free = room - sum(table.columns[i].least for i in kept)
    groups: list[list[int]] = [[]]
    used = 0.0
    for i in rest:
        width = table.columns[i].least
        if groups[-1] and used + width > free:
            groups.append([])
            used = 0.0
        groups[-1].append(i)
        used += width
    return [_only(table, [*kept, *group]) for group in _evened(groups)]


def _evened(groups: Sequence[Sequence[int]]) -> list[list[int]]:
    """Give parts of alike columns about the same number of them: 20 and 20, not 38 and 2."""
    flat = [i for group in groups for i in group]
    n = len(groups)
    if n == 1 or len({len(group) for group in groups[:-1]}) > 1:
        return [list(group) for group in groups]
    size = -(-len(flat) // n)
    return [flat[k : k + size] for k in range(0, len(flat), size)]


def _only(table: PrintTable, columns: Sequence[int]) -> PrintTable:
    return replace(
        table,
        columns=tuple(table.columns[i] for i in columns),
        rows=tuple(tuple(row[i] for i in columns) for row in table.rows),
    )


def widths(table: PrintTable, room: float) -> list[float]:
    """Give the width of each column in mm: what it wishes, or a fair share of the room."""
    least = [column.least for column in table.columns]
    wished = [column.wished for column in table.columns]
    if sum(wished) <= room:
        return wished
    spare = max(0.0, room - sum(least))
    more = [w - m for w, m in zip(wished, least, strict=True)]
    share = spare / sum(more) if sum(more) else 0.0
    found = [m + x * share for m, x in zip(least, more, strict=True)]
    shrink = min(1.0, room / sum(found))
    return [w * shrink for w in found]
