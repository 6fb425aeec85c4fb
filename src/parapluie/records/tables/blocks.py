"""The rows of a table as records: each is assigned, or told as a problem with its number."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parapluie.errors import Problem
from parapluie.records.scan import Repair
from parapluie.records.tables.damage import NUMBERED
from parapluie.records.tables.dialects import Dialect, known, plain
from parapluie.records.tables.found import Start
from parapluie.records.tables.lines import Row

NEAR = frozenset({"title", "abstract", "authors", "doi", "pmid", "accession", "urls"})
"""One of these must be filled in a row that is a record."""

_YEAR = re.compile(r"(?:1[89]|20)\d\d(?:\.0)?")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S+")
_NUMBER = re.compile(r"\d{6,9}")
_URL = re.compile(r"https?://\S+")
_SHAPES = {"year": _YEAR, "doi": _DOI, "pmid": _NUMBER, "urls": _URL}
_WRAPPED = re.compile(r'="([^"]*)"')
_MANY = 8
"""Cells in a line by itself that are hardly chance, in a table without year, DOI or the like."""


@dataclass(slots=True)
class RowBlock:
    """One record: a row of a table (see `scan.Block`)."""

    sheet: Sheet
    cells: list[str]
    line_first: int
    line_last: int
    repairs: list[Repair] = field(default_factory=list)

    @property
    def raw(self) -> str:
        """The lines of the row as they stand; in a workbook its cells, separated by tabs."""
        if self.sheet.lines is None:
            return "\t".join(self.cells)
        return "\n".join(self.sheet.lines[self.line_first - 1 : self.line_last])

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Headers and cells, in order; an id that a mapping names stands first."""
        found = [
            (name, v)
            for name, value in zip(self.sheet.names, self.cells, strict=False)
            if (v := bare(value))
        ]
        ids = [v for name, v in found if "record_id" in self.sheet.roles.get(name, ())]
        return [("record_id", v) for v in ids] + found


@dataclass
class Sheet:
    """What the rows of a table have in common.

    Parameters
    ----------
    start : Start
        Where it begins.
    lines : list of str or None
        The lines of the file; ``None`` in a workbook.
    """

    start: Start
    lines: list[str] | None
    junk: int = 0
    repairs: list[Repair] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        """How its columns are called."""
        return self.start.dialect

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The headers; one that is empty is called by its number."""
        header = [h.lstrip("\ufeff").strip() for h in self.start.header]
        while header and not header[-1]:
            header.pop()
        return tuple(h or f"column {k}" for k, h in enumerate(header, start=1))

    @functools.cached_property
    def roles(self) -> Mapping[str, frozenset[str]]:
        """The columns of records.csv that each header fills."""
        return {n: frozenset(r for r, _ in self.dialect.roles_of(n)) for n in self.names}

    @functools.cached_property
    def columns(self) -> list[tuple[str, frozenset[str], bool]]:
        """Headers, the columns they fill, and whether a spreadsheet may have changed them."""
        return [(n, self.roles[n], not NUMBERED.isdisjoint(self.roles[n])) for n in self.names]

    @functools.cached_property
    def _plain(self) -> list[str]:
        return [plain(n) for n in self.names]

    @functools.cached_property
    def _shapes(self) -> list[tuple[int, re.Pattern[str]]]:
        """Give the cells that in a record have a shape of their own, such as a year."""
        roles = [(k, r) for k, n in enumerate(self.names) for r in self.roles[n]]
        return [(k, _SHAPES[r]) for k, r in roles if r in _SHAPES]

    @functools.cached_property
    def _near(self) -> list[int]:
        return [k for k, n in enumerate(self.names) if self.roles[n] & NEAR]

    # --- what a row looks like --------------------------------------------------------------------

    def fits(self, row: Row) -> bool:
        """Tell whether a row has its cells, or is a line of text that is known to be none."""
        cells = row.cells
        n = len(cells)
        if n == len(self.start.header) or n == len(self.names) or n in self.dialect.widths:
            return True
        if n > len(self.names):
            return not any(c.strip() for c in cells[len(self.names) :])
        if self.lines is None:
            return True  # a workbook leaves out empty cells at the end
        return not any(c.strip() for c in cells) or self.is_text(cells)

    def is_record(self, cells: list[str]) -> bool:
        """Tell whether a line by itself is a whole record."""
        if len(cells) not in (len(self.names), len(self.start.header)) or len(cells) < 3:
            return False
        if not self._shapes:
            return len(cells) >= _MANY
        return any(p.fullmatch(bare(cells[k])) for k, p in self._shapes if k < len(cells))

    def is_text(self, cells: Sequence[str]) -> bool:
        """Tell whether a row is one of the lines of text that the tool writes between rows."""
        filled = [c.strip() for c in cells if c.strip()]
        return len(filled) == 1 and any(p.fullmatch(filled[0]) for p in self.dialect.text_rows)

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether a row is the header again."""
        return [plain(c) for c in cells[: len(self.names)]] == self._plain

    def is_near(self, cells: Sequence[str]) -> bool:
        """Tell whether a row holds anything by which a record is known."""
        return any(k < len(cells) and cells[k].strip() for k in self._near)


def bare(value: str) -> str:
    """Give a cell without what spreadsheets put around it: blanks, ``="..."``, an apostrophe."""
    value = value.strip()
    if value[:1] not in ("=", "'"):
        return value
    if value.startswith('="'):
        match = _WRAPPED.fullmatch(value)
        return match[1].strip() if match else value
    return value[1:] if value[0] == "'" and value[1:2] in ("=", "+", "-", "@") else value


# --- rows to records ------------------------------------------------------------------------------


def blocks_of(
    sheet: Sheet, rows: Sequence[Row], before: Collection[str] = (), passed: Collection[int] = ()
) -> list[RowBlock]:
    """Give the records of a table; what is none is counted, mended, or a problem.

    Parameters
    ----------
    sheet : Sheet
        Takes the problems, repairs and the number of lines that belong to no record.
    rows : sequence of Row
        All rows below the header.
    before : collection of str
        Lines above the header, which may stand there again where exports were joined.
    passed : collection of int
        Rows that a mapping says to pass over.
    """
    found = []
    for number, row in enumerate(rows, start=sheet.start.line + 1):
        if not any(c.strip() for c in row.cells):
            continue
        if row.first in passed or sheet.is_text(row.cells) or _is_before(sheet, row, before):
            sheet.junk += row.last - row.first + 1
        elif sheet.is_header(row.cells):
            sheet.junk += row.last - row.first + 1
            sheet.repairs.append((row.first, "header_again"))
        else:
            sheet.problems.extend(_problems(sheet, row, number))
            found.append(_block(sheet, row))
    return found


def _is_before(sheet: Sheet, row: Row, before: Collection[str]) -> bool:
    return sheet.lines is not None and sheet.lines[row.first - 1] in before


def _block(sheet: Sheet, row: Row) -> RowBlock:
    block = RowBlock(sheet, row.cells, row.first, row.last)
    if row.repair:
        block.repairs.append((row.first, row.repair))
    return block


def _problems(sheet: Sheet, row: Row, number: int) -> Iterator[Problem]:
    """Say why a row cannot be assigned; its line and its row in a spreadsheet are named."""
    width = len(sheet.names)
    header = f"{width} cells, as in the header in row {sheet.start.line}"
    place = "" if number == row.first else f" (row {number} in a spreadsheet)"
    mend = (
        "Export again; or say in a mapping file beside the export that the row is to be passed "
        f"over: ignore_rows: [{row.first}]."
    )
    if row.joins:
        yield Problem(
            "",
            f"lines {row.first} to {row.last}, which a quote joins into one row{place}",
            "one row for each record",
            "Export again, or close or double the quote in this line in a copy of the file.",
            row.first,
        )
    elif not sheet.fits(row):
        other = _other_table(row)
        told = f"{len(row.cells)} cells{place}, beginning with {_shown(row.cells)}"
        yield Problem("", f"the header of another table ({other})" if other else told, header,
                      "Save each table in a file of its own." if other else mend,
                      row.first)  # fmt: skip
    elif not sheet.is_near(row.cells):
        yield Problem("", f"a row{place} without title, authors or id: {_shown(row.cells)}",
                      "a record in each row", mend, row.first)  # fmt: skip


def _other_table(row: Row) -> str:
    dialect = known(row.cells)
    return dialect.format if dialect else ""


def _shown(cells: Sequence[str]) -> str:
    filled = [" ".join(c.split()) for c in cells if c.strip()]
    return ", ".join(repr(c[:40]) for c in filled[:3]) or "empty cells"


# --- what a table holds ---------------------------------------------------------------------------


def taken(sheet: Sheet) -> str:
    """Say which columns a table was read from, and which it keeps in raw_extra only."""
    order: dict[str, list[str]] = {}
    for name in sheet.names:
        for role in sorted(sheet.roles[name]):
            order.setdefault(role, []).append(name)
    used = "; ".join(f"{role} from {', '.join(names)}" for role, names in order.items())
    rest = [n for n in sheet.names if not sheet.roles[n]]
    return used + (f"; kept in raw_extra only: {', '.join(rest)}" if rest else "")
