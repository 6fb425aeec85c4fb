"""Where in a file a table of records begins, and of which dialect it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parapluie.records.tables import books
from parapluie.records.tables.dialects import (
    PLAIN,
    Dialect,
    by_name,
    is_plain,
    known,
    plain_columns,
)
from parapluie.records.tables.lines import one_row

DELIMITERS = (",", ";", "\t", "|")
SEARCHED = 60
"""Number of lines or rows in which a header is looked for."""


@dataclass(frozen=True)
class Start:
    """Where a table begins.

    Parameters
    ----------
    dialect : Dialect
        How its columns are called.
    header : tuple of str
        The cells of the header.
    line : int
        Line or row of the header, counted from 1.
    last : int
        Its last line; the rows begin with the next.
    delimiter : str
        What separates cells; empty in a workbook.
    """

    dialect: Dialect
    header: tuple[str, ...]
    line: int
    last: int
    delimiter: str = ""


Recognise = Callable[[Sequence[str]], Dialect | None]
"""Gives the dialect of a header, or ``None`` if cells are no header."""


def plainly(header: Sequence[str]) -> Dialect | None:
    """Take a header of plain names."""
    return by_name()[PLAIN] if is_plain(header) else None


def loosely(header: Sequence[str]) -> Dialect | None:
    """Take a header with a title, DOI or PubMed id beside columns that are not known."""
    several = sum(1 for h in header if h.strip()) > 1
    ids = plain_columns(header).keys() & {"title", "doi", "pmid"}
    return by_name()[PLAIN] if several and ids else None


RULES: tuple[Recognise, ...] = (known, plainly, loosely)
"""In each row the tools are asked first, then plain names; the last only if no row is taken."""


def in_text(
    lines: Sequence[str],
    rules: Sequence[Recognise] = RULES,
    delimiters: Sequence[str] = DELIMITERS,
    only: int = 0,
) -> Start | None:
    """Find the header of a table in delimited text.

    Parameters
    ----------
    lines : sequence of str
        The text.
    rules : sequence of callable
        Tell a header, the surest first; the last is asked only if no row is taken by the others.
    delimiters : sequence of str
        What may separate cells.
    only : int
        The line that is the header, where that is known.
    """
    trials = list(_trials(lines, delimiters, only))
    for level in (rules[:-1] or rules, rules[-1:]):
        found = [start for t in trials if (start := _start(t, level))]
        if found:
            first = min(start.line for start in found)
            return max((s for s in found if s.line == first), key=_named)
    return None


def in_rows(
    rows: Sequence[Sequence[str]], rules: Sequence[Recognise] = RULES, only: int = 0
) -> Start | None:
    """Find the header of a table among the rows of a sheet."""
    for level in (rules[:-1] or rules, rules[-1:]):
        for number, cells in enumerate(rows[: max(SEARCHED, only)], start=1):
            dialect = _first(cells, level) if only in (0, number) else None
            if dialect:
                return Start(dialect, tuple(cells), number, number)
    return None


def _first(cells: Sequence[str], rules: Sequence[Recognise]) -> Dialect | None:
    return next((dialect for rule in rules if (dialect := rule(cells))), None)


def in_file(data: bytes, text: str) -> Start | None:
    """Find the header of a table in a file of either kind; only its beginning is read."""
    if books.is_book(data):
        try:
            found = [in_rows(rows) for _, rows in books.sheets(data, SEARCHED)]
        except books.DamagedBookError:
            return None
        return next((start for start in found if start), None)
    return None if "\0" in text[:1000] else in_text(head_of(text))


def head_of(text: str) -> list[str]:
    """Give the lines in which a header is looked for, and some more for cells that go on."""
    return text[:1_000_000].split("\n", SEARCHED + 40)[: SEARCHED + 40]


def first_rows(
    lines: Sequence[str], delimiters: Sequence[str] = DELIMITERS, only: int = 0
) -> list[list[str]]:
    """Give the rows in which a header was looked for (see `in_text`)."""
    return [cells for cells, _, _, _ in _trials(lines, delimiters, only)]


_Trial = tuple[list[str], int, int, str]


def _trials(lines: Sequence[str], delimiters: Sequence[str], only: int) -> Iterator[_Trial]:
    """Read each of the first lines as the beginning of a row, with each separator it has."""
    for i in range(only - 1, only) if only else range(SEARCHED):
        line = lines[i] if i < len(lines) else ""
        if not line.strip() or len(line) > 100_000:
            continue
        several = [d for d in delimiters if d in line]
        for delimiter in several or delimiters[:1]:
            cells, used = _with_count(lines[i : i + 40], delimiter)
            yield cells, i + 1, i + used, delimiter


def _with_count(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """Read one row, and count its lines."""
    if lines[0].count('"') % 2 == 0:
        return one_row(lines[:1], delimiter), 1
    whole = one_row(lines, delimiter)
    used = next((n for n in range(1, len(lines) + 1)
                 if one_row(lines[:n], delimiter) == whole), 1)  # fmt: skip
    return whole, used


def _start(trial: _Trial, rules: Sequence[Recognise]) -> Start | None:
    cells, line, last, delimiter = trial
    dialect = _first(cells, rules)
    return Start(dialect, tuple(cells), line, last, delimiter) if dialect else None


def _named(start: Start) -> int:
    return len(plain_columns(start.header)) + len(start.header)
