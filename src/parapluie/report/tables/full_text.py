"""Reports at full text: the state of each, and the reason of each exclusion."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make


def build(results: Results) -> Table:
    """Make the table."""
    reasons = {r["code"]: r["label"] for r in results.protocol.get("fulltext_reasons", [])}
    columns = (
        Column("report_id", "Report", "id"),
        Column("review_id", "Review", "id"),
        Column("role", "Part"),
        Column("title", "Title", "label"),
        Column("year", "Year", "date"),
        Column("doi", "DOI", "doi"),
        Column("full_text_state", "State"),
        Column("reason", "Main reason", "label", say=reasons),
    )
    return make(
        "full_text",
        "Reports at full text",
        columns,
        results.rows("included/reports"),
        results.figures,
        empty="No report has reached full text yet.",
        folded=True,
    ).without_empty_columns()
