"""Reports that two searches share."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results
from parapluie.report.table import ON_PAGE, Column, Table, make
from parapluie.search_names import labels_of

_KEY = "deduplication.source_overlap.{search_a}.{search_b}."


def build(results: Results) -> Table:
    """Make the table: the pairs that share most first."""
    listed = results.data.get("search/searches.csv")
    labels = labels_of(listed.rows if listed else [])
    columns = (
        Column("search_a", "Search A", "label", say=labels),
        Column("search_b", "Search B", "label", say=labels),
        Column("shared_reports", "Shared reports", "count", _KEY + "shared_reports"),
        Column("share_of_a", "Share of A", "share", _KEY + "share_of_a"),
        Column("share_of_b", "Share of B", "share", _KEY + "share_of_b"),
    )
    rows = list(results.rows("deduplication/source_overlap"))
    rows.sort(key=lambda row: (-int(row["shared_reports"]), row["search_a"], row["search_b"]))
    table = make(
        "search_pairs",
        "Reports that two searches share",
        columns,
        rows,
        results.figures,
        empty="No two searches share a report.",
        folded=True,
    )
    return replace(table, on_page=ON_PAGE)
