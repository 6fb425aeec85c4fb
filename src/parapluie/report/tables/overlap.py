"""Overlap of the lists of studies: corrected covered area, by scope."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

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
    return make(
        "overlap",
        "Overlap of primary studies",
        _COLUMNS,
        results.rows("overlap/cca"),
        results.figures,
        notes=[
            "CCA: corrected covered area, (inclusions − studies) / (studies × reviews − studies) "
            "(Pieper et al.)."
        ],
        empty="No included review has a list of its studies yet.",
    ).without_empty_columns()
