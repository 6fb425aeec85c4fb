"""Overlap of the lists of studies: corrected covered area, by scope."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

NO_LISTS = "No included review has a list of its studies yet."


def columns_of(*named: tuple[str, str, str]) -> tuple[Column, ...]:
    """Make columns of numbers of a scope: name, heading, kind."""
    return tuple(
        Column(name, title, kind, f"overlap.{{scope}}.{name}") for name, title, kind in named
    )


_COLUMNS = (
    Column("scope", "Studies counted"),
    *columns_of(
        ("c", "Reviews", "count"),
        ("r", "Different studies", "count"),
        ("n", "Inclusions", "count"),
        ("cca", "CCA", "share"),
    ),
    Column("band", "Overlap"),
    *columns_of(
        ("x", "Structurally missing", "count"),
        ("cca_adjusted", "CCA without these", "share"),
    ),
    Column("band_adjusted", "Overlap without these"),
    *columns_of(
        ("in_more_than_one", "In more than one review", "count"),
        ("min_per_review", "Fewest of a review", "count"),
        ("median_per_review", "Median", "d1"),
        ("max_per_review", "Most", "count"),
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
            "(Pieper et al.).",
            "Structurally missing: cells of a study that is too late to be in the review; the "
            "CCA without these takes them out of the denominator.",
        ],
        empty=f"Not counted: {reason.partition(': ')[2] or reason}." if reason else NO_LISTS,
    ).without_empty_columns()
