"""Included reports that no row of extraction names yet."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (
    Column("report_id", "Report", "id"),
    Column("title", "Title", "label"),
    Column("review_id", "Suggested review", "id"),
    Column("suggested_review_id", "Suggested review", "id"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return make(
        "awaiting_extraction",
        "Included reports without a review",
        _COLUMNS,
        results.rows("included/awaiting_extraction"),
        results.figures,
        folded=True,
    ).without_empty_columns()
