"""Searches: what each source declared, what its files hold, what was read."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (
    Column("search_id", "Search", "id"),
    Column("source", "Source", "label"),
    Column("platform", "Platform", "label"),
    Column("kind", "Kind"),
    Column("search_date", "Date", "date"),
    Column("declared_records", "Declared", "count", "records.search.{search_id}.declared"),
    Column("found", "Found", "count", "records.search.{search_id}.found"),
    Column("parsed", "Read", "count", "records.search.{search_id}.parsed"),
)


def build(results: Results) -> Table:
    """Make the table."""
    table = results.data.get("search/searches.csv")
    return make(
        "searches",
        "Searches",
        _COLUMNS,
        table.rows if table else [],
        results.figures,
        empty="No search is listed yet.",
        folded=True,
    ).without_empty_columns()
