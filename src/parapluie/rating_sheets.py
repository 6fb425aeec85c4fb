"""Sheets that raters fill in: where they lie, and how their header is told from their rows.

A sheet is one rater's answers to one review: ``data/appraisal/TOOL/RATER/REVIEW.xlsx`` (or
``.csv``). A workbook says above its columns whose it is; a CSV says so in columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parapluie.errors import Problem

if TYPE_CHECKING:
    from parapluie.tables import Table

SHEET = "rating"
"""Name of the sheet of a workbook that holds the answers."""

ABOUT = ("review_id", "title", "rater", "tool", "profile")
"""What stands above the columns, a line each."""

_FOLDER = "appraisal"


def place_of(path: Path) -> tuple[str, str]:
    """Give tool and rater of a file of ratings: of ``TOOL/RATER.csv``, or of a sheet."""
    if is_sheet(path):
        return path.parents[1].name, path.parent.name
    return path.parent.name, path.stem


def is_sheet(path: Path) -> bool:
    """Tell whether a file is the sheet of one review: it lies in a folder of its rater."""
    return len(path.parents) > 2 and path.parents[2].name == _FOLDER


def split(cells: Sequence[Sequence[str]]) -> tuple[dict[str, str], int]:
    """Give what stands above the columns, and the place of the row that names them.

    Parameters
    ----------
    cells : sequence of rows
        Every cell of the sheet as text.
    """
    for place, row in enumerate(cells):
        if {"item", "answer"} <= {cell.strip() for cell in row}:
            above = [[cell.strip() for cell in line] for line in cells[:place]]
            return {line[0]: line[1] for line in above if len(line) > 1 and line[0] in ABOUT}, place
    return {}, 0


def problems(table: Table, path: Path) -> Iterator[Problem]:
    """Find a sheet that does not belong where it lies: tool, rater or review differ.

    Parameters
    ----------
    table : Table
        The sheet as read.
    path : Path
        Where it lies.
    """
    if not is_sheet(path):
        return
    tool, rater = place_of(path)
    wanted = {"review_id": path.stem, "rater": rater, "tool": tool}
    said: list[tuple[int | None, Mapping[str, str]]] = list(
        zip(table.numbers, table.rows, strict=True)
    )
    if table.about:
        said = [(None, table.about)]
    seen = set()
    for number, row in said:
        for column, right in wanted.items():
            found = row.get(column, "")
            if found and found != right and (column, found) not in seen:
                seen.add((column, found))
                mend = "Move the sheet to the folder of its tool and rater, or correct the cell."
                yield Problem(table.shown, repr(found), right, mend, number, column)


def rated_twice(read: Iterable[tuple[Path, Table]]) -> Iterator[Problem]:
    """Find reviews that one rater answered in two files, of which nobody can say which counts.

    Parameters
    ----------
    read : iterable of (Path, Table)
        Every file of ratings with its rows.
    """
    first: dict[tuple[str, str, str], str] = {}
    for path, table in read:
        tool, rater = place_of(path)
        for review in dict.fromkeys(row.get("review_id", "") for row in table.rows):
            before = first.setdefault((tool, rater, review), table.shown)
            if review and before != table.shown:
                found = f"answers of {rater} to {review}, which {before} has too"
                mend = "Keep the answers in one of the two files."
                yield Problem(table.shown, found, "one file a rater and review", mend)
