"""Searches: what each declared, what its files hold, what was mended, and what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import Cell, Column, Table, make, number_cell

_READ, _BROUGHT = "records.search.{search_id}.", "deduplication.sources.{search_id}."
_COLUMNS = (
    Column("search_id", "Search", "id"),
    Column("source", "Source", "label"),
    Column("platform", "Platform", "label"),
    Column("kind", "Kind"),
    Column("search_date", "Date", "date"),
    *(
        Column(name, title, kind, key)
        for name, title, kind, key in (
            ("declared_records", "Declared", "count", _READ + "declared"),
            ("found", "Found", "count", _READ + "found"),
            ("parsed", "Read", "count", _READ + "parsed"),
            ("repaired", "Repaired", "count", _READ + "repaired"),
            ("removed", "Removed", "count", _BROUGHT + "removed"),
            ("duplicates_within", "Duplicates within", "count", _BROUGHT + "duplicates_within"),
            ("reports", "Reports", "count", _BROUGHT + "reports"),
            ("unique_reports", "Only here", "count", _BROUGHT + "unique_reports"),
            ("unique_share", "Share only here", "share", _BROUGHT + "unique_share"),
            ("shared_reports", "Shared", "count", _BROUGHT + "shared_reports"),
        )
    ),
)
_ALL = {
    "declared_records": "records.declared",
    "found": "records.found",
    "parsed": "records.parsed",
    "repaired": "records.repaired",
    "removed": "deduplication.removed.read",
    "duplicates_within": "deduplication.duplicates_within",
    "reports": "deduplication.reports",
    "unique_reports": "deduplication.found_by_one",
    "shared_reports": "deduplication.found_by_several",
}
"""Number of all searches together; the shares of searches have no sum."""
_REMOVED = "Removed: before screening, as removed.csv names them."
_NOTES = (
    "Declared: as the source said. Found: records by their first lines in the exports. Read:"
    " records read. Repaired: records whose form was mended; nothing is lost by it.",
    "Duplicates within: records of a report that the same search has already.",
    "Only here: reports that no other search found. Shared: reports that another search found too."
    " A report that several searches found counts for each of them, and once for all.",
)


def build(results: Results) -> Table:
    """Make the table, with a last row for all searches where there are several."""
    listed = results.data.get("search/searches.csv")
    rows = listed.rows if listed else []
    kept = tuple(c for c in _COLUMNS if _tells(results, c, rows))
    table = make(
        "searches",
        "Searches, and what each of them brought",
        kept,
        rows,
        results.figures,
        notes=[*_NOTES, *(_REMOVED for c in kept if c.name == "removed")],
        empty="No search is listed yet.",
    )
    if len(rows) < 2:
        return table
    return replace(table, rows=(*table.rows, tuple(_of_all(results, c) for c in kept)))


def _tells(results: Results, column: Column, rows: Sequence[Row]) -> bool:
    """Tell whether a column tells searches apart; numbers always do, but where none was removed."""
    if column.name == "removed":
        return bool(results.value(_ALL["removed"]))
    if column.name == "kind":
        return len({row.get("kind") for row in rows}) > 1
    return column.is_number or any(row.get(column.name) for row in rows)


def _of_all(results: Results, column: Column) -> Cell:
    if column.name == "search_id":
        return Cell("all", "all", "", "id")
    line = results.figures.get(_ALL.get(column.name, ""))
    return number_cell(str(line["key"]), line, column.kind) if line else Cell("", "")
