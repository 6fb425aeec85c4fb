"""Overlap of the lists of studies: corrected covered area, by scope."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

NO_LISTS = "No included review has a list of its studies yet."

_COLUMNS = (
    Column("scope", "Studies counted"),
    *(
        Column(name, title, kind, f"overlap.{{scope}}.{name}")
        for name, title, kind in (
            ("c", "Reviews", "count"),
            ("r", "Different studies", "count"),
            ("n", "Inclusions", "count"),
            ("x", "Structurally missing", "count"),
            ("cca", "CCA", "share"),
        )
    ),
    Column("band", "Overlap"),
    *(
        Column(name, title, kind, f"overlap.{{scope}}.{name}")
        for name, title, kind in (
            ("in_more_than_one", "In more than one review", "count"),
            ("min_per_review", "Fewest of a review", "count"),
            ("median_per_review", "Median", "d1"),
            ("max_per_review", "Most", "count"),
        )
    ),
)


def build(results: Results) -> Table:
    """Make the table."""
    scopes = results.rows("overlap/cca")
    counted = [row for row in scopes if row.get("r")]
    reason = next((row["reason"] for row in scopes if row.get("reason")), "")
    return make(
        "overlap",
        "Overlap of primary studies",
        _COLUMNS,
        counted,
        results.figures,
        notes=[
            "CCA: corrected covered area, (inclusions − studies) / (studies × reviews − studies) "
            "(Pieper et al.)."
        ],
        empty=f"Not counted: {reason.partition(': ')[2] or reason}." if reason else NO_LISTS,
    ).without_empty_columns()
