"""An export in pieces, each read for itself: so that large ones need neither time nor memory.

A piece is some whole records of a file. Where a format can be cut (`Reader.cuts`) large files are
read piece by piece, on all cores; every other file is one piece. Where it is cut depends on its
content only, so the result is the same on every computer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from parapluie.errors import Problem
from parapluie.records.ids import given_ids, hashed_id
from parapluie.records.mixed import second_format
from parapluie.records.readers import Reader
from parapluie.records.scan import Repair, Scan, line_count, problems_of
from parapluie.records.spoilt import has_spoilt, put_right

if TYPE_CHECKING:
    from parapluie.records.readers import Entry

PIECE = 2_000_000
"""Bytes from which a file is cut, where the next record begins."""

PLACE = (
    "record_id", "search_id", "source_file", "source_sha256", "source_record_no", "line_first",
    "line_last",
)  # fmt: skip
"""Columns of records.csv that tell the place of a record; the rest comes from its fields."""


@dataclass(frozen=True)
class Export:
    """What the records of one file have in common.

    Parameters
    ----------
    search_id, source, search_date : str
        The cells of its search.
    has_given_ids : bool
        Whether the file brings ids of its own.
    name : str
        Its name under data/search/raw/.
    dialect : str
        Name of the tool that wrote it; empty while only the records can tell.
    """

    search_id: str
    source: str
    search_date: str
    has_given_ids: bool
    name: str
    dialect: str = ""


@dataclass
class Piece:
    """The records of a piece, and what was odd about it.

    Parameters
    ----------
    rows : list of dict
        Column of records.csv to text, but for `PLACE`.
    ids : list of str
        As given, or of the first of equal records (see `ids.hashed_id`).
    lines : list of (int, int)
        First and last line of each record, counted from the start of the file.
    found : int
        Records by their first lines; `rows` has those that were read.
    encoding : str
        How the piece was decoded.
    n_junk, n_repaired : int
        Lines that belong to no record; records and places that were mended.
    codes : dict
        Each code about the file, its repairs and its records, with the lines where it was met.
    decisions : list of (int, dict)
        Decisions of another tool, with the place of their record among the rows.
    articles : dict
        Number by which Rayyan's log calls a record, to its place among the rows.
    problems : list of Problem
        What could not be read, and what a second parser read otherwise.
    remarks : dict
        Code to what is said of the file.
    dialect : str
        Name of the tool that wrote the file.
    """

    found: int
    encoding: str
    n_junk: int
    n_repaired: int
    rows: list[dict[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    lines: list[tuple[int, int]] = field(default_factory=list)
    codes: dict[str, list[int]] = field(default_factory=dict)
    decisions: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    articles: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    dialect: str = ""


def cut(reader: Reader, data: Any, size: int = PIECE) -> Iterator[tuple[int, int, int]]:
    """Give start, end and lines before each piece of a file.

    Parameters
    ----------
    reader : Reader
        Its format.
    data : bytes or mmap
        Its content.
    size : int
        Bytes of a piece, at least.
    """
    cuts = getattr(reader, "cuts", None)
    borders = [0, *(cuts(data, size) if cuts and len(data) > size else ()), len(data)]
    line = 0
    for k in range(len(borders) - 1):
        start, end = borders[k], borders[k + 1]
        yield start, end, line
        if k + 2 < len(borders):
            line += line_count(data[start:end])


def read_piece(
    reader: Reader, data: bytes, about: Export, line: int = 0, verify: bool = False
) -> Piece:
    """Read the records of a piece.

    Parameters
    ----------
    reader : Reader
        The format.
    data : bytes
        The piece.
    about : Export
        The file that it is from.
    line : int
        Number of lines before it.
    verify : bool
        Whether a second parser reads each record too, where the format has one.
    """
    scanned = reader.scan(data)
    entries = reader.read(scanned)
    about = about if about.dialect else replace(about, dialect=reader.dialect(scanned))
    n_repaired = sum(1 for b in scanned.blocks if b.repairs) + len(scanned.repairs)
    piece = Piece(len(scanned.blocks), scanned.encoding, scanned.n_junk, n_repaired)
    scanned.problems.extend(second_format(reader.NAME, scanned, line))
    piece.problems = problems_of(scanned, f"data/search/raw/{about.name}")
    piece.remarks = scanned.remarks
    piece.dialect = about.dialect
    piece.lines = [(b.line_first + line, b.line_last + line) for b in scanned.blocks]
    if about.has_given_ids:
        piece.ids = given_ids(scanned.blocks)
    else:
        piece.ids = [hashed_id(about.search_id, 1, b.raw) for b in scanned.blocks]
    _take_rows(piece, reader, scanned, entries, about)
    _take_codes(piece, scanned, line)
    reference = getattr(reader, "reference", None) if verify else None
    if reference:
        piece.problems.extend(_otherwise(entries, reference(scanned), piece, about))
    return piece


def _otherwise(
    entries: list[Entry], others: list[Entry], piece: Piece, about: Export
) -> Iterator[Problem]:
    """Name each record that two parsers read differently."""
    mend = "Please report this with a sample of the file; nothing was imported."
    shown = f"data/search/raw/{about.name}"
    if len(entries) != len(others):
        found = f"{len(entries)} records, {len(others)} by the second parser"
        yield Problem(shown, found, "the same number", mend)
        return
    for one, other, (line, _) in zip(entries, others, piece.lines, strict=True):
        tags = sorted(t for t in {*one, *other} if one.get(t) != other.get(t))
        if tags:
            found = f"other values under {', '.join(tags)} than the second parser reads"
            yield Problem(shown, found, "the same values", mend, line)


def _take_rows(
    piece: Piece, reader: Reader, scanned: Scan[Any], entries: list[Entry], about: Export
) -> None:
    from parapluie.records.decisions import article_of, decisions_of, may_hold_decisions

    for number, (block, values) in enumerate(zip(scanned.blocks, entries, strict=False)):
        row = reader.row(values, about.dialect, about.source)
        row["search_date"] = about.search_date
        if block.repairs:
            codes = [row["warnings"], *dict.fromkeys(code for _, code in block.repairs)]
            row["warnings"] = ";".join(c for c in codes if c)
        piece.rows.append(row)
        if may_hold_decisions(row, about.dialect):
            place = {"search_id": about.search_id, "source_file": about.name,
                     "line_first": piece.lines[number][0]}  # fmt: skip
            found = decisions_of(values, place, about.dialect)
            piece.decisions.extend((number, one) for one in found)
            article = article_of(values)
            if article:
                piece.articles[article] = number


def _take_codes(piece: Piece, scanned: Scan[Any], line: int) -> None:
    """List each code once with its lines: about characters, repairs and records."""
    from parapluie.records.fields import WARNINGS

    _take_spoilt(piece, scanned)
    repairs: list[Repair] = [*scanned.repairs]
    for block in scanned.blocks:
        repairs.extend(block.repairs)
    for number, code in repairs:
        piece.codes.setdefault(code, []).append(number + line)
    for (first, _), row in zip(piece.lines, piece.rows, strict=False):
        if row["warnings"]:
            for code in row["warnings"].split(";"):
                if code in WARNINGS:
                    piece.codes.setdefault(code, []).append(first)


def _take_spoilt(piece: Piece, scanned: Scan[Any]) -> None:
    """Warn at each record that has letters which were lost, spoilt or in another encoding."""
    from parapluie.records.fields import WARNINGS

    piece.codes = {code: [] for code in scanned.notes}
    for code in scanned.notes:
        for (first, _), block, row in zip(piece.lines, scanned.blocks, piece.rows, strict=False):
            warned = row["warnings"].split(";")
            if code in warned or not has_spoilt(code, block.raw):
                continue
            codes = put_right(row) if code == "mojibake" else [code]
            row["warnings"] = ";".join(filter(None, (*warned, *codes)))
            for one in codes:
                if one not in WARNINGS:  # those are listed with the others of the records
                    piece.codes.setdefault(one, []).append(first)
    if not piece.codes.get("mojibake") and "mojibake_mended" in piece.codes:
        del piece.codes["mojibake"]


def raws(reader: Reader, data: bytes) -> list[str]:
    """Give the raw text of each record of a piece."""
    return [block.raw for block in reader.scan(data).blocks]
